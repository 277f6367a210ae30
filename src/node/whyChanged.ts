/**
 * Why a knob changed: the windows that were read, the proposal that followed from them, and what Tier 1 made of it, with
 * every number. One needs this when somebody asks what happened at 14:03.
 */
import {
  RECORD_CODE,
  RECORD_DETAIL,
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_MARGIN,
  RECORD_OBJECTIVE,
  RECORD_POINT,
  RECORD_PROPOSAL_ID,
  RECORD_SEQUENCE,
  RECORD_TIMESTAMP_US,
} from "../hot/AuditRing.ts"
import { aggregateInto, trimCount } from "../hot/aggregate.ts"
import {
  AUDIT_APPLY,
  AUDIT_COMMAND,
  AUDIT_DIGEST,
  AUDIT_ENGINE_STARTED,
  AUDIT_GUARDRAILS_SET,
  AUDIT_NO_CHANGE,
  AUDIT_PROPOSAL,
  AUDIT_RELOCATION,
  AUDIT_ROLLBACK,
  AUDIT_SAFE_MODE_ENTERED,
  AUDIT_VARIANT,
  AUDIT_VERDICT,
  AUDIT_VIOLATION,
  MINUS,
  NO_CHANGE_EVAL_TIMEOUT,
  PLUS,
  UPDATE,
  VALID,
} from "../hot/codes.ts"
import type { EngineSettings } from "../domain/Config.ts"
import { readResumption } from "../domain/Resumption.ts"
import { APPLY_KINDS, type ApplyKind, VERDICTS } from "../domain/words.ts"
import type { AuditRecord } from "../runtime/AuditRecord.ts"
import { showsLive } from "../runtime/journal/Standing.ts"
import { plainText } from "./plainText.ts"
import { timeText } from "./readJournal.ts"
import { type JournalItem, walkJournal } from "./walkJournal.ts"

/** A window as the cycle read it, worked out again from the digests in the journal. */
export interface WindowEvidence {
  readonly side: "plus" | "minus"
  readonly generation: number
  /** Value of the knob while it was measured, user units. */
  readonly value: number
  readonly digests: number
  readonly fromUs: number
  readonly toUs: number
  /** Aggregates over the window; null where there were no readings. */
  readonly objective: number | null
  readonly constraintMargin: number | null
}

/** One change of a knob with its reasons; values in user units. */
export interface KnobChange {
  readonly knob: string
  readonly run: string
  readonly seq: number
  readonly atUs: number
  readonly generation: number
  /** What it was for; `start` where an engine began elsewhere than the run before it had ended. */
  readonly action: ApplyKind | "start"
  /** User units. */
  readonly from: number
  readonly to: number
  /** What was read before it was asked for; empty for what was not asked for by the cycle, and where digests are not journaled. */
  readonly windows: ReadonlyArray<WindowEvidence>
  /** What was asked for. Null for a safety action. */
  readonly proposal: AuditRecord | null
  /** The record that shows it: of an apply, a rollback or a start. */
  readonly apply: AuditRecord
  /** What led to a safety action: commands, verdicts, violations and trips since the configuration before. */
  readonly causes: ReadonlyArray<AuditRecord>
  /** All of it for a person. */
  readonly text: string
}

/** Generations whose digests are kept: an update needs those of its two sides, and refusals may lie between. */
const KEPT_GENERATIONS = 8
/** Causes that are kept. */
const KEPT_CAUSES = 8

/** What a safety action may be explained by. */
const CAUSES = [
  AUDIT_VIOLATION,
  AUDIT_SAFE_MODE_ENTERED,
  AUDIT_COMMAND,
  AUDIT_GUARDRAILS_SET,
  AUDIT_VERDICT,
  AUDIT_VARIANT,
]
const FAIL = VERDICTS.indexOf("fail")

/** A verdict that lets the tuned configuration be leads to nothing. */
const isCause = (numbers: Float64Array): boolean =>
  CAUSES.includes(numbers[RECORD_KIND]) &&
  (numbers[RECORD_KIND] !== AUDIT_VERDICT || numbers[RECORD_DETAIL] === FAIL)

