/**
 * The deadline executive: what its queue and a dispatch cost, and what a digest costs an engine with every analysis on beside one with
 * none, in one run and in turns. Digests come in bursts of five with a turn of the event loop between, where analyses run.
 */
import { setImmediate } from "node:timers/promises"
import { quantileOf } from "../../src/testing/simulate.ts"
import { ScheduledPlant } from "./ScheduledPlant.ts"
import { DeadlineExecutive } from "../../src/scheduler/DeadlineExecutive.ts"
import { SlotHeap } from "../../src/scheduler/SlotHeap.ts"
import type { Row, Section } from "../../scripts/section.ts"

const ROUNDS = 7
const CALLS = 200_000

/** Least mean time of a call over several rounds, nanoseconds. */
function leastNs(call: (i: number) => void): number {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    for (let i = 0; i < CALLS; i++) call(i)
    least = Math.min(least, ((performance.now() - start) * 1e6) / CALLS)
  }
  return Math.round(least)
}

async function measure(): Promise<ReadonlyArray<Row>> {
  const heap = new SlotHeap(64)
  for (let slot = 0; slot < 32; slot++) heap.put(slot, slot % 4, slot)
  // Each call moves one of 32 slots to another place.
  const queue = leastNs((i) => heap.put(i % 32, 1, (i * 7_919) % 1_000_003))
  let now = 0
  const executive = new DeadlineExecutive({ nowNs: () => now })
  for (let i = 0; i < 8; i++)
    executive.add({ name: `task ${i}`, periodUs: 100, budgetUs: 1, run: () => undefined })
  const dispatch = leastNs(() => {
    now += 12_500
    executive.runDue()
  })
  return [
    { what: "moving a slot in the queue, 32 slots", value: queue, unit: "ns", most: 1_000 },
    { what: "a turn of the executive, one job", value: dispatch, unit: "ns", most: 5_000 },
    ...(await digestRows()),
  ]
}

const BURST = 5
/** Bursts before anything is counted: code is compiled, and both loads have been met. */
const BURSTS_FIRST = 2_000
const BURSTS = 1_000
const PARTS = 8

const memory = { homeostasis: { key: "temporal" } } as const
const stability = { stability: true } as const
const meta = { meta: { depth: 1 } } as const
const rules = {
  rules: [
    "always[0,60s](p99 < 200ms)",
    { formula: "err > 6% -> eventually[0,20](err < 1%)", onViolation: "rollback" },
    { formula: "threads > 0.9 -> once[0,60s](rps > 50)", onViolation: "warn" },
    { formula: "p99 < 180ms", onViolation: "warn", warning: { horizon: 20 } },
  ],
} as const
export const ALL = { ...memory, ...stability, ...meta, ...rules }
const CASES = {
  "none on": {},
  "none on, again": {},
  "regimes alone": memory,
  "stability alone": stability,
  "four rules alone": rules,
  "the meta level alone": meta,
  "all but deadlines": ALL,
  "all five on": { ...ALL, schedule: true },
} as const
type Case = keyof typeof CASES
const NAMES = Object.keys(CASES) as ReadonlyArray<Case>

const round = (value: number): number => Number(value.toPrecision(3))

/** Each case is measured in parts that take turns; a figure is the least of its parts, since whatever else the
 * machine does only adds. */
async function digestRows(): Promise<ReadonlyArray<Row>> {
  const record = <T>(of: (name: Case) => T): Record<Case, T> =>
    Object.fromEntries(NAMES.map((name) => [name, of(name)])) as Record<Case, T>
  const plants = record((name) => new ScheduledPlant(CASES[name]))
  for (const name of NAMES) await plants[name].engine.start()
  const took = new Float64Array(BURST * BURSTS_FIRST)
  const parts = record((): Array<Float64Array> => [])
  const applies = record((): Array<ReadonlyArray<number>> => [])
  const run = async (name: Case, bursts: number): Promise<void> => {
    for (let burst = 0; burst < bursts; burst++) {
      plants[name].observe(took.subarray(burst * BURST, (burst + 1) * BURST))
      // More turns than an analysis has slices.
      for (let turn = 0; turn < 8; turn++) await setImmediate()
    }
  }
  for (const name of NAMES) await run(name, BURSTS_FIRST)
  for (let part = 0; part < PARTS; part++)
    for (const name of NAMES) {
      plants[name].appliesUs.length = 0
      await run(name, BURSTS)
      parts[name].push(took.slice(0, BURST * BURSTS))
      applies[name].push(plants[name].appliesUs.slice())
    }
  const on = plants["all five on"].engine
  const analyses = on.schedule()?.analyses ?? []
  const { safeMode, rules: judged, stability: watch, meta: level } = on.getSnapshot()
  for (const name of NAMES) await plants[name].engine.stop()
  const figure = (name: Case, q: number): number =>
    round(Math.min(...parts[name].map((one) => quantileOf(Array.from(one), q))))
  const tier1 = (name: Case): number =>
    round(Math.min(...applies[name].map((one) => quantileOf(Array.from(one), 0.99))))
  const ratio = (q: number): number => round(figure("all five on", q) / figure("none on", q))
  // What the same engine differs by from itself.
  const again = tier1("none on, again") / tier1("none on")
  const noise = round(Math.max(again, 1 / again))
  const late = analyses.reduce((sum, one) => sum + one.late, 0)
  const asked = analyses.reduce((sum, one) => sum + one.asked, 0)
  const works = [
    safeMode === null,
    judged?.every(({ status }) => status === "holds") === true,
    watch?.phase === "stable",
    (level?.moves ?? 0) > 0,
  ]
  return [
    ...[0.5, 0.99, 0.999].flatMap((q) => NAMES.map((name) => digestRow(name, q, figure(name, q)))),
    { what: "all five on over none on, p50", value: ratio(0.5), unit: "" },
    { what: "all five on over none on, p99", value: ratio(0.99), unit: "" },
    { what: "Tier 1 with none on beside the same again, p99: the noise", value: noise, unit: "" },
    { what: "Tier 1 with all five on, p99 of a proposal", value: tier1("all five on"), unit: "us" },
    {
      what: "Tier 1 with all five on over Tier 1 with none on, p99",
      value: round(tier1("all five on") / tier1("none on")),
      unit: "",
      most: round(1.5 * noise),
    },
    { what: "looks at the load", value: asked, unit: "", least: 50 },
    { what: "of these late", value: late, unit: "", most: Math.ceil(asked / 100) },
    {
      what: "of regimes, rules, stability and meta, parts at work at the end",
      value: works.filter(Boolean).length,
      unit: "",
      least: works.length,
    },
  ]
}

function digestRow(name: Case, q: number, value: number): Row {
  const row = { what: `a digest with ${name}, p${100 * q}`, value, unit: "us" }
  if (name !== "all five on" || q > 0.99) return row
  return { ...row, most: q === 0.5 ? 30 : 1_000 }
}

export const scheduleSection: Section = { name: "schedule", title: "Deadlines", measure }
