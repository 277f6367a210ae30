/**
 * Between the objects of `messages.ts` and those that protobuf-es writes and reads. What an object has in a field without a name for its
 * number, because a later version of the contract gave it one, goes into `unknown` with the fields that are not known at all, so that
 * both survive being read and written again.
 */
import type { UnknownField } from "../messages.ts"
import type { FieldPlan, MessagePlan } from "./plan.ts"

export type Plain = Readonly<Record<string, unknown>>

const asMap = (of: Plain, field: FieldPlan, child: (value: Plain, plan: MessagePlan) => unknown): unknown =>
  field.child === null
    ? of
    : Object.fromEntries(
        Object.entries(of).map(([key, value]) => [key, child(value as Plain, field.child as MessagePlan)]),
      )

/** A later version's number of this field, kept since it was read. */
const holds = ({ byNo }: MessagePlan, value: Plain, { no }: UnknownField): boolean => {
  const field = byNo.get(no)
  return field === undefined || value[field.name] === "unknown"
}

/** Expects what `problemsOf` finds nothing wrong with. */
export function toWire(plan: MessagePlan, value: Plain, version: number): Plain {
  const wire: Record<string, unknown> = { $typeName: plan.typeName }
  for (const field of plan.fields) {
    const { name, kind, shape, oneof, child } = field
    const given = value[name]
    if (oneof !== "") {
      if (given !== undefined)
        wire[oneof] = { case: name, value: toWire(child as MessagePlan, given as Plain, version) }
      else wire[oneof] ??= { case: undefined }
    } else if (shape === "map") {
      wire[name] = asMap(given as Plain, field, (one, of) => toWire(of, one, version))
    } else if (shape === "list") {
      const list = given as ReadonlyArray<unknown>
      wire[name] = child === null ? list : list.map((one) => toWire(child, one as Plain, version))
    } else if (kind === "message") {
      if (given !== undefined) wire[name] = toWire(child as MessagePlan, given as Plain, version)
    } else if (kind === "id") wire[name] = BigInt(given as number)
    else if (kind === "enum") wire[name] = field.names.indexOf(given as string)
    else wire[name] = name === "version" ? version : given
  }
  const unknown = value["unknown"] as ReadonlyArray<UnknownField> | undefined
  if (unknown !== undefined) wire["$unknown"] = unknown.filter((one) => holds(plan, value, one))
  return wire
}

/** A varint of 31 bits, as an unknown field holds it. */
function numberBytes(value: number): Uint8Array {
  const bytes: Array<number> = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest])
    bytes.push((rest % 128) + 128)
  }
}

/** Counts the entries of maps that it meets into `counted`. */
export function fromWire(plan: MessagePlan, wire: Plain, counted: { entries: number }): Plain {
  const value: Record<string, unknown> = {}
  const unknown = [...((wire["$unknown"] as ReadonlyArray<UnknownField> | undefined) ?? [])]
  for (const field of plan.fields) {
    const { name, no, kind, shape, oneof, child, names } = field
    const group = oneof === "" ? null : (wire[oneof] as { case?: string; value?: Plain })
    const found = group === null ? wire[name] : group.case === name ? group.value : undefined
    if (name === "version") continue
    if (shape === "map") {
      counted.entries += Object.keys(found as Plain).length
      value[name] = asMap(found as Plain, field, (one, of) => fromWire(of, one, counted))
    } else if (shape === "list") {
      const list = found as ReadonlyArray<unknown>
      value[name] = child === null ? list : list.map((one) => fromWire(child, one as Plain, counted))
    } else if (kind === "message") {
      if (found !== undefined) value[name] = fromWire(child as MessagePlan, found as Plain, counted)
    } else if (kind === "id") value[name] = Number(found)
    else if (kind === "enum") {
      const number = found as number
      value[name] = names[number] ?? "unknown"
      if (number >= names.length) unknown.push({ no, wireType: 0, data: numberBytes(number) })
    } else value[name] = found
  }
  if (unknown.length > 0) value["unknown"] = unknown
  return value
}
