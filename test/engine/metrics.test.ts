/**
 * The metrics: named as OpenTelemetry names them, written as Prometheus reads them, and read from the engine's own cells
 * when somebody asks.
 */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Metric } from "../../src/engine/metrics/Metric.ts"
import { failuresBySink } from "../../src/engine/metrics/metrics.ts"
import { joinPages, prometheusText } from "../../src/engine/metrics/prometheus.ts"
import { createEngine } from "../../src/index.ts"
import { drive, manual } from "./plant.ts"

const sample =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (\+Inf|-Inf|NaN|-?[0-9.e+-]+)$/

/** Reads a page as a scraper does, refusing whatever the format does not allow. */
function scrape(text: string): ReadonlyMap<string, number> {
  expect(text.endsWith("\n")).toBe(true)
  const values = new Map<string, number>()
  const types = new Map<string, string>()
  for (const line of text.trimEnd().split("\n")) {
    const head = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line)
    if (head !== null) {
      if (head[1] === "TYPE") {
        expect(types.has(head[2])).toBe(false)
        types.set(head[2], head[3])
      }
      continue
    }
    const match = sample.exec(line)
    expect(match, line).not.toBeNull()
    const [, name, labels = "", value] = match ?? []
    const family = name.replace(/_(bucket|sum|count)$/, "")
    const type = types.get(name) ?? types.get(family)
    expect(type, line).toBeDefined()
    if (type === "counter") expect(name.endsWith("_total")).toBe(true)
    expect(values.has(name + labels), line).toBe(false)
    values.set(name + labels, Number(value.replace("+Inf", "Infinity").replace("-Inf", "-Infinity")))
  }
  return values
}

describe("the page of an engine", () => {
  it("matches the snapshot at the moment of the call", async () => {
    const engine = manual()
    await engine.start()
    const next = drive(engine, { digests: 500 })
    engine.observe({ objective: Number.NaN })
    engine.trip()
    engine.reset()
    drive(engine, { digests: 40, from: next })
    const values = scrape(engine.metrics())
    const { counters, generation, values: live, base } = engine.getSnapshot()
    expect(values.get('arqon_digest_count_total{validity="valid"}')).toBe(counters.digests.valid)
    expect(values.get('arqon_digest_count_total{validity="invalid"}')).toBe(1)
    expect(values.get("arqon_apply_count_total")).toBe(counters.applies)
    expect(values.get('arqon_trip_count_total{reason="manualTrigger"}')).toBe(1)
    expect(values.get('arqon_trip_count_total{reason="thrashing"}')).toBe(0)
    expect(values.get('arqon_refused_count_total{violation="rateLimitExceeded"}')).toBe(0)
    expect(values.get('arqon_knob_value{knob="batch"}')).toBe(live.batch)
    expect(values.get('arqon_knob_base{knob="timeout"}')).toBeCloseTo(base.timeout, 10)
    expect(values.get("arqon_generation")).toBe(generation)
    expect(values.get("arqon_cycle_count_total")).toBe(counters.cycles)
    expect(values.get("arqon_safe_mode_open")).toBe(0)
    // Between two ends of cycles lies one duration.
    expect(values.get("arqon_cycle_duration_seconds_count")).toBe(counters.cycles - 1)
    expect(values.get('arqon_cycle_duration_seconds_bucket{le="+Inf"}')).toBe(counters.cycles - 1)
    expect(values.get('arqon_cycle_duration_seconds_bucket{le="0.05"}')).toBe(0)
    expect(values.get("arqon_cycle_duration_seconds_sum")).toBeGreaterThan(0.25 * (counters.cycles - 1))
    engine.observe({ objective: Number.NaN })
    expect(scrape(engine.metrics()).get('arqon_digest_count_total{validity="invalid"}')).toBe(2)
    await engine.stop()
    expect(scrape(engine.metrics()).get("arqon_return_count_total")).toBeGreaterThan(0)
  })

  it("is the same text for the same state, before the start and after", async () => {
    const engine = manual()
    scrape(engine.metrics())
    expect(engine.metrics()).toBe(engine.metrics())
    await engine.start()
    expect(engine.metrics()).toBe(engine.metrics())
    await engine.stop()
  })

  it("survives any name of a knob", async () => {
    const name = 'a "b"\\c\nd'
    const engine = createEngine({ params: { [name]: { min: 0, max: 1 } }, clock: "manual" })
    const values = scrape(engine.metrics())
    expect(values.get('arqon_knob_value{knob="a \\"b\\"\\\\c\\nd"}')).toBe(0.5)
  })
})

