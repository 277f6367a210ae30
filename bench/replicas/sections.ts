/** The sections of `npm run bench:replicas`: what many replicas are worth to a tuner, and what their faults cost. Bounds are those of the plan. */
import type { Row, Section } from "../../scripts/section.ts"
import type { Design } from "../../src/cohort/designs.ts"
import type { Plant } from "../../src/testing/Plant.ts"
import { kink, quadratic, rotated, valley } from "../../src/testing/plants.ts"
import { LOADS, queuePlant } from "../../src/testing/queue.ts"
import { faultRows } from "./faults.ts"
import { COMMON, MOST_WINDOWS, OWN, runOf, varianceOf } from "./halves.ts"
import { interferenceRow } from "./interference.ts"
import { reportUs } from "./reports.ts"
import { signRows } from "./signs.ts"

const SEEDS = Array.from({ length: 30 }, (_, k) => 900 + k)
const CYCLES = 20_000
const PLAIN = { slow: 0, lasting: 0 }
const SLOW = { slow: 0.95, lasting: 0 }

const round = (value: number, digits: number): number => Number(value.toFixed(digits))

const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1]
}

const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, x) => sum + x, 0) / values.length

const medianNear = (plant: Plant, design: Design, load = PLAIN): number =>
  median(SEEDS.map((seed) => runOf(plant, design, 10, seed, load).near))

/** A count of windows as a row has it: one that was never reached is the longest run. */
const reached = (windows: number): number => Math.min(windows, MOST_WINDOWS)
const unitOf = (windows: number): string => (Number.isFinite(windows) ? "windows" : "windows and more")
const shown = (windows: number): string => (Number.isFinite(windows) ? `${windows}` : `over ${MOST_WINDOWS}`)

const PLANTS: ReadonlyArray<Plant> = [
  quadratic(2),
  quadratic(4),
  rotated(4, 10),
  kink(4),
  valley(),
  quadratic(16),
  queuePlant([LOADS[0]], Number.MAX_SAFE_INTEGER),
]

const varianceRows = (): ReadonlyArray<Row> =>
  [4, 10, 40].flatMap((replicas) => {
    const ratio = varianceOf("together", replicas, CYCLES) / varianceOf("split", replicas, CYCLES)
    const formula = (2 * (COMMON ** 2 + OWN ** 2 / replicas)) / ((4 * OWN ** 2) / replicas)
    return [
      { what: `${replicas} replicas: in turns over in halves`, value: round(ratio, 1), unit: "times" },
      {
        what: `${replicas} replicas: of what the formula says, ${formula.toFixed(1)}`,
        value: round(ratio / formula, 2),
        unit: "times",
        least: 0.85,
        most: 1.15,
      },
    ]
  })

/** Rows of a plant in halves: the windows it takes, and as a share of those in turns. */
const besideTurns = (plant: Plant, load: typeof PLAIN, mostShare: number, most?: number): Array<Row> => {
  const [turns, halves] = (["together", "split"] as const).map((design) => medianNear(plant, design, load))
  return [
    {
      what: `${plant.name}: windows in halves (in turns ${shown(turns)})`,
      value: reached(halves),
      unit: unitOf(halves),
      ...(most === undefined ? {} : { most }),
    },
    {
      what: `${plant.name}: in halves over in turns`,
      value: round(reached(halves) / reached(turns), 2),
      unit: "times",
      most: mostShare,
    },
  ]
}

const windowRows = (): ReadonlyArray<Row> =>
  PLANTS.flatMap((plant) =>
    besideTurns(plant, PLAIN, round(1 / 3, 4), plant.name === "quadratic-4" ? 20 : undefined),
  )

/** Some knobs must be equal on all replicas: all knobs are then tried in turns, or those alone. */
const sharedRows = (): ReadonlyArray<Row> =>
  (
    [
      [quadratic(2), 1],
      [quadratic(4), 1],
      [rotated(4, 10), 1],
      [kink(4), 1],
      [quadratic(16), 4],
      [quadratic(16), 8],
    ] as const
  ).flatMap(([plant, equal]) => {
    const of = (design: Design, knobs: number) => {
      const runs = SEEDS.map((seed) => runOf(plant, design, 10, seed, PLAIN, knobs))
      return { near: median(runs.map(({ near }) => near)), late: mean(runs.map(({ late }) => late)) }
    }
    const [turns, alone] = [of("together", 0), of("split", equal)]
    return [
      {
        what: `${plant.name}, ${equal} shared: windows (all in turns ${shown(turns.near)})`,
        value: reached(alone.near),
        unit: unitOf(alone.near),
      },
      {
        what: `${plant.name}, ${equal} shared: late excess (all in turns ${turns.late.toFixed(3)})`,
        value: round(alone.late, 3),
        unit: "of the start's",
      },
    ]
  })

