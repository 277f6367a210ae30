/**
 * `npm run cluster`: six replicas of a real HTTP service in processes of their own behind a balancer, tuned by one engine. On the way a
 * runner and a replica are killed; kill others yourself. At the end the tuned values are compared with the start, at the same time.
 * `-- --seconds 120 --seed 1 --json`.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { readOptions, refuse, whole } from "../../scripts/options.ts"
import { Demo } from "./Demo.ts"

const USAGE = `npm run cluster -- [options]

Six replicas of an HTTP service behind a balancer, tuned by one engine that outlives a kill -9 of its runner. Three runners over
PostgreSQL (Debian's package postgresql); without it one runner over SQLite. It ends with 0 where the tuned values cost less.

  --seconds N  how long it runs, 20 to 3600 (60)
  --seed N     of the callers and of the tuner, from 0 (1)
  --json       print one line of JSON at the end and nothing else`

const values = readOptions(USAGE, {
  seconds: { type: "string", default: "60" },
  seed: { type: "string", default: "1" },
  json: { type: "boolean", default: false },
})
const seconds = whole("seconds", values.seconds, 20)
if (seconds > 3600) refuse(`--seconds wants at most 3600, not ${seconds}.`)
const seed = whole("seed", values.seed, 0)
const folder = mkdtempSync(join(tmpdir(), "arqon-cluster-"))
const stop = new AbortController()
process.on("SIGINT", () => stop.abort())
process.on("SIGTERM", () => stop.abort())
const demo = new Demo({
  seconds,
  seed,
  folder,
  page: !values.json,
  say: values.json ? () => undefined : console.log,
})
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
