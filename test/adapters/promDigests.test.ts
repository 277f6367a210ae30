/** Digests from real registries of prom-client. Time is the test's; each reading is asked for, but where timers are the subject. */
import { Counter, Gauge, Histogram, Registry, Summary } from "prom-client"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { attach } from "../../src/adapters/Adapter.ts"
import { concurrencyAdapter } from "../../src/adapters/concurrency.ts"
import { tune } from "../../src/adapters/index.ts"
import { promDigests } from "../../src/adapters/promClient.ts"
import type { MetricSourceOptions } from "../../src/adapters/MetricSource.ts"
import { createEngine } from "../../src/index.ts"
import { StillEngine } from "./FakeEngine.ts"

const registry = new Registry()
const registers = [registry]
const buckets = [1, 2, 4, 8]
beforeEach(() => registry.clear())
afterEach(() => void vi.useRealTimers())

/** A source that is attached, reads when asked, and has read once. */
async function started<N extends string>(options: MetricSourceOptions<N>) {
  const told: Array<string> = []
  const source = promDigests(registry, {
    everyMs: Number.POSITIVE_INFINITY,
    onProblem: (error) => told.push(String(error)),
    ...options,
  })
  const engine = new StillEngine(source)
  const attached = attach(engine, source)
  await source.read()
  /** What the next reading reports, a second later. */
  const next = async (seconds = 1) => {
    engine.atUs += seconds * 1e6
    const before = engine.digests.length
    await source.read()
    return engine.digests.slice(before)
  }
  return { source, engine, attached, told, next }
}

const mean = (metric: string) => ({
  read: { it: { metric, take: "mean" } as const },
  digest: ({ it: objective }: { it: number }) => ({ objective }),
})

const reading = (pick: MetricSourceOptions<"it">["read"]["it"]) => ({
  read: { it: pick },
  digest: ({ it: objective }: { it: number }) => ({ objective }),
})

