/**
 * What a user's own calls cost: `observe`, `track`, `tick`, a window through the actors, an engine of a fleet, one in a worker, and
 * an Express limiter at ten thousand requests a second. One needs it because nobody calls the kernel: they call these.
 *
 * Times are medians over batches, single calls where a call takes microseconds. Bytes are medians over repetitions on a clean heap.
 */
import { EventEmitter } from "node:events"
import { createEngine, createFleet } from "arqon"
import { WINDOW_CLOSED } from "arqon/hot"
import { expressLimiter, inFlightLimiter, tune } from "arqon/adapters"
import { bytesOf, type Price, quantile } from "./measure.ts"

const KNOBS = 16
const BATCH = 1_000
const BATCHES = 100
const WARM_BATCHES = 30
const REPETITIONS = 5
const BYTES_OPERATIONS = 100_000
/** A window that no digest closes. */
const ENDLESS = { us: 86_400_000_000, settleUs: 0, digests: 100_000, aggregate: "mean" } as const

const params = Object.fromEntries(
  Array.from({ length: KNOBS }, (_, i) => [`knob${String(i).padStart(2, "0")}`, { min: 0, max: 100 }]),
)

/** A price and how far its repetitions lie apart. */
export interface PublicPrice extends Price {
  /** Nanoseconds of the fastest and the slowest tenth. */
  readonly p10Ns: number
  readonly p90Ns: number
  readonly leastBytes: number
  readonly mostBytes: number
}

/** Bytes that an operation may allocate; the command fails beyond them. The caller's own objects are not among them. */
export const mostPublicBytes: Readonly<Record<string, number>> = {
  publicObserve: 32,
  publicTrack: 200,
  publicTick: 1,
  // What the compiler has seen before in one process costs a tenth: the test of allocations holds 8,192 in a process of its own.
  publicWindow: 9_000,
  publicWindowHeard: 13_000,
  publicFleet: 32,
  publicWorker: 32,
  publicLimiter: 2_000,
}

const priceOf = (times: ReadonlyArray<number>, bytes: ReadonlyArray<number>): PublicPrice => ({
  p10Ns: quantile(times, 0.1),
  p50Ns: quantile(times, 0.5),
  p90Ns: quantile(times, 0.9),
  p99Ns: quantile(times, 0.99),
  bytesPerOp: quantile(bytes, 0.5),
  leastBytes: Math.min(...bytes),
  mostBytes: Math.max(...bytes),
})

/** Nanoseconds an operation, by batches. */
const timed = (run: (count: number) => void): ReadonlyArray<number> => {
  for (let batch = 0; batch < WARM_BATCHES; batch++) run(BATCH)
  return Array.from({ length: BATCHES }, () => {
    const begun = performance.now()
    run(BATCH)
    return ((performance.now() - begun) * 1e6) / BATCH
  })
}

const repeated = (run: (count: number) => void, operations = BYTES_OPERATIONS): ReadonlyArray<number> =>
  Array.from({ length: REPETITIONS }, () => bytesOf(run, operations))

const priced = (run: (count: number) => void): PublicPrice => {
  const times = timed(run)
  return priceOf(times, repeated(run))
}

/** An objective that changes, made of whole numbers: those are not the caller's garbage. */
const objectiveAt = (i: number): number => 10 + ((i * 7919) % 101)

const engineOf = async (clock: "manual" | "system", window: object = ENDLESS) => {
  const gains = { prove: false }
  const engine = createEngine({ params, objective: "minimize", seed: 42, clock, window, gains })
  await engine.start()
  return engine
}