/** The digests of one generation, as far as they belong to its window. */
interface Measured {
  readonly generation: number
  /** PLUS, MINUS or another apply kind. */
  readonly kind: number
  readonly unit: number
  readonly stamps: Array<number>
  readonly objectives: Array<number>
  readonly margins: Array<number>
}

/** Follows one run and remembers what the next change of the knob may be explained by. */
class Trace {
  readonly settings: EngineSettings
  private readonly run: string
  private readonly knob: string
  private readonly id: number
  private live = Number.NaN
  private proposal: AuditRecord | null = null
  /** The latest step of taking the base to a place known before. */
  private relocation: AuditRecord | null = null
  /** The latest switch of variants: it may take many steps. */
  private variant: AuditRecord | null = null
  /** Where the run before left the knob, user units. */
  private readonly left: number | null
  private measured: ReadonlyArray<Measured> = []
  private causes: Array<AuditRecord> = []

  constructor(item: JournalItem, knob: string, before: Trace | null) {
    this.run = item.run
    this.left = before?.value ?? null
    this.settings = item.settings
    this.knob = knob
    this.id = item.settings.space.names.indexOf(knob)
  }

  /** Where the knob is, user units; null where that is not known. */
  get value(): number | null {
    return this.id < 0 || Number.isNaN(this.live)
      ? null
      : this.settings.space.table.decode(this.id, this.live)
  }

  /** The change of the knob that this record is, or null. */
  take(item: JournalItem): Omit<KnobChange, "text"> | null {
    const { numbers } = item
    const kind = numbers[RECORD_KIND]
    if (kind === AUDIT_VARIANT) this.variant = item.words()
    if (kind === AUDIT_DIGEST) this.measure(numbers)
    else if (kind === AUDIT_PROPOSAL) this.proposal = item.words()
    else if (kind === AUDIT_RELOCATION) this.relocation = item.words()
    else if (kind === AUDIT_NO_CHANGE && numbers[RECORD_CODE] === NO_CHANGE_EVAL_TIMEOUT) this.forgetWindow()
    else if (isCause(numbers)) {
      this.causes = [...this.causes, item.words()].slice(-KEPT_CAUSES)
    }
    if (this.id < 0 || !showsLive(kind)) return null
    const before = this.live
    this.live = numbers[RECORD_POINT + this.id]
    if (kind === AUDIT_ENGINE_STARTED) return this.startOf(item)
    const applied = kind === AUDIT_APPLY || kind === AUDIT_ROLLBACK
    const change =
      applied && !Number.isNaN(before) && before !== this.live ? this.changeOf(item, before) : null
    if (applied) this.follow(numbers)
    return change
  }

  /** A step, and what it is a step of. */
  private behind(step: AuditRecord): ReadonlyArray<AuditRecord> {
    return step.action === "variant" && this.variant !== null ? [this.variant, step] : [step]
  }

  /** An engine that began elsewhere than the one before it had left the knob. */
  private startOf(item: JournalItem): Omit<KnobChange, "text"> | null {
    const { left, value: to } = this
    if (left === null || to === null || left === to) return null
    return {
      ...this.headOf(item.numbers),
      action: "start",
      from: left,
      to,
      windows: [],
      proposal: null,
      apply: item.words(),
      causes: [],
    }
  }

  private headOf(numbers: Float64Array): Pick<KnobChange, "knob" | "run" | "seq" | "atUs" | "generation"> {
    return {
      knob: this.knob,
      run: this.run,
      seq: numbers[RECORD_SEQUENCE],
      atUs: numbers[RECORD_TIMESTAMP_US],
      generation: numbers[RECORD_GENERATION],
    }
  }

