/**
 * Run by allocation.test.ts in a process of its own: what a user's own calls leave on the heap, each warmed up first. Prints JSON:
 * bytes a call, the least of a few repetitions, because whatever else goes on in the process only adds.
 */
import { GCProfiler } from "node:v8"
import { WINDOW_CLOSED } from "../../src/hot/codes.ts"
import { EventEmitter } from "node:events"
import { expressLimiter, inFlightLimiter, tune } from "../../src/adapters/index.node.ts"
import { createEngine, createFleet } from "../../src/index.node.ts"

const CALLS = 100_000
const WINDOWS = 2_000
const REPETITIONS = 3
const params = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`knob${i}`, { min: 0, max: 100 }]))
/** A window that only the hundred-thousandth digest closes. */
const long = { us: 86_400_000_000, settleUs: 0, digests: 100_000, aggregate: "mean" } as const
const short = { us: 1_000_000, settleUs: 0, digests: 5 } as const

const bytesOf = (work: (count: number) => void, operations: number): number => {
  globalThis.gc?.()
  const profiler = new GCProfiler()
  profiler.start()
  const before = process.memoryUsage().heapUsed
  work(operations)
  const after = process.memoryUsage().heapUsed
  let freed = 0
  for (const { beforeGC, afterGC } of profiler.stop().statistics) {
    freed += beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize
  }
  return (after - before + freed) / operations
}

const least = (work: (count: number) => void, operations: number): number => {
  for (let k = 0; k < 2; k++) work(operations)
  return Math.min(...Array.from({ length: REPETITIONS }, () => bytesOf(work, operations)))
}

const calls = async (clock: "manual" | "system") => {
  const engine = createEngine({ params, seed: 42, clock, window: long })
  await engine.start()
  const input = { objective: 1 }
  let i = 0
  const observe = least((count) => {
    for (let k = 0; k < count; k++) {
      input.objective = ++i & 127
      engine.observe(input)
    }
  }, CALLS)
  // Fractions: numbers that are objects of their own, unless each field is read by its name.
  const detailed = { objective: 0.5, latencyP99Us: 0.5, throughputRps: 0.5, errorRate: 0.5 }
  const fractions = least((count) => {
    for (let k = 0; k < count; k++) {
      detailed.objective = (++i & 127) + 0.5
      engine.observe(detailed)
    }
  }, CALLS)
  const track = least((count) => {
    for (let k = 0; k < count; k++) engine.track(() => i)
  }, CALLS)
  let now = 0
  const tick = least((count) => {
    if (clock === "system") return
    for (let k = 0; k < count; k++) engine.tick(++now)
  }, CALLS)
  const { valid } = engine.getSnapshot().counters.digests
  await engine.stop()
  return { observe, fractions, track, tick, valid, observed: i }
}

/** Noise alone, and no proof that it pays: one cycle after another. */
const windows = async (subscribers: number) => {
  const engine = createEngine({ params, seed: 42, clock: "manual", window: short, gains: { prove: false } })
  await engine.start()
  const { digest } = engine
  let heard = 0
  for (let k = 0; k < subscribers; k++) engine.subscribe(() => heard++)
  let i = 0
  const bytes = least((count) => {
    for (let closed = 0; closed < count; ) {
      digest.fill(Number.NaN)
      digest[0] = ++i * 100_000
      digest[2] = 10 + ((i * 7919) % 101) * 1e-3
      if (engine.observeDigest() === WINDOW_CLOSED) closed++
    }
  }, WINDOWS)
  const { counters } = engine.getSnapshot()
  await engine.stop()
  return { bytes, heard, windows: counters.windows, cycles: counters.cycles }
}

/** An engine of a fleet, and one in a thread of its own, as far as the caller's thread goes. */
const elsewhere = async () => {
  const fleet = createFleet({ engine: { params, clock: "manual", window: long, seed: 1 } })
  await fleet.start()
  const cell = fleet.spawn("one")
  // A thread takes none of the flags that this process needs.
  process.execArgv = []
  const placed = createEngine({ params, seed: 1, window: long, placement: "worker" })
  await placed.start()
  const input = { objective: 1 }
  let reported = 0
  const observed = (engine: { readonly observe: (digest: { objective: number }) => boolean }): number =>
    least((count) => {
      for (let k = 0; k < count; k++) {
        input.objective = ++reported & 127
        engine.observe(input)
      }
    }, CALLS)
  const inFleet = observed(cell)
  const fleetCounts = { reported, taken: cell.getSnapshot().counters.digests }
  reported = 0
  const inWorker = observed(placed)
  // The worker has dealt with all that lay in its lanes when it answers.
  const { digests, digestsLost } = placed.getSnapshot().counters
  const taken = digestsLost + Object.values(digests).reduce((sum, count) => sum + count, 0)
  const workerCounts = { reported, taken, valid: digests.valid }
  await fleet.stop()
  await placed.stop()
  return { fleet: { bytes: inFleet, ...fleetCounts }, worker: { bytes: inWorker, ...workerCounts } }
}

/** A response as Node's, as far as a limiter looks at one. */
class Response extends EventEmitter {
  statusCode = 200
  readonly headersSent = true
  readonly writableEnded = true
  readonly writableFinished = true
  closed = false
  setHeader(): void {}
  end(): void {}
}

/** A request through an Express limiter that an engine tunes, ten at a time, over one that goes through nothing. */
const limiter = async () => {
  const limit = inFlightLimiter({ initial: 64, max: 256 })
  const tuned = await tune(limit, { seed: 1 })
  const admit = expressLimiter(limit)
  let served = 0
  const serve = (): void => {
    served++
  }
  const requests = (take: (response: Response) => void): number =>
    least((count) => {
      for (let sent = 0; sent < count; sent += 10) {
        const going = Array.from({ length: 10 }, () => new Response())
        for (const response of going) take(response)
        for (const response of going) {
          response.closed = true
          response.emit("close")
        }
      }
    }, 10_000)
  const bare = requests((response) => void response.once("close", serve))
  const before = served
  const limited = requests((response) => admit({}, response, serve))
  await tuned.stop()
  return { bytes: limited - bare, served: served - before }
}

process.stdout.write(
  JSON.stringify({
    manual: await calls("manual"),
    system: await calls("system"),
    window: await windows(0),
    heard: await windows(1),
    elsewhere: await elsewhere(),
    limiter: await limiter(),
  }),
)
