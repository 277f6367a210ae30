/** Rules that a user writes down for an engine, and what becomes of them while it runs. `docs/how-to/rules.md` is about them. */

/** What is done when a rule is violated: SafeMode opens, the plant goes to its baseline and tuning goes on, or it is only said. */
export type RuleAction = "trip" | "rollback" | "warn"

/** What is done when a violation is foreseen: it is only said, the tuner makes no move, or the plant goes to its baseline. */
export type WarningAction = "warn" | "hold" | "rollback"

/** An early warning of a rule: learned from its margins while the engine runs. */
export interface RuleWarning {
  /** How many digests it looks ahead. Default 20. */
  readonly horizon?: number | undefined
  /** It warns from this probability on, and until it has fallen to half of it. Default 0.5. */
  readonly warnFrom?: number | undefined
  /** Default `"warn"`. */
  readonly onWarning?: WarningAction | undefined
}

/** A rule with its options: a formula, or a shield, which has its own. */
export interface RuleConfig {
  /** A formula over channels of the digest and knobs: `always[0,60s](p99 < 200ms)`. It must hold at every digest. */
  readonly formula?: string | undefined
  /**
   * What `synthesizeShield` of `arqon/temporal/offline` has made, as plain data (`shield.table`): of every proposal there is left what keeps
   * the rule. It needs `waits: true`.
   */
  readonly shield?: object | undefined
  /** Warns before the rule is violated. */
  readonly warning?: RuleWarning | undefined
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
  /** Of a rule with a shield. */
  readonly shield?: ShieldState | undefined
  /** Of a rule with an early warning. */
  readonly warning?: WarningState | undefined
}

/** What a shield does. */
export interface ShieldState {
  /** `lost`: the rule cannot be kept from here by any move, or for too long nothing tells where the plant is. */
  readonly status: "kept" | "lost"
  /** Proposals of which it left less than was asked for. */
  readonly clipped: number
  /** The last of them in words, and when. */
  readonly last: string | null
  readonly lastUs: number | null
}

/** What an early warning says. */
export interface WarningState {
  /** How likely the rule is to be violated within the next `horizon` digests; null while nothing can be told. */
  readonly probability: number | null
  readonly horizon: number
  readonly warnFrom: number
  readonly onWarning: WarningAction
  /** It warns now; how often it has begun to. */
  readonly warns: boolean
  readonly warnings: number
  /**
   * How well its probabilities were kept: how many were judged, their mean square error (Brier), and the same for the mean share. Null
   * before the first.
   */
  readonly count: number
  readonly brier: number | null
  readonly reference: number | null
}
