/**
 * The journal on disk, as a sink of the audit: batches become frames, frames are written behind one another, and a batch
 * counts as taken only when the disk has taken all of it (and, with `sync: "batch"`, says that it would survive a loss of
 * power). What a disk refuses is an AuditError; the trail offers the same batch again, and the file is as if nothing
 * had been tried.
 */
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { RECORD_POINT, RECORD_SEQUENCE } from "../../hot/AuditRing.ts"
import type { JournalLink } from "../format/JournalHeader.ts"
import { beginningOf } from "../format/beginning.ts"
import { firstState } from "../format/frames.ts"
import { Standing } from "../format/Standing.ts"
import type { SyncedMark } from "../format/SyncedMark.ts"
import { SegmentWriter } from "../format/SegmentWriter.ts"
import { packageVersion } from "../../system/version.ts"
import type { Settled } from "./journalOptions.ts"
import {
  chainEnd,
  compressClosed,
  listSegments,
  removeLeftovers,
  removeOldest,
  segmentPath,
  sha256,
} from "./journalSegments.ts"
import { MarkFile, readMark } from "./journalMark.ts"
import type { Lock } from "../../system/lockFile.ts"
import { messageOf } from "../../system/messageOf.ts"

const REMOVED =
  "is not as it was left: the file being written was deleted under the engine, and what is written now would be lost; " +
  "restart the engine"

const STARTLESS =
  "came before the one that says how the run was started, and without that nobody could read it: " +
  "pass every record to the sink, from the first on"

/** How a journal stands. */
export interface JournalState {
  /** Number of the segment being written, and its bytes so far. */
  readonly segment: number
  readonly bytes: number
  /** The last record written, and the last one that would survive a loss of power; 0 before the first. */
  readonly writtenSeq: number
  readonly syncedSeq: number
  readonly removedSegments: number
  /** Tidying that failed (compression, retention) costs room, never records; the last such failure. */
  readonly tidyFailures: number
  readonly lastTidyError: string | null
}

/** A thing to do on the disk: the same steps run with and without waiting. */
type Step =
  | { readonly do: "write"; readonly fd: number; readonly bytes: Uint8Array; readonly at: number }
  | { readonly do: "sync"; readonly fd: number }

/** Time that no change of the wall clock shortens or lengthens. */
const sinceUs = (ms: number): number => (performance.now() - ms) * 1000

interface Segment {
  readonly fd: number
  /** Null until the first record tells whose it is. */
  writer: SegmentWriter | null
  /** Bytes that count; what a failed write left behind them is cut off. */
  length: number
  readonly sinceMs: number
  /** No file may become longer than it is: what is next goes into another one. */
  outgrown: boolean
}

/** The journal of a directory while one run is written to it. Its lock is let go with it. */
export class JournalFile {
  private readonly directory: string
  private readonly options: Settled
  private readonly lock: Lock
  private readonly mark: MarkFile
  private segment: Segment | null
  private number: number
  private link: JournalLink | null
  private start: AuditRecord["start"] = undefined
  /** Where the run stands by what was written; null before its first record. */
  private standing: Standing | null = null
  private runSegments = 0
  private writtenSeq = 0
  private syncedSeq = 0
  private syncedAtMs = performance.now()
  private syncing: Promise<void> | null = null
  private timer: NodeJS.Timeout | null = null
  private tidying: Promise<void> = Promise.resolve()
  private removed = 0
  private tidyFailures = 0
  private tidyError: string | null = null
  private closed = false

  constructor(directory: string, options: Settled, lock: Lock) {
    this.directory = directory
    this.options = options
    this.lock = lock
    removeLeftovers(directory)
    const said = readMark(directory)
    const mark = typeof said === "string" ? null : said
    this.link = chainEnd(directory, mark)
    this.number = Math.max(listSegments(directory).at(-1)?.number ?? 0, mark?.number ?? 0)
    this.mark = new MarkFile(directory, options.disk)
    // From here on a loss of power may leave anything behind these.
    if (said === null && options.sync !== "never")
      this.mark.begin({ number: this.number, bytes: 0, seq: 0, state: firstState(sha256) })
    this.segment = this.create()
    this.tidy(false)
  }

  get state(): JournalState {
    return {
      segment: this.number,
      bytes: this.segment?.length ?? 0,
      writtenSeq: this.writtenSeq,
      syncedSeq: this.syncedSeq,
      removedSegments: this.removed,
      tidyFailures: this.tidyFailures,
      lastTidyError: this.tidyError,
    }
  }