describe("digests from a registry of prom-client", () => {
  it("contain what a histogram observed since the last reading, and nothing older", async () => {
    const took = new Histogram({ name: "took", help: "-", buckets, registers, labelNames: ["route"] })
    took.observe({ route: "/" }, 1000)
    const { next } = await started({
      read: {
        mean: { metric: "took", take: "mean" },
        p50: { metric: "took", take: "p50" },
        rate: { metric: "took", take: "rate" },
      },
      digest: ({ mean: objective, p50, rate }) => ({ objective, latencyP99Us: p50, throughputRps: rate }),
    })
    took.observe({ route: "/" }, 1.5)
    took.observe({ route: "/" }, 3)
    took.observe({ route: "/new" }, 3)
    took.observe({ route: "/new" }, 3.5)
    // Two of four are reached a third of the way through the bucket from 2 to 4.
    const [digest] = await next(2)
    expect(digest).toMatchObject({ objective: 2.75, throughputRps: 2, timestampUs: 2e6, generation: 1 })
    expect(digest.latencyP99Us).toBeCloseTo(2 + 2 / 3)
    took.observe({ route: "/" }, 7)
    expect((await next())[0]).toMatchObject({ objective: 7, throughputRps: 1 })
    // The first bucket begins at 0.
    took.observe({ route: "/" }, 0.9)
    expect((await next())[0]).toMatchObject({ latencyP99Us: 0.5 })
  })

  it("come from counters as rates, from gauges as values, and from summaries as means", async () => {
    const done = new Counter({ name: "done", help: "-", registers })
    const depth = new Gauge({ name: "depth", help: "-", registers })
    const took = new Summary({ name: "took", help: "-", registers })
    const { next } = await started({
      read: {
        done: { metric: "done", take: "rate" },
        depth: { metric: "depth", take: "value" },
        took: { metric: "took", take: "mean" },
        calls: { metric: "took", take: "rate" },
      },
      digest: ({ depth: objective, done: throughputRps, took: latencyP99Us, calls }) => ({
        objective,
        throughputRps,
        latencyP99Us,
        constraintMargin: calls,
      }),
    })
    done.inc(10)
    depth.set(-3)
    took.observe(4)
    took.observe(8)
    expect(await next(2)).toMatchObject([
      { objective: -3, throughputRps: 5, latencyP99Us: 6, constraintMargin: 1 },
    ])
  })

  it("use the series with the given labels, or all series if none are given", async () => {
    const took = new Histogram({
      name: "took",
      help: "-",
      buckets,
      registers,
      labelNames: ["route", "status"],
    })
    took.observe({ route: "/", status: 200 }, 1)
    took.observe({ route: "/", status: 500 }, 1)
    const { next } = await started({
      read: {
        one: { metric: "took", take: "mean", where: { status: 200 } },
        all: { metric: "took", take: "mean" },
      },
      digest: ({ one: objective, all }) => ({ objective, constraintMargin: all }),
    })
    took.observe({ route: "/", status: 200 }, 2)
    took.observe({ route: "/", status: 500 }, 6)
    expect(await next()).toMatchObject([{ objective: 2, constraintMargin: 4 }])
  })

  it("are not made from a span that began under another configuration", async () => {
    const took = new Histogram({ name: "took", help: "-", buckets, registers })
    took.observe(1)
    const { next, engine, source } = await started(mean("took"))
    took.observe(9)
    engine.set({})
    expect(await next()).toEqual([])
    took.observe(1)
    expect(await next()).toMatchObject([{ objective: 1, generation: 2 }])
    expect(source.state()).toMatchObject({ digests: 1, held: { apply: 2 } })
  })

  it("leave out spans that end within the settle time of an apply", async () => {
    const took = new Histogram({ name: "took", help: "-", buckets, registers })
    took.observe(1)
    const { next, engine } = await started({ ...mean("took"), settleMs: 1_500 })
    await next()
    await next()
    engine.set({})
    // After one second it still may be work of the old configuration; the next reading begins a span.
    took.observe(100)
    expect(await next()).toEqual([])
    took.observe(100)
    expect(await next()).toEqual([])
    took.observe(1)
    expect(await next()).toMatchObject([{ objective: 1, generation: 2 }])
  })

  it("are not made from a reading during which the configuration changed", async () => {
    let during = (): void => undefined
    const gauge = new Gauge({
      name: "depth",
      help: "-",
      registers,
      async collect() {
        await Promise.resolve()
        during()
        this.set(5)
      },
    })
    gauge.set(0)
    const { next, engine } = await started(reading({ metric: "depth", take: "value" }))
    expect(await next()).toMatchObject([{ objective: 5 }])
    during = () => {
      during = () => undefined
      engine.set({})
    }
    expect(await next()).toEqual([])
    // What was read then is no beginning either.
    expect(await next()).toEqual([])
    expect(await next()).toMatchObject([{ objective: 5, generation: 2 }])
  })

  it("skip such spans even if another adapter with this meter does not pass applies on", async () => {
    const took = new Histogram({ name: "took", help: "-", buckets, registers })
    const source = promDigests(registry, {
      ...mean("took"),
      everyMs: Number.POSITIVE_INFINITY,
      settleMs: 1_000,
    })
    const other = { params: {}, apply: () => undefined, meter: source.meter }
    const engine = new StillEngine(other)
    attach(engine, other)
    const next = async (value: number): Promise<number> => {
      took.observe(value)
      engine.atUs += 1e6
      await source.read()
      return engine.digests.length
    }
    // The first reading learns the generation, and one settle time later a span begins.
    expect([await next(1), await next(1), await next(1)]).toEqual([0, 0, 1])
    engine.set({})
    expect([await next(100), await next(100), await next(1)]).toEqual([1, 1, 2])
    expect(engine.digests[1]).toMatchObject({ objective: 1, generation: 2 })
  })

  it("are withheld across a reset, even of one series among many", async () => {
    const took = new Histogram({ name: "took", help: "-", buckets, registers, labelNames: ["route"] })
    took.observe({ route: "a" }, 1)
    took.observe({ route: "b" }, 1)
    const { next, source } = await started(mean("took"))
    registry.resetMetrics()
    took.observe({ route: "a" }, 5)
    expect(await next()).toEqual([])
    took.observe({ route: "a" }, 3)
    expect(await next()).toMatchObject([{ objective: 3 }])
    took.observe({ route: "b" }, 2)
    await next()
    // One series less, and more of the other: their sum only grows.
    took.remove({ route: "b" })
    for (let i = 0; i < 9; i++) took.observe({ route: "a" }, 2)
    expect(await next()).toEqual([])
    expect(source.state().held.reset).toBe(2)
  })

  it("are withheld while nothing is observed", async () => {
    const took = new Histogram({ name: "took", help: "-", buckets, registers })
    took.observe(1)
    const { next, source } = await started(mean("took"))
    expect(await next()).toEqual([])
    took.observe(4)
    expect(await next()).toMatchObject([{ objective: 4 }])
    expect(source.state().held).toEqual({ apply: 1, empty: 1, reset: 0, problem: 0 })
  })

  it("pass NaN through, so that the engine counts it as invalid", async () => {
    const depth = new Gauge({ name: "depth", help: "-", registers })
    const source = promDigests(registry, {
      ...reading({ metric: "depth", take: "value" }),
      everyMs: Number.POSITIVE_INFINITY,
    })
    const engine = createEngine({ params: { n: { min: 0, max: 1 } }, clock: "manual" })
    attach(engine, source)
    await engine.start(0)
    await source.read()
    depth.set(Number.NaN)
    engine.tick(1e6)
    await source.read()
    expect(engine.getSnapshot().counters.digests).toMatchObject({ invalid: 1 })
    await engine.stop()
  })

  it("arrive at intervals, restart one settle time after an apply, and end with the engine", async () => {
    vi.useFakeTimers()
    const took = new Histogram({ name: "took", help: "-", buckets, registers })
    const source = promDigests(registry, { ...mean("took"), everyMs: 1_000, settleMs: 200 })
    const engine = new StillEngine(source)
    const pass = async (ms: number): Promise<void> => {
      for (let i = 0; i < ms; i += 100) {
        engine.atUs += 100_000
        took.observe(1)
        await vi.advanceTimersByTimeAsync(100)
      }
    }
    const attached = attach(engine, source)
    await pass(1_100)
    expect(engine.digests).toHaveLength(0)
    await pass(100)
    expect(engine.digests).toHaveLength(1)
    await pass(2_000)
    expect(engine.digests).toHaveLength(3)
    engine.set({})
    await pass(1_200)
    expect(engine.digests.map(({ generation }) => generation)).toEqual([1, 1, 1, 2])
    attached.stop()
    expect(vi.getTimerCount()).toBe(0)
    await pass(3_000)
    expect(engine.digests).toHaveLength(4)
  })

  it("are not made for an engine that stopped while its metrics were read", async () => {
    let go = (): void => undefined
    const gauge = new Gauge({ name: "depth", help: "-", registers })
    const { source, engine, attached } = await started(reading({ metric: "depth", take: "value" }))
    Object.assign(gauge, { collect: () => new Promise<void>((resolve) => (go = resolve)) })
    const pending = source.read()
    attached.stop()
    go()
    await pending
    expect(engine.digests).toEqual([])
  })
})

