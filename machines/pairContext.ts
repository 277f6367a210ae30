/**
 * What the SPSA cycle knows of the pair of windows in flight, one under the baseline and one on the base, and each thing that
 * happens to it as a pure function. Null in the cycle's context where no baseline windows are measured.
 */
import { baselineIsFirst } from "../src/control/pairOrder.ts"
import type { SideReading } from "../src/control/rollbackTest.ts"
import type { Window } from "../src/domain/Window.ts"

/** The sides of a pair. */
export type PairSide = "baseline" | "tuned"

export interface PairState {
  readonly seed: number
  readonly everyCycles: number
  /** Pairs begun; the number of the one in flight, which its order is drawn from. */
  readonly begun: number
  /** The cycle at which the last pair began. */
  readonly atCycle: number
  /** What was read; null where the window expired or is still to come. */
  readonly baseline: SideReading | null
  readonly tuned: SideReading | null
  /** The sides whose windows are over, closed or expired. */
  readonly over: ReadonlyArray<PairSide>
}

export function initialPair(seed: number, everyCycles: number): PairState | null {
  if (!(everyCycles > 0)) return null
  return { seed, everyCycles, begun: 0, atCycle: 0, baseline: null, tuned: null, over: [] }
}

/** Enough cycles have been completed since the last pair. */
export function pairIsDue(pair: PairState | null, cycle: number): boolean {
  return pair !== null && cycle - pair.atCycle >= pair.everyCycles
}

/** Whether the next pair begins under the baseline. */
export function nextIsBaseline(pair: PairState | null): boolean {
  return pair !== null && baselineIsFirst(pair.seed, pair.begun + 1)
}

export function pairBegun(pair: PairState | null, cycle: number): PairState | null {
  return pair === null ? null : { ...voided(pair), begun: pair.begun + 1, atCycle: cycle }
}

/** There is nothing to compare with: asked again after as many cycles. */
export function pairSkipped(pair: PairState | null, cycle: number): PairState | null {
  return pair === null ? null : { ...voided(pair), atCycle: cycle }
}

/** The window of a side is over; null: it expired. */
export function sideRead(pair: PairState | null, side: PairSide, window: Window | null): PairState | null {
  if (pair === null) return null
  const reading = window === null ? null : { loss: window.loss, closedUs: window.closedUs }
  return { ...pair, [side]: reading, over: [...pair.over, side] }
}

export function sideIsOver(pair: PairState | null, side: PairSide): boolean {
  return pair?.over.includes(side) ?? false
}

/** Nothing is read. A pair that was interrupted stays as it was until the next one begins. */
function voided(pair: PairState): PairState {
  return { ...pair, baseline: null, tuned: null, over: [] }
}
