/** What an adapter cannot use is refused where it is made, all of it at once and by name, as plain JavaScript needs it. */
import Bottleneck from "bottleneck"
import { LRUCache } from "lru-cache"
import pLimit from "p-limit"
import PQueue from "p-queue"
import { describe, expect, it } from "vitest"
import { batchWindow } from "../../src/adapters/batchWindow.ts"
import { bullWorkerConcurrency } from "../../src/adapters/bullmq.ts"
import { cacheTtl } from "../../src/adapters/cacheTtl.ts"
import { concurrencyAdapter } from "../../src/adapters/concurrency.ts"
import { inFlightLimiter } from "../../src/adapters/InFlightLimiter.ts"
import { tune } from "../../src/adapters/index.ts"
import { expressLimiter } from "../../src/adapters/express.ts"
import { fastifyLimiter } from "../../src/adapters/fastify.ts"
import { honoLimiter } from "../../src/adapters/hono.ts"
import { pgPoolSize } from "../../src/adapters/pgPool.ts"
import { piscinaThreads } from "../../src/adapters/piscina.ts"
import { bottleneckConcurrency, queueConcurrency } from "../../src/adapters/queues.ts"
import { undiciConnections } from "../../src/adapters/undici.ts"
import { WorkMeter } from "../../src/adapters/WorkMeter.ts"
import { ConfigError } from "../../src/domain/errors.ts"

/** Paths and sentences of the ConfigError that `make` must throw. */
const refusals = (make: () => unknown): Record<string, string> => {
  try {
    make()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return Object.fromEntries(
      error.problems.map(({ path, message, suggestion }) => [
        path,
        [message, suggestion ?? ""].join(" ").trim(),
      ]),
    )
  }
  return {}
}

/** Hands over what the types forbid. */
const anyhow = (make: unknown, ...args: ReadonlyArray<unknown>): Record<string, string> =>
  refusals(() => (make as (...given: ReadonlyArray<unknown>) => unknown)(...args))

/** Adapters of one package each, with something of that package. */
const packaged = () => {
  const pool = { on: () => {}, connect: () => {}, options: { max: 10 } }
  const piscina = { run: () => {}, options: { maxThreads: 4, maxQueue: 0, concurrentTasksPerWorker: 1 } }
  const worker = { processFn: () => {}, isRunning: () => true, concurrency: 4 }
  return [
    [queueConcurrency, pLimit(2)],
    [bottleneckConcurrency, new Bottleneck()],
    [pgPoolSize, pool],
    [piscinaThreads, piscina],
    [bullWorkerConcurrency, worker],
  ] as const
}

