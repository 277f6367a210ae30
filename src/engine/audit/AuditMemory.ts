/**
 * The last records in memory: a ring of so many, the oldest make room. What is forgotten is counted. A record that nobody has asked
 * for is kept as the numbers it was on the audit ring, and decoded when it is read: most never are.
 */
import type { AuditRecord } from "../../domain/AuditRecord.ts"

/** Records whose numbers lie in one array. */
const CHUNK = 256

/** Puts the record at `block[at]` into words. */
export type DecodeRecord = (block: Float64Array, at: number) => AuditRecord

export class AuditMemory {
  readonly capacity: number
  /** Records that made room for newer ones. */
  forgotten = 0
  private readonly decode: DecodeRecord
  private readonly width: number
  /** By place; null where only the numbers are there. */
  private readonly records: Array<AuditRecord | null> = []
  private readonly numbers: Array<Float64Array> = []
  private next = 0

  /** `width`: doubles of a record. */
  constructor(capacity: number, width: number, decode: DecodeRecord) {
    this.capacity = capacity
    this.width = width
    this.decode = decode
  }

  add(record: AuditRecord): void {
    this.put(record)
  }

  /** Takes a copy of the numbers at `block[from]`. */
  keep(block: Float64Array, from: number): void {
    const place = this.put(null)
    const { width } = this
    const chunk = (this.numbers[Math.floor(place / CHUNK)] ??= new Float64Array(
      Math.min(CHUNK, this.capacity) * width,
    ))
    const to = (place % CHUNK) * width
    for (let i = 0; i < width; i++) chunk[to + i] = block[from + i]
  }

  /** Those numbered above `seq`, oldest first; a copy of these alone. */
  after(seq: number): ReadonlyArray<AuditRecord> {
    const { next } = this
    const size = this.records.length
    if (size === 0) return []
    const newest = this.read((next + size - 1) % size).seq
    const wanted = Math.max(0, Math.min(size, newest - seq))
    return Array.from({ length: wanted }, (_, k) => this.read((next + size - wanted + k) % size))
  }

  /** Oldest first; a copy. */
  list(): ReadonlyArray<AuditRecord> {
    const size = this.records.length
    return Array.from({ length: size }, (_, k) => this.read((this.next + k) % size))
  }

  private put(record: AuditRecord | null): number {
    const { records, next, capacity } = this
    if (records.length < capacity) return records.push(record) - 1
    records[next] = record
    this.next = (next + 1) % capacity
    this.forgotten++
    return next
  }

  private read(place: number): AuditRecord {
    return (this.records[place] ??= this.decode(
      this.numbers[Math.floor(place / CHUNK)],
      (place % CHUNK) * this.width,
    ))
  }
}
