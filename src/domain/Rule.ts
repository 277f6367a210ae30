/** Rules that a user writes down for an engine, and what becomes of them while it runs. `docs/how-to/rules.md` is about them. */

/** What is done when a rule is violated: SafeMode opens, the plant goes to its baseline and tuning goes on, or it is only said. */
export type RuleAction = "trip" | "rollback" | "warn"

/** A rule with its options. */
export interface RuleConfig {
  /** A formula over channels of the digest and knobs: `always[0,60s](p99 < 200ms)`. It must hold at every digest. */
  readonly formula: string
  /** What people call it; the formula where it is left out. */
  readonly name?: string | undefined
  /** Default `"trip"`. */
  readonly onViolation?: RuleAction | undefined
  /** How long readings may be missing before the rule counts as violated, microseconds. Default 30 s. */
  readonly patienceUs?: number | undefined
  /** Most digests that bounds in time may cover. Default 4096. */
  readonly mostDigests?: number | undefined
}

/** A formula, or a rule with its options. */
export type RuleInput = string | RuleConfig

/** `pending`: no digest has been judged yet. `unknown`: readings are missing. */
export type RuleStatus = "pending" | "holds" | "unknown" | "violated"

/** Where a rule stands. */
export interface RuleState {
  readonly name: string
  readonly formula: string
  readonly onViolation: RuleAction
  /** The channels and knobs that it reads, as the formula names them. */
  readonly channels: ReadonlyArray<string>
  readonly status: RuleStatus
  /**
   * Its robustness as far as it is known: how far it holds, or fails below 0, in the unit of the channel that decides. Null while
   * nothing is known.
   */
  readonly margin: number | null
  /** How often it has been violated, and digests that could not be judged. */
  readonly violations: number
  readonly unknown: number
  /** Since when it is violated, or counts as violated because readings are missing; null while it is not. */
  readonly sinceUs: number | null
  /** Its last violation in words: which part failed, where, and by how much. And when that was recorded. */
  readonly last: string | null
  readonly lastUs: number | null
}
