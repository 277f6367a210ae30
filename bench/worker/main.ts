/**
 * `npm run bench:worker`: what it costs to have the engine in a worker, and what it is good for. In one run, inline and worker in
 * turn: what `observe` costs the caller, and how long it takes from the digest that closes a window until the plant can read the
 * new configuration, with the caller's thread idle and with it busy. Every latency is that of an apply that was accepted. Times
 * are printed and gate nothing.
 */
import { performance } from "node:perf_hooks"
import { Worker } from "node:worker_threads"
import { readOptions } from "../../scripts/options.ts"
import { settled } from "./settled.ts"
import { type ArqonEngine, createEngine, type WorkerEngine } from "arqon"

const HELP = `Measures what it costs to have the engine in a worker, and what it is good for: inline and worker in turn.

USAGE
  npm run bench:worker

It has no options. Times are printed and gate nothing.
`

readOptions(HELP, {})

type Either = ArqonEngine | WorkerEngine

const DECISIONS = 300
const BATCHES = 60
const BATCH = 1000
const BUSY_MS = 20

const params = Object.fromEntries(
  Array.from({ length: 16 }, (_, i) => [`knob${i}`, { min: 0, max: 1 }] as const),
)
const options = {
  params,
  seed: 1,
  tickUs: 20_000,
  window: { us: 5_000_000, settleUs: 0 },
  guardrails: { preset: "aggressive", minIntervalUs: 0, appliesPerSecond: 100_000, turnsPerMinute: 1000 },
} as const

const make = (placement: "inline" | "worker"): Either =>
  placement === "worker" ? createEngine({ ...options, placement }) : createEngine(options)

const quantile = (values: ReadonlyArray<number>, q: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))]

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Nanoseconds a digest, by batches: of a generation long gone, so that each is judged and none leads to anything. */
async function observeCost(engine: Either): Promise<ReadonlyArray<number>> {
  const { digest } = engine
  const costs: Array<number> = []
  for (let batch = 0; batch < BATCHES; batch++) {
    const begin = performance.now()
    for (let i = 0; i < BATCH; i++) {
      digest.fill(Number.NaN)
      digest[1] = 0
      digest[2] = i
      engine.observeDigest()
    }
    costs.push(((performance.now() - begin) * 1e6) / BATCH)
    await turn()
  }
  return costs.slice(10)
}

/** Microseconds from just before the digest that closes a window until another generation can be read. */
async function decideLatency(engine: Either): Promise<ReadonlyArray<number>> {
  const latencies: Array<number> = []
  while (latencies.length < DECISIONS) {
    const generation = settled(() => engine.generation)
    const digest = { objective: 1 + Math.sin(generation * 7), generation }
    for (let i = 0; i < 4; i++) engine.observe(digest)
    // So that the engine has dealt with these, and sleeps if it can.
    settled(() => engine.generation)
    const begin = performance.now()
    engine.observe(digest)
    while (engine.generation === generation && performance.now() - begin < 50) {
      // A plant that looks at its knobs.
    }
    if (engine.generation !== generation) latencies.push((performance.now() - begin) * 1000)
    await turn()
  }
  return latencies.slice(50)
}

/**
 * The same where the caller's thread is busy for twenty milliseconds at a time and digests come from another thread every
 * millisecond: the other thread measures from its fifth digest to the new generation. Inline it cannot report by itself: it
 * posts a message, and reads the shared configuration no sooner than it has changed.
 */
async function busyLatency(engine: Either): Promise<ReadonlyArray<number>> {
  const shared = "shared" in engine ? engine.shared : null
  const word = new SharedArrayBuffer(4)
  const live = new Int32Array(word)
  const worker = new Worker(new URL("./reporter.ts", import.meta.url), {
    workerData: { shared, live: word, decisions: DECISIONS / 3 },
  })
  const told: Array<ReadonlyArray<number>> = []
  worker.on(
    "message",
    (message: { readonly objective: number } | { readonly latencies: ReadonlyArray<number> }) => {
      if ("latencies" in message) told.push(message.latencies)
      else {
        engine.observe({ objective: message.objective })
        Atomics.store(live, 0, engine.generation)
      }
    },
  )
  while (told.length === 0) {
    for (const until = performance.now() + BUSY_MS; performance.now() < until; ) Math.sqrt(2)
    await turn()
  }
  await worker.terminate()
  return told[0]
}

const rows: Array<readonly [string, ReadonlyArray<number>, ReadonlyArray<number>]> = []
const both = { inline: make("inline"), worker: make("worker") }
await Promise.all([both.inline.start(), both.worker.start()])
const measure = async (
  name: string,
  subject: (engine: Either) => Promise<ReadonlyArray<number>>,
): Promise<void> => {
  const inline = await subject(both.inline)
  rows.push([name, inline, await subject(both.worker)])
}
await measure("observeDigest, ns a digest (p99 over batches)", observeCost)
await measure("digest to new configuration, caller idle, us", decideLatency)
await measure(`digest to new configuration, caller busy ${BUSY_MS} ms at a time, us`, busyLatency)
const lost = both.worker.getSnapshot().counters.digestsLost
await Promise.all([both.inline.stop(), both.worker.stop()])

const figure = (value: number): string => value.toPrecision(3).padStart(9)
console.log(`node ${process.version}; 16 knobs, ${DECISIONS} decisions, no timer between digest and decision`)
for (const [name, inline, worker] of rows) {
  console.log(name)
  for (const [label, q] of [
    ["p50", 0.5],
    ["p99", 0.99],
  ] as const) {
    const [a, b] = [quantile(inline, q), quantile(worker, q)]
    console.log(`  ${label}  inline ${figure(a)}  worker ${figure(b)}  ratio ${(b / a).toPrecision(3)}`)
  }
}
console.log(`digests that a full lane dropped in the first row: ${lost}`)
