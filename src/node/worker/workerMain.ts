/** The first file of an engine's worker thread. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads"
import type { Boot } from "./protocol.ts"
import { WorkerHost } from "./WorkerHost.ts"

await new WorkerHost(workerData as Boot, parentPort as MessagePort).begin()
