/**
 * Runs a recorded run again and compares: everything that came from outside (digests, the passing of time, commands) is
 * given to a new engine of the same configuration, and every decision that follows must be the recorded one, bit for bit.
 * One needs this to prove that a record is what happened, and to find out what a change of the code would have changed.
 *
 * It needs no clock and no disk: records in, an answer out. The run must be journaled with its digests and from its start.
 */
import { type EngineSettings, parseEngineConfig } from "../../domain/Config.ts"
import { ConfigError } from "../../domain/errors.ts"
import {
  AUDIT_DIGEST,
  AUDIT_ENGINE_STARTED,
  AUDIT_PROPOSAL,
  AUDIT_SAFE_MODE_ENTERED,
  AUDIT_TICK,
  AUDIT_VERDICT,
  RETURN_TO_BASE,
  TRIP_AUDIT_QUEUE_FULL,
} from "../../hot/codes.ts"
import {
  RECORD_CODE,
  RECORD_DETAIL,
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_OBJECTIVE,
  RECORD_SEQUENCE,
  RECORD_TIMESTAMP_US,
} from "../../hot/AuditRing.ts"
import { RECORD_ROWS } from "../../domain/records.ts"
import { VERDICT_REASONS } from "../../domain/words.ts"
import { receivedAtUs } from "../../hot/digestRecord.ts"
import { relocationParts } from "../../engine/relocation/relocationParts.ts"
import { AuditDecoder } from "../../engine/audit/AuditDecoder.ts"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { EngineCore } from "../../engine/EngineCore.ts"
import { readResumption } from "../../domain/Resumption.ts"
import { recordDifference } from "../format/recordDifference.ts"
import { begin, giveCommand, giveDigest, isInput } from "./recordedInput.ts"

/** A run as a journal has it. */
export interface RecordedRun {
  readonly run: string
  /** The configuration in the record of the start. */
  readonly config: unknown
  /** The resumption in the record of the start, where it took the place of another run. */
  readonly resume?: unknown
  /** How many replicas were worked with, as the record of the start has it; absent: it was one engine. */
  readonly cohort?: unknown
  /** Every record from the first on, as it lay on the ring. */
  readonly records: ReadonlyArray<Float64Array>
  /** What was said with records, by their numbers: of some commands it is part of what was asked. */
  readonly notes?: ReadonlyMap<number, string> | undefined
  /** True when the record was cut short: then it may end before everything that its last input led to. */
  readonly cut?: boolean | undefined
}

/** The first place where the two are not the same. */
export interface ReplayDifference {
  /** Number of the recorded record; that of the last one where the replay goes on behind the end. */
  readonly seq: number
  /** What is different: a field of the record, or "missing", "unexpected". */
  readonly field: string
  /** Null where there is none on that side. */
  readonly recorded: AuditRecord | null
  readonly replayed: AuditRecord | null
}

/** Whether a run, run again, is the same, and where it first differs. */
export interface ReplayResult {
  /** `unable`: the run cannot be replayed; `reason` says why. */
  readonly verdict: "identical" | "different" | "unable"
  readonly reason: string | null
  /** What was given, and what was compared with the record up to the difference. */
  readonly inputs: number
  readonly decisions: number
  readonly difference: ReplayDifference | null
}

/** Whether SafeMode opened because the audit had no room. */
const tripsForFull = (record: Float64Array): boolean =>
  record[RECORD_KIND] === AUDIT_SAFE_MODE_ENTERED && record[RECORD_CODE] === TRIP_AUDIT_QUEUE_FULL

const ANALYSIS_LATE = VERDICT_REASONS.indexOf("analysisLate")

/** Whether an analysis was dropped because it was not done. */
const isLate = (record: Float64Array): boolean =>
  record[RECORD_KIND] === AUDIT_VERDICT && record[RECORD_CODE] === ANALYSIS_LATE

/** Whether a decision is one that a full audit would not have let through; the proposal to return to the base it would. */
const takesOrdinaryPlace = (record: Float64Array): boolean =>
  RECORD_ROWS[record[RECORD_KIND]]?.ordinary === true &&
  !(record[RECORD_KIND] === AUDIT_PROPOSAL && record[RECORD_DETAIL] === RETURN_TO_BASE)

class Replay {
  private readonly run: RecordedRun
  private readonly core: EngineCore
  private readonly decoder: AuditDecoder
  private readonly names: ReadonlyArray<string>
  private nowUs = 0
  /** What the replayed engine has decided and nobody compared yet. */
  private decided: Array<Float64Array> = []
  private inputs = 0
  private decisions = 0
  private difference: ReplayDifference | null = null

  private readonly watch: ReplayWatch | undefined

  constructor(run: RecordedRun, core: (readClock: () => number) => EngineCore, watch?: ReplayWatch) {
    this.run = run
    this.watch = watch
    this.core = core(() => this.nowUs)
    const { settings } = this.core
    this.decoder = new AuditDecoder(run.run, settings)
    this.names = settings.space.names
  }

  result(): ReplayResult {
    const { records } = this.run
    this.start(records[0])
    let at = 0
    while (this.difference === null && at < records.length) {
      const record = records[at]
      const next = this.nextInput(at)
      if (isInput(record)) {
        this.inputs++
        this.give(record, at, next)
        // Nothing calls `settle` here: subscribers of the core are notified before the result is read.
        this.core.notifications.tell()
        this.watch?.(this.core, record[RECORD_SEQUENCE])
        at++
      }
      for (; at < next && this.difference === null; at++) this.compare(records[at])
    }
    const last = records[records.length - 1]
    if (this.difference === null && this.decided.length > 0 && this.run.cut !== true) {
      this.differ(last[RECORD_SEQUENCE], "unexpected", null, this.decided[0])
    }
    return {
      verdict: this.difference === null ? "identical" : "different",
      reason: null,
      inputs: this.inputs,
      decisions: this.decisions,
      difference: this.difference,
    }
  }

