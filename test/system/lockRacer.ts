/**
 * A process or thread that wants a lock: says whether it got it, and what it was told if not; holds it until its input ends
 * or it is ended. `node lockRacer.ts '<path>'`, or the path as the data of a worker.
 */
import { isMainThread, parentPort, workerData } from "node:worker_threads"
import { lockFile } from "../../src/system/lockFile.ts"

const path = isMainThread ? process.argv[2] : (workerData as string)
const lock = await lockFile(path, { command: "racer", brief: false, patienceMs: 0 }).catch((cause: unknown) =>
  String(cause),
)
const answer = typeof lock === "string" ? `lost: ${lock}` : "won"
if (isMainThread) {
  process.stdout.write(`${answer}\n`)
  process.stdin.resume()
  process.stdin.once("end", () => typeof lock !== "string" && lock.release())
} else {
  parentPort?.postMessage(answer)
  // Until it is terminated.
  if (answer === "won") setInterval(() => {}, 1e6)
}
