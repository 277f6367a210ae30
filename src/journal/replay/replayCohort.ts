/**
 * Runs a recorded tuner of many replicas again and compares, without the replicas: what they have shown is in the records (what a side
 * has read, how many could be drawn, an emergency, silence), the roles were drawn by counter, and every decision that follows must be the
 * recorded one, bit for bit. One owner is one run; what it took over from the owner before is in the record of its start.
 */
import { CohortLoop } from "../../cohort/CohortLoop.ts"
import type { CohortSettings } from "../../cohort/cohortOptions.ts"
import type { CohortStanding } from "../../cohort/CohortStanding.ts"
import { cohortCommandOf } from "../../cohort/cohortCommands.ts"
import { MINUS_SIDE, TURN_CODES, writeTurn } from "../../cohort/cohortRecords.ts"
import { type CanaryState, CanaryStateShape, type VariantTrial } from "../../cohort/Canary.ts"
import { makeCohort } from "../../cohort/makeCohort.ts"
import { ROLES } from "../../cohort/protocol.ts"
import type { GroupReading, Turn } from "../../cohort/SideBySide.ts"
import { type SideReading, type StageReading, stageOf } from "../../cohort/sideReadings.ts"
import { type EngineSettings, parseEngineConfig } from "../../domain/Config.ts"
import { ConfigError } from "../../domain/errors.ts"
import { attempt, readTotally } from "../../domain/readInput.ts"
import { keptBaseline, readResumption } from "../../domain/Resumption.ts"
import { COHORT_ACTS, TRIP_REASONS } from "../../domain/words.ts"
import { AuditDecoder } from "../../engine/audit/AuditDecoder.ts"
import {
  RECORD_CODE,
  RECORD_DETAIL,
  RECORD_KIND,
  RECORD_LIMIT,
  RECORD_MARGIN,
  RECORD_OBJECTIVE,
  RECORD_POINT,
  RECORD_SEQUENCE,
  RECORD_TIMESTAMP_US,
  RECORD_VALUE,
} from "../../hot/AuditRing.ts"
import {
  AUDIT_COHORT,
  AUDIT_COMMAND,
  AUDIT_DIGEST,
  AUDIT_ENGINE_STOPPED,
  AUDIT_PROPOSAL,
  AUDIT_SAFE_MODE_ENTERED,
  AUDIT_TICK,
} from "../../hot/codes.ts"
import { DIGEST_PLACES, receivedAtUs } from "../../hot/digestRecord.ts"
import { recordDifference } from "../format/recordDifference.ts"
import { recordEngineStarted, recordEngineStopped } from "../../../machines/hotAudit.ts"
import {
  type RecordedRun,
  type ReplayDifference,
  type ReplayResult,
  unable,
  whyNotReplayable,
} from "./replay.ts"

const [, READ, , CANARY, PRESENT, SIDE, EMERGENCY, SILENT] = COHORT_ACTS.keys()
const [, OBJECTIVE_AT] = DIGEST_PLACES.objective
const AUDIT_FULL = TRIP_REASONS.indexOf("auditQueueFull")

const isAct = (record: Float64Array | undefined, ...acts: ReadonlyArray<number | undefined>): boolean =>
  record?.[RECORD_KIND] === AUDIT_COHORT && acts.includes(record[RECORD_DETAIL])

/** Whether a record says what came from outside, and not what was decided. */
const isInput = (record: Float64Array): boolean =>
  [AUDIT_DIGEST, AUDIT_TICK, AUDIT_COMMAND].includes(record[RECORD_KIND]) ||
  isAct(record, READ, PRESENT, SIDE, EMERGENCY, SILENT)

/** A loop whose replicas are records: each of its questions is answered by what the recorded run wrote next. */
class RecordedLoop extends CohortLoop {
  tape: ReadonlyArray<Float64Array> = []

  /** What the recorded run wrote where this one writes next, if that was now: what it wrote later had not happened yet. */
  private ahead(by = 0): Float64Array | undefined {
    const next = this.tape[this.hot.audit.written + by]
    return next !== undefined && writtenAtUs(next) === this.hot.nowCell[0] ? next : undefined
  }

  protected override awaitsReplicas(): boolean {
    const next = this.ahead()
    const draws = next !== undefined && (isAct(next, PRESENT, SIDE) || next[RECORD_KIND] === AUDIT_PROPOSAL)
    // Whenever there is something recorded it is asked again.
    if (!draws) this.due[0] = this.hot.nowCell[0] + 1
    return !draws
  }

