/**
 * The verdict: the starting and the tuned configuration measured in alternating blocks A B A B A B, so that a machine
 * that is slower in one minute than in the next burdens both alike. Pure.
 */
import { knobNames, type KnobValues } from "./knobs.ts"
import type { Measurement } from "./protocol.ts"

/** What stands in the table's row of one configuration: means over its blocks. */
export interface Side {
  readonly costMs: number
  readonly latencyMs: number
  readonly p99Ms: number
  readonly ageMs: number
  readonly perSecond: number
  readonly refused: number
  readonly errors: number
}

export interface Comparison {
  readonly start: Side
  readonly tuned: Side
  /** Tuned over start, of the means of all blocks: lower is better. */
  readonly ratio: number
  /** The same for each neighbouring pair of blocks. */
  readonly pairRatios: ReadonlyArray<number>
}

const mean = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
const sum = (values: ReadonlyArray<number>): number => values.reduce((total, value) => total + value, 0)

const sideOf = (blocks: ReadonlyArray<Measurement>): Side => ({
  costMs: mean(blocks.map((block) => block.costMs)),
  latencyMs: mean(blocks.map((block) => block.latencyMs)),
  p99Ms: mean(blocks.map((block) => block.p99Ms)),
  ageMs: mean(blocks.map((block) => block.ageMs)),
  perSecond: mean(blocks.map((block) => block.perSecond)),
  refused: sum(blocks.map((block) => block.refused)),
  errors: sum(blocks.map((block) => block.errors)),
})

/** `blocks` in the order measured: start, tuned, start, tuned, ... Throws when a block saw no answers. */
export const compare = (blocks: ReadonlyArray<Measurement>): Comparison => {
  if (blocks.length === 0 || blocks.length % 2 !== 0) throw new Error("a comparison wants pairs of blocks")
  if (blocks.some((block) => block.answers === 0)) throw new Error("a block of the comparison saw no answers")
  const starts = blocks.filter((_, index) => index % 2 === 0)
  const tuneds = blocks.filter((_, index) => index % 2 === 1)
  const start = sideOf(starts)
  const tuned = sideOf(tuneds)
  return {
    start,
    tuned,
    ratio: tuned.costMs / start.costMs,
    pairRatios: starts.map((block, index) => tuneds[index].costMs / block.costMs),
  }
}

/** Whether two configurations are one, but for what doubles lose on a logarithmic scale. */
export const isSame = (a: KnobValues, b: KnobValues): boolean =>
  knobNames.every((name) => Math.abs(a[name] / b[name] - 1) < 1e-9)

/**
 * What the comparison found. The service keeps the tuned configuration where it is `better`; otherwise it goes back to the start, so
 * that it never ends worse than it began. `unchanged`: the engine had gone back itself. `undecided`: the pairs of blocks contradict
 * each other, and the difference between the two is smaller than the noise of the machine.
 */
export type Outcome = "better" | "unchanged" | "undecided" | "worse"

export const outcomeOf = ({ pairRatios }: Comparison, unchanged: boolean): Outcome => {
  if (unchanged) return "unchanged"
  if (pairRatios.every((ratio) => ratio < 1)) return "better"
  return pairRatios.every((ratio) => ratio >= 1) ? "worse" : "undecided"
}

/** Exit code 1 is for tuning that made the service worse, though it has been taken back, and for a reading outside the bounds. */
export const exitCodeOf = (outcome: Outcome, outOfBounds: number): 0 | 1 =>
  outcome === "worse" || outOfBounds > 0 ? 1 : 0

/** Largest over smallest of the start's blocks, which are all of one configuration: what the machine adds by itself. */
export const unrest = (blocks: ReadonlyArray<Measurement>): number => {
  const costs = blocks.filter((_, index) => index % 2 === 0).map(({ costMs }) => costMs)
  return Math.max(...costs) / Math.min(...costs)
}
