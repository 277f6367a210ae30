/**
 * What ten thousand engines in one process cost: a spawn, the memory of each, and the processor when every one of them reports
 * once a second. Everything is on the path of a user: spawn by key, digests as objects, the real clock, the audit kept.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { createFleet, type FleetEngine } from "arqon"
import { readOptions, whole } from "../../scripts/options.ts"

const HELP = `Measures what a fleet costs: a spawn, the memory of an engine, the processor.

USAGE
  npm run bench:fleet -- [--engines N] [--seconds N] [--knobs N] [--json]

  --engines N   Engines in one process (default 10000)
  --seconds N   How long each of them reports once a second (default 20)
  --knobs N     Knobs of an engine (default 2)
  --json        Print the figures as JSON
`

const asked = readOptions(HELP, {
  engines: { type: "string", default: "10000" },
  seconds: { type: "string", default: "20" },
  knobs: { type: "string", default: "2" },
  json: { type: "boolean", default: false },
})
const ENGINES = whole("engines", asked.engines)
const SECONDS = whole("seconds", asked.seconds)
const KNOBS = whole("knobs", asked.knobs)
/** Reports come in so many portions a second, so that no call holds the thread for long. */
const PORTIONS = 50

const params = Object.fromEntries(
  Array.from({ length: KNOBS }, (_, i) => [`knob${i}`, { min: 0, max: 1 }] as const),
)
const fleetOf = () => createFleet({ engine: { params, window: { us: 10_000_000 } }, auditMemory: 1000 })

const objective = (engine: FleetEngine, i: number): number => {
  let sum = 0
  for (const name in engine.values) sum += (engine.values[name] - (i % 7) / 10) ** 2
  return sum
}

interface Memory {
  readonly heap: number
  readonly buffers: number
}
const memory = (): Memory => {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return { heap: heapUsed, buffers: arrayBuffers }
}

/** A fleet that is thrown away: what is measured afterwards is compiled. */
async function warmUp(): Promise<void> {
  const fleet = fleetOf()
  await fleet.start()
  for (let i = 0; i < 3000; i++) fleet.spawn(`warm-${i}`).observe({ objective: 1 })
  await fleet.stop()
}

async function measure() {
  const before = memory()
  const fleet = fleetOf()
  await fleet.start()
  const engines: Array<FleetEngine> = []
  const spawns = new Float64Array(ENGINES)
  for (let i = 0; i < ENGINES; i++) {
    const at = performance.now()
    const engine = fleet.spawn(`tenant-${i}`)
    spawns[i] = (performance.now() - at) * 1000
    engines.push(engine)
  }
  const after = memory()
  const spawnUs = spawns.sort()
  const total = after.heap - before.heap + after.buffers - before.buffers

  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  let digests = 0
  let late = 0
  for (let portion = 0; portion < SECONDS * PORTIONS; portion++) {
    const due = startedAt + (portion * 1000) / PORTIONS
    const wait = due - performance.now()
    if (wait > 0) await sleep(wait)
    else late = Math.max(late, -wait)
    const share = portion % PORTIONS
    for (let i = share; i < ENGINES; i += PORTIONS) {
      engines[i].observe({ objective: objective(engines[i], i) })
      digests++
    }
  }
  const { user, system } = process.cpuUsage(cpuBefore)
  const seconds = (performance.now() - startedAt) / 1000
  const snapshot = fleet.getSnapshot()
  const windows = fleet
    .list({ limit: ENGINES })
    .engines.reduce((sum, { counters }) => sum + counters.windows, 0)
  const worked = memory()
  if (digests < ENGINES * (SECONDS - 1) || windows === 0) throw new Error("the fleet did not do its work")
  await fleet.stop()
  return {
    engines: ENGINES,
    knobs: KNOBS,
    spawnUs: {
      p50: spawnUs[Math.floor(ENGINES / 2)],
      p99: spawnUs[Math.floor(ENGINES * 0.99)],
      mean: spawnUs.reduce((sum, us) => sum + us, 0) / ENGINES,
    },
    bytesPerEngine: total / ENGINES,
    bytesPerEngineAfterWork: (worked.heap - before.heap + worked.buffers - before.buffers) / ENGINES,
    shareOfACore: (user + system) / 1e6 / seconds,
    digestsPerSecond: digests / seconds,
    windows,
    latestMs: late,
    awake: snapshot.awake,
    safe: snapshot.safe,
  }
}

await warmUp()
const figures = await measure()
if (asked.json) console.log(JSON.stringify(figures, null, 2))
else {
  const { spawnUs } = figures
  console.log(`${figures.engines} engines of ${figures.knobs} knobs, one digest a second each`)
  console.log(
    `spawn            p50 ${spawnUs.p50.toFixed(1)} us   mean ${spawnUs.mean.toFixed(1)} us   p99 ${spawnUs.p99.toFixed(0)} us   (asked: 50)`,
  )
  console.log(
    `memory an engine ${(figures.bytesPerEngine / 1024).toFixed(1)} KiB fresh, ${(figures.bytesPerEngineAfterWork / 1024).toFixed(1)} KiB after work   (asked: 16)`,
  )
  console.log(
    `processor        ${(100 * figures.shareOfACore).toFixed(1)} % of a core at ${figures.digestsPerSecond.toFixed(0)} digests a second, ${figures.windows} windows   (asked: 10)`,
  )
  console.log(
    `awake ${figures.awake}, in SafeMode ${figures.safe}, latest portion ${figures.latestMs.toFixed(1)} ms late`,
  )
}