const publicCalls = async (clock: "manual" | "system"): Promise<Record<string, PublicPrice>> => {
  const engine = await engineOf(clock)
  const { digest } = engine
  const input = { objective: 1 }
  let i = 0
  const observe = priced((count) => {
    for (let k = 0; k < count; k++) {
      input.objective = objectiveAt(++i)
      engine.observe(input)
    }
  })
  const byPosition = priced((count) => {
    for (let k = 0; k < count; k++) {
      digest.fill(Number.NaN)
      digest[2] = objectiveAt(++i)
      engine.observeDigest()
    }
  })
  let done = 0
  const work = (): number => ++done
  const bare = priced((count) => {
    for (let k = 0; k < count; k++) work()
  })
  const tracked = priced((count) => {
    for (let k = 0; k < count; k++) engine.track(work)
  })
  const track = {
    ...tracked,
    p10Ns: tracked.p10Ns - bare.p50Ns,
    p50Ns: tracked.p50Ns - bare.p50Ns,
    p90Ns: tracked.p90Ns - bare.p50Ns,
    bytesPerOp: tracked.bytesPerOp - bare.bytesPerOp,
  }
  const counted = engine.getSnapshot().counters.digests.valid
  if (counted < i) throw new Error(`${clock}: ${counted} digests were valid, of ${i} and some more`)
  await engine.stop()
  const name = clock === "manual" ? "" : "Clock"
  return {
    [`publicObserve${name}`]: observe,
    [`publicDigest${name}`]: byPosition,
    [`publicTrack${name}`]: track,
  }
}

const publicTick = async (): Promise<PublicPrice> => {
  const engine = await engineOf("manual")
  // A whole number below 2^30 is not the caller's garbage.
  let now = 0
  const price = priced((count) => {
    for (let k = 0; k < count; k++) engine.tick(++now)
  })
  await engine.stop()
  return price
}

/** Digests are 100 ms apart: by the time a window is full, Tier 1's pace is no limit and the apply follows at once. */
const APART_US = 100_000
const WINDOW_DIGESTS = 5
const WINDOWS = 1_500

/**
 * Windows of five digests through the actors, two a cycle and three applies: without a proof that it pays the tuner never rests.
 * Times are of the digests that close one, bytes of everything in between too.
 */
export const windowPrice = async (subscribers: number): Promise<PublicPrice> => {
  const engine = await engineOf("manual", { us: 10 * APART_US, settleUs: 0, digests: WINDOW_DIGESTS })
  const { digest } = engine
  let heard = 0
  for (let k = 0; k < subscribers; k++) engine.subscribe(() => heard++)
  let i = 0
  const times = new Float64Array(WINDOWS)
  const windows = (count: number): void => {
    for (let closed = 0; closed < count; ) {
      digest.fill(Number.NaN)
      digest[0] = ++i * APART_US
      digest[2] = 10 + ((i * 7919) % 101) * 1e-3
      const begun = performance.now()
      const closes = engine.observeDigest() === WINDOW_CLOSED
      if (closes) times[closed++] = (performance.now() - begun) * 1e6
    }
  }
  windows(WINDOWS)
  windows(WINDOWS)
  const kept = Array.from(times)
  const bytes = repeated(windows, WINDOWS)
  const { counters } = engine.getSnapshot()
  if (counters.cycles < 0.4 * counters.windows)
    throw new Error(`${counters.cycles} cycles in ${counters.windows} windows`)
  if (subscribers > 0 && heard === 0) throw new Error("nobody was told of anything")
  await engine.stop()
  return priceOf(kept, bytes)
}

