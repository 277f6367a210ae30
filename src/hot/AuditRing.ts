/**
 * The audit trail on its way out: fixed-size records of doubles in a ring, written by Tier 1 without allocating and
 * drained by the audit trail. It never overwrites: a full ring refuses, and that refusal stops adaptation. The last
 * `reserved` places are kept for safety actions, which must always be possible and always be recorded, for what follows from
 * the record that took the last ordinary place, and for what a person asks for meanwhile.
 */
import { outOfRange } from "./outOfRange.ts"

/** Positions in a record. */
export const RECORD_SEQUENCE = 0
/** AUDIT_*. */
export const RECORD_KIND = 1
export const RECORD_TIMESTAMP_US = 2
/** The live generation after what is recorded. */
export const RECORD_GENERATION = 3
export const RECORD_PROPOSAL_ID = 4
/** Status of an apply or a violation, trip reason of SafeMode, validity of a digest, due code of a tick. */
export const RECORD_CODE = 5
/** PLUS..RETURN_TO_BASE, or NaN. */
export const RECORD_DETAIL = 6
/** Knob a violation is about, or -1. */
export const RECORD_KNOB = 7
export const RECORD_VALUE = 8
export const RECORD_LIMIT = 9
export const RECORD_OBJECTIVE = 10
export const RECORD_MARGIN = 11
/**
 * The point, one double per knob **in unit space**: what is live after the record, or what was asked for in a violation
 * (which may be NaN or out of bounds). `KnobTable.decode` gives the user values, bit for bit those that were live.
 */
export const RECORD_POINT = 12

/** A digest's record keeps its four extra channels at the point (`digestRecord.ts`), so a point has room for at least four. */
const LEAST_POINT = 4

/** Places that only `reserveSafety` takes, at least: a quarter of the ring, and no more than so many. */
export const RESERVED_RECORDS = 8
const MOST_RESERVED = 64
const HIGH_WATER = 0.8
/** Sequence of the next record, records that found no place. */
const NEXT = 0
const DROPPED = 1
const SEQUENCE_OF = RECORD_SEQUENCE

/** What `drain` hands out: one record at `block[offset]`. Read it at once, keep nothing. */
export type RecordVisitor = (block: Float64Array, offset: number) => void

/** The largest ring: 1 GiB. */
const MOST_BYTES = 2 ** 30

/** Audit records on their way out: a ring of doubles that refuses when it is full and never overwrites. */
export class AuditRing {
  readonly capacity: number
  /** Of these only `reserveSafety` takes so many. */
  readonly reserved: number
  /** Doubles per record. */
  readonly width: number
  readonly knobs: number
  /** The records; writers fill the `width` doubles at what `reserve` returned. */
  readonly block: Float64Array
  /** One record to fill at leisure for `push`; sequence is filled in by the ring. */
  readonly draft: Float64Array
  /** Waiting records. */
  size = 0
  private head = 0
  /** Offset of the next record. */
  private tailAt = 0
  /** Places for ordinary records. */
  private readonly ordinary: number
  /** Doubles of all records; behind them stand two counts that may outgrow 2^31: NEXT and DROPPED. */
  private readonly end: number

  /** `capacity` must leave room beside the reserved places: at least 16. A RangeError for less, and for more than 1 GiB. */
  constructor(knobs: number, capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 2 * RESERVED_RECORDS) {
      throw outOfRange("capacity", `a whole number from ${2 * RESERVED_RECORDS}`, capacity)
    }
    const bytes = 8 * capacity * (RECORD_POINT + Math.max(knobs, LEAST_POINT))
    if (bytes > MOST_BYTES) {
      const most = Math.floor((MOST_BYTES * capacity) / bytes)
      throw outOfRange("capacity", `at most ${most} for records of ${knobs} knobs`, capacity)
    }
    this.knobs = knobs
    this.capacity = capacity
    this.reserved = Math.max(RESERVED_RECORDS, Math.min(MOST_RESERVED, capacity >> 2))
    this.ordinary = capacity - this.reserved
    this.width = RECORD_POINT + Math.max(knobs, LEAST_POINT)
    this.end = capacity * this.width
    this.block = new Float64Array(this.end + 2)
    this.draft = new Float64Array(this.width)
    this.clearDraft()
    this.block[this.end + NEXT] = 1
  }

  /** Places left for ordinary records. */
  get free(): number {
    const free = this.ordinary - this.size
    return free > 0 ? free : 0
  }

  /** No place left for ordinary records: adaptation has to wait for the drain. */
  get full(): boolean {
    return this.size >= this.ordinary
  }

  /** Four fifths of the ordinary places are taken: time to drain. */
  get highWater(): boolean {
    return this.size >= HIGH_WATER * this.ordinary
  }

  /** Half empty: far enough below what fills it that a few records do not fill it again. Adaptation may go on. */
  get drained(): boolean {
    return 2 * this.size <= this.capacity
  }

  /** Records written since construction. */
  get written(): number {
    return this.block[this.end + NEXT] - 1
  }

  /** Records that found no place at all. Stays 0 while a full ring halts adaptation and someone drains. */
  get dropped(): number {
    return this.block[this.end + DROPPED]
  }

  /** Offset in `block` of the next record, sequence filled in, or -1 when full. Nothing is written before `commit`. */
  reserve(): number {
    if (this.size >= this.ordinary) return -1
    const offset = this.tailAt
    this.block[offset + SEQUENCE_OF] = this.block[this.end + NEXT]
    return offset
  }

  /** As `reserve`, with the reserved places too. */
  reserveSafety(): number {
    if (this.size === this.capacity) return -1
    const offset = this.tailAt
    this.block[offset + SEQUENCE_OF] = this.block[this.end + NEXT]
    return offset
  }

  /** Makes the record at the reserved offset part of the trail. */
  commit(): void {
    const next = this.tailAt + this.width
    this.tailAt = next === this.end ? 0 : next
    this.size++
    this.block[this.end + NEXT]++
  }

  /** Appends the draft; false when it found no place, which is counted in `dropped`. */
  push(): boolean {
    return this.append(this.reserve())
  }

  /** Appends the draft with the reserved places too: for safety actions and SafeMode. */
  pushSafety(): boolean {
    return this.append(this.reserveSafety())
  }

  /** A record that could not be written is at least counted. */
  drop(): void {
    this.block[this.end + DROPPED]++
  }

  /** An empty draft: everything NaN but knob -1 and code 0. */
  clearDraft(): void {
    this.draft.fill(Number.NaN)
    this.draft[RECORD_KNOB] = -1
    this.draft[RECORD_CODE] = 0
  }

  /**
   * Hands out records in order, oldest first, at most `max`, and frees their places; returns how many. A record is off
   * the ring before its visitor runs; a visitor must not write to this ring.
   */
  drain(visit: RecordVisitor, max = this.capacity): number {
    let visited = 0
    while (visited < max && this.size > 0) {
      const offset = this.head * this.width
      const next = this.head + 1
      this.head = next === this.capacity ? 0 : next
      this.size--
      visited++
      visit(this.block, offset)
    }
    return visited
  }

  private append(offset: number): boolean {
    if (offset < 0) {
      this.block[this.end + DROPPED]++
      return false
    }
    const { block, draft, width } = this
    for (let i = SEQUENCE_OF + 1; i < width; i++) block[offset + i] = draft[i]
    this.commit()
    return true
  }
}