  /** Place of the next input behind `at`. */
  private nextInput(at: number): number {
    const { records } = this.run
    let next = at + 1
    while (next < records.length && !isInput(records[next])) next++
    return next
  }

  private start(record: Float64Array): void {
    this.nowUs = record[RECORD_TIMESTAMP_US]
    begin(this.core, this.nowUs)
    this.collect()
  }

  /** Does again what the record says came from outside; the records up to `next` are what it led to. */
  private give(record: Float64Array, at: number, next: number): void {
    const { hot } = this.core
    const digest = record[RECORD_KIND] === AUDIT_DIGEST
    this.nowUs = digest ? receivedAtUs(record) : record[RECORD_TIMESTAMP_US]
    hot.nowCell[0] = this.nowUs
    const padding = this.fillRing(at, next)
    this.core.schedule?.expectLate(this.lateBetween(at, next))
    if (digest) giveDigest(hot, record, record[RECORD_GENERATION])
    else if (record[RECORD_KIND] === AUDIT_TICK) hot.tick()
    else giveCommand(this.core, record, this.nowUs, this.run.notes?.get(record[RECORD_SEQUENCE]))
    this.collect(record, padding)
  }

  /** Numbers of the analyses whose results were late then. */
  private lateBetween(at: number, next: number): ReadonlyArray<number> {
    return this.run.records
      .slice(at + 1, next)
      .filter(isLate)
      .map((record) => record[RECORD_OBJECTIVE])
  }

  /**
   * Where the recorded run found its audit full, so must this one: places are taken beforehand, returns how many. All that a full
   * audit changes is that no apply is proposed and no range earned, so it was full behind the last of these.
   */
  private fillRing(at: number, next: number): number {
    const { records } = this.run
    const { audit } = this.core.hot
    let trip = at + 1
    while (trip < next && !tripsForFull(records[trip])) trip++
    if (trip >= next) return 0
    let full = trip
    while (full > at + 1 && !takesOrdinaryPlace(records[full - 1])) full--
    audit.clearDraft()
    const padding = audit.capacity - audit.reserved - (full - at)
    for (let i = 0; i < padding; i++) audit.push()
    return padding
  }

  /** Takes what was decided off the ring; what was given is compared at once: its verdict is a decision too. */
  private collect(given: Float64Array | null = null, padding = 0): void {
    const { audit } = this.core.hot
    let skip = padding
    let expected = given
    audit.drain((block, at) => {
      if (skip-- > 0) return
      const record = block.slice(at, at + audit.width)
      if (!isInput(record)) this.decided.push(record)
      else if (expected !== null) {
        this.match(expected, record)
        expected = null
      } else if (this.difference === null) this.differ(record[RECORD_SEQUENCE], "unexpected", null, record)
    })
    if (expected !== null && this.difference === null) {
      this.differ(expected[RECORD_SEQUENCE], "missing", expected, null)
    }
  }

  private compare(recorded: Float64Array): void {
    const replayed = this.decided.shift()
    if (replayed === undefined) this.differ(recorded[RECORD_SEQUENCE], "missing", recorded, null)
    else this.match(recorded, replayed)
  }

  private match(recorded: Float64Array, replayed: Float64Array): void {
    const field = recordDifference(recorded, replayed, this.names)
    if (field !== null) this.differ(recorded[RECORD_SEQUENCE], field, recorded, replayed)
    else if (!isInput(recorded)) this.decisions++
  }

  private differ(
    seq: number,
    field: string,
    recorded: Float64Array | null,
    replayed: Float64Array | null,
  ): void {
    if (this.difference !== null) return
    const words = (record: Float64Array | null): AuditRecord | null =>
      record === null ? null : this.decoder.decode(record, 0)
    this.difference = { seq, field, recorded: words(recorded), replayed: words(replayed) }
  }
}

/** What is answered where a run cannot be run again. */
export const unable = (reason: string): ReplayResult => ({
  verdict: "unable",
  reason,
  inputs: 0,
  decisions: 0,
  difference: null,
})

/** Why this is no run that can be run again, or null. */
export function whyNotReplayable({ records }: RecordedRun, settings: EngineSettings): string | null {
  if (!settings.auditDigests) return "its digests were not journaled"
  if (records.length === 0 || records[0][RECORD_KIND] !== AUDIT_ENGINE_STARTED) {
    return "its start is not in the journal"
  }
  const gap = records.findIndex((record, i) => record[RECORD_SEQUENCE] !== records[0][RECORD_SEQUENCE] + i)
  return gap < 0 ? null : `record ${records[0][RECORD_SEQUENCE] + gap} is not in the journal`
}

/** Looks at the engine that runs again, after each input; must change nothing. `seq` is the input's record. */
export type ReplayWatch = (core: EngineCore, seq: number) => void

/** Runs it again. Total: a run that cannot be is `unable`, with the reason. */
export function replay(run: RecordedRun, watch?: ReplayWatch): ReplayResult {
  const settings = parseEngineConfig(run.config)
  if (settings instanceof ConfigError) return unable(settings.message)
  const reason =
    run.cohort === undefined ? whyNotReplayable(run, settings) : "it is of a tuner of many replicas"
  if (reason !== null) return unable(reason)
  return new Replay(
    run,
    (readClock) =>
      new EngineCore({
        settings,
        runId: run.run,
        readClock: settings.clock === "manual" ? null : readClock,
        resume: readResumption(run.resume),
        relocation: relocationParts,
      }),
    watch,
  ).result()
}
