/** The early warning of one rule: whether it stands, from when the probability of a violation is high until it has clearly fallen. */
import type { WarningAction, WarningState } from "../domain/Rule.ts"
import { EarlyWarning } from "../temporal/logic/EarlyWarning.ts"
import type { Rule } from "./ruleBook.ts"

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value)

/** The share of its threshold to which a probability must fall before a warning has passed. */
const PASSED = 0.5

export class RuleWarning {
  readonly early: EarlyWarning
  readonly onWarning: WarningAction
  stands = false
  warnings = 0

  constructor({ onWarning = "warn", ...options }: NonNullable<Rule["warning"]>) {
    this.early = new EarlyWarning(options)
    this.onWarning = onWarning
  }

  /** Takes the next margin. True: the warning begins, or has passed. A missing margin changes nothing. */
  observe(margin: number): boolean {
    const { early, stands } = this
    early.observe(margin - margin === 0 ? margin : Number.NaN)
    const { probability, warnFrom } = early
    if (stands ? !(probability < PASSED * warnFrom) : !(probability >= warnFrom)) return false
    this.stands = !stands
    if (this.stands) this.warnings++
    return true
  }

  get state(): WarningState {
    const { early, onWarning, stands, warnings } = this
    const { count, brier, reference } = early.calibration
    return {
      probability: orNull(early.probability),
      horizon: early.horizon,
      warnFrom: early.warnFrom,
      onWarning,
      warns: stands,
      warnings,
      count,
      brier: orNull(brier),
      reference: orNull(reference),
    }
  }
}