  async write(batch: ReadonlyArray<AuditRecord>, exact: ReadonlyArray<Float64Array>): Promise<void> {
    const { disk } = this.options
    await this.attempt(async () => {
      for (const step of this.steps(batch, exact)) {
        if (step.do === "write") await disk.write(step.fd, step.bytes, step.at)
        else await disk.sync(step.fd)
      }
    })
    if (this.options.sync === "interval") this.syncLater()
  }

  writeNow(batch: ReadonlyArray<AuditRecord>, exact: ReadonlyArray<Float64Array>): void {
    const { disk } = this.options
    const attempt = (): void => {
      for (const step of this.steps(batch, exact)) {
        if (step.do === "write") disk.writeNow(step.fd, step.bytes, step.at)
        else disk.syncNow(step.fd)
      }
    }
    try {
      attempt()
    } catch (cause) {
      if (!this.undo(cause)) throw cause
      this.writeNow(batch, exact)
    }
  }

  /** Ends the last segment, waits for what is being tidied, and lets the directory go. */
  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    if (this.timer !== null) clearTimeout(this.timer)
    const { disk } = this.options
    try {
      await this.syncing
      await this.attempt(async () => {
        for (const step of this.sealing(true)) {
          if (step.do === "write") await disk.write(step.fd, step.bytes, step.at)
          else await disk.sync(step.fd)
        }
        this.mark.finish()
      })
      await this.tidying
    } finally {
      if (this.segment !== null) disk.close(this.segment.fd)
      this.segment = null
      this.mark.close()
      this.lock.release()
    }
  }

  private async attempt(run: () => Promise<void>): Promise<void> {
    try {
      await run()
    } catch (cause) {
      if (!this.undo(cause)) throw cause
      await this.attempt(run)
    }
  }

  /** As if the last batch had never been tried. True where it goes into another file. */
  private undo(cause: unknown): boolean {
    const { segment } = this
    if (segment === null) return false
    segment.writer?.reset()
    try {
      this.options.disk.truncate(segment.fd, segment.length)
    } catch {
      // The disk refuses even that; the next attempt writes over the same place, and a reader takes it for a torn tail.
    }
    const tooLong = (cause as NodeJS.ErrnoException).code === "EFBIG"
    if (!tooLong || segment.length === 0 || segment.outgrown) return false
    segment.outgrown = true
    return true
  }

  private *steps(
    batch: ReadonlyArray<AuditRecord>,
    exact: ReadonlyArray<Float64Array>,
  ): Generator<Step, void> {
    if (this.closed) throw new Error("it has been closed")
    if (batch.length === 0) return
    if (exact.length !== batch.length) throw new Error("it received a record's text without its numbers")
    this.start ??= batch.find(({ start }) => start !== undefined)?.start
    if (this.start === undefined) throw new Error(`record ${batch[0].seq} ${STARTLESS}`)
    this.mark.settle()
    if (this.wantsRotation()) {
      yield* this.sealing(false)
      this.rotate()
    }
    this.segment ??= this.create()
    const { segment } = this
    segment.writer ??= this.writerFor(batch[0].run, exact[0][RECORD_SEQUENCE], exact[0].length - RECORD_POINT)
    const { writer } = segment
    batch.forEach(({ note }, i) => writer.append({ numbers: exact[i], note }))
    const { bytes } = writer
    yield { do: "write", fd: segment.fd, bytes, at: segment.length }
    // The first bytes of a segment say where the run stands: what is older may be removed once they are there for good.
    const first = segment.length === 0
    const due = this.options.sync === "batch" || this.syncIsDue() || (first && this.options.sync !== "never")
    if (due) yield { do: "sync", fd: segment.fd }
    if (!this.options.disk.isThere(segment.fd)) throw new Error(`${this.directory} ${REMOVED}`)
    segment.length += bytes.length
    writer.commit()
    this.link = writer.link
    this.writtenSeq = exact[exact.length - 1][RECORD_SEQUENCE]
    // What it takes over from the run before, such as the rollbacks of the hour, stands in the record of its start alone.
    this.standing ??= new Standing(writer.header.knobs, beginningOf(writer.header).standing)
    for (const numbers of exact) this.standing.take(numbers)
    if (due) this.noteSync(this.here())
    if (first) this.tidy(true)
  }

  /** The last frame of the segment, on the disk for good. */
  private *sealing(ended: boolean): Generator<Step, void> {
    const { segment } = this
    if (segment === null || segment.writer === null || segment.length === 0) return
    if (!segment.outgrown) return yield* this.seal(segment, segment.writer, ended)
    // Not even that has room there. The next header says where it ends, and the end of a run has a segment of its own.
    if (this.options.sync !== "never") {
      yield { do: "sync", fd: segment.fd }
      this.noteSync(this.here())
    }
    if (!ended) return
    const { run, knobs } = segment.writer.header
    this.rotate()
    this.segment = this.create()
    this.segment.writer = this.writerFor(run, this.writtenSeq + 1, knobs)
    yield* this.seal(this.segment, this.segment.writer, true)
  }

  private *seal(segment: Segment, writer: SegmentWriter, ended: boolean): Generator<Step, void> {
    writer.seal(ended)
    const { bytes } = writer
    yield { do: "write", fd: segment.fd, bytes, at: segment.length }
    if (this.options.sync !== "never") yield { do: "sync", fd: segment.fd }
    segment.length += bytes.length
    writer.commit()
    this.link = writer.link
    if (this.options.sync !== "never") this.noteSync(this.here())
  }

  private wantsRotation(): boolean {
    const { segment, options } = this
    if (segment === null || segment.length === 0) return false
    return (
      segment.outgrown ||
      segment.length >= options.segmentBytes ||
      sinceUs(segment.sinceMs) >= options.segmentUs
    )
  }

  private rotate(): void {
    const { segment } = this
    if (segment === null) return
    this.segment = null
    // A sync under way still needs the file.
    const close = (): void => this.options.disk.close(segment.fd)
    if (this.syncing === null) close()
    else void this.syncing.finally(close)
  }

  private create(): Segment {
    // A number is never tried twice: a file that was made and could not be used must not stand in the way.
    this.number++
    const fd = this.options.disk.create(segmentPath(this.directory, this.number))
    return { fd, writer: null, length: 0, sinceMs: performance.now(), outgrown: false }
  }

  private writerFor(run: string, firstSeq: number, points: number): SegmentWriter {
    this.runSegments++
    const knobs = this.start?.["knobs"]
    return new SegmentWriter(sha256, {
      run,
      engine: packageVersion(),
      segment: this.runSegments,
      firstSeq,
      knobs: typeof knobs === "object" && knobs !== null ? Object.keys(knobs).length : points,
      createdAt: new Date().toISOString(),
      start: this.start ?? null,
      previous: this.link,
      ...(this.standing === null ? {} : { standing: this.standing.data }),
    })
  }

  private syncIsDue(): boolean {
    return this.options.sync === "interval" && sinceUs(this.syncedAtMs) >= this.options.syncEveryUs
  }

  /** What is written so far, as it will be when it is synced. */
  private here(): SyncedMark {
    const { number, segment, writtenSeq, link } = this
    return {
      number,
      bytes: segment?.length ?? 0,
      seq: writtenSeq,
      state: Buffer.from(link?.hash ?? "", "hex"),
    }
  }

  private noteSync(mark: SyncedMark): void {
    this.syncedSeq = Math.max(this.syncedSeq, mark.seq)
    this.syncedAtMs = performance.now()
    this.mark.claim(mark)
  }

  /** For the last batch before a silence: nobody else would come by to sync it. */
  private syncLater(): void {
    if (this.timer !== null || this.closed || this.syncedSeq === this.writtenSeq) return
    this.timer = setTimeout(() => {
      this.timer = null
      const { segment, writtenSeq } = this
      if (segment === null || this.closed || this.syncedSeq === writtenSeq) return
      const mark = this.here()
      const done = this.options.disk.sync(segment.fd).then(
        () => this.noteSync(mark),
        // Not synced: the next batch, or this timer again, tries once more; the batch then fails if the disk still does.
        () => this.syncLater(),
      )
      this.syncing = done.finally(() => (this.syncing = null))
    }, this.options.syncEveryUs / 1000)
    this.timer.unref()
  }

  /** Compresses what is closed, and removes what is too much, one after the other, while the journal goes on. */
  private tidy(removes: boolean): void {
    const { compress } = this.options
    this.tidying = this.tidying.then(async () => {
      try {
        if (compress !== "none")
          await compressClosed(this.directory, this.number, compress, () => !this.closed)
        if (removes) this.removed += removeOldest(this.directory, this.number, this.options, Date.now())
      } catch (cause) {
        this.tidyFailures++
        this.tidyError = messageOf(cause)
      }
    })
  }
}
