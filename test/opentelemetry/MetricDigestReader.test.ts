/** Digests from the real SDK, with cumulative and with delta temporality. Time is the test's; each reading is asked for. */
import { ValueType } from "@opentelemetry/api"
import {
  AggregationTemporality,
  AggregationType,
  DataPointType,
  MeterProvider,
  type MetricProducer,
  type MetricReaderOptions,
} from "@opentelemetry/sdk-metrics"
import { describe, expect, it } from "vitest"
import { attach } from "../../src/adapters/Adapter.ts"
import type { MetricSourceOptions } from "../../src/adapters/MetricSource.ts"
import { MetricDigestReader } from "../../src/opentelemetry/index.ts"
import { StillEngine } from "../adapters/FakeEngine.ts"

const advice = { explicitBucketBoundaries: [1, 2, 4, 8] }

function rig<N extends string>(options: MetricSourceOptions<N>, readerOptions?: MetricReaderOptions) {
  const told: Array<string> = []
  const reader = new MetricDigestReader(
    { everyMs: Number.POSITIVE_INFINITY, onProblem: (error) => told.push(String(error)), ...options },
    readerOptions,
  )
  const provider = new MeterProvider({ readers: [reader] })
  const engine = new StillEngine(reader)
  attach(engine, reader)
  /** What the next reading reports, a second later. */
  const next = async () => {
    engine.atUs += 1e6
    const before = engine.digests.length
    await reader.read()
    return engine.digests.slice(before)
  }
  return { reader, provider, engine, told, next, meter: provider.getMeter("http") }
}

const one = (pick: MetricSourceOptions<"it">["read"]["it"]) => ({
  read: { it: pick },
  digest: ({ it: objective }: { it: number }) => ({ objective }),
})
const mean = one({ metric: "took", take: "mean" })

const selector = (temporality: AggregationTemporality): MetricReaderOptions => ({
  aggregationTemporalitySelector: () => temporality,
})

describe.each([
  ["cumulative", selector(AggregationTemporality.CUMULATIVE)],
  ["delta", selector(AggregationTemporality.DELTA)],
])("digests from OpenTelemetry metrics with %s temporality", (_, temporality) => {
  it("contain what was observed since the last reading, and nothing older", async () => {
    const { next, meter } = rig(
      {
        read: {
          took: { metric: "took", take: "mean" },
          median: { metric: "took", take: "p50" },
          rate: { metric: "took", take: "rate" },
          done: { metric: "done", take: "rate", where: { route: "/" } },
        },
        digest: ({ took: objective, median: latencyP99Us, rate: throughputRps, done: constraintMargin }) => ({
          objective,
          latencyP99Us,
          throughputRps,
          constraintMargin,
        }),
      },
      temporality,
    )
    const took = meter.createHistogram("took", { advice })
    const done = meter.createCounter("done")
    took.record(1000)
    done.add(50, { route: "/" })
    expect(await next()).toEqual([])
    took.record(1.5)
    took.record(3)
    took.record(3, { route: "/new" })
    took.record(3.5, { route: "/new" })
    done.add(2, { route: "/" })
    done.add(9, { route: "/other" })
    const [digest] = await next()
    expect(digest).toMatchObject({ objective: 2.75, throughputRps: 4, constraintMargin: 2, generation: 1 })
    expect(digest.latencyP99Us).toBeCloseTo(2 + 2 / 3)
    took.record(7, { route: "/new" })
    // Nothing was added to the counter: that is a rate of none, not a counter that is gone.
    expect(await next()).toMatchObject([{ objective: 7, throughputRps: 1, constraintMargin: 0 }])
  })

  it("are not made from a span that began under another configuration", async () => {
    const { next, meter, engine, reader } = rig(mean, temporality)
    const took = meter.createHistogram("took", { advice })
    took.record(1)
    await next()
    took.record(9)
    engine.set({})
    expect(await next()).toEqual([])
    took.record(2)
    expect(await next()).toMatchObject([{ objective: 2, generation: 2 }])
    expect(reader.state()).toMatchObject({ digests: 1, held: { apply: 2 } })
  })

  it("are withheld while nothing is observed", async () => {
    const { next, meter, reader, told } = rig(mean, temporality)
    const took = meter.createHistogram("took", { advice })
    took.record(1)
    await next()
    expect(await next()).toEqual([])
    took.record(4)
    expect(await next()).toMatchObject([{ objective: 4 }])
    expect(reader.state().held).toEqual({ apply: 1, empty: 1, reset: 0, problem: 0 })
    expect(told).toEqual([])
  })

  it("have the value of a gauge, also while it is not set", async () => {
    const { next, meter } = rig(one({ metric: "depth", take: "value" }), temporality)
    const depth = meter.createGauge("depth")
    depth.record(3)
    await next()
    depth.record(5)
    expect(await next()).toMatchObject([{ objective: 5 }])
    expect(await next()).toMatchObject([{ objective: 5 }])
  })

  it("have the mean of an exponential histogram, and name its other figures", async () => {
    const exponential: MetricReaderOptions = {
      ...temporality,
      aggregationSelector: () => ({ type: AggregationType.EXPONENTIAL_HISTOGRAM }),
    }
    const { next, meter } = rig(mean, exponential)
    const took = meter.createHistogram("took")
    took.record(100)
    await next()
    took.record(2)
    took.record(4)
    expect(await next()).toMatchObject([{ objective: 3 }])
    const other = rig(one({ metric: "took", take: "p99" }), exponential)
    other.meter.createHistogram("took").record(1)
    await other.next()
    expect(other.told[0]).toContain('which is an exponential histogram. Take "mean" or "rate".')
  })
})