/** What a plant may report beside its objective, and the metric that it becomes. */
const CHANNELS = {
  latencyP99Us: ["arqon_latency_p99_seconds", 1e6],
  throughputRps: ["arqon_throughput", 1],
  errorRate: ["arqon_error_rate", 1],
  constraintMargin: ["arqon_constraint_margin", 1],
} as const
const READINGS = ["arqon_objective", ...Object.values(CHANNELS).map(([name]) => name)]

describe("the last window's metrics", () => {
  const shown = (engine: ReturnType<typeof manual>): ReadonlyMap<string, number> =>
    new Map([...scrape(engine.metrics())].filter(([name]) => READINGS.includes(name)))

  it("contain only what the last window reported", async () => {
    const reading = fc.option(fc.double({ min: 0.001, max: 1, noNaN: true }), { nil: undefined })
    const digest = fc.record({
      objective: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      latencyP99Us: reading,
      throughputRps: reading,
      errorRate: reading,
      constraintMargin: reading,
    })
    await fc.assert(
      fc.asyncProperty(fc.array(digest, { minLength: 1, maxLength: 3 }), async (digests) => {
        const engine = manual({ window: { digests: 1, settleUs: 0 } })
        await engine.start()
        expect(shown(engine)).toEqual(new Map())
        for (const [i, { objective, ...channels }] of digests.entries()) {
          const given = Object.entries(channels).filter(
            (one): one is [keyof typeof CHANNELS, number] => one[1] !== undefined,
          )
          engine.observe({ timestampUs: (i + 1) * 1e6, objective, ...Object.fromEntries(given) })
          const wanted = new Map<string, number>([["arqon_objective", objective]])
          for (const [channel, value] of given) wanted.set(CHANNELS[channel][0], value / CHANNELS[channel][1])
          const found = shown(engine)
          expect([...found.keys()].toSorted()).toEqual([...wanted.keys()].toSorted())
          for (const [name, value] of wanted)
            expect(Math.abs((found.get(name) ?? Number.NaN) - value)).toBeLessThanOrEqual(
              1e-11 * Math.abs(value),
            )
        }
        await engine.stop()
        expect(shown(engine)).toEqual(new Map())
      }),
      { numRuns: 20 },
    )
  })

  it("disappear with a window that ends without a reading", async () => {
    const engine = manual({ window: { digests: 2, us: 100_000, settleUs: 0 } })
    await engine.start()
    for (const timestampUs of [1000, 2000]) engine.observe({ timestampUs, objective: 3 })
    expect(shown(engine)).toEqual(new Map([["arqon_objective", 3]]))
    for (let nowUs = 50_000; nowUs <= 400_000; nowUs += 50_000) engine.tick(nowUs)
    expect(engine.getSnapshot().counters.windowsExpired).toBeGreaterThan(0)
    expect(shown(engine)).toEqual(new Map())
    await engine.stop()
  })

  it("include the mean of a cycle, with the sign in which it was reported", async () => {
    const engine = manual({ objective: "maximize" })
    await engine.start()
    drive(engine, { digests: 400, objective: (values) => 5 - values.timeout / 10 })
    const mean = scrape(engine.metrics()).get("arqon_cycle_objective")
    expect(mean).toBeCloseTo(-(engine.getSnapshot().cycle?.loss ?? Number.NaN), 9)
    expect(mean).toBeGreaterThan(4)
    expect(mean).toBeLessThan(5)
    await engine.stop()
  })
})

