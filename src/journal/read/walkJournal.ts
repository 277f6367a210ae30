/**
 * Goes through a journal from its first record to its last, segment by segment, and checks on the way that each belongs
 * behind the one before. Everything that reads a journal reads it through here.
 */
import { basename } from "node:path"
import { RECORD_KIND, RECORD_SEQUENCE } from "../../hot/AuditRing.ts"
import { AUDIT_ENGINE_STARTED } from "../../hot/codes.ts"
import { type EngineSettings, parseEngineConfig } from "../../domain/Config.ts"
import { ConfigError } from "../../domain/errors.ts"
import { AuditDecoder } from "../../engine/audit/AuditDecoder.ts"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import type { JournalHeader, JournalLink } from "../format/JournalHeader.ts"
import type { SegmentProblem, SegmentScan } from "../format/scanSegment.ts"
import type { SyncedMark } from "../format/SyncedMark.ts"
import { MARK, readMark } from "../disk/journalMark.ts"
import {
  claims,
  goneText,
  judged,
  listSegments,
  readSegment,
  scanMarked,
  type SegmentFile,
  segmentPath,
} from "../disk/journalSegments.ts"
import { messageOf } from "../../system/messageOf.ts"

/** Something about a journal that is not as it was written. */
export interface JournalProblem extends Omit<SegmentProblem, "kind"> {
  /**
   * As of a segment, or: `unopenable` (the file cannot be read or unpacked), `broken` (the chain between two segments), `unfollowed`
   * (the last segment says that the run goes on in another one, and there is none), `gone` (so it is, and something had been synced in
   * it), `startless` (its header does not say how the run was started: its records cannot be read).
   */
  readonly kind: SegmentProblem["kind"] | "unopenable" | "broken" | "unfollowed" | "gone" | "startless"
  readonly file: string
}

/** One file of a journal. */
export interface JournalSegment {
  readonly file: string
  readonly run: string | null
  readonly records: number
  /** Number of its last trusted record. */
  readonly lastSeq: number
  readonly sealed: boolean
  /** Sealed, and the run ended with it. */
  readonly ended: boolean
  /** As written, before any compression, and how many of these bytes can be trusted from the first on. */
  readonly bytes: number
  readonly trustedBytes: number
}

/** The records of one engine from its start on. */
export interface JournalRun {
  readonly run: string
  /** Version of the engine. */
  readonly engine: string
  readonly createdAt: string
  readonly settings: EngineSettings | null
  readonly start: Readonly<Record<string, unknown>> | null
  readonly firstSeq: number
  readonly lastSeq: number
  readonly records: number
  readonly segments: ReadonlyArray<JournalSegment>
  /** False where the engine did not end by itself, or has not ended yet. */
  readonly ended: boolean
}

/** How a journal stands: its runs, what is wrong with it, and where its chain ends. */
export interface JournalSummary {
  readonly runs: ReadonlyArray<JournalRun>
  readonly problems: ReadonlyArray<JournalProblem>
  /** Segments before the first one were removed. */
  readonly beginsLater: boolean
  /** State of the chain at the end: kept elsewhere, it proves later that nothing before it was changed. */
  readonly head: string | null
  /** Where the chain passes through the state that was looked for; null where it does not, or none was. */
  readonly passed: ChainPlace | null
}

/** A place in the chain: behind a record of a run. */
export interface ChainPlace {
  readonly run: string | null
  readonly seq: number
  /** Records that stand behind it. */
  readonly after: number
}

/** A record on its way past. */
export interface JournalItem {
  readonly run: string
  readonly settings: EngineSettings
  /** As it lay on the ring; overwritten by the next: copy what is to be kept. */
  readonly numbers: Float64Array
  readonly note: string | null
  /** The record in words. */
  readonly words: () => AuditRecord
}

/** Makes records of one run readable; `settings` is null, and nothing is, where this build does not know its configuration. */
export class RunReader {
  readonly header: JournalHeader
  readonly settings: EngineSettings | null
  private readonly decoder: AuditDecoder | null

  constructor(header: JournalHeader) {
    this.header = header
    const parsed = parseEngineConfig(header.start?.["config"])
    this.settings = parsed instanceof ConfigError ? null : parsed
    this.decoder = this.settings === null ? null : new AuditDecoder(header.run, this.settings)
  }

