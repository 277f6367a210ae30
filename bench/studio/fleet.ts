/**
 * What a studio costs a fleet of ten thousand engines that report once a second each: the share of one core that the process uses
 * without a studio, with one that nobody looks at, with a page on the list, with a page on one engine, and without one again (the noise).
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { createFleet } from "arqon"
import { readOptions, whole } from "../../scripts/options.ts"

const HELP = `Measures what a studio costs a fleet of ten thousand engines, as a share of one core.

USAGE
  npm run build && node bench/studio/fleet.ts [--seconds N]

  --seconds N   How long each share is measured (default 10)
`

const asked = readOptions(HELP, { seconds: { type: "string", default: "10" } })

const ENGINES = 10_000
const SECONDS = whole("seconds", asked.seconds)
const EVERY_MS = 10
/** As the page asks: for the list, and for one engine. */
const LIST_MS = "1000"
const ONE_MS = "500"

const fleet = createFleet({
  name: "bench",
  engine: { params: { batch: { min: 1, max: 512, scale: "log" }, wait: { min: 0, max: 1 } }, seed: 1 },
  auditMemory: 10_000,
})
await fleet.start()
const engines = Array.from({ length: ENGINES }, (_, i) => fleet.spawn(`tenant-${i}`))

let next = 0
const batch = (ENGINES * EVERY_MS) / 1000
const work = setInterval(() => {
  for (let i = 0; i < batch; i++) {
    const engine = engines[next++ % ENGINES]
    engine.observe({ objective: (engine.values.wait - 0.3) ** 2 })
  }
}, EVERY_MS)

const rows: Array<readonly [string, number]> = []
async function share(name: string): Promise<void> {
  const before = process.cpuUsage()
  const began = performance.now()
  await sleep(SECONDS * 1000)
  const { user, system } = process.cpuUsage(before)
  rows.push([name, (user + system) / 10 / (performance.now() - began)])
}

async function looking(address: string, everyMs: string): Promise<ChildProcess> {
  const child = fork(new URL("./fleetWatcher.ts", import.meta.url), [address, everyMs])
  await once(child, "message")
  return child
}

await sleep(2000)
await share("no studio")
const studio = await fleet.studio({ token: false })
await share("studio, nobody looks")
for (const [name, path, everyMs] of [
  ["page on the list, searching", "api/fleet?search=99&limit=50&events=0", LIST_MS],
  ["page on one engine", "api/fleet/engine?key=tenant-7&after=0", ONE_MS],
] as const) {
  const page = await looking(`${studio.url}${path}`, everyMs)
  await share(name)
  page.kill()
}
await studio.stop()
await share("no studio again")
clearInterval(work)
await fleet.stop()
for (const [name, percent] of rows) console.log(`${name.padEnd(28)} ${percent.toFixed(1)} % of a core`)
