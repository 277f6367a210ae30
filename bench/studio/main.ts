/**
 * What an open studio costs: nanoseconds per digest with and without one that a page looks at, and the share of one core that the
 * process uses at a realistic rate, with nothing open, a studio that nobody looks at, and one with a page. Then what an answer for a thousand
 * replicas takes.
 *
 * `node bench/studio/main.ts --help` tells the options.
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { createEngine } from "arqon"
import { readOptions, whole } from "../../scripts/options.ts"
import { replicasPage } from "./replicas.ts"

const HELP = `Measures what an open studio costs, per digest and as a share of one core.

USAGE
  npm run bench:studio -- [--seconds N]

  --seconds N   How long each share of a core is measured (default 10)
`

const asked = readOptions(HELP, { seconds: { type: "string", default: "10" } })

const ROUNDS = 41
const DIGESTS = 100_000
const SECONDS = whole("seconds", asked.seconds)
/** A service of medium size: digests a second, one window every five, ten applies a second at most. */
const RATE = 500
const EVERY_MS = 10

const knobs = Object.fromEntries(
  Array.from({ length: 16 }, (_, i) => [`knob${String(i).padStart(2, "0")}`, { min: 0, max: 1 }]),
)

async function watched(url: string): Promise<ChildProcess> {
  const child = fork(new URL("./watcher.ts", import.meta.url), [url])
  await once(child, "message")
  return child
}

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]

/** An engine whose windows are as long as a round, so that a round is digests and nothing else. */
async function hotEngine() {
  const engine = createEngine({
    params: knobs,
    seed: 1,
    window: { digests: 100_000, us: 3600e6, settleUs: 0 },
  })
  await engine.start()
  return engine
}

function round({ digest, observeDigest }: Awaited<ReturnType<typeof hotEngine>>): number {
  const before = process.hrtime.bigint()
  for (let i = 0; i < DIGESTS; i++) {
    digest.fill(Number.NaN)
    digest[2] = 1 + (i & 7)
    observeDigest()
  }
  return Number(process.hrtime.bigint() - before) / DIGESTS
}

async function hotPath(): Promise<void> {
  const closed = await hotEngine()
  const again = await hotEngine()
  const open = await hotEngine()
  const studio = await open.studio({ token: false })
  const page = await watched(studio.url)
  const times = { closed: [] as Array<number>, again: [] as Array<number>, open: [] as Array<number> }
  const engines = { closed, again, open }
  const names = ["closed", "again", "open"] as const
  for (let i = 0; i < ROUNDS; i++) {
    // Each goes first as often as the others.
    for (let k = 0; k < names.length; k++) {
      const name = names[(i + k) % names.length]
      times[name].push(round(engines[name]))
      await sleep(5)
    }
  }
  const taken = open.getSnapshot().counters.digests
  const counted = Object.values(taken).reduce((sum, count) => sum + count, 0)
  if (counted !== ROUNDS * DIGESTS)
    throw new Error(`${counted} digests were observed, not ${ROUNDS * DIGESTS}`)
  const ratio = (name: "again" | "open"): string =>
    median(times[name].map((time, i) => time / times.closed[i])).toFixed(3)
  console.log(`per digest, 16 knobs, median of ${ROUNDS} rounds of ${DIGESTS}:`)
  console.log(`  no studio            ${median(times.closed).toFixed(1)} ns`)
  console.log(
    `  no studio, again     ${median(times.again).toFixed(1)} ns, ratio ${ratio("again")} (the noise)`,
  )
  console.log(`  studio with a page   ${median(times.open).toFixed(1)} ns, ratio ${ratio("open")}`)
  page.kill()
  await studio.stop()
  for (const engine of [closed, again, open]) await engine.stop()
}

/** Share of one core that this process uses while an engine works for so many seconds. */
async function share(
  kind: "none" | "unwatched" | "watched",
): Promise<{ readonly share: number; readonly windows: number }> {
  const engine = createEngine({ params: knobs, seed: 1, window: { digests: 5, settleUs: 0 } })
  await engine.start()
  const studio = kind === "none" ? null : await engine.studio({ token: false })
  const page = kind === "watched" && studio !== null ? await watched(studio.url) : null
  const calls = (RATE * EVERY_MS) / 1000
  const working = setInterval(() => {
    for (let i = 0; i < calls; i++) {
      const loss = Object.values(engine.values).reduce((sum, value) => sum + (value - 0.7) ** 2, 0)
      engine.observe({ objective: loss, latencyP99Us: 1000 * loss })
    }
  }, EVERY_MS)
  await sleep(1000)
  const { windows } = engine.getSnapshot().counters
  const before = process.cpuUsage()
  const startedAt = performance.now()
  await sleep(SECONDS * 1000)
  const { user, system } = process.cpuUsage(before)
  const elapsedUs = (performance.now() - startedAt) * 1000
  const closed = engine.getSnapshot().counters.windows - windows
  clearInterval(working)
  page?.kill()
  await studio?.stop()
  await engine.stop()
  if (closed < SECONDS) throw new Error("the engine did not work")
  return { share: (user + system) / elapsedUs, windows: closed / SECONDS }
}

await hotPath()
console.log(`share of one core, ${RATE} digests a second, 16 knobs, ${SECONDS} s each:`)
await share("none")
for (const kind of ["none", "unwatched", "watched"] as const) {
  const { share: used, windows } = await share(kind)
  const name = { none: "no studio", unwatched: "studio, nobody looks", watched: "studio with a page" }[kind]
  console.log(`  ${name.padEnd(21)}${(100 * used).toFixed(2)} %  (${windows.toFixed(0)} windows a second)`)
}
await replicasPage()