describe("options of an adapter", () => {
  it("that it does not have are refused, with what was probably meant", () => {
    expect(anyhow(inFlightLimiter, { initail: 3, queue: -1, digest: { everyMs: 4 } })).toEqual({
      initail: 'is not an option here. Did you mean "initial"?',
      queue: "must be a number from 0, got -1.",
      "digest.everyMs": 'is not an option here. Did you mean "everyUs"?',
    })
    expect(anyhow(undiciConnections, { p99us: 1 })).toEqual({
      p99us: 'is not an option here. Did you mean "p99Us"?',
    })
    expect(anyhow(concurrencyAdapter, "n", { objective: 1 }, () => undefined)).toEqual({
      objective: "must be a function, got 1.",
    })
    expect(anyhow(batchWindow, { maxx: 1 })).toEqual({ maxx: 'is not an option here. Did you mean "max"?' })
    expect(anyhow(inFlightLimiter, null)).toEqual({ "": "must be an object, got null." })
  })

  it("that it has are accepted, and undefined for each", () => {
    const options = { name: "n", min: 1, max: 9, initial: 3, p99Us: 1, latencyWeight: 0, limitWeight: 0 }
    const digest = { everyCount: 1, everyUs: 1, atMostUs: 1 }
    const whole = { ...options, digest, objective: () => 0, queue: 0, queueTimeoutMs: Infinity }
    expect(anyhow(inFlightLimiter, whole)).toEqual({})
    const none = Object.fromEntries(Object.keys(whole).map((name) => [name, undefined]))
    expect(anyhow(inFlightLimiter, none)).toEqual({})
  })

  it("that would admit nobody are refused", () => {
    expect(anyhow(inFlightLimiter, { min: 0.5, initial: 0, max: Infinity })).toEqual({
      min: "must be a number from 1, got 0.5.",
      initial: "must be a number from 1, got 0.",
      max: "must be a number from 1, got Infinity.",
    })
  })

  it("that contradict each other are refused by their own names, all of them at once", () => {
    const cache = new LRUCache<string, number>({ max: 10 })
    const wrong = { min: 5, max: 2, name: "", digest: { everyUs: -1 } }
    const said = "must be below max, got min 5 and max 2. Swap the two."
    for (const [make, ...things] of [[inFlightLimiter], [undiciConnections], ...packaged()] as const) {
      expect(anyhow(make, ...things, wrong)).toMatchObject({
        min: said,
        name: "has an empty name. Give every knob a name.",
        "digest.everyUs": "must be a finite number from 0, got -1.",
      })
    }
    expect(anyhow(batchWindow, { ...wrong, digest: undefined, everyUs: -1 })).toMatchObject({
      digest: expect.stringContaining("is not an option here."),
    })
    expect(anyhow(batchWindow, { min: 5, max: 2, everyUs: -1 })).toEqual({
      min: said,
      everyUs: "must be a finite number from 0, got -1.",
    })
    expect(anyhow(cacheTtl, cache, { min: 5, max: 2, everyUs: -1 })).toEqual({
      min: said,
      staleUsPerSecond: "must be a finite number from 0, got null.",
      everyUs: "must be a finite number from 0, got -1.",
    })
  })

  it("that exclude the start, or leave no room between the bounds, are refused", () => {
    const start = { initial: "is outside [2, 4]: 9. Start inside the bounds, or widen them." }
    const cache = new LRUCache<string, number>({ max: 10 })
    expect(anyhow(inFlightLimiter, { min: 2, max: 4, initial: 9 })).toEqual(start)
    expect(anyhow(batchWindow, { min: 2, max: 4, initial: 9 })).toEqual(start)
    expect(anyhow(cacheTtl, cache, { staleUsPerSecond: 1, min: 2, max: 4, initial: 9 })).toEqual(start)
    expect(anyhow(inFlightLimiter, { max: 1.05 })).toHaveProperty("max")
    expect(anyhow(queueConcurrency, pLimit(3), { min: 1.2, max: 1.7 })).toHaveProperty("max")
    for (const make of [
      batchWindow,
      (options: object) => cacheTtl(cache, { staleUsPerSecond: 1, ...options }),
    ])
      expect(anyhow(make, { min: 0 })).toEqual({
        min: 'must be above 0 on a log scale, got 0. Raise it, or use scale: "linear".',
      })
  })

  it("that a timer cannot wait for are refused: it would fire immediately", () => {
    const most = 2_147_483_647
    expect(anyhow(inFlightLimiter, { queueTimeoutMs: most })).toEqual({})
    expect(anyhow(inFlightLimiter, { queueTimeoutMs: most + 1 })).toHaveProperty("queueTimeoutMs")
    expect(anyhow(batchWindow, { max: most })).toEqual({})
    expect(anyhow(batchWindow, { max: most + 1 })).toHaveProperty("max")
  })

  it("that would never produce a digest are refused", () => {
    for (const digest of [{ everyCount: Infinity }, { everyUs: Infinity }])
      expect(Object.keys(anyhow(inFlightLimiter, { digest }))).toEqual([`digest.${Object.keys(digest)[0]}`])
    expect(anyhow((options: never) => new WorkMeter(options), { everyUs: Infinity })).toEqual({
      objective: "must be a function, got null.",
      everyUs: "must be a finite number from 0, got Infinity.",
    })
  })

  it("of a cache need the price of age, and a cache", () => {
    const cache = new LRUCache<string, number>({ max: 10 })
    expect(anyhow(cacheTtl, cache)).toEqual({ staleUsPerSecond: "must be a finite number from 0, got null." })
    expect(anyhow(cacheTtl, cache, { staleUsPerSecond: 1 })).toEqual({})
    expect(anyhow(cacheTtl, new Map(), { staleUsPerSecond: 1 })).toEqual({
      cache: "must be an LRUCache, got an object. Create one with lru-cache.",
    })
  })
})

