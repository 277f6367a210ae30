/** The first file of an engine's worker thread. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads"
import type { Boot } from "../../worker/protocol.ts"
import { nodePlatform } from "./nodePlatform.ts"
import { WorkerHost } from "../../worker/WorkerHost.ts"

await new WorkerHost(workerData as Boot, parentPort as MessagePort, nodePlatform).begin()
