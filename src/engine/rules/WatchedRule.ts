/** One rule of an engine with what belongs to it, its monitor, its shield, its early warning, and what has become of each. */
import { RULE_MARGIN, RULE_STATUSES, RULE_UNKNOWNS, RuleMonitor } from "../../control/RuleMonitor.ts"
import type { Rule } from "../../control/ruleBook.ts"
import { RuleWarning } from "../../control/RuleWarning.ts"
import { ShieldLookup } from "../../control/ShieldLookup.ts"
import type { RuleState, ShieldState } from "../../domain/Rule.ts"

/** What was said last, and when. */
interface Said {
  text: string | null
  atUs: number
}

const nothingSaid = (): Said => ({ text: null, atUs: 0 })
const stateOf = ({ text, atUs }: Said): { readonly last: string | null; readonly lastUs: number | null } => ({
  last: text,
  lastUs: text === null ? null : atUs,
})

/** A shield, and what it has done. */
export class WatchedShield {
  readonly lookup: ShieldLookup
  readonly said = nothingSaid()
  clipped = 0
  lost = false

  constructor(lookup: ShieldLookup) {
    this.lookup = lookup
  }

  get state(): ShieldState {
    return { status: this.lost ? "lost" : "kept", clipped: this.clipped, ...stateOf(this.said) }
  }
}

export class WatchedRule {
  readonly monitor: RuleMonitor
  readonly shield: WatchedShield | null
  readonly warning: RuleWarning | null
  violations = 0
  /** Since when it is violated; NaN while it is not. */
  readonly since = Float64Array.of(Number.NaN)
  readonly said = nothingSaid()
  /** The record says that it is unknown, and nothing else since. */
  saidUnknown = false

  constructor(rule: Rule, maxAgeUs: number) {
    const { shield, warning, patienceUs } = rule
    this.monitor = new RuleMonitor(rule, maxAgeUs)
    this.shield = shield === null ? null : new WatchedShield(new ShieldLookup(shield, maxAgeUs, patienceUs))
    this.warning = warning === null ? null : new RuleWarning(warning)
  }

  get failing(): boolean {
    return !Number.isNaN(this.since[0])
  }

  /** The margin of the digest that was judged last. */
  get marginNow(): number {
    return this.monitor.cells[RULE_MARGIN]
  }

  get state(): RuleState {
    const { monitor, since, violations, said, shield, warning } = this
    const { name, text, onViolation, channels } = monitor.rule
    return {
      name,
      formula: text,
      onViolation,
      channels,
      status: RULE_STATUSES[monitor.status],
      margin: monitor.margin,
      violations,
      unknown: monitor.cells[RULE_UNKNOWNS],
      sinceUs: this.failing ? since[0] : null,
      ...stateOf(said),
      ...(shield === null ? {} : { shield: shield.state }),
      ...(warning === null ? {} : { warning: warning.state }),
    }
  }
}