describe("metrics that cannot be read as asked", () => {
  it("are reported once each with a remedy, and withhold digests until they can be read", async () => {
    const { next, told, source } = await started(mean("http_took"))
    await next()
    expect(told).toHaveLength(1)
    expect(told[0]).toContain('read.it.metric: "http_took" does not exist.')
    const took = new Histogram({ name: "http_took", help: "-", buckets, registers })
    expect(await next()).toEqual([])
    took.observe(3)
    expect(await next()).toMatchObject([{ objective: 3 }])
    expect(source.state()).toMatchObject({ held: { problem: 2, apply: 1 }, problem: null })
  })

  it.each<[string, MetricSourceOptions<"it">["read"]["it"], string]>([
    ["a name that is nearly right", { metric: "tok", take: "mean" }, 'Did you mean "took"?'],
    ["the mean of a counter", { metric: "done", take: "mean" }, 'which is a counter. Take "rate".'],
    ["the value of a histogram", { metric: "took", take: "value" }, 'Take "mean" or "rate" or "p99".'],
    [
      "a percentile of a summary",
      { metric: "summed", take: "p99" },
      'which is a summary. Take "mean" or "rate"',
    ],
    [
      "the sum of gauges",
      { metric: "depth", take: "value" },
      'Choose one by its labels, such as where: {"q":"a"}',
    ],
    [
      "labels that no series has",
      { metric: "depth", take: "value", where: { q: "z" } },
      'no series with the labels {"q":"z"}',
    ],
  ])("%s", async (_, pick, words) => {
    new Histogram({ name: "took", help: "-", buckets, registers }).observe(1)
    new Counter({ name: "done", help: "-", registers }).inc()
    new Summary({ name: "summed", help: "-", registers }).observe(1)
    const depth = new Gauge({ name: "depth", help: "-", registers, labelNames: ["q"] })
    depth.set({ q: "a" }, 1)
    depth.set({ q: "b" }, 1)
    const { next, engine, told } = await started(reading(pick))
    await next()
    expect(told).toHaveLength(1)
    expect(told[0]).toContain(`"${pick.metric}"`)
    expect(told[0]).toContain(words)
    expect(engine.digests).toEqual([])
  })

  it("have their configured value while they do not exist", async () => {
    const took = new Histogram({ name: "took", help: "-", buckets, registers })
    const failed = new Counter({ name: "failed", help: "-", registers, labelNames: ["why"] })
    const { next, told } = await started({
      read: {
        took: { metric: "took", take: "mean" },
        failed: { metric: "failed", take: "rate", absent: 0, where: { why: "full" } },
        never: { metric: "never", take: "value", absent: 7 },
      },
      digest: ({ took: objective, failed: errorRate, never }) => ({
        objective,
        errorRate,
        latencyP99Us: never,
      }),
    })
    took.observe(1)
    expect(await next()).toMatchObject([{ objective: 1, errorRate: 0, latencyP99Us: 7 }])
    took.observe(1)
    failed.inc({ why: "full" }, 3)
    expect(await next()).toMatchObject([{ errorRate: 3 }])
    failed.reset()
    took.observe(1)
    expect(await next()).toEqual([])
    expect(told).toEqual([])
  })

  it("report the largest bucket bound if a percentile lies beyond it", async () => {
    const took = new Histogram({ name: "took", help: "-", buckets, registers })
    const { next, told } = await started(reading({ metric: "took", take: "p99" }))
    for (let i = 0; i < 10; i++) took.observe(20)
    expect(await next()).toMatchObject([{ objective: 8 }])
    expect(told).toEqual([
      expect.stringContaining('"p99" of "took" is at least 8, its largest bucket bound.'),
    ])
  })

  it("that fail during a read are reported, and the next span starts over", async () => {
    let fails = false
    const gauge = new Gauge({
      name: "depth",
      help: "-",
      registers,
      collect() {
        if (fails) throw new Error("no connection")
        this.set(2)
      },
    })
    gauge.set(0)
    const { next, told, source } = await started(reading({ metric: "depth", take: "value" }))
    fails = true
    expect(await next()).toEqual([])
    expect(source.state().problem).toBeInstanceOf(Error)
    fails = false
    expect(await next()).toEqual([])
    expect(await next()).toMatchObject([{ objective: 2 }])
    expect(told).toEqual([expect.stringContaining("no connection")])
  })
})

