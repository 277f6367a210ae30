/**
 * The deadline executive: what its queue and a dispatch cost, and what a digest costs an engine with every analysis on beside one with
 * none, in one run and in turns. Digests come in bursts of five with a turn of the event loop between, where analyses run.
 */
import { setImmediate } from "node:timers/promises"
import { quantileOf } from "../../src/testing/simulate.ts"
import { ScheduledPlant } from "./ScheduledPlant.ts"
import { DeadlineExecutive } from "../../src/scheduler/DeadlineExecutive.ts"
import { SlotHeap } from "../../src/scheduler/SlotHeap.ts"
import type { Row, Section } from "../section.ts"

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
const BURSTS = 2_000
const PARTS = 8

const TEMPORAL = { homeostasis: { key: "temporal" }, stability: true } as const
const CASES = {
  off: {},
  again: {},
  inline: TEMPORAL,
  scheduled: { ...TEMPORAL, schedule: true },
} as const
type Case = keyof typeof CASES
const NAMES = Object.keys(CASES) as ReadonlyArray<Case>

const round = (value: number): number => Number(value.toPrecision(3))

/** Each case is measured in parts that take turns; a figure is the least of its parts, since whatever else the
 * machine does only adds. */
async function digestRows(): Promise<ReadonlyArray<Row>> {
  const plants = Object.fromEntries(NAMES.map((name) => [name, new ScheduledPlant(CASES[name])])) as Record<
    Case,
    ScheduledPlant
  >
  const took = new Float64Array(BURST * BURSTS)
  const parts: Record<Case, Array<Float64Array>> = { off: [], again: [], inline: [], scheduled: [] }
  const applies: Record<Case, Array<ReadonlyArray<number>>> = {
    off: [],
    again: [],
    inline: [],
    scheduled: [],
  }
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
      parts[name].push(took.slice())
      applies[name].push(plants[name].appliesUs.slice())
    }
  const analyses = plants.scheduled.core.schedule?.state().analyses ?? []
  for (const name of NAMES) await plants[name].end()
  const figure = (name: Case, q: number): number =>
    round(Math.min(...parts[name].map((one) => quantileOf(Array.from(one), q))))
  const tier1 = (name: Case): number => round(quantileOf(applies[name].flat(), 0.99))
  const tier1Ratio = round(tier1("scheduled") / tier1("off"))
  // What the same engine differs by from itself.
  const noise = round(Math.max(tier1("again") / tier1("off"), tier1("off") / tier1("again")))
  const [p99On, p99Off] = [figure("scheduled", 0.99), figure("off", 0.99)]
  const late = analyses.reduce((sum, one) => sum + one.late, 0)
  const asked = analyses.reduce((sum, one) => sum + one.asked, 0)
  return [
    { what: "a digest with all analyses on, p50", value: figure("scheduled", 0.5), unit: "us", most: 30 },
    { what: "a digest with all analyses on, p99", value: p99On, unit: "us", most: 1_000 },
    { what: "a digest with none, p99", value: p99Off, unit: "us" },
    { what: "the one over the other", value: round(p99On / p99Off), unit: "" },
    { what: "Tier 1 without any beside the same again, p99: the noise", value: noise, unit: "" },
    { what: "Tier 1 with all analyses on, p99 of a proposal", value: tier1("scheduled"), unit: "us" },
    {
      what: "Tier 1 with all analyses on over Tier 1 with none, p99",
      value: tier1Ratio,
      unit: "",
      most: round(1.5 * noise),
    },
    { what: "a digest with all analyses on, p99.9", value: figure("scheduled", 0.999), unit: "us" },
    { what: "a digest with the same, without schedule, p99.9", value: figure("inline", 0.999), unit: "us" },
    { what: "a digest with none, p99.9", value: figure("off", 0.999), unit: "us" },
    { what: "looks at the load", value: asked, unit: "", least: 100 },
    { what: "of these late", value: late, unit: "", most: Math.ceil(asked / 100) },
  ]
}

export const scheduleSection: Section = { name: "schedule", title: "Deadlines", measure }
