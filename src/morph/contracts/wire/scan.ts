/**
 * Whether bytes are built as their message says, before a reader looks into them. protobuf-es reads a field by its number whatever its
 * wire type is, cuts numbers to their width, lets an inner message run past the end of the outer one, and takes the last of two equal
 * fields. Two readers could then see two messages in the same bytes, so all of that is refused here.
 */
import { MOST_FIELDS } from "../limits.ts"
import type { FieldPlan, MessagePlan } from "./plan.ts"

/** Where and what, for one sentence. */
export class Malformed extends Error {}

const bad = (plan: MessagePlan, what: string): never => {
  throw new Malformed(`${plan.typeName} ${what}`)
}

interface Cursor {
  readonly bytes: Uint8Array
  at: number
  /** Entries of maps: fewer in the end means that a key came twice. */
  entries: number
  fields: number
}

const TOO_HIGH = 2 ** 53

/** An unsigned number below 2^53. */
function varint(cursor: Cursor, end: number, plan: MessagePlan): number {
  let value = 0
  for (let place = 1; place < TOO_HIGH; place *= 128) {
    if (cursor.at >= end) bad(plan, "is cut off in a number")
    const byte = cursor.bytes[cursor.at++]
    // Zeros at its end say nothing, and readers differ in how many they take.
    if (byte === 0 && place > 1) bad(plan, "has a number with zeros at its end")
    value += (byte & 127) * place
    if (byte < 128) return value < TOO_HIGH ? value : bad(plan, "has a number of 2^53 or more")
  }
  return bad(plan, "has a negative number, or one of 2^53 or more")
}

/** A number of an unknown field may have all 64 bits. */
function skipVarint(cursor: Cursor, end: number, plan: MessagePlan): void {
  for (let bytes = 0; bytes < 10; bytes++) {
    if (cursor.at >= end) bad(plan, "is cut off in a number")
    if (cursor.bytes[cursor.at++] < 128) return
  }
  bad(plan, "has a number of more than ten bytes")
}

function scanNumber(cursor: Cursor, end: number, field: FieldPlan, plan: MessagePlan): void {
  const value = varint(cursor, end, plan)
  const most =
    field.kind === "id"
      ? TOO_HIGH - 1
      : field.kind === "flag"
        ? 1
        : field.kind === "enum"
          ? 2 ** 31 - 1
          : 2 ** 32 - 1
  if (value > most) bad(plan, `has ${value} in ${field.name}, where ${most} is the most`)
}

/** The end of what begins here with its length. */
function endOf(cursor: Cursor, end: number, plan: MessagePlan): number {
  const length = varint(cursor, end, plan)
  return length <= end - cursor.at
    ? cursor.at + length
    : bad(plan, `is cut off: ${length} bytes should follow`)
}

function scanValue(cursor: Cursor, end: number, field: FieldPlan, plan: MessagePlan): void {
  if (field.wireType === 0) return scanNumber(cursor, end, field, plan)
  if (field.wireType === 1) {
    cursor.at += 8
    if (cursor.at > end) bad(plan, `is cut off in ${field.name}`)
    return
  }
  const inner = endOf(cursor, end, plan)
  if (field.child === null) cursor.at = inner
  else scanFields(cursor, inner, field.child)
}

/** Key first, then value, each at most once. */
function scanEntry(cursor: Cursor, end: number, field: FieldPlan, plan: MessagePlan): void {
  cursor.entries++
  let seen = 0
  while (cursor.at < end) {
    const tag = varint(cursor, end, plan)
    const no = Math.floor(tag / 8)
    const wireType = no === 1 ? 2 : field.wireType
    if ((no !== 1 && no !== 2) || tag % 8 !== wireType || (seen & no) !== 0)
      bad(plan, `has an entry of ${field.name} that is not one key and one value`)
    seen |= no
    if (no === 1) cursor.at = endOf(cursor, end, plan)
    else scanValue(cursor, end, field, plan)
  }
}

function skipUnknown(cursor: Cursor, end: number, wireType: number, plan: MessagePlan): void {
  if (wireType === 0) return skipVarint(cursor, end, plan)
  if (wireType === 2) cursor.at = endOf(cursor, end, plan)
  else if (wireType === 1 || wireType === 5) cursor.at += wireType === 1 ? 8 : 4
  else bad(plan, `has wire type ${wireType}, which these messages never use`)
  if (cursor.at > end) bad(plan, "is cut off in a field that is not known")
}

function scanFields(cursor: Cursor, end: number, plan: MessagePlan): void {
  const seen = new Set<number>()
  const oneofs = new Set<string>()
  while (cursor.at < end) {
    if (++cursor.fields > MOST_FIELDS) bad(plan, `has more than ${MOST_FIELDS} fields`)
    const tag = varint(cursor, end, plan)
    const no = Math.floor(tag / 8)
    const wireType = tag % 8
    if (no === 0 || no > 536_870_911) bad(plan, `has a field number ${no}`)
    const field = plan.byNo.get(no)
    if (field === undefined) {
      skipUnknown(cursor, end, wireType, plan)
      continue
    }
    if (field.shape === "one") {
      if (seen.has(no)) bad(plan, `has ${field.name} twice`)
      seen.add(no)
      if (field.oneof !== "" && oneofs.has(field.oneof)) bad(plan, `has more than one ${field.oneof}`)
      if (field.oneof !== "") oneofs.add(field.oneof)
    }
    const expected = field.shape === "map" ? 2 : field.wireType
    if (wireType !== expected)
      bad(plan, `has wire type ${wireType} in ${field.name}, where ${expected} is expected`)
    if (field.shape === "map") scanEntry(cursor, endOf(cursor, end, plan), field, plan)
    else scanValue(cursor, end, field, plan)
  }
}

/** Throws `Malformed`; else gives the number of entries in all maps. */
export function scan(plan: MessagePlan, bytes: Uint8Array): number {
  const cursor: Cursor = { bytes, at: 0, entries: 0, fields: 0 }
  scanFields(cursor, bytes.length, plan)
  return cursor.entries
}