describe("a source of digests", () => {
  it("measures for the knobs of other adapters in one call of tune", async () => {
    new Gauge({ name: "depth", help: "-", registers }).set(4)
    const source = promDigests(registry, {
      ...reading({ metric: "depth", take: "value" }),
      everyMs: Number.POSITIVE_INFINITY,
    })
    const puts: Array<number> = []
    const widget = concurrencyAdapter("n", { initial: 20 }, (value) => puts.push(value))
    const { engine, stop } = await tune([source, widget], { clock: "manual" })
    for (let second = 1; second < 30; second++) {
      widget.track(() => second)
      engine.tick(second * 1e6)
      await source.read()
    }
    expect(engine.getSnapshot().counters.digests.valid).toBe(source.state().digests)
    expect(source.state().digests).toBeGreaterThan(10)
    expect(new Set(puts).size).toBeGreaterThan(2)
    await stop()
  })

  it("reports a digest that cannot be made or that the engine refuses", async () => {
    new Gauge({ name: "depth", help: "-", registers }).set(1)
    const told: Array<string> = []
    const attempt = async (digest: () => object) => {
      const source = promDigests(registry, {
        read: { depth: { metric: "depth", take: "value" } },
        digest: digest as never,
        everyMs: Number.POSITIVE_INFINITY,
        onProblem: (error) => {
          told.push(String(error))
          throw new Error("of the callback")
        },
      })
      const engine = createEngine({ params: { n: { min: 0, max: 1 } }, clock: "manual" })
      attach(engine, source)
      await engine.start(0)
      await source.read()
      engine.tick(1e6)
      await source.read()
      const { digests } = engine.getSnapshot().counters
      await engine.stop()
      return digests
    }
    const thrown = await attempt(() => {
      throw new Error("divided by nothing")
    })
    expect(thrown).toMatchObject({ invalid: 1 })
    await attempt(() => ({ objective: 1, latncy: 3 }))
    await attempt(() => ({}))
    expect(told).toEqual([
      expect.stringContaining("divided by nothing"),
      expect.stringContaining("latncy: is not a field of a digest."),
      expect.stringContaining("objective: is missing."),
    ])
  })

  it("refuses options that it cannot use, all at once", () => {
    const make = (options: object) => () => promDigests(registry, options as never)
    const digest = (): object => ({ objective: 1 })
    expect(make({})).toThrow(/digest: must be a function[\s\S]*read: must be an object/)
    expect(make({ read: {}, digest })).toThrow(/read: must name at least one metric\. Such as read:/)
    expect(make({ read: { a: { metric: "m", take: "max" } }, digest })).toThrow(
      /read\.a\.take: must be "mean", "rate", "value" or a percentile such as "p99", got "max"/,
    )
    expect(make({ read: { a: { metric: "m", take: "p0" } }, digest })).toThrow(/read\.a\.take/)
    expect(make({ read: { a: { take: "mean", were: {} } }, digest })).toThrow(
      /read\.a\.metric: must be a string[\s\S]*read\.a\.were: is not an option here\. Did you mean "where"\?/,
    )
    const read = { a: { metric: "m", take: "p99.9" } }
    expect(make({ read, digest, everyMs: 0 })).toThrow(/everyMs/)
    expect(make({ read, digest, settleMs: Number.NaN })).toThrow(/settleMs/)
    expect(make({ read, digest, settleMs: 0 })).not.toThrow()
    expect(() => promDigests({} as never, { read, digest } as never)).toThrow(
      /registry: must be a registry of prom-client/,
    )
  })
})
