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
} from "../../hot/AuditRing.ts"
import { aggregateInto, trimCount } from "../../hot/aggregate.ts"
import {
  AUDIT_APPLY,
  AUDIT_COHORT,
  AUDIT_DIGEST,
  AUDIT_ENGINE_STARTED,
  AUDIT_NO_CHANGE,
  AUDIT_PROPOSAL,
  AUDIT_RELOCATION,
  AUDIT_RESET_DEMANDED,
  AUDIT_ROLLBACK,
  AUDIT_VARIANT,
  MINUS,
  NO_CHANGE_READING_ON,
  PLUS,
  RETURN_TO_BASE,
  UPDATE,
  VALID,
  VISIT_BASELINE,
} from "../../hot/codes.ts"
import type { EngineSettings } from "../../domain/Config.ts"
import { APPLY_KINDS, COHORT_ACTS, COHORT_DESIGNS } from "../../domain/words.ts"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { endsOnBase, showsLive } from "../format/Standing.ts"
import { isCause, isLearnt, LEAVES_OUT } from "./causes.ts"
import { changeText } from "./changeText.ts"
import { type JournalItem, walkJournal } from "./walkJournal.ts"
import type { WindowEvidence, KnobChange } from "./KnobChange.ts"

/** Generations whose digests are kept: an update needs those of its two sides, and refusals may lie between. */
const KEPT_GENERATIONS = 8
/** Causes that are kept. */
const KEPT_CAUSES = 8

const DRAWN = COHORT_ACTS.indexOf("drawn")
const TOGETHER = COHORT_DESIGNS.indexOf("together")

/** The digests of one generation, as far as they belong to its window. */
interface Measured {
  readonly generation: number
  /** Which of the windows that the cycle reads it is for; null where for none. */
  readonly side: WindowEvidence["side"] | null
  readonly unit: number
  /** Windows of it that are full and count. */
  windows: number
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
  private base = Number.NaN
  private proposal: AuditRecord | null = null
  /** The latest step of taking the base to a place known before. */
  private relocation: AuditRecord | null = null
  /** The latest switch of variants: it may take many steps. */
  private variant: AuditRecord | null = null
  /** Where the run before left the knob, and its base, user units. */
  private readonly left: number | null
  private readonly leftBase: number | null
  private measured: ReadonlyArray<Measured> = []
  private causes: Array<AuditRecord> = []

  constructor(item: JournalItem, knob: string, before: Trace | null) {
    this.run = item.run
    this.left = before?.value ?? null
    this.leftBase = before?.unitsOf(before.base) ?? null
    this.settings = item.settings
    this.knob = knob
    this.id = item.settings.space.names.indexOf(knob)
  }

  /** Where the knob is, user units; null where that is not known. */
  get value(): number | null {
    return this.unitsOf(this.live)
  }

  private unitsOf(position: number): number | null {
    return this.id < 0 || Number.isNaN(position) ? null : this.settings.space.table.decode(this.id, position)
  }

  /** The change of the knob that this record is, or null. */
  take(item: JournalItem): Omit<KnobChange, "text"> | null {
    const { numbers } = item
    const kind = numbers[RECORD_KIND]
    if (kind === AUDIT_VARIANT) this.variant = item.words()
    if (kind === AUDIT_DIGEST) this.measure(numbers)
    else if (kind === AUDIT_PROPOSAL) this.proposal = item.words()
    else if (kind === AUDIT_COHORT && numbers[RECORD_DETAIL] === DRAWN) this.shareStage(numbers)
    else if (kind === AUDIT_RELOCATION) this.relocation = item.words()
    else if (kind === AUDIT_NO_CHANGE && LEAVES_OUT.has(numbers[RECORD_CODE])) this.forgetWindow()
    else if (kind === AUDIT_NO_CHANGE && numbers[RECORD_CODE] === NO_CHANGE_READING_ON) this.readOn()
    else if (isCause(numbers)) {
      this.causes = [...this.causes, item.words()].slice(-KEPT_CAUSES)
    }
    if (this.id < 0 || !showsLive(kind)) return null
    const { live, base } = this
    this.live = numbers[RECORD_POINT + this.id]
    if (endsOnBase(numbers)) this.base = this.live
    if (kind === AUDIT_ENGINE_STARTED) return this.startOf(item)
    if (kind !== AUDIT_APPLY && kind !== AUDIT_ROLLBACK) return null
    const stayed = live === this.live && (Number.isNaN(base) || base === this.base)
    const change = Number.isNaN(live) || stayed ? null : this.changeOf(item, live, base)
    this.follow(numbers)
    return change
  }