  protected override spread(): number {
    const next = this.ahead()
    return isAct(next, PRESENT) ? (next as Float64Array)[RECORD_VALUE] : 0
  }

  protected override tooManySilent(): boolean {
    return isAct(this.ahead(), SILENT)
  }

  protected override gather(): StageReading | null {
    const next = this.ahead()
    if (next === undefined) return null
    const nobody: SideReading = { loss: Number.NaN, margin: Number.NaN, replicas: 0 }
    const side = (loss: number, margin: number): SideReading =>
      Number.isNaN(loss) ? nobody : { loss, margin, replicas: 1 }
    if (!this.isWaiting) {
      if (next[RECORD_KIND] !== AUDIT_DIGEST) return null
      return stageOf(side(this.options.sign * next[OBJECTIVE_AT], next[RECORD_MARGIN]), nobody)
    }
    const apart = isAct(next, SIDE) && next[RECORD_CODE] === MINUS_SIDE
    const read = this.ahead(apart ? 1 : 0)
    if (!isAct(read, READ)) return null
    const { [RECORD_VALUE]: plus, [RECORD_LIMIT]: minus, [RECORD_MARGIN]: margin } = read as Float64Array
    return stageOf(side(plus, margin), side(minus, apart ? next[RECORD_MARGIN] : Number.NaN))
  }

  protected override turnOf(which: "control" | "canary"): Turn | "silent" | null {
    const next = this.ahead()
    if (next === undefined || !isAct(next, SIDE)) return null
    const code = next[RECORD_CODE]
    const { aside, silent } = TURN_CODES[which]
    const broken = which === "canary" && code === TURN_CODES.canary.broken
    if (code === silent) {
      writeTurn(this.hot, which, "silent", false)
      return "silent"
    }
    const beside = this.ahead(1)
    if ((code !== aside && !broken) || beside === undefined) return null
    const turn = { aside: groupOf(next), beside: groupOf(beside) }
    writeTurn(this.hot, which, turn, broken)
    // What the bounds of `variantOf` are about.
    return { ...turn, aside: { ...turn.aside, errorRate: broken ? 1 : 0 } }
  }

  /** Does again what came from outside, or lets the time pass until what was decided then. */
  give(record: Float64Array, goesOn: CanaryState | null): void {
    const { hot } = this
    const kind = record[RECORD_KIND]
    if (kind === AUDIT_COMMAND) {
      hot.journalCommand(record[RECORD_CODE])
      const command = cohortCommandOf(record[RECORD_CODE])
      if (command !== undefined) this[command]()
    } else if (kind === AUDIT_ENGINE_STOPPED) recordEngineStopped(hot, hot.nowCell[0])
    else if (isAct(record, EMERGENCY)) this.hearEmergency(ROLES[record[RECORD_VALUE]], record[RECORD_MARGIN])
    // A person's: what the loop itself decides about a candidate follows from a turn.
    else if (isAct(record, CANARY) && this.onTrial !== null) this.endTrial("withdrawn")
    else if (isAct(record, CANARY))
      this.tryOut(
        record.slice(RECORD_POINT, RECORD_POINT + hot.config.knobs),
        variantOf(record),
        goesOn ?? undefined,
      )
    else this.tick()
  }
}

/** The loop's time when a record was written. */
const writtenAtUs = (record: Float64Array): number =>
  record[RECORD_KIND] === AUDIT_DIGEST ? receivedAtUs(record) : record[RECORD_TIMESTAMP_US]

const groupOf = (record: Float64Array): GroupReading => ({
  loss: record[RECORD_VALUE],
  margin: record[RECORD_MARGIN],
  errorRate: record[RECORD_LIMIT],
  p99Us: record[RECORD_OBJECTIVE],
})

/** A candidate's variant, with a bound in place of its own: whether those held is in the record of each turn. */
function variantOf(record: Float64Array): VariantTrial | null {
  const afterBreaches = record[RECORD_MARGIN]
  if (Number.isNaN(afterBreaches)) return null
  return { name: "", bounds: [{ of: "errorRate", least: 0, most: 0 }], afterBreaches }
}

class CohortReplay {
  private readonly loop: RecordedLoop
  private readonly decoder: AuditDecoder
  private readonly run: RecordedRun
  private readonly settings: EngineSettings
  private readonly goesOn: CanaryState | null
  private decided: Array<Float64Array> = []
  private difference: ReplayDifference | null = null