describe("a number", () => {
  it("is written without rounding artefacts, for any decimal value of a knob", () => {
    const grid = fc.tuple(fc.integer({ min: 0, max: 99_999 }), fc.integer({ min: 1, max: 6 }))
    fc.assert(
      fc.property(grid, ([count, decimals]) => {
        const step = Number(`1e-${decimals}`)
        const page = metricsOf(count * step)
        expect(page).toContain(`arqon_one ${Number(`${count}e-${decimals}`)}\n`)
      }),
    )
    const engine = createEngine({
      params: { t: { min: 0, max: 100, step: 0.1, initial: 27.9 } },
      clock: "manual",
    })
    expect(engine.values.t).toBe(27.900000000000002)
    expect(engine.metrics()).toContain('arqon_knob_value{knob="t"} 27.9\n')
  })

  it("keeps every digit of a count", () => {
    for (const count of [0, 1, 1_234_567_890_123, Number.MAX_SAFE_INTEGER])
      expect(metricsOf(count)).toContain(`arqon_one ${count}\n`)
  })
})

const metricsOf = (value: number): string =>
  prometheusText([{ kind: "gauge", name: "arqon.one", unit: "", help: "", samples: [{ labels: {}, value }] }])

describe("several pages as one", () => {
  it("have each metric once under one head, with the samples of all pages", async () => {
    const engine = manual({ comparison: {} })
    await engine.start()
    drive(engine, { digests: 200 })
    const pages = ["a", "b"].map((name) => prometheusText(engine.readMetrics(), { engine: name }))
    const other = prometheusText(
      [
        {
          kind: "gauge",
          name: "arqon.other",
          unit: "",
          help: "# HELP in a text",
          samples: [{ labels: {}, value: 1 }],
        },
      ],
      { fleet: "f" },
    )
    const joined = joinPages([...pages, other])
    const alone = [...pages, other].map(scrape)
    // `scrape` refuses a second head, and a sample outside its family is one without a type before it.
    expect(scrape(joined)).toEqual(new Map(alone.flatMap((page) => [...page])))
    const families = joined
      .split("\n")
      .flatMap((line) => /^(arqon_\w+?)(?:_bucket|_sum|_count)?[ {]/.exec(line)?.[1] ?? [])
    const runs = families.filter((name, i) => families[i - 1] !== name)
    expect(new Set(runs).size).toBe(runs.length)
    expect(joinPages([pages[0]])).toBe(pages[0])
    expect(joinPages([])).toBe("")
    await engine.stop()
  })

  it("add the failures of sinks with the same name", () => {
    const failures = failuresBySink([
      { name: "journal", failures: 2 },
      { name: "sqlite", failures: 1 },
      { name: "journal", failures: 3 },
    ])
    expect(failures).toEqual({ journal: 5, sqlite: 1 })
  })
})

describe("Prometheus text", () => {
  it("follows the format exactly", () => {
    const metrics: ReadonlyArray<Metric> = [
      {
        kind: "counter",
        name: "arqon.trip.count",
        unit: "",
        help: "Trips, by reason.",
        samples: [{ labels: { reason: "manual" }, value: 3 }],
      },
      {
        kind: "gauge",
        name: "arqon.odd",
        unit: "",
        help: "A \\ and\na line.",
        samples: [
          { labels: {}, value: Number.NaN },
          { labels: { side: "left" }, value: -Infinity },
        ],
      },
      {
        kind: "histogram",
        name: "arqon.cycle.duration",
        unit: "s",
        help: "Time.",
        histogram: { bounds: [0.5, 1], counts: [2, 1, 4], sum: 9.25, count: 7 },
      },
    ]
    expect(prometheusText(metrics, { engine: "one" })).toBe(
      [
        "# HELP arqon_trip_count_total Trips, by reason.",
        "# TYPE arqon_trip_count_total counter",
        'arqon_trip_count_total{engine="one",reason="manual"} 3',
        "# HELP arqon_odd A \\\\ and\\na line.",
        "# TYPE arqon_odd gauge",
        'arqon_odd{engine="one"} NaN',
        'arqon_odd{engine="one",side="left"} -Inf',
        "# HELP arqon_cycle_duration_seconds Time.",
        "# TYPE arqon_cycle_duration_seconds histogram",
        'arqon_cycle_duration_seconds_bucket{engine="one",le="0.5"} 2',
        'arqon_cycle_duration_seconds_bucket{engine="one",le="1"} 3',
        'arqon_cycle_duration_seconds_bucket{engine="one",le="+Inf"} 7',
        'arqon_cycle_duration_seconds_sum{engine="one"} 9.25',
        'arqon_cycle_duration_seconds_count{engine="one"} 7',
        "",
      ].join("\n"),
    )
  })
})
