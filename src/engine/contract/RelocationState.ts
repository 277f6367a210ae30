/** The visible state of relocations: remembered regimes, the live variant, and the last switch. */
import type { Regime } from "../../control/relocationTypes.ts"
import type { SelectionDecision } from "../../control/variantSelection.ts"
import type { VariantContent } from "../../domain/Variant.ts"
import type { RelocationReason } from "../../domain/words.ts"
import type { RelocationPhase } from "../../../machines/relocationState.ts"

/** A remembered regime, in user units. */
export interface KnownRegime extends Regime {
  /** 0 to 1: how long it was stable, and how often returning to it was right. */
  readonly score: number
  /** Its configuration, user units. */
  readonly values: Readonly<Record<string, number>>
}

/** A switch to another variant. */
export interface VariantSwitch {
  /** Null if no variant is live any more: the plant returns to its original form. */
  readonly name: string | null
  /** The variant's choices that are not knobs. */
  readonly choices: VariantContent["values"]
  /** Why, with the numbers that were used. */
  readonly decision: SelectionDecision
}

/** The state of relocations in a snapshot. */
export interface RelocationState {
  readonly phase: RelocationPhase
  /** Number of remembered regimes. */
  readonly regimes: number
  /** The regime being returned to; null if none. */
  readonly regime: number | null
  readonly variant: string | null
  /** Variants that may be live, as last offered. */
  readonly offered: number
  /** Decisions so far by their word, and switches of variants. */
  readonly counts: Readonly<Partial<Record<RelocationReason, number>>>
  readonly switches: number
}