  item(numbers: Float64Array, note: string | null): JournalItem | null {
    const { settings, decoder, header } = this
    if (settings === null || decoder === null) return null
    const words = (): AuditRecord => ({
      ...decoder.decode(numbers, 0),
      ...(note === null ? {} : { note }),
      ...(header.start !== null && saysStart(numbers) ? { start: header.start } : {}),
    })
    return { run: header.run, settings, numbers, note, words }
  }
}

/** As the audit has it: on the first record, and on that of the start, which are one where nothing was asked before. */
const saysStart = (numbers: Float64Array): boolean =>
  numbers[RECORD_SEQUENCE] === 1 || numbers[RECORD_KIND] === AUDIT_ENGINE_STARTED

interface OpenRun {
  reader: RunReader
  readonly firstSeq: number
  lastSeq: number
  records: number
  segments: Array<JournalSegment>
}

class Walk {
  private readonly visit: (item: JournalItem) => void
  private readonly mark: SyncedMark | null
  /** The segment that the mark is about, or one behind it, has been come by. */
  private markMet = false
  /** A state of the chain that is looked for. */
  private readonly sought: Buffer | null
  private passed: { readonly run: string | null; readonly seq: number; readonly taken: number } | null = null
  private taken = 0
  private readonly runs: Array<OpenRun> = []
  private readonly problems: Array<JournalProblem> = []
  private beginsLater = false
  private before: JournalLink | null = null
  /** The segment before was whole: the next one's link must be to it. */
  private beforeIsWhole = true
  private first = true
  /** The last segment with anything in it says that its run ended with it. */
  private runEnded = false
  /** The last segment with anything in it, where it says that another one follows. */
  private goesOn: JournalSegment | null = null

  constructor(visit: (item: JournalItem) => void, sought: string | null, mark: SyncedMark | string | null) {
    this.visit = visit
    this.mark = typeof mark === "string" ? null : mark
    if (typeof mark === "string") this.report(MARK, "unopenable", mark)
    this.sought = sought === null ? null : Buffer.from(sought, "hex")
  }

  take(file: SegmentFile): void {
    const { mark } = this
    const bytes = this.bytesOf(file)
    const claimed = claims(mark, file.number)
    this.markMet ||= claimed
    if (bytes !== null && bytes.length === 0 && !claimed) return
    if (bytes === null) {
      // Unreadable, or removed while this was going on: nobody knows where it ended.
      this.beforeIsWhole = false
      this.beginsLater ||= this.first
      this.runEnded = false
      this.goesOn = null
      return
    }
    let current: OpenRun | null = null
    const { sought, passed } = this
    const look = (state: Uint8Array, seq: number): void => {
      if (sought?.equals(state) === true) this.passed = { run: null, seq, taken: this.taken }
    }
    const found = scanMarked(
      file.number,
      bytes,
      mark,
      ({ seq, numbers, note }, header) => {
        this.taken++
        current ??= header === null ? null : this.runOf(header)
        if (current !== null) this.pass(current, seq, numbers, note)
      },
      sought === null ? undefined : look,
    )
    const scan = judged(found, file.number, mark, () => this.runEnded)
    this.markMet ||= mark !== null && file.number > mark.number && scan.header !== null
    if (this.passed !== null && this.passed !== passed)
      this.passed = { ...this.passed, run: scan.header?.run ?? null }
    // The segment in which it was may have been removed since.
    const before = this.first ? (scan.header?.previous ?? null) : null
    if (before !== null && sought?.toString("hex") === before.hash)
      this.passed ??= { run: before.run, seq: before.lastSeq, taken: 0 }
    const name = basename(file.path)
    for (const one of scan.problems) this.problems.push({ file: name, ...one })
    if (scan.header !== null) this.checkLink(name, scan.header)
    const run = current ?? (scan.header === null ? null : this.runOf(scan.header))
    const segment = segmentOf(name, scan)
    if (run !== null && run.reader.header.start === null) this.problems.push(startless(segment, run))
    run?.segments.push(segment)
    this.runEnded = segment.ended
    this.goesOn = segment.sealed && !segment.ended ? segment : null
    this.before = {
      run: scan.header?.run ?? "",
      segment: scan.header?.segment ?? 0,
      lastSeq: scan.lastSeq,
      hash: scan.head,
      cutBytes: 0,
    }
    this.beforeIsWhole = scan.problems.length === 0
    this.first = false
  }