describe("an adapter of one package", () => {
  it("refuses another package, or none, by name", () => {
    const pool = { on: () => {}, connect: () => {}, options: {} }
    const piscina = { run: () => {}, options: { maxThreads: 1, maxQueue: 0, concurrentTasksPerWorker: 1 } }
    expect(anyhow(queueConcurrency)).toEqual({
      queue: "must have a number concurrency, got undefined. p-limit has it since version 6.",
    })
    // As p-limit was before 6.
    expect(anyhow(queueConcurrency, () => {})).toHaveProperty("queue")
    expect(anyhow(bottleneckConcurrency, pLimit(3))).toEqual({
      limiter: "must be a Bottleneck, got a function. Create one with new Bottleneck().",
    })
    expect(anyhow(pgPoolSize, {})).toEqual({
      pool: "must be a pg.Pool, got an object. Create one with new pg.Pool().",
    })
    expect(anyhow(piscinaThreads, pool)).toEqual({
      pool: "must be a Piscina, got an object. Create one with new Piscina({ filename }).",
    })
    expect(anyhow(piscinaThreads, piscina)).toEqual({
      "pool.maxThreads": "must be at least 2, got 1. Give the pool more threads.",
    })
    expect(anyhow(bullWorkerConcurrency, new PQueue())).toEqual({
      worker:
        'must be a Worker with a processor, got an object. Create one with new Worker("queue", processor, { connection }).',
    })
  })

  it("refuses options that it does not have", () => {
    const lost = { concurency: "is not an option here." }
    for (const [make, thing] of packaged()) {
      expect(anyhow(make, thing, { concurency: 3 }).concurency).toContain(lost.concurency)
    }
  })
})

describe("a middleware", () => {
  it.each([expressLimiter, fastifyLimiter, honoLimiter])(
    "%o is refused without a limiter when it is made, not at the first request",
    (middleware) => {
      expect(anyhow(middleware, undefined, { retryAfterSecond: 1 })).toEqual({
        limiter: "must be a limiter, got undefined. Create one with inFlightLimiter().",
        retryAfterSecond: 'is not an option here. Did you mean "retryAfterSeconds"?',
      })
      // A header of HTTP says whole seconds.
      expect(anyhow(middleware, inFlightLimiter(), { retryAfterSeconds: 1.5 })).toEqual({
        retryAfterSeconds: "must be a whole number from 0, got 1.5.",
      })
      expect(anyhow(middleware, inFlightLimiter(), { retryAfterSeconds: 2, priority: () => 1 })).toEqual({})
    },
  )
})

describe("tune", () => {
  it("names a value that is not an adapter", () => {
    const remedy = "Create one with inFlightLimiter() or another function of arqon/adapters."
    expect(anyhow(tune)).toEqual({ adapters: `must be an adapter, got undefined. ${remedy}` })
    expect(anyhow(tune, [])).toEqual({ adapters: `must name at least one. ${remedy}` })
    expect(anyhow(tune, [inFlightLimiter(), 3])).toEqual({
      "adapters[1]": `must be an adapter, got 3. ${remedy}`,
    })
  })

  it("names a knob that two adapters share", () => {
    expect(anyhow(tune, [inFlightLimiter(), inFlightLimiter()])).toEqual({
      "params.inFlight": "is a knob of two adapters. Give one of them another { name }.",
    })
  })
})