const differingRows = (): ReadonlyArray<Row> =>
  ([4, 10] as const).map((replicas) => {
    const [equal, differ] = [0, 0.2].map((lasting) =>
      mean(SEEDS.map((seed) => runOf(quadratic(4), "split", replicas, seed, { slow: 0, lasting }).late)),
    )
    return {
      what: `${replicas} replicas that differ by 20 %: late excess over that of equal ones, ${equal.toFixed(4)}`,
      value: round(differ / equal, 1),
      unit: "times",
      most: 2,
    }
  })

const LEAST_LEFT: Readonly<Record<string, number>> = { "20 % lost": 0.5, "all together": 0.667 }

const faultTable = (): ReadonlyArray<Row> => {
  const rows = faultRows()
  const sum = (of: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((total, row) => total + of(row), 0)
  return [
    ...rows.map(({ replicas, seconds, fault, cyclesAMinute }): Row => {
      const what = `${replicas} replicas, ${seconds} s, ${fault}: cycles`
      if (fault === "quiet") return { what, value: Math.round(cyclesAMinute), unit: "a minute" }
      const quiet = rows.find((row) => row.replicas === replicas && row.seconds === seconds)
      const value = round(cyclesAMinute / (quiet?.cyclesAMinute ?? Number.NaN), 2)
      const least = seconds > 60 ? LEAST_LEFT[fault] : undefined
      return { what, value, unit: "of the quiet ones", ...(least === undefined ? {} : { least }) }
    }),
    { what: "older pairs taken, in all of these", value: sum((row) => row.olderTaken), unit: "", most: 0 },
    {
      what: "moments on a perturbation beyond the lease, in all of these",
      value: sum((row) => row.beyondLease),
      unit: "",
      most: 0,
    },
  ]
}

const interferenceRows = (): ReadonlyArray<Row> =>
  [1, 0.3, 0].flatMap((shared) => {
    const { found, medianWindows, lateAbove } = interferenceRow(shared, 300, 400)
    const name = `${shared} of the private curvature shared`
    return [
      {
        what: `${name}: found${Number.isFinite(medianWindows) ? `, after ${medianWindows} windows` : ""}`,
        value: round(100 * found, 1),
        unit: "%",
        ...(shared === 0 ? { most: 1 } : { least: 95 }),
      },
      {
        what: `${name}: late excess above that in turns`,
        value: round(lateAbove, 3),
        unit: "of the start's",
        most: 0.02,
      },
    ]
  })

const reportRows = (): ReadonlyArray<Row> =>
  [10, 100, 1_000].map((replicas) => ({
    what: `${replicas} replicas: the owner's time for a report, without transport`,
    value: round(reportUs(replicas), 1),
    unit: "us",
  }))

const section = (name: string, title: string, rows: () => ReadonlyArray<Row>): Section => ({
  name,
  title,
  measure: () => Promise.resolve(rows()),
})

/** In the order in which they run. */
export const sections: ReadonlyArray<Section> = [
  section("variance", "Variance of the difference of a pair, common load 20 %, own noise 5 %", varianceRows),
  section(
    "windows",
    "Windows until the base stays within a tenth of the start, 10 replicas, 30 seeds",
    windowRows,
  ),
  section("slow", "The same under a load with a correlation of 0.95 from window to window", () =>
    PLANTS.slice(0, 4).flatMap((plant) => besideTurns(plant, SLOW, 0.6)),
  ),
  section("shared", "Knobs that must be equal on all replicas, tried in turns alone", sharedRows),
  section(
    "signs",
    "A prototype in which each replica has its own signs, beside halves that rest, 30 seeds",
    () => signRows(PLANTS),
  ),
  section("differing", "Replicas that differ for good, quadratic-4 in halves", differingRows),
  section("faults", "Faults of the network, replicas and owner, virtual time, 4 seeds", faultTable),
  section(
    "interference",
    "Replicas that share what they are tuned on, 10 replicas, 300 seeds, 400 windows",
    interferenceRows,
  ),
  section("reports", "What a report costs the owner", reportRows),
]