  /** The proposal that led to this record: a return to the base carries no number, and comes right behind the one that asked for it. */
  private askedFor(numbers: Float64Array): AuditRecord | null {
    const { proposal } = this
    if (proposal === null) return null
    const follows =
      numbers[RECORD_DETAIL] === RETURN_TO_BASE
        ? proposal.action === "returnToBase" && proposal.seq + 1 === numbers[RECORD_SEQUENCE]
        : proposal.proposal === numbers[RECORD_PROPOSAL_ID]
    return follows ? proposal : null
  }

  /** A step, and what it is a step of. */
  private behind(step: AuditRecord): ReadonlyArray<AuditRecord> {
    return step.action === "variant" && this.variant !== null ? [this.variant, step] : [step]
  }

  /** An engine that began elsewhere than the one before it had left the knob. */
  private startOf(item: JournalItem): Omit<KnobChange, "text"> | null {
    const { left, leftBase, value: to } = this
    if (left === null || to === null || (left === to && leftBase === to)) return null
    return {
      ...this.headOf(item.numbers),
      action: "start",
      from: left,
      to,
      base: { from: leftBase, to },
      left: null,
      windows: [],
      proposal: null,
      apply: item.words(),
      causes: [],
      demanded: null,
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

  private changeOf(item: JournalItem, before: number, baseBefore: number): Omit<KnobChange, "text"> {
    const { numbers } = item
    const { table } = this.settings.space
    const kind = numbers[RECORD_DETAIL]
    const asked = this.askedFor(numbers)
    const step = asked !== null && this.relocation?.proposal === asked.proposal ? this.relocation : null
    return {
      ...this.headOf(numbers),
      action: APPLY_KINDS[kind] ?? "returnToBase",
      from: table.decode(this.id, before),
      to: table.decode(this.id, this.live),
      base: { from: this.unitsOf(baseBefore), to: this.unitsOf(this.base) },
      left: this.measured.at(-1)?.side ?? null,
      // A step to a known place follows from what was remembered, not from two sides of the base.
      windows: asked !== null && step === null ? this.evidence(kind) : [],
      proposal: asked,
      apply: item.words(),
      causes: asked === null ? this.causes : step === null ? this.causes.filter(isLearnt) : this.behind(step),
      demanded: null,
    }
  }

  /** An update follows from the last window of each side; anything else from the windows right before it that belong with it. */
  private evidence(kind: number): ReadonlyArray<WindowEvidence> {
    if (kind === UPDATE) return this.read(this.last("plus"), this.last("minus"))
    const [first, second] = [this.measured.at(-2), this.measured.at(-1)]
    if (kind === RETURN_TO_BASE) {
      return second?.side === "baseline" ? this.read(first?.side === "base" ? first : undefined, second) : []
    }
    const before = kind === VISIT_BASELINE ? "base" : kind === PLUS ? "minus" : "plus"
    return second?.side === before ? this.read(second) : []
  }

  private last(side: WindowEvidence["side"]): Measured | undefined {
    return this.measured.findLast((one) => one.side === side)
  }

  /** Those of the windows in which there were readings. */
  private read(...windows: ReadonlyArray<Measured | undefined>): ReadonlyArray<WindowEvidence> {
    return windows.flatMap((one) => {
      const evidence = one === undefined || one.objectives.length === 0 ? null : this.windowOf(one)
      return evidence === null ? [] : [evidence]
    })
  }

  private windowOf(measured: Measured): WindowEvidence | null {
    const { side, stamps, objectives, margins } = measured
    if (side === null) return null
    return {
      side,
      generation: measured.generation,
      value: this.settings.space.table.decode(this.id, measured.unit),
      digests: objectives.length,
      fromUs: Math.min(...stamps),
      toUs: Math.max(...stamps),
      objective: this.reading(objectives),
      constraintMargin: this.reading(margins),
    }
  }

  /** The mean of its windows; null where one of them says nothing. */
  private reading(values: ReadonlyArray<number>): number | null {
    const { windowDigests } = this.settings.window
    let sum = 0
    let windows = 0
    for (let at = 0; at < values.length; at += windowDigests) {
      const present = values.slice(at, at + windowDigests).filter((value) => Number.isFinite(value))
      sum += this.aggregate(present) ?? Number.NaN
      windows++
    }
    return Number.isNaN(sum) ? null : sum / windows
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
    if (last.objectives.length >= (last.windows + 1) * this.settings.window.windowDigests) return
    last.stamps.push(numbers[RECORD_TIMESTAMP_US])
    last.objectives.push(numbers[RECORD_OBJECTIVE])
    last.margins.push(numbers[RECORD_MARGIN])
  }

  /** Both sides of the pair are live at once: the stage's level is neither side's, and the record of its readings says what each read. */
  private shareStage(numbers: Float64Array): void {
    const last = this.measured.at(-1)
    if (last !== undefined && numbers[RECORD_CODE] !== TOGETHER)
      this.measured = [...this.measured.slice(0, -1), { ...last, side: null }]
  }

  /** The window expired: the next one begins empty. */
  private forgetWindow(): void {
    const last = this.measured.at(-1)
    const counts = (last?.windows ?? 0) * this.settings.window.windowDigests
    for (const list of [last?.stamps, last?.objectives, last?.margins]) list?.splice(counts)
  }

  /** The window is a part of a longer reading. */
  private readOn(): void {
    const last = this.measured.at(-1)
    if (last !== undefined) last.windows++
  }

  /** What the cycle reads the next window for. */
  private sideOf(numbers: Float64Array): Measured["side"] {
    if (this.askedFor(numbers) === null) return null
    switch (numbers[RECORD_DETAIL]) {
      case PLUS:
        return "plus"
      case MINUS:
        return "minus"
      case VISIT_BASELINE:
        return "baseline"
      case RETURN_TO_BASE:
        return "base"
      default:
        return null
    }
  }

  /** A new generation is live. */
  private follow(numbers: Float64Array): void {
    const next: Measured = {
      generation: numbers[RECORD_GENERATION],
      side: this.sideOf(numbers),
      unit: this.live,
      windows: 0,
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
 * in the journal. Without a time (null) the last move of its base, whatever was only measured since. `run` limits it to one run; where the clocks of several overlap, the change nearest to the time is meant.
 */
export function whyChanged(
  directory: string,
  knob: string,
  time: number | Date | null,
  options: { readonly run?: string | undefined } = {},
): KnobChange | null {
  const why = new WhyChanged(knob, time, options)
  walkJournal(directory, (item) => why.take(item))
  return why.result()
}

/** The same, one record at a time, for callers that walk the journal themselves. */
export class WhyChanged {
  private readonly knob: string
  /** Null where the last move of the base is meant. */
  private readonly untilUs: number | null
  private readonly run: string | undefined
  private trace: Trace | null = null
  private found: Omit<KnobChange, "text"> | null = null

  constructor(knob: string, time: number | Date | null, options: { readonly run?: string | undefined } = {}) {
    this.knob = knob
    this.untilUs = time instanceof Date ? time.getTime() * 1000 + 999 : time
    this.run = options.run
  }

  take(item: JournalItem): void {
    // A run is known by its settings: two may have one name.
    if (this.trace === null || this.trace.settings !== item.settings)
      this.trace = new Trace(item, this.knob, this.trace)
    const change = this.trace.take(item)
    const { found } = this
    const { numbers } = item
    if (numbers[RECORD_KIND] === AUDIT_RESET_DEMANDED && found?.run === item.run) {
      const known = this.untilUs === null || numbers[RECORD_TIMESTAMP_US] <= this.untilUs
      if (known) this.found = { ...found, demanded: item.words() }
    }
    if (change === null || !this.isMeant(change)) return
    if (this.run !== undefined && this.run !== change.run && this.run !== item.settings.name) return
    if (this.found === null || change.atUs >= this.found.atUs) this.found = change
  }

  private isMeant({ atUs, from, to, base }: Omit<KnobChange, "text">): boolean {
    if (this.untilUs === null) return base.from !== null && base.from !== base.to
    return atUs <= this.untilUs && from !== to
  }

  result(): KnobChange | null {
    const { found } = this
    return found === null ? null : { ...found, text: changeText(found, this.untilUs === null) }
  }
}
