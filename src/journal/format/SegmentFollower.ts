/**
 * Reads a segment while it grows: hand it what was appended, as it comes, and it gives the records that are whole by then.
 * Checksums only: whether the chain holds is for `scanSegment`, which reads all of it.
 */
import { RECORD_POINT } from "../../hot/AuditRing.ts"
import { BODY_AT, FILE_HEAD, frameBytes } from "./frames.ts"
import { type JournalHeader, readHeader } from "./JournalHeader.ts"
import { BodyReader, decodeRecord, HEADER_FRAME, RECORD_FRAME } from "./recordCodec.ts"

const LEAST_POINT = 4

export class SegmentFollower {
  header: JournalHeader | null = null
  /** Bytes of whole frames so far. */
  taken = 0
  private numbers = new Float64Array(0)
  private rest = new Uint8Array(0)

  /** `numbers` is overwritten by the next record. */
  push(bytes: Uint8Array, visit: (numbers: Float64Array, note: string | null) => void): void {
    const all = new Uint8Array(this.rest.length + bytes.length)
    all.set(this.rest)
    all.set(bytes, this.rest.length)
    const view = new DataView(all.buffer)
    const body = new BodyReader(all, view)
    let at = 0
    if (this.taken === 0 && all.length >= FILE_HEAD.length) at = FILE_HEAD.length
    if (this.taken > 0 || at > 0) {
      for (let size = frameBytes(all, view, at); size > 0; size = frameBytes(all, view, at)) {
        body.open(at + BODY_AT, at + size)
        this.read(body, visit)
        at += size
      }
    }
    this.taken += at
    this.rest = all.slice(at)
  }

  private read(body: BodyReader, visit: (numbers: Float64Array, note: string | null) => void): void {
    const type = body.byte()
    if (type === HEADER_FRAME) {
      this.header = readHeader(body.rest())
      this.numbers = new Float64Array(RECORD_POINT + Math.max(this.header?.knobs ?? 0, LEAST_POINT))
    } else if (type === RECORD_FRAME && this.header !== null) {
      const note = decodeRecord(body, this.numbers)
      if (note !== false) visit(this.numbers, note)
    }
  }
}