const fleetObserve = async (): Promise<PublicPrice> => {
  const fleet = createFleet({ engine: { params, clock: "manual", window: ENDLESS, seed: 1 } })
  await fleet.start()
  const engine = fleet.spawn("one")
  const input = { objective: 1 }
  let i = 0
  const price = priced((count) => {
    for (let k = 0; k < count; k++) {
      input.objective = objectiveAt(++i)
      engine.observe(input)
    }
  })
  await fleet.stop()
  return price
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** What it costs the caller's thread; the worker takes the digests meanwhile. */
const workerObserve = async (): Promise<PublicPrice> => {
  // A thread takes none of the flags that the whole process needs.
  process.execArgv = []
  const engine = createEngine({ params, seed: 1, window: ENDLESS, placement: "worker" })
  await engine.start()
  const input = { objective: 1 }
  let i = 0
  const run = (count: number): void => {
    for (let k = 0; k < count; k++) {
      input.objective = objectiveAt(++i)
      engine.observe(input)
    }
  }
  const times: Array<number> = []
  const bytes: Array<number> = []
  for (let batch = 0; batch < WARM_BATCHES + BATCHES; batch++) {
    const begun = performance.now()
    run(BATCH)
    if (batch >= WARM_BATCHES) times.push(((performance.now() - begun) * 1e6) / BATCH)
    await turn()
  }
  for (let repetition = 0; repetition < 4 * REPETITIONS; repetition++) {
    bytes.push(bytesOf(run, BATCH))
    await turn()
  }
  await engine.stop()
  return priceOf(times, bytes)
}

/** A response as Node's, as far as the limiter looks at one. */
class Response extends EventEmitter {
  statusCode = 200
  readonly headersSent = true
  readonly writableEnded = true
  readonly writableFinished = true
  closed = false
  setHeader(): void {}
  end(): void {}
}

const REQUESTS_PER_MS = 10
const LIMITER_MS = 1_500

/** Requests of a millisecond each, ten in every millisecond, through a limiter that an engine tunes. */
const limiterRequest = async (): Promise<PublicPrice> => {
  const limiter = inFlightLimiter({ initial: 64, max: 256 })
  const tuned = await tune(limiter, { seed: 1 })
  const admit = expressLimiter(limiter)
  const going: Array<Response> = []
  let served = 0
  const serve = (): void => {
    served++
  }
  const slices: Array<number> = []
  const slice = (count: number): void => {
    const begun = performance.now()
    for (const response of going.splice(0)) {
      response.closed = true
      response.emit("close")
    }
    for (let k = 0; k < count; k++) {
      const response = new Response()
      going.push(response)
      admit({}, response, serve)
    }
    slices.push(((performance.now() - begun) * 1e6) / count)
  }
  const forSoLong = async (ms: number): Promise<void> => {
    const begun = performance.now()
    for (let sent = 0; performance.now() - begun < ms; ) {
      const due = Math.min(100, Math.floor((performance.now() - begun) * REQUESTS_PER_MS) - sent)
      if (due >= REQUESTS_PER_MS) {
        slice(due)
        sent += due
      }
      await turn()
    }
  }
  await forSoLong(LIMITER_MS)
  slices.length = 0
  await forSoLong(LIMITER_MS)
  const kept = slices.slice()
  const bytes = repeated((count) => {
    for (let sent = 0; sent < count; sent += REQUESTS_PER_MS) slice(REQUESTS_PER_MS)
  }, 10_000)
  if (served === 0) throw new Error("the limiter let nobody in")
  await tuned.stop()
  return priceOf(kept, bytes)
}

/** The same requests without a limiter: what `expressLimiter` is held against. */
const bareRequest = (): PublicPrice => {
  const going: Array<Response> = []
  let served = 0
  return priced((count) => {
    for (let sent = 0; sent < count; sent += REQUESTS_PER_MS) {
      for (const response of going.splice(0)) {
        response.closed = true
        response.emit("close")
      }
      for (let k = 0; k < REQUESTS_PER_MS; k++) {
        const response = new Response()
        going.push(response)
        response.once("close", () => served++)
      }
    }
  })
}

/** Every public path by its name; `tell` hears of each group that is done. */
export const publicPrices = async (tell: (what: string) => void): Promise<Record<string, PublicPrice>> => {
  const prices: Record<string, PublicPrice> = {}
  const keep = (group: Record<string, PublicPrice>): void => {
    Object.assign(prices, group)
    tell(Object.keys(group).join(", "))
  }
  keep(await publicCalls("manual"))
  keep(await publicCalls("system"))
  keep({ publicTick: await publicTick() })
  keep({ publicWindow: await windowPrice(0) })
  keep({ publicWindowHeard: await windowPrice(1) })
  keep({ publicFleet: await fleetObserve() })
  keep({ publicWorker: await workerObserve() })
  keep({ publicLimiter: await limiterRequest() })
  keep({ publicLimiterBare: bareRequest() })
  return prices
}