  summary(): JournalSummary {
    const { passed, taken, mark, markMet } = this
    if (mark !== null && mark.bytes > 0 && !markMet)
      this.report(basename(segmentPath("", mark.number)), "gone", goneText(mark))
    return {
      runs: this.runs.map(({ reader: { header, settings }, firstSeq, lastSeq, records, segments }) => ({
        run: header.run,
        engine: header.engine,
        createdAt: header.createdAt,
        settings,
        start: header.start,
        firstSeq,
        lastSeq,
        records,
        segments,
        ended: segments.at(-1)?.ended ?? false,
      })),
      problems: this.goesOn === null ? this.problems : [...this.problems, unfollowed(this.goesOn)],
      beginsLater: this.beginsLater,
      head: this.before?.hash ?? null,
      passed: passed === null ? null : { run: passed.run, seq: passed.seq, after: taken - passed.taken },
    }
  }

  private bytesOf(file: SegmentFile): Uint8Array | null {
    try {
      return readSegment(file)
    } catch (cause) {
      this.report(basename(file.path), "unopenable", messageOf(cause))
      this.first = false
      return null
    }
  }

  private report(file: string, kind: JournalProblem["kind"], detail: string): void {
    this.problems.push({ file, kind, at: 0, bytes: 0, seq: null, detail })
  }

  /** The run that a header belongs to: the last one, if it goes on, or a new one. */
  private runOf(header: JournalHeader): OpenRun {
    const last = this.runs.at(-1)
    if (last !== undefined && last.reader.header.run === header.run && header.segment > 1) {
      // Every header says how the run was started: where the first ones did not, what follows can be read all the same.
      if (last.reader.header.start === null && header.start !== null) last.reader = new RunReader(header)
      return last
    }
    const { firstSeq } = header
    const run = { reader: new RunReader(header), firstSeq, lastSeq: firstSeq - 1, records: 0, segments: [] }
    this.runs.push(run)
    return run
  }

  private pass(run: OpenRun, seq: number, numbers: Float64Array, note: string | null): void {
    run.records++
    run.lastSeq = seq
    const item = run.reader.item(numbers, note)
    if (item !== null) this.visit(item)
  }

  private checkLink(file: string, header: JournalHeader): void {
    const { before } = this
    const { previous } = header
    if (this.first) {
      this.beginsLater ||= previous !== null
      return
    }
    // What is wrong with the segment before has been said; whether this one fits it cannot be.
    if (!this.beforeIsWhole || before === null) return
    const fits =
      previous !== null &&
      previous.hash === before.hash &&
      (header.segment === 1 || (header.run === before.run && header.firstSeq === before.lastSeq + 1))
    if (fits) return
    const detail =
      previous === null
        ? "it says that it is the first segment"
        : `it follows record ${previous.lastSeq} of run ${previous.run}, but the segment before it ends elsewhere`
    this.problems.push({ file, kind: "broken", at: 0, bytes: 0, seq: header.firstSeq, detail })
  }
}

const segmentOf = (file: string, scan: SegmentScan): JournalSegment => ({
  file,
  run: scan.header?.run ?? null,
  records: scan.records,
  lastSeq: scan.lastSeq,
  sealed: scan.sealed,
  ended: scan.ended,
  bytes: scan.bytes,
  trustedBytes: scan.trustedBytes,
})

const startless = ({ file, records }: JournalSegment, { reader }: OpenRun): JournalProblem => ({
  file,
  kind: "startless",
  at: 0,
  bytes: 0,
  seq: reader.header.firstSeq,
  detail: `its header does not say how run ${reader.header.run} was started: its ${records} records cannot be read`,
})

const unfollowed = ({ file, bytes, lastSeq }: JournalSegment): JournalProblem => ({
  file,
  kind: "unfollowed",
  at: bytes,
  bytes: 0,
  seq: lastSeq + 1,
  detail:
    "it says that another segment follows, but there is none: not written yet, never written (the engine died just then), or removed",
})

/** Goes through every record of the directory's journal. Throws only what listing the directory does. */
export function walkJournal(directory: string, visit: (item: JournalItem) => void): JournalSummary {
  const steps = stepsOf(directory, visit)
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value
}

/** How far a walk has come. */
export interface WalkStep {
  readonly segment: number
  readonly segments: number
}

/**
 * The same, a segment at a time, so that the caller can show progress, and stop. `sought` is a state of the chain to look for, 64
 * hexadecimal digits.
 */
export function* stepsOf(
  directory: string,
  visit: (item: JournalItem) => void,
  sought: string | null = null,
): Generator<WalkStep, JournalSummary> {
  const walk = new Walk(visit, sought, readMark(directory))
  const files = listSegments(directory)
  for (const [i, file] of files.entries()) {
    walk.take(file)
    yield { segment: i + 1, segments: files.length }
  }
  return walk.summary()
}
