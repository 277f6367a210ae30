/**
 * Selection among variants as one object over the pure functions beside it: tell it what each window measured, ask it what is
 * to be live, save it as JSON. It takes the catalogue's selectable variants with every call and can choose nothing else.
 */
import { DEFAULT_SELECTION } from "./variantSelection.ts"
import type { SelectableVariant } from "../domain/Variant.ts"
import { selectionAsOf } from "./asOf.ts"
import {
  type Channels,
  EMPTY_SELECTION,
  observeVariant,
  type SelectionDecision,
  selectVariant,
  type VariantReading,
} from "./variantSelection.ts"
import type { SelectionSettings, SelectionState } from "./relocationTypes.ts"

/** Chooses among variants by Thompson sampling under cooldown, budget and constraints; `toJSON` saves it. */
export class VariantSelector {
  private readonly settings: SelectionSettings
  private state: SelectionState
  /** Not told the time yet: what was saved may be of another clock. */
  private saved = true

  /** `saved` is what `toJSON` gave. Throws a RangeError for settings that make no sense. */
  constructor(settings: Partial<SelectionSettings> = {}, saved: SelectionState = EMPTY_SELECTION) {
    this.settings = { ...DEFAULT_SELECTION, ...settings }
    const { discount, seed, trials, cooldownUs, switchesPerHour, stay } = this.settings
    if (!(discount > 0 && discount <= 1))
      throw new RangeError(`discount must be above 0 and at most 1, got ${discount}`)
    if (!Number.isSafeInteger(seed) || seed < 0)
      throw new RangeError(`seed must be a whole number from 0, got ${seed}`)
    for (const [name, value] of Object.entries({ trials, cooldownUs, switchesPerHour, stay }))
      if (!(value >= 0 && value < Number.POSITIVE_INFINITY))
        throw new RangeError(`${name} must be a number from 0, got ${value}`)
    this.state = saved
  }

  /** The variant that is live, or null. */
  get live(): string | null {
    return this.state.live
  }

  /** Readings that were none. */
  get refused(): number {
    return this.state.bandit.refused
  }

  /** Takes one window. A loss that is not finite is counted and teaches nothing. */
  observe(reading: VariantReading, offered: ReadonlyArray<SelectableVariant>): void {
    this.state = observeVariant(this.at(reading.nowUs), reading, offered, this.settings)
  }

  /** Decides what is to be live now; the decision is the record for the audit. Call it after every window. */
  select(offered: ReadonlyArray<SelectableVariant>, channels: Channels, nowUs: number): SelectionDecision {
    const { state, decision } = selectVariant(this.at(nowUs), offered, channels, nowUs, this.settings)
    this.state = state
    return decision
  }

  private at(nowUs: number): SelectionState {
    const state = this.saved ? selectionAsOf(this.state, nowUs) : this.state
    this.saved = false
    return state
  }

  /** Plain data, bounded by the number of variants and the budget. */
  toJSON(): SelectionState {
    return this.state
  }
}