  constructor(run: RecordedRun, settings: EngineSettings, start: Start) {
    this.run = run
    this.settings = settings
    this.goesOn = start.trial
    this.decoder = new AuditDecoder(run.run, settings)
    const { epoch, cohort, left } = start
    const options = { records: true, Loop: RecordedLoop }
    this.loop = makeCohort(settings, cohort, epoch, left?.resumption, options) as RecordedLoop
    this.loop.tape = run.records
    const { hot } = this.loop
    const [first] = run.records
    recordEngineStarted(hot, first[RECORD_TIMESTAMP_US])
    hot.nowCell[0] = first[RECORD_TIMESTAMP_US]
    if (left === null) this.loop.start()
    else this.loop.takeOver(left, keptBaseline(settings.space, left.resumption))
  }

  result(onRecord?: (seq: number) => void): ReplayResult {
    const { records, cut } = this.run
    let inputs = 0
    let at = 0
    this.collect()
    for (; at < records.length && this.difference === null; at++) {
      const record = records[at]
      onRecord?.(record[RECORD_SEQUENCE])
      if (this.decided.length === 0) this.give(record)
      const replayed = this.decided.shift()
      if (replayed === undefined) this.differ(record, "missing", record, null)
      else {
        const field = recordDifference(record, replayed, this.settings.space.names)
        if (field !== null) this.differ(record, field, record, replayed)
        else if (isInput(record)) inputs++
      }
    }
    const [extra] = this.decided
    if (this.difference === null && extra !== undefined && cut !== true)
      this.differ(records[records.length - 1], "unexpected", null, extra)
    const verdict = this.difference === null ? "identical" : "different"
    const decisions = this.difference === null ? at - inputs : Math.max(0, at - 1 - inputs)
    return { verdict, reason: null, inputs, decisions, difference: this.difference }
  }

  private give(record: Float64Array): void {
    const { hot } = this.loop
    const atUs = writtenAtUs(record)
    if (atUs > hot.nowCell[0]) hot.nowCell[0] = atUs
    this.loop.give(record, this.goesOn)
    this.collect()
  }

  private collect(): void {
    const { audit } = this.loop.hot
    audit.drain((block, at) => this.decided.push(block.slice(at, at + audit.width)))
  }

  private differ(
    at: Float64Array,
    field: string,
    recorded: Float64Array | null,
    replayed: Float64Array | null,
  ): void {
    const words = (record: Float64Array | null) => record && this.decoder.decode(record, 0)
    const seq = at[RECORD_SEQUENCE]
    this.difference = { seq, field, recorded: words(recorded), replayed: words(replayed) }
  }
}

interface Start {
  readonly epoch: number
  readonly cohort: CohortSettings
  readonly left: CohortStanding | null
  /** What a candidate had shown under the owner before. */
  readonly trial: CanaryState | null
}

/** What the record of the start says of the cohort; null: nothing that this build knows. */
function startOf({ cohort, resume }: RecordedRun): Start | null {
  if (typeof cohort !== "object" || cohort === null) return null
  const {
    epoch,
    paused,
    learned,
    trial = null,
    ...settings
  } = cohort as Start["cohort"] & {
    readonly epoch?: unknown
    readonly paused?: unknown
    readonly learned?: CohortStanding["learned"]
    readonly trial?: unknown
  }
  // Written by a tuner that kept nothing for a replay.
  if (typeof epoch !== "number" || paused === undefined) return null
  const resumption = readResumption(resume)
  const state = trial === null ? null : readTotally(CanaryStateShape, trial, { excess: "drop" })
  if (state?.ok === false) return null
  const left = resumption && { resumption, paused: paused === true, learned: learned ?? null }
  return { epoch, cohort: settings, left, trial: state?.value ?? null }
}

/** Runs it again. Total: a run that cannot be is `unable`, with the reason. */
export function replayCohort(run: RecordedRun, onRecord?: (seq: number) => void): ReplayResult {
  const settings = parseEngineConfig(run.config)
  if (settings instanceof ConfigError) return unable(settings.message)
  const full = run.records.find(
    (record) => record[RECORD_KIND] === AUDIT_SAFE_MODE_ENTERED && record[RECORD_CODE] === AUDIT_FULL,
  )
  const reason =
    whyNotReplayable(run, settings) ??
    (full === undefined ? null : `its audit had no room left at record ${full[RECORD_SEQUENCE]}`)
  if (reason !== null) return unable(reason)
  const start = startOf(run)
  if (start === null) return unable("its start does not say how its replicas were worked with")
  const replay = attempt(() => new CohortReplay(run, settings, start))
  return replay === null ? unable("its start does not fit this build's tuner") : replay.result(onRecord)
}
