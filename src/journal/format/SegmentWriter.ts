/**
 * One segment of a journal while it is being written, without a disk: what it is given becomes `bytes`, and only once
 * these are where they belong does `commit` let the next ones follow. After a failure `reset` goes back to what is committed.
 */
import { FILE_HEAD, FrameBuilder, type Hash, hex } from "./frames.ts"
import { headerBytes, type JournalHeader, type JournalLink } from "./JournalHeader.ts"
import { encodeRecord, HEADER_FRAME, SEAL_FRAME } from "./recordCodec.ts"
import { RECORD_SEQUENCE } from "../../hot/AuditRing.ts"

/** A record as the journal keeps it: the doubles of the ring, and what a person said. */
export interface JournalRecord {
  readonly numbers: Float64Array
  readonly note?: string | undefined
}

export class SegmentWriter {
  readonly header: JournalHeader
  private readonly frames: FrameBuilder
  private started = false
  private lastSeq: number
  private committedStarted = false
  private committedSeq: number

  constructor(hash: Hash, header: JournalHeader) {
    this.header = header
    this.frames = new FrameBuilder(hash)
    this.lastSeq = header.firstSeq - 1
    this.committedSeq = this.lastSeq
  }

  /** What is to be written behind the committed bytes; valid until the next call. */
  get bytes(): Uint8Array {
    return this.frames.bytes
  }

  /** For the header of the next segment. */
  get link(): JournalLink {
    const { run, segment } = this.header
    return { run, segment, lastSeq: this.lastSeq, hash: hex(this.frames.head), cutBytes: 0 }
  }

  append(record: JournalRecord): void {
    this.start()
    this.frames.begin()
    encodeRecord(this.frames, record.numbers, 0, record.numbers.length, record.note)
    this.frames.end()
    this.lastSeq = record.numbers[RECORD_SEQUENCE]
  }

  /**
   * The last frame of a segment that was ended on purpose: whether the run ends with it or goes on in another, the number of
   * its last record, and the chain's whole state.
   */
  seal(ended: boolean): void {
    this.start()
    const state = this.frames.head
    this.frames.begin()
    this.frames.byte(SEAL_FRAME)
    this.frames.byte(ended ? 1 : 0)
    this.frames.double(this.lastSeq)
    this.frames.raw(state)
    this.frames.end()
  }

  commit(): void {
    this.frames.commit()
    this.committedStarted = this.started
    this.committedSeq = this.lastSeq
  }

  reset(): void {
    this.frames.reset()
    this.started = this.committedStarted
    this.lastSeq = this.committedSeq
  }

  /** The file's first bytes and the header, before the first frame. */
  private start(): void {
    if (this.started) return
    this.started = true
    this.frames.raw(FILE_HEAD)
    this.frames.begin()
    this.frames.byte(HEADER_FRAME)
    this.frames.raw(headerBytes(this.header))
    this.frames.end()
  }
}