  private changeOf(item: JournalItem, before: number): Omit<KnobChange, "text"> {
    const { numbers } = item
    const { table } = this.settings.space
    const asked = this.proposal?.proposal === numbers[RECORD_PROPOSAL_ID] ? this.proposal : null
    const step = asked !== null && this.relocation?.proposal === asked.proposal ? this.relocation : null
    return {
      ...this.headOf(numbers),
      action: APPLY_KINDS[numbers[RECORD_DETAIL]] ?? "returnToBase",
      from: table.decode(this.id, before),
      to: table.decode(this.id, this.live),
      // A step to a known place follows from what was remembered, not from two sides of the base.
      windows: numbers[RECORD_DETAIL] <= UPDATE && step === null ? this.evidence(numbers[RECORD_DETAIL]) : [],
      proposal: asked,
      apply: item.words(),
      causes: asked === null ? this.causes : step === null ? [] : this.behind(step),
    }
  }

  /** An update follows from the last window of each side; a perturbation from the one before it, if that was one. */
  private evidence(kind: number): ReadonlyArray<WindowEvidence> {
    const sides = kind === UPDATE ? [PLUS, MINUS] : [kind === PLUS ? MINUS : PLUS]
    const last = this.measured.at(-1)
    return sides.flatMap((side) => {
      const found = kind === UPDATE ? this.measured.findLast((one) => one.kind === side) : last
      return found === undefined || found.kind !== side || found.objectives.length === 0
        ? []
        : [this.windowOf(found)]
    })
  }

  private windowOf(measured: Measured): WindowEvidence {
    const { stamps, objectives, margins } = measured
    return {
      side: measured.kind === PLUS ? "plus" : "minus",
      generation: measured.generation,
      value: this.settings.space.table.decode(this.id, measured.unit),
      digests: objectives.length,
      fromUs: Math.min(...stamps),
      toUs: Math.max(...stamps),
      objective: this.aggregate(objectives),
      constraintMargin: this.aggregate(margins.filter((margin) => Number.isFinite(margin))),
    }
  }

  private aggregate(readings: ReadonlyArray<number>): number | null {
    if (readings.length === 0) return null
    const { aggregate, trim } = this.settings.window
    const out = new Float64Array(1)
    const values = Float64Array.from(readings)
    aggregateInto(aggregate, values, 0, values.length, trimCount(values.length, trim), out, 0)
    return out[0]
  }

  private measure(numbers: Float64Array): void {
    const last = this.measured.at(-1)
    if (
      last === undefined ||
      numbers[RECORD_CODE] !== VALID ||
      numbers[RECORD_GENERATION] !== last.generation
    )
      return
    // A window closes when it is full; what comes later belongs to none.
    if (last.objectives.length >= this.settings.window.windowDigests) return
    last.stamps.push(numbers[RECORD_TIMESTAMP_US])
    last.objectives.push(numbers[RECORD_OBJECTIVE])
    last.margins.push(numbers[RECORD_MARGIN])
  }

  /** The window expired: the next one begins empty. */
  private forgetWindow(): void {
    const last = this.measured.at(-1)
    for (const list of [last?.stamps, last?.objectives, last?.margins]) list?.splice(0)
  }

  /** A new generation is live. */
  private follow(numbers: Float64Array): void {
    const next: Measured = {
      generation: numbers[RECORD_GENERATION],
      kind: numbers[RECORD_DETAIL],
      unit: this.live,
      stamps: [],
      objectives: [],
      margins: [],
    }
    this.measured = [...this.measured, next].slice(-KEPT_GENERATIONS)
    this.causes = []
  }
}

/**
 * The last change of a knob at or before a time (the engine's own, microseconds, or a date), or null where there is none
 * in the journal. `run` limits it to one run; where the clocks of several overlap, the change nearest to the time is meant.
 */
export function whyChanged(
  directory: string,
  knob: string,
  time: number | Date,
  options: { readonly run?: string | undefined } = {},
): KnobChange | null {
  const why = new WhyChanged(knob, time, options)
  walkJournal(directory, (item) => why.take(item))
  return why.result()
}

