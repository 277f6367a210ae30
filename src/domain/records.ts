/**
 * The kinds of audit records: one row a kind. A row says which fields of an `AuditRecord` the kind has, where in the record's block each
 * lies, and what others need to know of it: whether it came from outside, what its point is, whether it may explain a safety action.
 * Writers, decoder, journal, replay and studio read this table. How a record is shown to people is in `recordTexts.ts`.
 *
 * Codes and places are a stored format: append rows, never change one. A place that no row may move is a constant of `src/hot`.
 */
import {
  RECORD_CODE,
  RECORD_DETAIL,
  RECORD_GENERATION,
  RECORD_KNOB,
  RECORD_LIMIT,
  RECORD_MARGIN,
  RECORD_OBJECTIVE,
  RECORD_PROPOSAL_ID,
  RECORD_VALUE,
} from "../hot/AuditRing.ts"
import * as codes from "../hot/codes.ts"
import {
  APPLY_KINDS,
  COHORT_ACTS,
  COHORT_DESIGNS,
  COMMANDS,
  DUE,
  GUARD_ACTS,
  META_ACTS,
  META_GAINS,
  NO_CHANGE_REASONS,
  REGIME_REASONS,
  RELOCATION_CAUSES,
  RELOCATION_REASONS,
  RULE_ACTIONS,
  RULE_REASONS,
  SAFE_MODE_EXITS,
  SWITCH_ACTIONS,
  SWITCH_REASONS,
  TRIP_REASONS,
  VALIDITIES,
  VERDICT_REASONS,
  VERDICTS,
  VIOLATIONS,
} from "./words.ts"

/**
 * A field: how it is read off the block, and where it lies. `number`: null where there is none. `given`: absent where there is none.
 * `index`: absent below 0. `hidden`: in the block only. `word`: by code, and perhaps a word for a code that has none. The others have
 * places of their own: see `AuditDecoder`.
 */
export type RecordCell =
  | readonly [as: "number" | "given" | "index" | "hidden", at: number]
  | readonly [as: "word", at: number, words: ReadonlyArray<string>, otherwise?: string]
  | readonly [as: "knob" | "values" | "asked" | "digest" | "guard" | "act" | "preset" | "guardrails"]

export interface RecordRow {
  /** AUDIT_*. */
  readonly code: number
  /** By the name of the field, in the order in which they are written out. */
  readonly fields: Readonly<Record<string, RecordCell>>
  /** What the point is: what was live afterwards, the same without perturbation, another place, or none. */
  readonly point: "live" | "base" | "other" | "none"
  /** Comes in many times a second: not among the decisions and what became of them. */
  readonly stream?: true
  /** Came from outside: a replay gives it again. */
  readonly input?: true
  /** May explain the safety action that follows. */
  readonly cause?: true
  /** Is only written while the audit has ordinary places. */
  readonly ordinary?: true
}

const PROPOSAL = ["given", RECORD_PROPOSAL_ID] as const
const APPLY_KIND = ["word", RECORD_DETAIL, APPLY_KINDS] as const
const TRIP_REASON = ["word", RECORD_CODE, TRIP_REASONS] as const
const VALUES = ["values"] as const
const ASKED = ["asked"] as const
/** Value and limit, or a level and its standard error. */
const VALUE = ["number", RECORD_VALUE] as const
const LIMIT = ["number", RECORD_LIMIT] as const

