/**
 * How audit records are shown to people, by kind: name, colour, group, mark on a time line, one line of text. The studio's server and page,
 * the terminal and the exporters read this table, so that none of them tells it otherwise than the others.
 */
import type { AuditRecord } from "./AuditRecord.ts"
import { AUDIT_KINDS, type AuditKind, DECISIONS } from "./records.ts"
import { plainWords } from "./words.ts"

/** What a record is like for the plant: alive again, in doubt, in trouble, or something that a person wants. */
export type Tone = "live" | "safe" | "trip" | "accent" | null

/** What a mark stands for. */
export type MarkKind =
  | "killed"
  | "trip"
  | "exit"
  | "rollback"
  | "baseline"
  | "restart"
  | "start"
  | "stop"
  | "guardrails"

/** Something to mark on the time line. */
export interface RecordMark {
  readonly atUs: number
  readonly seq: number
  readonly kind: MarkKind
  readonly text: string
}

/** How numbers and a user's own words are written where the line is shown. */
export interface Show {
  readonly figure: (value: number | null | undefined) => string
  readonly own: (text: string) => string
  /** A knob's value where a unit position is; without it unit positions are shown. */
  readonly decode?: (knob: string, unit: number | null) => number | null
}

/** What one looks for, in the order in which it is offered. */
const GROUPS = [
  "SafeMode",
  "Cycles",
  "Refusals",
  "Rollbacks",
  "Commands",
  "Verdicts",
  "Relocations",
  "Digests and ticks",
] as const

interface RecordText {
  /** What happened, in two or three words. */
  readonly name: string
  readonly group: (typeof GROUPS)[number] | null
  readonly tone: Tone
  /** The mark and its words; null for the many records that have none. */
  readonly mark: ((record: AuditRecord) => readonly [MarkKind, string] | null) | null
  /** What happened, with the figures that matter. */
  readonly line: (record: AuditRecord, show: Show) => string
}

const said = (...parts: ReadonlyArray<string | undefined>): string =>
  parts.filter((part) => part !== undefined && part !== "").join(": ")

const plain = (word: string | undefined): string => plainWords(word ?? "")
const noteOf = ({ note }: AuditRecord, show: Show): string | undefined =>
  note === undefined ? undefined : show.own(note)
const regimeOf = ({ regime }: AuditRecord): string => (regime === undefined ? "" : `: regime ${regime}`)
const list = (values: AuditRecord["values"], { figure, own }: Show): string =>
  Object.entries(values ?? {})
    .map(([name, value]) => `${own(name)} ${figure(value)}`)
    .join(", ")

/** Violations whose numbers are shares of a knob's range. */
const OF_RANGE: ReadonlyArray<string> = ["deltaTooLarge", "budgetExhausted"]
const shareOfRange =
  ({ figure }: Show) =>
  (value: number | null | undefined): string =>
    `${figure(typeof value === "number" ? value * 100 : value)} % of the range`

/** Unit positions, in the knobs' own units where those are known. */
function positions(asked: AuditRecord["asked"], show: Show): string {
  const { decode } = show
  if (decode === undefined) return `${list(asked, show)} (unit space)`
  return list(
    Object.fromEntries(Object.entries(asked ?? {}).map(([name, unit]) => [name, decode(name, unit)])),
    show,
  )
}

const values = (record: AuditRecord, show: Show): string =>
  said(list(record.values, show), noteOf(record, show))
const because = (record: AuditRecord, show: Show): string => said(plain(record.reason), noteOf(record, show))
const asked = (record: AuditRecord, show: Show): string => said(plain(record.action), noteOf(record, show))
const judged = ({ action, reason }: AuditRecord): string => `${plain(action)}, ${plain(reason)}`

