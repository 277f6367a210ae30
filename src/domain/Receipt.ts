/**
 * What Tier 1 answers: a receipt for what it applied, or a violation for what it refused. Both are values made of
 * copies, so that an answer gives Tier 2 knowledge and no access.
 */
import type { ApplyKind, ViolationTag } from "./words.ts"

/** Proof that a proposal was applied. */
export interface Receipt {
  readonly proposalId: number
  readonly kind: ApplyKind
  /** The generation that the apply published. */
  readonly generation: number
  readonly atUs: number
  /** The positions really taken, rounded to each knob's grid; a copy, unit space. */
  readonly units: Float64Array
  /** How far the next update may move the base, as [down, up] per knob with down <= 0 <= up; a copy, unit space. */
  readonly band: Float64Array
  /** The earliest time at which Tier 1 would accept another apply. */
  readonly nextApplyUs: number
}

/** Why Tier 1 refused; nothing was written. */
export interface Violation {
  readonly _tag: ViolationTag
  readonly proposalId: number
  /** The generation that is live: what to expect next time. */
  readonly generation: number
  /** Name of the knob at fault, or null when it is not about one knob. */
  readonly knob: string | null
  /** What was asked for, and the limit it broke, both as Tier 1 measures them. */
  readonly value: number
  readonly limit: number
  readonly nextApplyUs: number
}

/** Where the plant stands after a safety action, a start or a restore: all that a proposer needs to begin afresh. */
export interface Standing {
  readonly baseUnits: Float64Array
  readonly generation: number
  readonly nowUs: number
  readonly band: Float64Array
  readonly nextApplyUs: number
}
