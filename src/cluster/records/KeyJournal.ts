/**
 * The records of one key out of the journal of its bucket: a journal of its own that everything which reads the journal of an engine reads.
 * Bytes come in as they were written, and bytes of files go out. Each engine that the key had is a run in a file of its own.
 */
import { RECORD_KIND, RECORD_SEQUENCE } from "../../hot/AuditRing.ts"
import { AUDIT_ENGINE_STOPPED } from "../../hot/codes.ts"
import type { Hash } from "../../journal/format/frames.ts"
import type { JournalHeader, JournalLink } from "../../journal/format/JournalHeader.ts"
import { SegmentFollower } from "../../journal/format/SegmentFollower.ts"
import { SegmentWriter } from "../../journal/format/SegmentWriter.ts"
import { type KeyedNote, readKeyedNote } from "./keyedNote.ts"
import type { RecordPlace } from "./recordRows.ts"

/** Bytes that belong at the end of a file. */
export interface FilePart {
  /** Number of the file, from 1. */
  readonly file: number
  readonly bytes: Uint8Array
}

interface Life {
  readonly epoch: number
  readonly life: number
  readonly writer: SegmentWriter
  /** Where only some of its records are kept, they are numbered from zero again; null: they keep their numbers. */
  counted: number | null
}

export class KeyJournal {
  private readonly key: string
  private readonly hash: Hash
  private at: RecordPlace = { epoch: 0, segment: 0, part: 0 }
  private segment = new SegmentFollower()
  private open: Life | null = null
  private last: JournalLink | null = null
  private files = 0

  constructor(key: string, hash: Hash) {
    this.key = key
    this.hash = hash
  }

  /** Nothing was of the key so far. */
  get isEmpty(): boolean {
    return this.files === 0
  }

  /** Takes the next batch of the bucket's journal. */
  take(place: RecordPlace, frames: Uint8Array): ReadonlyArray<FilePart> {
    if (place.epoch !== this.at.epoch || place.segment !== this.at.segment)
      this.segment = new SegmentFollower()
    this.at = place
    const parts: Array<FilePart> = []
    this.segment.push(frames, (numbers, note) => {
      const said = readKeyedNote(note)
      const { header } = this.segment
      const fleet = fleetOf(header)
      if (said?.key !== this.key || header === null || fleet === null) return
      const { open } = this
      if (open === null || open.epoch !== place.epoch || open.life !== said.life) {
        this.flush(parts)
        this.begin(header, fleet, said)
      }
      this.append(numbers, said)
      if (numbers[RECORD_KIND] !== AUDIT_ENGINE_STOPPED) return
      this.open?.writer.seal(true)
      this.flush(parts)
      this.open = null
    })
    this.flush(parts)
    return parts
  }

  private begin(
    { engine, knobs, createdAt, start }: JournalHeader,
    { name, epoch, keeps }: OfFleet,
    { life, seq, standing }: KeyedNote,
  ): void {
    const counted = keeps === "safety" ? 0 : null
    this.files++
    const writer = new SegmentWriter(this.hash, {
      run: `${name}-${epoch}/${this.key}`,
      engine,
      segment: 1,
      firstSeq: counted === null ? seq : 1,
      knobs,
      createdAt,
      start: { ...start, key: { name: this.key, standing: standing ?? null } },
      previous: this.last,
    })
    this.open = { epoch: this.at.epoch, life, writer, counted }
  }

  private append(numbers: Float64Array, { seq, note }: KeyedNote): void {
    const { open } = this
    if (open === null) return
    const own = numbers.slice()
    own[RECORD_SEQUENCE] = open.counted === null ? seq : ++open.counted
    open.writer.append({ numbers: own, note })
  }

  private flush(parts: Array<FilePart>): void {
    const { open } = this
    if (open === null || open.writer.bytes.length === 0) return
    parts.push({ file: this.files, bytes: open.writer.bytes.slice() })
    open.writer.commit()
    this.last = open.writer.link
  }
}

interface OfFleet {
  readonly name: string
  readonly epoch: number
  readonly keeps: string
}

/** What the journal of a bucket says of its fleet; null where it is another journal. */
function fleetOf(header: JournalHeader | null): OfFleet | null {
  const { name, epoch, keeps } = (header?.start?.["fleet"] ?? {}) as Partial<OfFleet>
  return typeof name === "string" && typeof epoch === "number" && typeof keeps === "string"
    ? { name, epoch, keeps }
    : null
}