/** By kind. A kind that is forgotten here does not compile. */
export const RECORD_TEXTS: Readonly<Record<AuditKind, RecordText>> = {
  digest: {
    name: "Digest",
    group: "Digests and ticks",
    tone: null,
    mark: null,
    line: ({ reason, digest }, show) => `${plain(reason)}: ${list(digest, show)}`,
  },
  proposal: {
    name: "Proposal",
    group: "Cycles",
    tone: null,
    mark: null,
    // A visit of the baseline asks for no place: the baseline has one.
    line: (record, show) =>
      Object.values(record.asked ?? {}).every((unit) => unit === null)
        ? `${plain(record.action)} asked for`
        : `${plain(record.action)} asked for ${positions(record.asked, show)}`,
  },
  apply: {
    name: "Apply",
    group: "Cycles",
    tone: null,
    mark: null,
    line: (record, show) => `${plain(record.action)}: ${list(record.values, show)}`,
  },
  violation: {
    name: "Violation",
    group: "Refusals",
    tone: "safe",
    mark: null,
    line: ({ reason, knob, value, limit }, show) => {
      const much =
        show.decode !== undefined && OF_RANGE.includes(reason ?? "") ? shareOfRange(show) : show.figure
      return `${plain(reason)}${knob === undefined ? "" : ` of ${show.own(knob)}`}: ${much(value)} with a limit of ${much(limit)}`
    },
  },
  rollback: {
    name: "Rollback",
    group: "Rollbacks",
    tone: "trip",
    // A return to the base is no rollback, though Tier 1 records both alike.
    mark: ({ action }) => (action === "rollback" ? ["rollback", "rollback to the baseline"] : null),
    line: values,
  },
  baselineSet: {
    name: "Baseline set",
    group: "Rollbacks",
    tone: "live",
    mark: () => ["baseline", "baseline set"],
    line: values,
  },
  safeModeEntered: {
    name: "SafeMode opened",
    group: "SafeMode",
    tone: "trip",
    mark: ({ reason }) => ["trip", plain(reason)],
    line: because,
  },
  safeModeExited: {
    name: "SafeMode closed",
    group: "SafeMode",
    tone: "live",
    mark: ({ exit }) => ["exit", plain(exit) || "SafeMode left"],
    line: (record, show) => said(`by ${plain(record.exit)}`, noteOf(record, show)),
  },
  engineStarted: {
    name: "Engine started",
    group: "Commands",
    tone: null,
    mark: () => ["start", "started"],
    line: values,
  },
  engineStopped: {
    name: "Engine stopped",
    group: "Commands",
    tone: null,
    mark: () => ["stop", "stopped"],
    line: values,
  },
  noChange: {
    name: "No change",
    group: "Cycles",
    tone: null,
    mark: null,
    line: ({ reason }) => `nothing changed: ${plain(reason)}`,
  },
  tick: {
    name: "Tick",
    group: "Digests and ticks",
    tone: null,
    mark: null,
    line: ({ reason }) => plain(reason),
  },
  command: {
    name: "Command",
    group: "Commands",
    tone: "accent",
    mark: ({ action }) => (action === "restart" ? ["restart", "restarted"] : null),
    line: asked,
  },
  verdict: {
    name: "Verdict",
    group: "Verdicts",
    tone: null,
    mark: null,
    line: (record, { figure }) =>
      `${judged(record)}: evidence ${figure(record.value)} of ${figure(record.limit)}`,
  },
  relocation: {
    name: "Relocation",
    group: "Relocations",
    tone: null,
    mark: null,
    line: (record) => `${judged(record)}${regimeOf(record)}`,
  },
  regime: {
    name: "Regime",
    group: "Relocations",
    tone: null,
    mark: null,
    line: (record) => `${plain(record.reason)}${regimeOf(record)}`,
  },
  variant: {
    name: "Variant",
    group: "Relocations",
    tone: null,
    mark: null,
    line: (record, show) => said(judged(record), noteOf(record, show)),
  },
  guardrailsSet: {
    name: "Guardrails",
    group: "Commands",
    tone: "accent",
    mark: ({ preset }) => ["guardrails", `${preset ?? "own"} guardrails`],
    line: (record, show) => said(record.preset ?? list(record.guardrails, show), noteOf(record, show)),
  },
  guard: {
    name: "Runaway guard",
    group: "SafeMode",
    tone: "safe",
    mark: null,
    line: (record, show) => noteOf(record, show) ?? plain(record.action),
  },
  rangeEarned: {
    name: "Range earned",
    group: "Cycles",
    tone: null,
    mark: null,
    line: ({ value, limit }, { figure }) =>
      `the level falls: range ${figure(value)} and ${figure(limit)} turns a minute for five updates`,
  },
  resetDemanded: {
    name: "A person is needed",
    group: "SafeMode",
    tone: "trip",
    mark: ({ reason }) => ["trip", `${plain(reason)}: waits for a person`],
    line: ({ reason }) => `${plain(reason)}: SafeMode stays open until somebody resets it`,
  },
  rule: {
    name: "Rule",
    group: "SafeMode",
    tone: "safe",
    mark: null,
    line: (record, show) => said(plain(record.reason), noteOf(record, show)),
  },
  meta: {
    name: "Meta level",
    group: "Cycles",
    tone: null,
    mark: null,
    line: ({ action, reason, value, limit }, { figure }) =>
      (META_LINES[action ?? ""] ?? plain(action))
        .replace("GAIN", `the gain ${reason}`)
        .replace("VALUE", `${figure(value)}, was ${figure(limit)}`),
  },
  cohort: {
    name: "Replicas",
    group: "Cycles",
    tone: null,
    mark: null,
    line: (record, show) => said(cohortText(record, show), noteOf(record, show)),
  },
}