/** The same, a record at a time, for whoever goes through the journal at a pace of their own. */
export class WhyChanged {
  private readonly knob: string
  private readonly untilUs: number
  private readonly run: string | undefined
  private trace: Trace | null = null
  private found: Omit<KnobChange, "text"> | null = null

  constructor(knob: string, time: number | Date, options: { readonly run?: string | undefined } = {}) {
    this.knob = knob
    this.untilUs = typeof time === "number" ? time : time.getTime() * 1000 + 999
    this.run = options.run
  }

  take(item: JournalItem): void {
    // A run is known by its settings: two may have one name.
    if (this.trace === null || this.trace.settings !== item.settings)
      this.trace = new Trace(item, this.knob, this.trace)
    const change = this.trace.take(item)
    if (change === null || change.atUs > this.untilUs) return
    if (this.run !== undefined && change.run !== this.run) return
    if (this.found === null || change.atUs >= this.found.atUs) this.found = change
  }

  result(): KnobChange | null {
    return this.found === null ? null : { ...this.found, text: changeText(this.found) }
  }
}

const WHAT: Readonly<Record<KnobChange["action"], string>> = {
  applyPlus: "to measure the plus side of the base",
  applyMinus: "to measure the minus side of the base",
  update: "because the base moved",
  rollback: "because the engine rolled back to its baseline",
  returnToBase: "because a perturbation was ended",
  visitBaseline: "to measure the baseline beside the tuned configuration",
  start: "because an engine was started",
}

/** A step to a known place is an update to Tier 1, and no move of the base by what was measured around it. */
function whatFor({ action, causes }: Omit<KnobChange, "text">): string {
  const step = causes.find(({ kind }) => kind === "relocation")
  if (step === undefined) return WHAT[action]
  const where = step.action === "variant" ? "where another variant is tried" : "where it was good before"
  return `because the base is taken ${where}`
}

const round = (value: number | null): string =>
  value === null ? "nothing" : String(Number(value.toPrecision(6)))

/** What a record that led to something says, with the numbers that it rests on. */
function causeText({ seq, kind, action, reason, knob, value, limit, difference, note }: AuditRecord): string {
  const words = [kind, action, reason, note === undefined ? undefined : JSON.stringify(note)]
  const against = kind === "variant" || typeof value !== "number" || typeof limit !== "number"
  const numbers = [
    knob,
    against ? undefined : `${round(value)} against ${round(limit)}`,
    typeof difference === "number" ? `difference ${round(difference)}` : undefined,
  ].filter((part) => part !== undefined)
  const rest = numbers.length === 0 ? "" : `: ${numbers.join(", ")}`
  return `  before it: ${words.filter((word) => word !== undefined).join(" ")}${rest} (record ${seq})`
}

function changeText(change: Omit<KnobChange, "text">): string {
  const { knob, from, to, atUs, run, seq, generation, action, windows, proposal, causes, apply } = change
  const lines = [
    `${knob} went from ${round(from)} to ${round(to)} at ${timeText(atUs)}, ${whatFor(change)}.`,
    ...windows.map(
      (one) =>
        `  read: ${one.side} side, generation ${one.generation}, ${knob} ${round(one.value)}: objective ${round(one.objective)} over ${one.digests} digests` +
        (one.constraintMargin === null ? "" : `, margin ${round(one.constraintMargin)}`),
    ),
    ...(proposal === null
      ? []
      : [
          `  asked: proposal ${proposal.proposal}, ${proposal.action}, ${knob} to ${round(to)} (record ${proposal.seq})`,
        ]),
    ...causes.map(causeText),
    ...(apply.note === undefined ? [] : [`  said with it: ${JSON.stringify(apply.note)}`]),
    ...(action === "start" ? [`  it began there: ${startedText(apply)}`] : []),
    `  ${action === "start" ? "started" : "applied"}: record ${seq} of run ${run}, generation ${generation}`,
  ]
  return `${lines.map(plainText).join("\n")}\n`
}

const startedText = ({ start }: AuditRecord): string =>
  readResumption(start?.["resume"])?.from.why ?? "it took nothing over from a run before it."
