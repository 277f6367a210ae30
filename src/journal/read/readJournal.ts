/**
 * Reads a journal: its records in words, filtered, and whether it is what was written. One needs this after the fact, from
 * any process; the engine that writes need not be there, and need not have ended.
 */
import {
  RECORD_KIND,
  RECORD_KNOB,
  RECORD_POINT,
  RECORD_SEQUENCE,
  RECORD_TIMESTAMP_US,
} from "../../hot/AuditRing.ts"
import { AUDIT_VIOLATION } from "../../hot/codes.ts"
import type { EngineSettings } from "../../domain/Config.ts"
import { readResumption } from "../../domain/Resumption.ts"
import { AUDIT_KINDS, type AuditKind } from "../../domain/records.ts"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { showsLive } from "../format/Standing.ts"
import { plainText } from "../../system/plainText.ts"
import {
  type JournalItem,
  type JournalProblem,
  type JournalRun,
  type JournalSummary,
  stepsOf,
  walkJournal,
  type WalkStep,
} from "./walkJournal.ts"
import { Latest } from "./Latest.ts"

/** Which records one wants; all of what is given must hold. */
export interface JournalFilter {
  /** Its id, or the name of its engine. */
  readonly run?: string | undefined
  readonly kinds?: ReadonlyArray<AuditKind> | undefined
  /** Records that changed the live value of this knob, and violations about it. */
  readonly knob?: string | undefined
  /** Records with these words in their note, in capitals or not: who did something, or why. */
  readonly note?: string | undefined
  /** The engine's time in microseconds, both ends included. */
  readonly fromUs?: number | undefined
  readonly toUs?: number | undefined
  readonly fromSeq?: number | undefined
  readonly toSeq?: number | undefined
  /** The last so many of those that are left. */
  readonly last?: number | undefined
}

/** What was read of a journal: the records asked for, and how the whole of it stands. */
export interface JournalReading extends JournalSummary {
  readonly records: ReadonlyArray<AuditRecord>
}

/** A filter as a question to one record after another of a journal, in order. */
export function makeFilter(filter: JournalFilter): (item: JournalItem) => boolean {
  const kinds = filter.kinds?.map((kind) => AUDIT_KINDS.indexOf(kind))
  const { note } = filter
  // A run is known by its settings: two may have one name.
  let known: EngineSettings | null = null
  let knob = -1
  // User units: the engine that starts next may have other bounds.
  let live = Number.NaN
  return ({ numbers, settings, run: runNow, note: said }) => {
    if (filter.knob !== undefined && known !== settings) {
      known = settings
      knob = settings.space.names.indexOf(filter.knob)
      if (knob < 0) live = Number.NaN
    }
    const kind = numbers[RECORD_KIND]
    let about = filter.knob === undefined
    if (knob >= 0 && kind === AUDIT_VIOLATION) about = numbers[RECORD_KNOB] === knob
    else if (knob >= 0 && showsLive(kind)) {
      const now = settings.space.table.decode(knob, numbers[RECORD_POINT + knob])
      // What the first engine starts with is no change.
      about = !Number.isNaN(live) && now !== live
      live = now
    }
    const atUs = numbers[RECORD_TIMESTAMP_US]
    const seq = numbers[RECORD_SEQUENCE]
    return (
      about &&
      (note === undefined || (said !== null && said.toLowerCase().includes(note.toLowerCase()))) &&
      (filter.run === undefined || filter.run === runNow || filter.run === settings.name) &&
      (kinds === undefined || kinds.includes(kind)) &&
      !(filter.fromUs !== undefined && !(atUs >= filter.fromUs)) &&
      !(filter.toUs !== undefined && !(atUs <= filter.toUs)) &&
      !(filter.fromSeq !== undefined && seq < filter.fromSeq) &&
      !(filter.toSeq !== undefined && seq > filter.toSeq)
    )
  }
}

