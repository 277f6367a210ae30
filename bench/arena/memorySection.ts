/** What the rule and its competitors pay on plants that remember. */
import type { MemoryPlant } from "../../src/testing/MemoryPlant.ts"
import { Bench } from "./benches.ts"
import { type Contender, memoryAblations, ours, rivals } from "./contenders.ts"
import { type Judgement, judge, type Middle, middleOf, unsafety } from "./judges.ts"
import { DIGEST_S, DIGESTS, type MemoryRun } from "./memoryRun.ts"
import { awkward, remembering, twoStates } from "./memoryCases.ts"
import { atMost, type Bar, percent, type Section, short, table } from "./print.ts"

/** Seeds that runs are scored by begin here. */
export const FIRST_SEED = 2101

export interface MemoryOptions {
  readonly seeds: number
  readonly first: number
  readonly windows: number
  readonly ablations: boolean
  readonly isWanted: (name: string) => boolean
  readonly full: boolean
}

export const secondsOf = (windows: number): number => windows * DIGESTS * DIGEST_S

/** What one contender did on one plant, seed by seed. */
interface Entry {
  readonly name: string
  readonly judged: ReadonlyArray<Judgement>
}

interface Row {
  readonly plant: string
  readonly group: "memory" | "twoStates" | "awkward"
  readonly best: ReadonlyArray<number>
  readonly guard: MemoryRun["guard"]
  readonly locked: number
  /** Against the baseline of the moment: the worst share of a run, the longest spell. */
  readonly unsafe: number
  readonly longest: number
  readonly entries: ReadonlyArray<Entry>
}

const most = (values: ReadonlyArray<number>): number => Math.max(...values)
const pick = (entry: Entry, key: keyof Judgement): ReadonlyArray<number> =>
  entry.judged.map((one) => one[key])

function rowOf(
  plant: MemoryPlant,
  group: Row["group"],
  { seeds, first, windows, ablations }: MemoryOptions,
): Row {
  const bench = new Bench(plant, windows)
  const everybody: ReadonlyArray<Contender> = [ours, ...rivals, ...(ablations ? memoryAblations : [])]
  const judged = new Map<string, Array<Judgement>>()
  const guard = { retreats: 0, blames: 0, worlds: 0 }
  let locked = 0
  let unsafe = 0
  let longest = 0
  for (let seed = first; seed < first + seeds; seed++) {
    const yardsticks = {
      best: bench.optimum(seed),
      nothing: bench.nothing(seed),
      reference: bench.reference(seed, []),
    }
    for (const contender of everybody) {
      const run = contender.run(bench, seed)
      if (run === null) continue
      const known = judged.get(contender.name) ?? []
      judged.set(contender.name, [...known, judge(run.paid, yardsticks)])
      if (contender !== ours) continue
      guard.retreats += run.guard.retreats
      guard.blames += run.guard.blames
      guard.worlds += run.guard.worlds
      locked += run.locked
      const seen = unsafety(run.paid, bench.reference(seed, run.baselines))
      unsafe = Math.max(unsafe, seen.unsafe)
      longest = Math.max(longest, seen.longest)
    }
    bench.forget()
  }
  const entries = Array.from(judged, ([name, judgements]) => ({ name, judged: judgements }))
  const best = Array.from(bench.best, (x) => Number(x.toFixed(3)))
  return { plant: plant.name, group, best, guard, locked: locked / seeds / windows, unsafe, longest, entries }
}

const spanned = ({ median, low, high }: Middle): string =>
  `${short(median)} (${short(low)} to ${short(high)})`

/** The rule's own row: what a person remembers of it stands first. */
function ownCells({ plant, entries, guard, locked, unsafe, longest }: Row): ReadonlyArray<string> {
  const [own] = entries
  const last = pick(own, "lastThird")
  return [
    plant,
    `x${short(most(pick(own, "toNothing")))}`,
    spanned(middleOf(last)),
    short(most(last)),
    short(middleOf(pick(own, "worstThird")).median),
    short(middleOf(pick(own, "whole")).median),
    `${percent(unsafe)}, ${longest}, ${short(middleOf(pick(own, "untilSafe")).median)}`,
    `${guard.retreats}, ${guard.blames}, ${guard.worlds}`,
    percent(locked),
  ]
}

const OWN_HEAD = [
  "plant",
  "never worse than doing nothing by more than",
  "last third over the optimum (95 %)",
  "worst run",
  "worst third",
  "whole run",
  "above twice the baseline: share, longest spell, windows until safe",
  "retreats, blames, acquittals",
  "stood still",
]

/** The names of all contenders of all rows, in order. */
const namesOf = (rows: ReadonlyArray<Row>): ReadonlyArray<string> => [
  ...new Set(rows.flatMap(({ entries }) => entries.map(({ name }) => name))),
]

const of = (row: Row, name: string): Entry | undefined => row.entries.find((entry) => entry.name === name)

/** Medians and worst runs of everybody; a dash where somebody has no place. */
function everybody(rows: ReadonlyArray<Row>): string {
  const names = namesOf(rows)
  return table(
    ["last third over the optimum: median, worst", ...names],
    rows.map((row) => [
      row.plant,
      ...names.map((name) => {
        const entry = of(row, name)
        if (entry === undefined) return "-"
        const last = pick(entry, "lastThird")
        return `${short(middleOf(last).median)}, ${short(most(last))}`
      }),
    ]),
  )
}

