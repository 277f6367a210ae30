/**
 * Writes the records of one owner as segments of a journal, a batch a row. Each segment says how the run was started, where it stood, and
 * how it follows from the one before, which may be another owner's: the chain goes on from epoch to epoch.
 *
 * What was sent and not answered is sent again as the same row before anything else: the database then has it once.
 */
import * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { RECORD_POINT, RECORD_SEQUENCE } from "../../hot/AuditRing.ts"
import { beginningOf } from "../../journal/format/beginning.ts"
import type { Hash } from "../../journal/format/frames.ts"
import type { JournalLink } from "../../journal/format/JournalHeader.ts"
import { SegmentWriter } from "../../journal/format/SegmentWriter.ts"
import { Standing } from "../../journal/format/Standing.ts"
import type { Ownership } from "../Epochs.ts"
import type { FencedError } from "../FencedError.ts"
import type { OwnedThing } from "../owners.ts"
import { timeOf } from "../databaseTime.ts"
import { append, endBefore, type RecordRow } from "./recordRows.ts"
import { weekOf } from "./weeks.ts"

/** How records are written: what belongs to the platform, and when a segment ends. */
export interface RecordsFormat {
  /** SHA-256. */
  readonly hash: Hash
  /** Version of this package. */
  readonly version: string
  /** A new segment is begun beyond so many bytes. */
  readonly segmentBytes: number
}

/** What a writer needs of a record besides its numbers. */
export type RecordWords = Pick<AuditRecord, "seq" | "run" | "start" | "note">

/** A segment is written to for so long at most: what is of one week then ends a day after it. */
const SEGMENT_US = 24 * 3600 * 1e6

interface OpenSegment {
  readonly writer: SegmentWriter
  readonly week: number
  readonly sinceUs: number
  part: number
  bytes: number
}

/** A row that was sent, with what is true once it is there. */
interface Pending {
  readonly row: RecordRow
  readonly segment: OpenSegment
  readonly exact: ReadonlyArray<Float64Array>
  readonly ends: boolean
}

type Written = Effect.Effect<void, FencedError | SqlError>

export class RecordsWriter {
  private readonly thing: OwnedThing
  private readonly ownership: Ownership
  private readonly format: RecordsFormat
  private readonly nowUs: () => number
  private readonly ofOneRun: boolean
  private segment: OpenSegment | null = null
  private segments = 0
  private link: JournalLink | null = null
  private start: AuditRecord["start"] = undefined
  private run = ""
  /** Where the run stands by what was written; null before its first record. */
  private standing: Standing | null = null
  private pending: Pending | null = null
  private writtenSeq = 0

  constructor(
    thing: OwnedThing,
    ownership: Ownership,
    format: RecordsFormat,
    /** Monotonic. */
    nowUs: () => number,
    /** False: the records are of many engines in turn, so there is no place where the run stands. */
    ofOneRun = true,
  ) {
    this.thing = thing
    this.ownership = ownership
    this.format = format
    this.nowUs = nowUs
    this.ofOneRun = ofOneRun
  }

  /** Writes what of a batch is not there yet. The same batch, longer perhaps, may come again after a failure. */
  write(batch: ReadonlyArray<RecordWords>, exact: ReadonlyArray<Float64Array>): Written {
    return Effect.gen({ self: this }, function* () {
      yield* this.settle()
      const from = batch.findIndex(({ seq }) => seq > this.writtenSeq)
      if (from < 0) return
      this.start ??= batch.find(({ start }) => start !== undefined)?.start
      this.run = batch[0].run
      if (this.isFull) yield* this.seal(false)
      const numbers = exact.slice(from)
      this.segment ??= yield* this.begin(numbers[0])
      const { writer } = this.segment
      writer.reset()
      batch.slice(from).forEach(({ note }, i) => writer.append({ numbers: numbers[i], note }))
      this.send(this.segment, numbers, false)
      yield* this.settle()
    })
  }

  /** Ends the run. */
  close(): Written {
    return Effect.gen({ self: this }, function* () {
      yield* this.settle()
      yield* this.seal(true)
    })
  }

  private get isFull(): boolean {
    const { segment } = this
    if (segment === null) return false
    return segment.bytes >= this.format.segmentBytes || this.nowUs() - segment.sinceUs >= SEGMENT_US
  }

  private seal(ended: boolean): Written {
    const { segment } = this
    if (segment === null) return Effect.void
    segment.writer.seal(ended)
    this.send(segment, [], true)
    return this.settle()
  }

  private begin(first: Float64Array): Effect.Effect<OpenSegment, SqlError> {
    const { ownership, thing, run, start, standing } = this
    return Effect.gen({ self: this }, function* () {
      if (this.segments === 0)
        this.link = yield* ownership.read((sql) => endBefore(sql, thing, ownership.epoch))
      const atMs = yield* ownership.read((sql: SqlClient) => timeOf(sql))
      const knobs = start?.["knobs"]
      this.segments++
      const writer = new SegmentWriter(this.format.hash, {
        run,
        engine: this.format.version,
        segment: this.segments,
        firstSeq: first[RECORD_SEQUENCE],
        knobs:
          typeof knobs === "object" && knobs !== null
            ? Object.keys(knobs).length
            : first.length - RECORD_POINT,
        createdAt: new Date(atMs).toISOString(),
        start: start ?? null,
        previous: this.link,
        ...(standing === null ? {} : { standing: standing.data }),
      })
      return { writer, week: weekOf(atMs), sinceUs: this.nowUs(), part: 0, bytes: 0 }
    })
  }

  /** Makes a row of what was built. */
  private send(segment: OpenSegment, exact: ReadonlyArray<Float64Array>, ends: boolean): void {
    const { writer, week, part } = segment
    const { lastSeq, hash, run } = writer.link
    this.pending = {
      row: {
        segment: writer.header.segment,
        part: part + 1,
        week,
        run,
        lastSeq,
        records: exact.length,
        head: hash,
        frames: writer.bytes,
      },
      segment,
      exact,
      ends,
    }
  }

  /** Sends what was not answered. */
  private settle(): Written {
    return Effect.suspend(() => {
      const { pending, ownership, thing } = this
      if (pending === null) return Effect.void
      return Effect.andThen(
        ownership.write((sql, epoch) => append(sql, thing, epoch, pending.row)),
        Effect.sync(() => this.noteWritten(pending)),
      )
    })
  }

  private noteWritten({ row, segment, exact, ends }: Pending): void {
    const { writer } = segment
    this.pending = null
    segment.part = row.part
    segment.bytes += row.frames.length
    this.link = writer.link
    writer.commit()
    this.writtenSeq = row.lastSeq
    if (ends) this.segment = null
    if (!this.ofOneRun) return
    this.standing ??= new Standing(writer.header.knobs, beginningOf(writer.header).standing)
    for (const numbers of exact) this.standing.take(numbers)
  }
}
