/**
 * Whether two answers are the same where their owner declares no `agree`: by what they hold, and not by which objects they are. Bounded,
 * because it runs on the event loop of the service.
 */
import { MOST_COPIED } from "./inputs.ts"

/** Fields of an answer that are compared; those of an input that are copied are as many. */
export const MOST_COMPARED = MOST_COPIED
/** Of all its buffers. A millisecond or a few. */
export const MOST_BYTES = 4 * 2 ** 20

/** Nobody knows: there is too much of it, or an object of this class holds what nobody else can read. */
export type Unknown = "large" | { readonly hiddenIn: string }

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null
const madeBy = (value: object): unknown => Object.getPrototypeOf(value) ?? Object.prototype

/** What such objects are, as a text. */
const textOf = (value: object): string | null =>
  value instanceof Date
    ? `${value.getTime()}`
    : value instanceof RegExp || value instanceof URL
      ? `${value}`
      : null

function bytesOf(value: object): Uint8Array | null {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  return value instanceof ArrayBuffer ? new Uint8Array(value) : null
}

/**
 * Plain values as `Object.is` has them (NaN is NaN, 0 is not -0). Arrays by their entries, buffers by their bytes, dates, patterns and
 * URLs by what they are, errors by name, message, cause and fields. Maps and sets by their entries, in any order where their keys are plain
 * values or the same objects. All other objects by their own enumerable fields in any order, if they are of one class. Functions by identity.
 */
export function sameAnswers(incumbent: unknown, candidate: unknown): boolean | Unknown {
  const waiting: Array<unknown> = [incumbent, candidate]
  const met = new Map<object, object>()
  let fields = MOST_COMPARED
  let bytes = MOST_BYTES
  while (waiting.length > 0) {
    const b = waiting.pop()
    const a = waiting.pop()
    if (--fields < 0) return "large"
    if (Object.is(a, b)) continue
    if (!isObject(a) || !isObject(b) || madeBy(a) !== madeBy(b)) return false
    // A circle, or the same part once more.
    if (met.get(a) === b) continue
    met.set(a, b)
    const text = textOf(a)
    const these = bytesOf(a)
    if (text !== null) {
      if (text !== textOf(b)) return false
    } else if (these !== null) {
      const those = bytesOf(b)
      if (these.length !== those?.length) return false
      bytes -= these.length
      if (bytes < 0) return "large"
      for (let i = 0; i < these.length; i++) if (these[i] !== those[i]) return false
    } else if (Array.isArray(a)) {
      const other = b as Array<unknown>
      if (a.length !== other.length) return false
      if (a.length > fields) return "large"
      for (let i = a.length - 1; i >= 0; i--) waiting.push(a[i], other[i])
    } else if (a instanceof Map || a instanceof Set) {
      const other = b as Map<unknown, unknown> | Set<unknown>
      if (a.size !== other.size) return false
      if (a.size > fields) return "large"
      const left = other.entries()
      for (const [key, value] of a.entries()) {
        const [otherKey, otherValue] = left.next().value as [unknown, unknown]
        if (other.has(key)) {
          if (a instanceof Map) waiting.push(value, (other as Map<unknown, unknown>).get(key))
        } else if (isObject(key)) waiting.push(key, otherKey, value, otherValue)
        else return false
      }
    } else {
      const keys = Object.keys(a)
      if (a instanceof Error) {
        const other = b as Error
        if (a.name !== other.name || a.message !== other.message) return false
        waiting.push(a.cause, other.cause)
      } else if (keys.length === 0 && madeBy(a) !== Object.prototype && Object.keys(b).length === 0)
        return { hiddenIn: a.constructor.name }
      if (keys.length !== Object.keys(b).length) return false
      if (keys.length > fields) return "large"
      for (const key of keys) {
        if (!Object.hasOwn(b, key)) return false
        waiting.push((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key])
      }
    }
  }
  return true
}
