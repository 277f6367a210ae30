/**
 * What a graft has shown since it entered its state: the part of a gate's numbers that one boundary cannot tell. Plain data, replaced
 * and never written in place.
 */
import type { Figures } from "../contracts/Host.ts"
import type { GraftingOptions } from "./options.ts"
import type { GraftState } from "./transitions.ts"

export interface Evidence {
  /** Boundaries in this state; those in which it was paused do not count. */
  readonly stay: number
  /** Boundaries in a row in which it was good enough, as the state's gate has it; one without a measurement is not counted. */
  readonly running: number
  /** Boundaries measured with alpha at its end. */
  readonly held: number
  /** How many rungs of alpha it has climbed. */
  readonly rung: number
  /** The trend of the loss against the host alone: changes that count, and how often one went against the one before. */
  readonly changes: number
  readonly flips: number
  readonly trend: -1 | 0 | 1
  readonly lastGain: number | null
  /** Losses with the graft, for their mean. */
  readonly lossSum: number
  readonly losses: number
  readonly panics: number
  /** A command has restarted the window of the probation; possible once only. */
  readonly fineTuned: boolean
}

export const NO_EVIDENCE: Evidence = {
  stay: 0,
  running: 0,
  held: 0,
  rung: 0,
  changes: 0,
  flips: 0,
  trend: 0,
  lastGain: null,
  lossSum: 0,
  losses: 0,
  panics: 0,
  fineTuned: false,
}

/** Losses below this are no basis for a ratio. */
const TINY = 1e-12

/** By how much `loss` is better than `than`, relative to it: .02 is two percent. NaN where a loss is. */
export const gainOver = (loss: number, than: number): number => (than - loss) / Math.max(Math.abs(than), TINY)

/** The relative gain of this boundary; undefined where a loss was not measured. */
export const gainOf = ({ lossWith, lossWithout }: Figures): number | undefined =>
  lossWith === undefined || lossWithout === undefined ? undefined : gainOver(lossWith, lossWithout)

/** Whether this boundary counts as good in a state whose gate wants several in a row; null where that was not measured. */
function isGood(state: GraftState, figures: Figures, { G1, G3 }: GraftingOptions): boolean | null {
  const gain = gainOf(figures)
  if (gain === undefined) return null
  if (state !== "shadowing") return gain >= G1.gain
  return gain >= G3.gain && Number(figures["lossWithout"]) - Number(figures["lossWith"]) >= G3.gained
}

/** The evidence after one more boundary. `atTop`: it was measured with alpha at its end. */
export function gathered(
  before: Evidence,
  state: GraftState,
  figures: Figures,
  options: GraftingOptions,
  atTop: boolean,
): Evidence {
  const { lossWith, panics } = figures
  const gain = gainOf(figures)
  const good = isGood(state, figures, options)
  const finite = lossWith !== undefined && Number.isFinite(lossWith)
  return {
    ...before,
    ...trendAfter(before, gain, options.G2.still),
    stay: before.stay + 1,
    running: good === null ? before.running : good ? before.running + 1 : 0,
    held: before.held + (atTop ? 1 : 0),
    lossSum: before.lossSum + (finite ? lossWith : 0),
    losses: before.losses + (finite ? 1 : 0),
    panics: before.panics + (panics ?? 0),
  }
}

/** A change smaller than `still` is no change: noise turns around all the time. */
function trendAfter(before: Evidence, gain: number | undefined, still: number): Partial<Evidence> {
  const { lastGain, trend, changes, flips } = before
  if (gain === undefined || !Number.isFinite(gain)) return {}
  if (lastGain === null) return { lastGain: gain }
  if (Math.abs(gain - lastGain) < still) return {}
  const now = gain > lastGain ? 1 : -1
  return {
    lastGain: gain,
    trend: now,
    changes: changes + (trend === 0 ? 0 : 1),
    flips: flips + (trend !== 0 && trend !== now ? 1 : 0),
  }
}

/** The host went back to an earlier state: what was shown before does not count, time does. */
export const afterRollback = ({ stay, rung, fineTuned }: Evidence): Evidence => ({
  ...NO_EVIDENCE,
  stay,
  rung,
  fineTuned,
})
