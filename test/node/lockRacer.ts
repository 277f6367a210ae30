/** A process that wants a lock: says whether it got it, and holds it until its input ends. */
import { lockFile } from "../../src/node/lockFile.ts"

const lock = await lockFile(process.argv[2], { command: "racer", brief: false, patienceMs: 0 }).catch(
  () => null,
)
process.stdout.write(lock === null ? "lost\n" : "won\n")
process.stdin.resume()
process.stdin.once("end", () => lock?.release())