describe("a reader of OpenTelemetry metrics for an engine", () => {
  it("withholds digests while an observable counter restarts", async () => {
    const { next, meter, reader } = rig(one({ metric: "sent", take: "rate" }))
    let sent = 100
    meter.createObservableCounter("sent").addCallback((result) => result.observe(sent))
    await next()
    sent = 140
    expect(await next()).toMatchObject([{ objective: 40 }])
    sent = 50
    expect(await next()).toEqual([])
    sent = 55
    expect(await next()).toMatchObject([{ objective: 5 }])
    expect(reader.state().held.reset).toBe(1)
  })

  it("withholds digests if a series reports a restart, however far it has counted since", async () => {
    let sent = { value: 10, sinceS: 1 }
    // What a bridge from another library gives: the SDK adds it as it is.
    const bridge: MetricProducer = {
      collect: async () => ({
        errors: [],
        resourceMetrics: {
          resource: {} as never,
          scopeMetrics: [
            {
              scope: { name: "bridge" },
              metrics: [
                {
                  descriptor: { name: "sent", description: "", unit: "", valueType: ValueType.INT },
                  aggregationTemporality: AggregationTemporality.CUMULATIVE,
                  dataPointType: DataPointType.SUM,
                  isMonotonic: true,
                  dataPoints: [
                    { startTime: [sent.sinceS, 0], endTime: [9, 0], attributes: {}, value: sent.value },
                  ],
                },
              ],
            },
          ],
        },
      }),
    }
    const { next } = rig(one({ metric: "sent", take: "rate" }), { metricProducers: [bridge] })
    await next()
    sent = { value: 30, sinceS: 1 }
    expect(await next()).toMatchObject([{ objective: 20 }])
    sent = { value: 90, sinceS: 2 }
    expect(await next()).toEqual([])
    sent = { value: 95, sinceS: 2 }
    expect(await next()).toMatchObject([{ objective: 5 }])
  })

  it("sums an up-down counter, and refuses one that reports only changes", async () => {
    const pick = one({ metric: "inside", take: "value" })
    const { next, meter } = rig(pick)
    const inside = meter.createUpDownCounter("inside")
    inside.add(3, { pool: "a" })
    inside.add(4, { pool: "b" })
    await next()
    inside.add(-1, { pool: "b" })
    expect(await next()).toMatchObject([{ objective: 6 }])
    const delta = rig(pick, selector(AggregationTemporality.DELTA))
    delta.meter.createUpDownCounter("inside").add(1)
    await delta.next()
    expect(delta.told[0]).toContain('"inside" is an up-down counter that reports only its changes.')
    expect(delta.told[0]).toContain("Read it with cumulative temporality.")
  })

  it("distinguishes instruments of one name in two meters by the meter's name", async () => {
    const { next, meter, provider } = rig({
      read: {
        both: { metric: "done", take: "rate" },
        other: { metric: "done", take: "rate", where: { "otel.scope.name": "other" } },
      },
      digest: ({ both: objective, other: throughputRps }) => ({ objective, throughputRps }),
    })
    const here = meter.createCounter("done")
    const there = provider.getMeter("other").createCounter("done")
    here.add(1)
    there.add(1)
    await next()
    here.add(3)
    there.add(5)
    expect(await next()).toMatchObject([{ objective: 8, throughputRps: 5 }])
  })

  it("does not affect another reader of the same provider", async () => {
    const options = { ...mean, everyMs: Number.POSITIVE_INFINITY }
    const first = new MetricDigestReader(options, selector(AggregationTemporality.DELTA))
    const second = new MetricDigestReader(options, selector(AggregationTemporality.DELTA))
    const provider = new MeterProvider({ readers: [first, second] })
    const engines = [first, second].map((reader) => {
      const engine = new StillEngine(reader)
      attach(engine, reader)
      return engine
    })
    const took = provider.getMeter("http").createHistogram("took", { advice })
    took.record(1)
    await first.read()
    await second.read()
    took.record(2)
    await first.read()
    took.record(6)
    await first.read()
    await second.read()
    expect(engines[0].digests.map(({ objective }) => objective)).toEqual([2, 6])
    expect(engines[1].digests.map(({ objective }) => objective)).toEqual([4])
  })

  it("names a metric that does not exist, and the nearest one that does", async () => {
    const { next, meter, told, engine } = rig(one({ metric: "http.server.request.duraton", take: "mean" }))
    meter.createHistogram("http.server.request.duration", { advice }).record(1)
    await next()
    await next()
    expect(engine.digests).toEqual([])
    expect(told).toEqual([
      expect.stringContaining(
        'read.it.metric: "http.server.request.duraton" does not exist. Did you mean "http.server.request.duration"?',
      ),
    ])
  })

  it("reports a callback that fails, and reads the others", async () => {
    const { next, meter, told } = rig(mean)
    const took = meter.createHistogram("took", { advice })
    meter.createObservableGauge("broken").addCallback(() => {
      throw new Error("no such sensor")
    })
    took.record(1)
    await next()
    took.record(3)
    expect(await next()).toMatchObject([{ objective: 3 }])
    expect(told).toEqual([expect.stringContaining("no such sensor")])
  })

  it("reports that no MeterProvider has it, and is silent once its provider is shut down", async () => {
    const told: Array<string> = []
    const alone = new MetricDigestReader({ ...mean, onProblem: (error) => told.push(String(error)) })
    const engine = new StillEngine(alone)
    const attached = attach(engine, alone)
    await alone.read()
    attached.stop()
    expect(told).toEqual([expect.stringContaining("new MeterProvider({ readers: [reader] })")])
    const { provider, meter, next, told: later } = rig(mean)
    meter.createHistogram("took").record(1)
    await next()
    await provider.forceFlush()
    await provider.shutdown()
    expect(await next()).toEqual([])
    expect(later).toEqual([])
  })

  it("refuses options that it cannot use", () => {
    expect(() => new MetricDigestReader({ read: {}, digest: () => ({ objective: 1 }) })).toThrow(
      /read: must name at least one metric/,
    )
  })
})
