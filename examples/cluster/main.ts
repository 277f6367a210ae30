/**
 * `npm run cluster`: six replicas of a real HTTP service in processes of their own behind a balancer, tuned by one engine. On the way a
 * runner and a replica are killed; kill others yourself. At the end the tuned values are compared with the start, at the same time.
 * `-- --seconds 120 --seed 1 --json`.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { Demo } from "./Demo.ts"

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
})
const seconds = Number(values.seconds)
const seed = Number(values.seed)
if (!(seconds >= 20 && seconds <= 3600 && Number.isInteger(seed) && seed >= 0)) {
  process.stderr.write("--seconds must be from 20 to 3600, --seed a whole number from 0\n")
  process.exit(2)
}
const folder = mkdtempSync(join(tmpdir(), "arqon-cluster-"))
const stop = new AbortController()
process.on("SIGINT", () => stop.abort())
process.on("SIGTERM", () => stop.abort())
const demo = new Demo({ seconds, seed, folder, say: values.json ? () => undefined : console.log })
try {
  const result = await demo.run(stop.signal)
  if (values.json) console.log(JSON.stringify(result))
  const { ratio, outOfBounds, staleTaken } = result
  process.exitCode = ratio < 1 && outOfBounds + staleTaken === 0 ? 0 : 1
} catch (error) {
  if (!stop.signal.aborted) throw error
  process.exitCode = 130
} finally {
  await demo.end()
  rmSync(folder, { recursive: true, force: true })
}