/** How a pair is spread over replicas, as a person says it. */
const DESIGN_TEXTS: Readonly<Record<string, string>> = {
  together: "all replicas in turns",
  split: "two halves",
  cross: "two halves that change sides",
}

function cohortText(
  { action, reason, knob, value, limit, difference, margin, asked }: AuditRecord,
  show: Show,
): string {
  const { figure } = show
  if (action === "present") return `${figure(value)} replicas may stand off the base`
  if (action === "side") return `one side read ${figure(value)}`
  if (action === "emergency") return `a replica is in an emergency: its margin is ${figure(margin)}`
  if (action === "silent") return "more than half of the replicas off the base are silent"
  const design = DESIGN_TEXTS[reason ?? ""] ?? plain(reason)
  if (action === "read") return `${design} read ${figure(value)} on plus and ${figure(limit)} on minus`
  if (action === "interference")
    return `replicas interfere by ${show.own(knob ?? "a knob")}: in turns plus less minus is ${figure(difference)} more than in halves, evidence ${figure(value)} of ${figure(limit)}; from here on ${design}`
  if (action === "canary") return `candidate at ${positions(asked, show)}`
  const known = Object.values(asked ?? {}).some((unit) => unit !== null)
  const other = known ? `, the other side at ${positions(asked, show)}` : ""
  return `${design}, draw ${figure(value)} of epoch ${figure(limit)}${other}`
}

/** What the meta level did, by its act. */
const META_LINES: Readonly<Record<string, string>> = {
  asked: "tries GAIN at VALUE",
  kept: "keeps GAIN at VALUE: the block after the change was no worse",
  takenBack: "takes GAIN back to VALUE: the block after the change was no better",
  restored: "takes GAIN back to VALUE: the block after the change was much worse",
  rolledBack: "takes GAIN back to VALUE: the engine was interrupted",
  frozen: "changes of the gains help no more",
  thawed: "the level rises: tries the gains again",
  presetTried: "tries another pace for the gains",
  presetLeft: "goes back to the pace before: it was no better",
  killed: "is stopped for good: the gains are those of the configuration",
}

/** Of a kind that a newer build has added. */
const UNKNOWN: RecordText = { name: "Record", group: null, tone: null, mark: null, line: values }
const textOf = ({ kind }: AuditRecord): RecordText =>
  (RECORD_TEXTS as Readonly<Record<string, RecordText | undefined>>)[kind] ?? UNKNOWN

const returnsToBase = ({ kind, action }: AuditRecord): boolean =>
  kind === "rollback" && action === "returnToBase"

/** Every kind with its name, as one chooses it from a list. */
export const KIND_NAMES: ReadonlyArray<readonly [kind: AuditKind, name: string]> = AUDIT_KINDS.map((kind) => [
  kind,
  RECORD_TEXTS[kind].name,
])

/** What happened, in two or three words. */
export const nameOfRecord = (record: AuditRecord): string =>
  returnsToBase(record) ? "Return to base" : textOf(record).name

export const toneOfRecord = (record: AuditRecord): Tone =>
  returnsToBase(record) ? null : textOf(record).tone

/** What happened, in one line. */
export const lineOfRecord = (record: AuditRecord, show: Show): string => textOf(record).line(record, show)

/** The mark of a record with what a person said to it; null for the many that have none. */
export function markOf(record: AuditRecord): RecordMark | null {
  const { atUs, seq, note } = record
  const mark = textOf(record).mark?.(record) ?? null
  return mark === null ? null : { atUs, seq, kind: mark[0], text: said(mark[1], note) }
}

/** Kinds by what one looks for, commas between them. */
export interface RecordGroup {
  readonly name: string
  readonly kinds: string
}

/** What an event log shows: decisions and what became of them, not every digest and tick. */
export const SHOWN_KINDS: string = DECISIONS.join(",")

/** "" stands for `SHOWN_KINDS`. */
export const RECORD_GROUPS: ReadonlyArray<RecordGroup> = [
  { name: "Everything decided", kinds: "" },
  ...GROUPS.map((name) => ({
    name,
    kinds: AUDIT_KINDS.filter((kind) => RECORD_TEXTS[kind].group === name).join(","),
  })),
]
