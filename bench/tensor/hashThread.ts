/** The thread that a hash is computed in: steps and kind of memory in, the hashes of all cases out. */
import { parentPort, workerData } from "node:worker_threads"
import { hashes } from "./cases.ts"

const { steps, shared } = workerData as { readonly steps: number; readonly shared: boolean }
parentPort?.postMessage(hashes(steps, shared))