/** The records of a journal, oldest first. With `last` only so many are ever held. */
export function readJournal(directory: string, filter: JournalFilter = {}): JournalReading {
  const wanted = makeFilter(filter)
  const records = new Latest<AuditRecord>(filter.last)
  const summary = walkJournal(directory, (item) => {
    if (wanted(item)) records.add(item.words())
  })
  return { ...summary, records: records.list() }
}

/** What checking a journal came to. */
export interface JournalReport extends JournalSummary {
  /**
   * `whole`: every record that was written is there as it was written. `torn`: it ends inside a frame or before a segment that was to
   * follow, as after a loss of power; everything before is whole. `damaged`: see the problems.
   */
  readonly status: "whole" | "torn" | "damaged"
  readonly segments: number
  readonly records: number
  /** As written, before compression. */
  readonly bytes: number
  /** The chain does not pass through what was asked for with `head`. */
  readonly headDiffers: boolean
}

/**
 * Checks every byte of a journal. `head` is what an earlier check gave: with it, a journal that somebody wrote anew from end
 * to end, or cut off behind, is found too. A journal that has grown since passes through it (`passed`).
 */
export function verifyJournal(
  directory: string,
  options: { readonly head?: string | undefined } = {},
): JournalReport {
  const steps = verifySteps(directory, options.head)
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value
}

/** The same, a segment at a time. */
export function* verifySteps(directory: string, head?: string): Generator<WalkStep, JournalReport> {
  const summary = yield* stepsOf(directory, () => {}, head ?? null)
  const segments = summary.runs.flatMap((run) => run.segments)
  const headDiffers = head !== undefined && summary.passed === null
  const torn = isTornTail(summary.problems, segments.at(-1)?.file)
  return {
    ...summary,
    status: headDiffers ? "damaged" : summary.problems.length === 0 ? "whole" : torn ? "torn" : "damaged",
    segments: segments.length,
    records: segments.reduce((sum, { records }) => sum + records, 0),
    bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
    headDiffers,
  }
}

