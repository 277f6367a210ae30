/** A thread that answers nothing. */
import { type MessagePort, parentPort } from "node:worker_threads"

const port = parentPort as MessagePort
port.on("message", () => {})
