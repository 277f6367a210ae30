/**
 * One audit record as bytes: every double of it comes back bit for bit (all NaN being one), in a third of the space. What
 * most records leave empty costs two bits, whole numbers cost what they are worth, and times near the record's own
 * are kept as the distance to it.
 *
 * Body: type 2, kind (one byte), tags (three bytes), sequence (varint), the fields that the tags name, how many doubles of
 * the point follow (varint), these, and what a person said (UTF-8, up to the end of the body).
 */
import {
  RECORD_KIND,
  RECORD_MARGIN,
  RECORD_POINT,
  RECORD_SEQUENCE,
  RECORD_TIMESTAMP_US,
} from "../../hot/AuditRing.ts"
import type { FrameBuilder } from "./frames.ts"

/** First byte of a body: what the frame is. */
export const HEADER_FRAME = 1
export const RECORD_FRAME = 2
export const SEAL_FRAME = 3

/** Tags of a field, two bits each. */
const EMPTY = 0
const WHOLE = 1
const DOUBLE = 2
const NEAR = 3
const FIRST_FIELD = RECORD_TIMESTAMP_US
const LAST_FIELD = RECORD_MARGIN

/** Whole numbers whose zigzag form a double still holds. */
const LARGEST_WHOLE = 2 ** 52 - 1

const isWhole = (value: number): boolean =>
  Number.isInteger(value) && Math.abs(value) <= LARGEST_WHOLE && !Object.is(value, -0)
const zigzag = (value: number): number => (value >= 0 ? 2 * value : -2 * value - 1)
const unzigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2)
/** Bytes of a varint: a distance is taken where it is shorter than the number itself. */
const NEAR_ENOUGH = 2 ** 27

function tagOf(value: number, stamp: number, isStamp: boolean): number {
  if (Number.isNaN(value)) return EMPTY
  if (!isWhole(value)) return DOUBLE
  const near =
    !isStamp && isWhole(stamp) && Math.abs(value) > NEAR_ENOUGH && Math.abs(value - stamp) < NEAR_ENOUGH
  return near ? NEAR : WHOLE
}

const utf8 = new TextEncoder()

/** Writes the body of a record that lies at `block[at, at + width)`. */
export function encodeRecord(
  frame: FrameBuilder,
  block: Float64Array,
  at: number,
  width: number,
  note: string | undefined,
): void {
  const stamp = block[at + RECORD_TIMESTAMP_US]
  let tags = 0
  for (let field = FIRST_FIELD; field <= LAST_FIELD; field++) {
    tags |= tagOf(block[at + field], stamp, field === RECORD_TIMESTAMP_US) << (2 * (field - FIRST_FIELD))
  }
  frame.byte(RECORD_FRAME)
  frame.byte(block[at + RECORD_KIND])
  frame.byte(tags & 0xff)
  frame.byte((tags >> 8) & 0xff)
  frame.byte(tags >> 16)
  frame.varint(block[at + RECORD_SEQUENCE])
  for (let field = FIRST_FIELD; field <= LAST_FIELD; field++) {
    const value = block[at + field]
    const tag = (tags >> (2 * (field - FIRST_FIELD))) & 3
    if (tag === WHOLE) frame.varint(zigzag(value))
    else if (tag === NEAR) frame.varint(zigzag(value - stamp))
    else if (tag === DOUBLE) frame.double(value)
  }
  let point = width - RECORD_POINT
  while (point > 0 && Number.isNaN(block[at + RECORD_POINT + point - 1])) point--
  frame.varint(point)
  for (let i = 0; i < point; i++) frame.double(block[at + RECORD_POINT + i])
  if (note === undefined) return
  // A note that is there but says nothing is not the same as none.
  frame.raw(utf8.encode(note === "" ? "\0" : note))
}

/** Reads bodies; every read is checked against the body's end. */
export class BodyReader {
  private readonly bytes: Uint8Array
  private readonly view: DataView
  private at = 0
  private end = 0
  /** Something was read that is not there. */
  failed = false

  constructor(bytes: Uint8Array, view: DataView) {
    this.bytes = bytes
    this.view = view
  }

  open(from: number, to: number): void {
    this.at = from
    this.end = to
    this.failed = false
  }

  get left(): number {
    return this.end - this.at
  }

  byte(): number {
    if (this.left < 1) return this.fail()
    return this.bytes[this.at++]
  }

  varint(): number {
    let value = 0
    let weight = 1
    for (let i = 0; i < 8; i++) {
      const byte = this.byte()
      value += (byte & 0x7f) * weight
      if (byte < 0x80) return value
      weight *= 0x80
    }
    return this.fail()
  }

  double(): number {
    if (this.left < 8) return this.fail()
    const value = this.view.getFloat64(this.at, true)
    this.at += 8
    return value
  }

  rest(): Uint8Array {
    const rest = this.bytes.subarray(this.at, this.end)
    this.at = this.end
    return rest
  }

  private fail(): number {
    this.failed = true
    this.at = this.end
    return 0
  }
}

const text = new TextDecoder("utf-8")

/**
 * Reads the body of a record, past its type, into `numbers`; returns the note (null where there is none), or false where
 * the body is none that `encodeRecord` could have written for so many knobs.
 */
export function decodeRecord(body: BodyReader, numbers: Float64Array): string | null | false {
  numbers.fill(Number.NaN)
  numbers[RECORD_KIND] = body.byte()
  const tags = body.byte() | (body.byte() << 8) | (body.byte() << 16)
  numbers[RECORD_SEQUENCE] = body.varint()
  for (let field = FIRST_FIELD; field <= LAST_FIELD; field++) {
    const tag = (tags >> (2 * (field - FIRST_FIELD))) & 3
    if (tag === WHOLE) numbers[field] = unzigzag(body.varint())
    else if (tag === NEAR) numbers[field] = numbers[RECORD_TIMESTAMP_US] + unzigzag(body.varint())
    else if (tag === DOUBLE) numbers[field] = body.double()
  }
  const point = body.varint()
  if (body.failed || RECORD_POINT + point > numbers.length) return false
  for (let i = 0; i < point; i++) numbers[RECORD_POINT + i] = body.double()
  if (body.failed) return false
  if (body.left === 0) return null
  const note = text.decode(body.rest())
  return note === "\0" ? "" : note
}
