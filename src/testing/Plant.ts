/**
 * A simulated plant: the true loss of a configuration at a time, without noise, so that a tuner is scored by what
 * it really did and not by its luckiest reading. Plants are pure functions; whoever reads them adds the noise.
 */
import { LINEAR } from "../hot/codes.ts"
import type { KnobNumbers } from "../hot/KnobTable.ts"

/**
 * A simulated plant with a known optimum. Positions are in unit space, losses lower is better, times in
 * microseconds.
 */
export interface Plant {
  readonly name: string
  readonly knobs: ReadonlyArray<KnobNumbers>
  /** Where tuning starts, in unit space. */
  readonly start: ReadonlyArray<number>
  /** True loss (lower is better) at unit positions as applied. */
  loss(unit: Float64Array, atUs: number): number
  /** The lowest possible loss at that time. */
  best(atUs: number): number
  /** True constraint margin; positive means satisfied. */
  readonly margin?: (unit: Float64Array, atUs: number) => number
}

/** A continuous knob over [0, 1] on a linear scale. */
export const unitKnob: KnobNumbers = Object.freeze({ min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 })

/** `n` continuous knobs over [0, 1]. */
export function unitKnobs(n: number): ReadonlyArray<KnobNumbers> {
  return Array.from({ length: n }, () => unitKnob)
}

/** How the optimum of a plant moves over time: fixed, a jump, or a slow drift between two places. */
export type Drift =
  | { readonly kind: "still" }
  | { readonly kind: "step"; readonly atUs: number; readonly by: number }
  | { readonly kind: "ramp"; readonly fromUs: number; readonly toUs: number; readonly by: number }

/** How far the optimum has drifted, in unit space; added to knobs with alternating sign. */
export function driftAt(drift: Drift, atUs: number): number {
  if (drift.kind === "still") return 0
  if (drift.kind === "step") return atUs >= drift.atUs ? drift.by : 0
  const share = (atUs - drift.fromUs) / (drift.toUs - drift.fromUs)
  return drift.by * (share < 0 ? 0 : share > 1 ? 1 : share)
}
