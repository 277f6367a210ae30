/** What is shown of relocations: remembered regimes, the live variant, and the last switch. */
import type { Regime } from "../../control/relocationTypes.ts"
import type { SelectionDecision } from "../../control/variantSelection.ts"
import type { VariantContent } from "../../domain/Variant.ts"
import type { RelocationReason } from "../../domain/words.ts"
import type { RelocationPhase } from "../../../machines/relocationState.ts"

/** A remembered regime, for a person. */
export interface KnownRegime extends Regime {
  /** 0 to 1: how long it was stable for, and how often going back was right. */
  readonly score: number
  /** Its configuration, user units. */
  readonly values: Readonly<Record<string, number>>
}

/** Another variant is live. */
export interface VariantSwitch {
  /** Null where no variant is live any more: the plant is to be what it is without any. */
  readonly name: string | null
  /** The choices of it that are no knobs. */
  readonly choices: VariantContent["values"]
  /** Why, with the numbers that were used. */
  readonly decision: SelectionDecision
}

/** How relocations stand, in a snapshot. */
export interface RelocationState {
  readonly phase: RelocationPhase
  /** Regimes that are remembered. */
  readonly regimes: number
  /** The regime that is gone to; null where none is. */
  readonly regime: number | null
  readonly variant: string | null
  /** Variants that may be live, as last offered. */
  readonly offered: number
  /** Decisions so far, by their word, and switches of variants. */
  readonly counts: Readonly<Partial<Record<RelocationReason, number>>>
  readonly switches: number
}