const isTornTail = (problems: ReadonlyArray<JournalProblem>, lastFile: string | undefined): boolean =>
  problems.length === 1 &&
  (problems[0].kind === "torn" || problems[0].kind === "unfollowed") &&
  (lastFile === undefined || problems[0].file >= lastFile)

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`

function runLine({ run, engine, settings, firstSeq, lastSeq, segments, ended }: JournalRun): string {
  const named = settings === null || settings.name === null ? "" : ` of ${JSON.stringify(settings.name)}`
  const records = lastSeq < firstSeq ? "no records" : `records ${firstSeq} to ${lastSeq}`
  const end = ended ? "ended" : "no end: still running, or cut short"
  return `  run ${run}${named} (arqon ${engine}): ${records} in ${count(segments.length, "segment", "segments")}, ${end}`
}

function problemLine({ file, kind, at, bytes, seq, detail }: JournalProblem): string {
  const where = bytes === 0 ? "" : `, bytes ${at} to ${at + bytes - 1}`
  const record = seq === null ? "" : `, from record ${seq}`
  return `  ${kind}: ${file}${where}${record}: ${detail}`
}

/** A report for a person. */
export function reportText(report: JournalReport): string {
  const { status, runs, problems, head, passed } = report
  const verdict = {
    whole: "The journal is whole",
    torn: "The journal ends torn",
    damaged: "The journal is damaged",
  }
  return [
    `${verdict[status]}: ${count(report.records, "record", "records")} in ${count(report.segments, "segment", "segments")}.`,
    ...(report.beginsLater ? ["  Older segments have been removed."] : []),
    ...runs.map(runLine),
    ...problems.map(problemLine),
    ...(report.headDiffers
      ? [
          `  The chain does not pass through the given head: earlier records were changed or cut off${report.beginsLater ? ", or their segment has been removed" : ""}.`,
        ]
      : []),
    ...(passed === null
      ? []
      : [
          `  The chain passes through the given head after record ${passed.seq} of run ${passed.run}; ${count(passed.after, "record follows", "records follow")}.`,
        ]),
    ...(head === null ? [] : [`  The chain ends in ${head}.`]),
    ...(status === "damaged" ? [DAMAGED] : []),
    "",
  ]
    .map(plainText)
    .join("\n")
}

const DAMAGED =
  "  Keep a copy of the files. Records before the first problem are verified. Later ones can be shown but are not verified."

/** A record in one line for a person: six digits of each number, proposals in unit space as they are made. */
export const recordLine = (record: AuditRecord): string => recordText(record, shortNumber)

const shortNumber = (value: number | null): string =>
  value === null || Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)))

/** A record in one line, its numbers as `text` writes them. Nothing in it can instruct a terminal. */
export function recordText(record: AuditRecord, text: (value: number | null) => string): string {
  const { seq, atUs, kind, generation, proposal, action, reason, exit, knob, value, limit, note } = record
  const { difference } = record
  const weighed = difference !== undefined
  const pairs = (of: Readonly<Record<string, number | null>> | undefined): string =>
    of === undefined
      ? ""
      : Object.entries(of)
          .map(([name, number]) => `${name}=${text(number)}`)
          .join(" ")
  const parts = [
    String(seq),
    timeText(atUs),
    kind,
    ...(kind === "engineStarted" && record.name !== undefined ? [JSON.stringify(record.name)] : []),
    ...(generation === null ? [] : [`g${generation}`]),
    ...(proposal === undefined ? [] : [`p${proposal}`]),
    ...[action, reason, exit, record.preset].filter((word) => word !== undefined),
    ...(knob === undefined ? [] : [`${knob}: ${text(value ?? null)} against ${text(limit ?? null)}`]),
    ...(weighed && typeof value === "number" ? [`${text(value)} against ${text(limit ?? null)}`] : []),
    ...(weighed && typeof difference === "number" ? [`difference ${text(difference)}`] : []),
    record.values !== undefined || pairs(record.asked) === "" ? "" : "in unit space:",
    pairs(record.values ?? record.asked ?? record.digest ?? record.guardrails),
    ...(note === undefined ? [] : [JSON.stringify(note)]),
    ...resumedText(record.start?.["resume"]),
  ]
  return plainText(parts.filter((part) => part !== "").join("  "))
}

/** What a start took over from the run before it, for a person. */
function resumedText(resume: unknown): ReadonlyArray<string> {
  const resumption = readResumption(resume)
  if (resumption === null) return []
  const { from, safeMode, warnings } = resumption
  const detail = safeMode?.detail ?? null
  return [from.why, ...(detail === null ? [] : [detail]), ...warnings]
}

/** Earliest time that is taken for a wall clock: the year 2000. Below it, time is that of a manual run. */
const WALL_CLOCK_US = 946_684_800_000_000
const LATEST_DATE_US = 8.64e18

/** The engine's time for a person: a date where it is one, seconds since the start of manual time otherwise. */
export const timeText = (atUs: number): string =>
  atUs >= WALL_CLOCK_US && atUs <= LATEST_DATE_US
    ? new Date(atUs / 1000).toISOString().replace("Z", `${String(Math.floor(atUs % 1000)).padStart(3, "0")}Z`)
    : `${(atUs / 1e6).toFixed(6)} s`

/**
 * Hands out the records that pass the filter as lines of JSON, one after the other, without ever holding them all; what
 * `engine.audit` and the JSON lines sink would have shown. Returns how many there were, and what was found on the way.
 */
export function exportJournal(
  directory: string,
  write: (line: string) => void,
  filter: Omit<JournalFilter, "last"> = {},
): JournalSummary & { readonly written: number } {
  const wanted = makeFilter(filter)
  let written = 0
  const summary = walkJournal(directory, (item) => {
    if (!wanted(item)) return
    write(`${JSON.stringify(item.words())}\n`)
    written++
  })
  return { ...summary, written }
}