const TABLE = {
  digest: {
    code: codes.AUDIT_DIGEST,
    fields: { reason: ["word", RECORD_CODE, VALIDITIES], digest: ["digest"] },
    point: "none",
    stream: true,
    input: true,
  },
  proposal: {
    code: codes.AUDIT_PROPOSAL,
    // The generation is the one that it expects to be live.
    fields: {
      generation: ["number", RECORD_GENERATION],
      proposal: PROPOSAL,
      action: APPLY_KIND,
      asked: ASKED,
    },
    point: "other",
    ordinary: true,
  },
  apply: {
    code: codes.AUDIT_APPLY,
    fields: { proposal: PROPOSAL, action: APPLY_KIND, values: VALUES },
    point: "live",
    ordinary: true,
  },
  violation: {
    code: codes.AUDIT_VIOLATION,
    fields: {
      proposal: PROPOSAL,
      action: APPLY_KIND,
      reason: ["word", RECORD_CODE, VIOLATIONS],
      knob: ["knob"],
      value: VALUE,
      limit: LIMIT,
      asked: ASKED,
    },
    point: "other",
    cause: true,
  },
  rollback: {
    code: codes.AUDIT_ROLLBACK,
    fields: { proposal: PROPOSAL, action: APPLY_KIND, values: VALUES },
    point: "base",
  },
  // The baseline is the base, which may be perturbed just then.
  baselineSet: { code: codes.AUDIT_BASELINE_SET, fields: { values: VALUES }, point: "other" },
  safeModeEntered: {
    code: codes.AUDIT_SAFE_MODE_ENTERED,
    fields: { reason: TRIP_REASON, values: VALUES },
    point: "live",
    cause: true,
  },
  safeModeExited: {
    code: codes.AUDIT_SAFE_MODE_EXITED,
    fields: { reason: TRIP_REASON, exit: ["word", RECORD_VALUE, SAFE_MODE_EXITS], values: VALUES },
    point: "live",
  },
  engineStarted: { code: codes.AUDIT_ENGINE_STARTED, fields: { values: VALUES }, point: "base" },
  engineStopped: { code: codes.AUDIT_ENGINE_STOPPED, fields: { values: VALUES }, point: "base" },
  // What is learned of the plant's memory has a horizon, the value, and how long a window takes, the limit.
  noChange: {
    code: codes.AUDIT_NO_CHANGE,
    fields: {
      proposal: PROPOSAL,
      reason: ["word", RECORD_CODE, NO_CHANGE_REASONS],
      value: ["given", RECORD_VALUE],
      limit: ["given", RECORD_LIMIT],
    },
    point: "live",
  },
  tick: {
    code: codes.AUDIT_TICK,
    fields: { reason: ["word", RECORD_CODE, DUE, "nothing"] },
    point: "none",
    stream: true,
    input: true,
  },
  command: {
    code: codes.AUDIT_COMMAND,
    fields: { action: ["word", RECORD_CODE, COMMANDS, "unknown"], value: ["given", RECORD_VALUE] },
    point: "none",
    input: true,
    cause: true,
  },
  verdict: {
    code: codes.AUDIT_VERDICT,
    fields: {
      action: ["word", RECORD_DETAIL, VERDICTS],
      reason: ["word", RECORD_CODE, VERDICT_REASONS],
      value: VALUE,
      limit: LIMIT,
      difference: ["number", RECORD_OBJECTIVE],
      margin: ["given", RECORD_MARGIN],
    },
    point: "live",
    cause: true,
  },
  // The point is where it goes to.
  relocation: {
    code: codes.AUDIT_RELOCATION,
    fields: {
      proposal: PROPOSAL,
      action: ["word", RECORD_DETAIL, RELOCATION_CAUSES],
      reason: ["word", RECORD_CODE, RELOCATION_REASONS],
      regime: ["index", RECORD_KNOB],
      value: VALUE,
      limit: LIMIT,
      margin: ["number", RECORD_MARGIN],
      difference: ["number", RECORD_OBJECTIVE],
      asked: ASKED,
    },
    point: "other",
  },
  // The point is where it lies; the value is its score, the limit the standard error of its loss.
  regime: {
    code: codes.AUDIT_REGIME,
    fields: {
      regime: ["index", RECORD_PROPOSAL_ID],
      reason: ["word", RECORD_CODE, REGIME_REASONS],
      value: VALUE,
      limit: LIMIT,
      loss: ["hidden", RECORD_OBJECTIVE],
      asked: ASKED,
    },
    point: "other",
  },
  // The value is the number of the decision, `to` and `from` the variants' places among those that were offered.
  variant: {
    code: codes.AUDIT_VARIANT,
    fields: {
      action: ["word", RECORD_DETAIL, SWITCH_ACTIONS],
      reason: ["word", RECORD_CODE, SWITCH_REASONS],
      value: VALUE,
      to: ["hidden", RECORD_LIMIT],
      from: ["hidden", RECORD_OBJECTIVE],
    },
    point: "live",
    cause: true,
  },
  guardrailsSet: {
    code: codes.AUDIT_GUARDRAILS_SET,
    fields: { preset: ["preset"], guardrails: ["guardrails"] },
    point: "none",
    input: true,
    cause: true,
  },
  guard: {
    code: codes.AUDIT_GUARD,
    fields: {
      action: ["word", RECORD_CODE, GUARD_ACTS, "nothing"],
      guard: ["guard"],
      note: ["act"],
    },
    point: "none",
    cause: true,
  },
  rangeEarned: {
    code: codes.AUDIT_RANGE_EARNED,
    fields: { value: VALUE, limit: LIMIT },
    point: "live",
    ordinary: true,
  },
  resetDemanded: {
    code: codes.AUDIT_RESET_DEMANDED,
    fields: { reason: TRIP_REASON, values: VALUES },
    point: "live",
  },
  // The value is what was read, the margin how far the rule holds or fails, the witness the time of the digest that decides.
  rule: {
    code: codes.AUDIT_RULE,
    fields: {
      action: ["word", RECORD_DETAIL, RULE_ACTIONS],
      reason: ["word", RECORD_CODE, RULE_REASONS],
      rule: ["index", RECORD_KNOB],
      value: ["given", RECORD_VALUE],
      margin: ["given", RECORD_MARGIN],
      witnessUs: ["given", RECORD_OBJECTIVE],
    },
    point: "none",
    cause: true,
  },
  // The value is the gain, the limit what it was, the difference how far the block lay above the one before.
  meta: {
    code: codes.AUDIT_META,
    fields: {
      action: ["word", RECORD_DETAIL, META_ACTS],
      reason: ["word", RECORD_CODE, META_GAINS],
      value: VALUE,
      limit: LIMIT,
      difference: ["number", RECORD_OBJECTIVE],
    },
    point: "none",
  },
  // Drawn: value and limit are the numbers of the draw and of the epoch, the point is the other target of the pair. Read: the losses of
  // plus and minus. Interference: the evidence, and what it reached; the difference is that of the slopes. Present, side, emergency and
  // silent are what replicas have shown.
  cohort: {
    code: codes.AUDIT_COHORT,
    fields: {
      proposal: PROPOSAL,
      action: ["word", RECORD_DETAIL, COHORT_ACTS],
      reason: ["word", RECORD_CODE, COHORT_DESIGNS],
      knob: ["knob"],
      value: VALUE,
      limit: LIMIT,
      difference: ["given", RECORD_OBJECTIVE],
      margin: ["given", RECORD_MARGIN],
      asked: ASKED,
    },
    point: "other",
    ordinary: true,
  },
} as const satisfies Readonly<Record<string, RecordRow>>

/** Kind of an audit record. */
export type AuditKind = keyof typeof TABLE

/** What may be given of a kind when a record is written: words or their codes, numbers, nothing. */
export type GivenFields<K extends AuditKind> = {
  readonly [F in keyof (typeof TABLE)[K]["fields"]]?: string | number | null | undefined
}

/** By kind, in the order of the codes. */
export const RECORDS: Readonly<Record<AuditKind, RecordRow>> = TABLE
/** The kinds by code. */
export const AUDIT_KINDS = /* @__PURE__ */ Object.keys(RECORDS) as ReadonlyArray<AuditKind>
/** The rows by code. */
export const RECORD_ROWS: ReadonlyArray<RecordRow> = /* @__PURE__ */ Object.values(RECORDS)
/** Every kind but what comes in many times a second: what was decided or asked, and what became of it. */
export const DECISIONS: ReadonlyArray<AuditKind> = /* @__PURE__ */ AUDIT_KINDS.filter(
  (kind) => RECORDS[kind].stream !== true,
)
