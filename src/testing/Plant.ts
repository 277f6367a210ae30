/**
 * A simulated plant: the true loss of a configuration at a time, with nothing hidden, so that a tuner can be scored by
 * what it really did and not by its luckiest reading. Plants are pure functions; noise is added by whoever reads them.
 */
import { LINEAR } from "../hot/codes.ts"
import type { KnobNumbers } from "../hot/KnobTable.ts"

/** A simulated plant with a known optimum; positions in unit space, lower losses better, times in microseconds. */
export interface Plant {
  readonly name: string
  readonly knobs: ReadonlyArray<KnobNumbers>
  /** Where tuning starts, in unit space. */
  readonly start: ReadonlyArray<number>
  /** True loss (lower is better) at unit positions as applied. */
  loss(unit: Float64Array, atUs: number): number
  /** Lowest loss there is at that time. */
  best(atUs: number): number
  /** True constraint margin; positive is satisfied. */
  readonly margin?: (unit: Float64Array, atUs: number) => number
}

/** A continuous knob over [0, 1] on a linear scale. */
export const unitKnob: KnobNumbers = Object.freeze({ min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 })

/** So many continuous knobs over [0, 1]. */
export function unitKnobs(n: number): ReadonlyArray<KnobNumbers> {
  return Array.from({ length: n }, () => unitKnob)
}

/** Where the optimum of a plant lies as time goes by: a fixed place, a jump, or a slow way between two places. */
export type Drift =
  | { readonly kind: "still" }
  | { readonly kind: "step"; readonly atUs: number; readonly by: number }
  | { readonly kind: "ramp"; readonly fromUs: number; readonly toUs: number; readonly by: number }

/** How far along its drift the optimum is, in unit space; added to knobs with alternating sign. */
export function driftAt(drift: Drift, atUs: number): number {
  if (drift.kind === "still") return 0
  if (drift.kind === "step") return atUs >= drift.atUs ? drift.by : 0
  const share = (atUs - drift.fromUs) / (drift.toUs - drift.fromUs)
  return drift.by * (share < 0 ? 0 : share > 1 ? 1 : share)
}
