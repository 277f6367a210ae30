/** A knob as the tables of the hot path are made from. */

/** One knob in numbers. `step` 0 is continuous; `maxStep` 0 means the guardrail's own limit (unit space). */
export interface KnobNumbers {
  readonly min: number
  readonly max: number
  /** LINEAR, LOG or PERIODIC. */
  readonly scale: number
  /** Distance between grid points in user units, anchored at `min`; 0 is continuous. */
  readonly step: number
  /** Largest single apply in unit space; 0 leaves it to the guardrail policy. */
  readonly maxStep: number
}
