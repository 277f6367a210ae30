/**
 * The integrated targets of the document that temporal intelligence comes from, each on the path that a user calls: recognise a load, analyse
 * an attractor, decide at the meta level, check logic, take digests with all five on, and stay small with everything full.
 */
import { setImmediate } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import {
  BandedDtw,
  ExemplarSearch,
  largestExponent,
  parseFormula,
  recurrenceOf,
  zeroOneTest,
} from "../../src/temporal/index.ts"
import { checkPlan, correlationDimension, synthesizeShield } from "../../src/temporal/offline/index.ts"
import { gaussianAt, uniformAt } from "../../src/testing/noise.ts"
import { quantileOf } from "../../src/testing/simulate.ts"
import type { Row, Section } from "../../scripts/section.ts"
import { ALL } from "./schedule.ts"
import { ScheduledPlant } from "./ScheduledPlant.ts"

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

const rounded = (x: number): number => Number(x.toPrecision(3))

const ms = (act: () => void): number => {
  const start = performance.now()
  act()
  return performance.now() - start
}

/** Milliseconds of a call. */
function quantile(q: number, calls: number, call: (i: number) => void): number {
  const all = Array.from({ length: calls }, (_, i) => ms(() => call(i)))
  return rounded(quantileOf(all, q))
}

const TRACES = 64
const TRACE = 48
const WINDOW = 12

/** A memory of loads that is full: 64 traces of the engine's sizes, each of a shape of its own at one level. */
function fullMemory(): ExemplarSearch {
  const search = new ExemplarSearch({ window: WINDOW, trace: TRACE, least: 1 })
  for (let slot = 0; slot < TRACES; slot++) search.put(slot, slot, load(slot, TRACE))
  return search
}

const load = (which: number, length: number): Float64Array =>
  Float64Array.from(
    { length },
    (_, i) => 100 + 4 * Math.sin(i / (1 + uniformAt(1, which)) + which) + 0.6 * gaussianAt(which, i),
  )

const SAMPLES = 1_000

function chaos(): Float64Array {
  const out = new Float64Array(SAMPLES)
  for (let i = 0, x = 0.3, y = 0.2; i < SAMPLES; i++) {
    ;[x, y] = [1 - 1.4 * x * x + y, 0.3 * x]
    out[i] = x
  }
  return out
}

const DIGESTS = 200
const RUNS = 100

/** A plan of 200 digests on a model, 100 times with other disturbances. */
function plan(): void {
  checkPlan(parseFormula("always[0,20](queue < 400)", { channels: { queue: "number" } }), {
    model: ({ queue }, { servers }, disturbance) => ({
      queue: Math.max(0, queue + 12 + 4 * disturbance - 4 * servers),
    }),
    start: { queue: 10 },
    plan: Array.from({ length: DIGESTS }, (_, i) => ({ servers: 3 + (i % 2) })),
    runs: RUNS,
  })
}

const CUTS = [1, 2, 3]
const BINS = CUTS.length + 1

/** The largest safety game there is: a knob and two channels of four bins each, in which the plant may end in the bin beside the one that it aims at. */
function shield(): void {
  synthesizeShield({
    knobs: [{ name: "servers", cuts: CUTS }],
    channels: ["queue", "load"].map((name) => ({ name, cuts: CUTS })),
    rule: parseFormula("queue < 3", { channels: { queue: "number" } }),
    next: ({ servers, queue, load: now }) => {
      const to = Math.min(BINS - 1, Math.max(0, queue + now - servers))
      return { queue: [Math.max(0, to - 1), to], load: [0, BINS - 1] }
    },
    waits: true,
  })
}

const BURST = 50
const FIRST = 100
const BURSTS = 200

/** An engine with everything on over a load that changes: what a digest costs, how many there are in a second, what it all weighs. */
async function engineRows(): Promise<ReadonlyArray<Row>> {
  collect()
  const before = process.memoryUsage()
  const search = fullMemory()
  const plant = new ScheduledPlant({ ...ALL, schedule: true })
  await plant.engine.start()
  const took = new Float64Array(BURST)
  const all: Array<number> = []
  let wallMs = 0
  for (let burst = 0; burst < FIRST + BURSTS; burst++) {
    const start = performance.now()
    plant.observe(took)
    await setImmediate()
    if (burst < FIRST) continue
    wallMs += performance.now() - start
    all.push(...took)
  }
  collect()
  const after = process.memoryUsage()
  const bytes = after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers
  const { windows } = plant.engine.getSnapshot().counters
  await plant.engine.stop()
  // So that the memory of loads still is there as it is weighed.
  if (search.find(load(0, WINDOW)) === null && windows === 0) throw new Error("nothing was done")
  return [
    {
      what: "a digest with all five on, p99",
      value: rounded(quantileOf(all, 0.99) / 1_000),
      unit: "ms",
      most: 1,
    },
    {
      what: "digests a second with all five on, analyses included",
      value: Math.round((BURSTS * BURST * 1_000) / wallMs),
      unit: "",
      least: 1_000,
    },
    { what: "memory of all five, everything full", value: rounded(bytes / 1e6), unit: "MB", most: 100 },
  ]
}

async function metaMs(): Promise<number> {
  const plant = new ScheduledPlant({ meta: { depth: 2 } })
  await plant.engine.start()
  const took = new Float64Array(BURST * BURSTS)
  plant.observe(took)
  plant.observe(took)
  if ((plant.engine.getSnapshot().meta?.moves ?? 0) === 0) throw new Error("the meta level did nothing")
  await plant.engine.stop()
  return rounded(quantileOf(Array.from(took), 0.999) / 1_000)
}

async function measure(): Promise<ReadonlyArray<Row>> {
  // First, while nothing else is in memory.
  const engine = await engineRows()
  const search = fullMemory()
  const dtw = new BandedDtw({ length: 128, band: 13 })
  const [one, other] = [load(1, 128), load(2, 128)]
  const series = chaos()
  const embedding = { dimension: 2, delay: 1 }
  return [
    {
      what: `pattern detection: a window among ${TRACES} traces, and a warping of 128, p99`,
      value: quantile(0.99, 1_000, (i) => {
        search.find(load(1_000 + i, WINDOW))
        dtw.distance(one, other)
      }),
      unit: "ms",
      most: 10,
    },
    {
      what: `attractor analysis of ${SAMPLES} samples: exponent, dimension, recurrence, 0-1 test`,
      value: quantile(0.5, 20, () => {
        largestExponent(series, { ...embedding, steps: 7, theiler: 2 })
        correlationDimension(series, { ...embedding, theiler: 2 })
        recurrenceOf(series, { ...embedding, radius: 0.2 })
        zeroOneTest(series)
      }),
      unit: "ms",
      most: 100,
    },
    {
      what: "meta level of depth 2: a digest with all it leads to, p99.9",
      value: await metaMs(),
      unit: "ms",
      most: 50,
    },
    {
      what: `logic: a plan of ${DIGESTS} digests, ${RUNS} times on a model`,
      value: quantile(0.5, 20, plan),
      unit: "ms",
      most: 500,
    },
    {
      what: `logic: a shield over ${BINS ** 3} states`,
      value: quantile(0.5, 20, shield),
      unit: "ms",
      most: 500,
    },
    ...engine,
  ]
}

export const targetsSection: Section = {
  name: "targets",
  title: "The targets of the whole",
  measure,
}