/** What everybody must be remembered by: the worst run against doing nothing, over all plants, and how long it was unsafe. */
function remembered(rows: ReadonlyArray<Row>): string {
  const names = namesOf(rows).filter((name) => name !== "nothing")
  return table(
    [
      "",
      "never worse than doing nothing by more than",
      "on",
      "time above twice the start, mean",
      "longest spell",
    ],
    names.map((name) => {
      const present = rows.flatMap((row) => {
        const entry = of(row, name)
        return entry === undefined ? [] : [{ plant: row.plant, entry }]
      })
      const worst = present.toSorted(
        (a, b) => most(pick(b.entry, "toNothing")) - most(pick(a.entry, "toNothing")),
      )[0]
      const unsafe = present.flatMap(({ entry }) => pick(entry, "unsafe"))
      return [
        name,
        `x${short(most(pick(worst.entry, "toNothing")))}`,
        worst.plant,
        percent(unsafe.reduce((a, b) => a + b, 0) / unsafe.length),
        short(most(present.flatMap(({ entry }) => pick(entry, "longest")))),
      ]
    }),
  )
}

export interface Loss {
  readonly plant: string
  readonly rival: string
  /** Ours over the rival's, seed by seed. */
  readonly ratio: Middle
}

/** Where a rival does better by more than a tenth in the median of the pairs, and better in the whole interval. */
export function lossesOf(rows: ReadonlyArray<Row>): ReadonlyArray<Loss> {
  const losses: Array<Loss> = []
  for (const row of rows) {
    const mine = pick(row.entries[0], "lastThird")
    for (const entry of row.entries.slice(1)) {
      const theirs = pick(entry, "lastThird")
      const ratio = middleOf(mine.map((one, i) => one / theirs[i]))
      if (ratio.median > 1.1 && ratio.low > 1) losses.push({ plant: row.plant, rival: entry.name, ratio })
    }
  }
  return losses
}

function barsOf(rows: ReadonlyArray<Row>): ReadonlyArray<Bar> {
  const own = (row: Row): Entry => row.entries[0]
  const in_ = (group: Row["group"]): ReadonlyArray<Row> => rows.filter((row) => row.group === group)
  const bars: Array<Bar> = []
  const memory = in_("memory")
  if (memory.length > 0) {
    const last = memory.map((row) => pick(own(row), "lastThird"))
    bars.push(
      atMost(
        "memory: worst median, last third over the optimum",
        most(last.map((x) => middleOf(x).median)),
        1.25,
      ),
      atMost("memory: worst run, last third over the optimum", most(last.map(most)), 3),
      atMost(
        "memory: worst run, last third over doing nothing",
        most(memory.map((row) => most(pick(own(row), "lastToNothing")))),
        1.1,
      ),
      atMost("memory: share of a run above twice the baseline", most(memory.map((row) => row.unsafe)), 0.05),
      atMost("memory: longest spell above it, windows", most(memory.map((row) => row.longest)), 40),
    )
  }
  const median = (row: Row): number => middleOf(pick(own(row), "lastThird")).median
  for (const row of in_("twoStates"))
    bars.push(atMost(`${row.plant}, last third over the optimum`, median(row), 1.3))
  const goals: Readonly<Record<string, number>> = {
    PID: 1.15,
    "steep wall, noise 5 %": 1.1,
    "effect 0.5 s late": 1.1,
  }
  for (const row of rows) {
    const goal = goals[row.plant]
    if (goal !== undefined) bars.push(atMost(`${row.plant}, last third over the optimum`, median(row), goal))
  }
  return bars
}

/** In the short form: enough to see a ruin of every sort. */
const SHORT = ["staffing from 22", "crew and tool speed", "autoscaler", "in-flight limit", "retry storm"]
const SHORT_TOO = [
  "heat, 15 s",
  "battery",
  "wear against cleaning",
  "cut-out with hysteresis",
  "unstable loop",
]

export function memorySection(options: MemoryOptions): Section | null {
  const seconds = secondsOf(options.windows)
  const cases = [
    ...remembering(seconds).map((plant) => ({ plant, group: "memory" as const })),
    ...twoStates.map((plant) => ({ plant, group: "twoStates" as const })),
    ...awkward(seconds).map((plant) => ({ plant, group: "awkward" as const })),
  ].filter(
    ({ plant }) =>
      options.isWanted(plant.name) && (options.full || [...SHORT, ...SHORT_TOO].includes(plant.name)),
  )
  if (cases.length === 0) return null
  const rows = cases.map(({ plant, group }) => rowOf(plant, group, options))
  const losses = lossesOf(rows)
  const text = [
    `Plants that remember: ${options.seeds} seeds each, ${options.windows} windows of five digests (${seconds} s).`,
    table(OWN_HEAD, rows.map(ownCells)),
    everybody(rows),
    remembered(rows),
    losses.length === 0
      ? "No competitor does better by more than a tenth on any of them."
      : `Lost by more than a tenth, ours over the competitor's:\n${losses
          .map(({ plant, rival, ratio }) => `- ${plant}: ${rival}, x${spanned(ratio)}`)
          .join("\n")}`,
  ].join("\n\n")
  return { name: "memory", text, bars: options.full ? barsOf(rows) : [], data: { rows, losses } }
}
