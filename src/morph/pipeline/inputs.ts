/**
 * What a call was given, as it was when it came: whether a candidate wrote into it, the way back if it did, and copies for a mirror.
 * Plain objects and arrays are looked into, up to a number of fields; what else there is (a request, a socket, a class of somebody's) is
 * passed on as it is.
 */

/** Fields of a caller's own input that are looked at before its answer leaves; one with more is compared that far. */
const MOST_FIELDS = 400
/** Fields that are copied for a mirror: a copy takes a millisecond or two then. */
export const MOST_COPIED = 20_000

type Plain = Record<string, unknown> | Array<unknown>

const isPlain = (value: unknown): value is Plain => {
  if (typeof value !== "object" || value === null) return false
  const made = Object.getPrototypeOf(value)
  return made === Object.prototype || made === Array.prototype || made === null
}

/** The value of a field whose getter throws. */
const UNREADABLE = Symbol("unreadable")

/** A field may have a getter, a caller's or one that a candidate has put there: what it throws is nobody's answer. */
function fieldOf(owner: Record<string, unknown>, key: string): unknown {
  try {
    return owner[key]
  } catch {
    return UNREADABLE
  }
}

interface Noted {
  readonly owner: Record<string, unknown>
  readonly keys: ReadonlyArray<string>
  readonly values: ReadonlyArray<unknown>
}

/** Every field of the inputs, as it stands. Null where there is nothing that could be written into. */
export type InputNotes = ReadonlyArray<Noted> | null

export function noteInputs(args: ReadonlyArray<unknown>, most = MOST_FIELDS): InputNotes {
  if (!args.some(isPlain)) return null
  const noted: Array<Noted> = []
  const seen = new Set<unknown>()
  const waiting: Array<unknown> = [...args]
  let fields = 0
  while (waiting.length > 0 && fields < most) {
    const value = waiting.pop()
    if (!isPlain(value) || seen.has(value)) continue
    seen.add(value)
    const owner = value as Record<string, unknown>
    const keys = Object.keys(owner)
    const values = keys.map((key) => fieldOf(owner, key))
    noted.push({ owner, keys, values })
    waiting.push(...values)
    fields += keys.length + 1
  }
  return noted
}

const isAsNoted = ({ owner, keys, values }: Noted): boolean =>
  Object.keys(owner).length === keys.length &&
  keys.every((key, i) => Object.hasOwn(owner, key) && Object.is(fieldOf(owner, key), values[i]))

/** Whether something was written since. */
export const isWritten = (notes: InputNotes): boolean => notes !== null && !notes.every(isAsNoted)

/** Puts everything back that was noted; what is frozen could not have been written. */
export function putBack(notes: InputNotes): void {
  for (const noted of notes ?? []) {
    if (isAsNoted(noted)) continue
    const { owner, keys, values } = noted
    for (const key of Object.keys(owner)) if (!keys.includes(key)) Reflect.deleteProperty(owner, key)
    if (Array.isArray(owner)) Reflect.set(owner, "length", values.length)
    keys.forEach((key, i) => setField(owner, key, values[i]))
  }
}

function setField(owner: Record<string, unknown>, key: string, value: unknown): void {
  if (value === UNREADABLE) return
  Reflect.set(owner, key, value)
  if (Object.is(fieldOf(owner, key), value)) return
  // A getter has taken its place.
  Reflect.deleteProperty(owner, key)
  Reflect.set(owner, key, value)
}

/**
 * A copy of all that is plain, whose fields nobody else has, or null where there is more of it than `MOST_COPIED`: a part of a copy would
 * leave the rest to be written into. A signal becomes one that is never aborted: a caller who has its answer may abort what is left, and
 * a mirror runs after that.
 */
export function copyInputs(args: ReadonlyArray<unknown>): Array<unknown> | null {
  const copies = new Map<unknown, unknown>()
  // Not by recursion: callers' data may be deeper than the stack.
  const waiting: Array<readonly [Plain, Plain]> = []
  let left = MOST_COPIED
  const copyOf = (value: unknown): unknown => {
    if (value instanceof AbortSignal) return new AbortController().signal
    if (!isPlain(value)) return value
    const known = copies.get(value)
    if (known !== undefined) return known
    left -= Array.isArray(value) ? value.length + 1 : 1
    if (left < 0) return null
    const made = Array.isArray(value) ? [] : {}
    copies.set(value, made)
    waiting.push([value, made])
    return made
  }
  const all = args.map(copyOf)
  for (let next = waiting.pop(); next !== undefined && left >= 0; next = waiting.pop()) {
    const [from, to] = next
    if (Array.isArray(from)) for (const one of from) (to as Array<unknown>).push(copyOf(one))
    else
      for (const key of Object.keys(from)) {
        if (--left < 0) return null
        const value = fieldOf(from, key)
        if (value !== UNREADABLE) (to as Record<string, unknown>)[key] = copyOf(value)
      }
  }
  return left < 0 ? null : all
}

/** Fields of what is sent to a thread. */
const MOST_SENT = 20_000

const typed = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array]
/** What a thread gets as it was sent. An object of any other class would arrive as a plain one, or not at all. */
const SENT: ReadonlySet<unknown> = new Set([
  null,
  ...[Object, Array, Date, RegExp, Map, Set, ArrayBuffer, Float32Array, Float64Array].map(
    ({ prototype }) => prototype as unknown,
  ),
  ...[...typed, BigInt64Array, BigUint64Array].map(({ prototype }) => prototype as unknown),
])

/** Whether a thread would get these values just as they are. */
export function canBeSent(values: ReadonlyArray<unknown>): boolean {
  const waiting: Array<unknown> = [...values]
  const seen = new Set<object>()
  let fields = 0
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (typeof value === "function" || typeof value === "symbol" || ++fields > MOST_SENT) return false
    if (typeof value !== "object" || value === null || seen.has(value)) continue
    if (!SENT.has(Object.getPrototypeOf(value))) return false
    seen.add(value)
    if (ArrayBuffer.isView(value)) continue
    // What reads the entries of maps reads those of no other object.
    if (value instanceof Map) for (const entry of value) waiting.push(...entry)
    else if (value instanceof Set) waiting.push(...(value as Set<unknown>))
    else waiting.push(...Object.values(value))
  }
  return true
}

/** Inputs whose signals are joined by one of ours. */
interface Joined {
  readonly args: ReadonlyArray<unknown>
  readonly gone: AbortController
}

/**
 * The inputs with every signal in them joined by one of ours, as an argument or as the `signal` of a plain object among them. Null where
 * there is none: a controller costs more than all else of a call.
 */
export function joinSignals(args: ReadonlyArray<unknown>): Joined | null {
  if (!args.some((one) => signalOf(one) !== null)) return null
  const gone = new AbortController()
  const join = (theirs: AbortSignal): AbortSignal => AbortSignal.any([theirs, gone.signal])
  const joined = args.map((one) => {
    const signal = signalOf(one)
    if (signal === null) return one
    return one === signal ? join(signal) : { ...(one as object), signal: join(signal) }
  })
  return { args: joined, gone }
}

/** Whether the caller has given up. */
export const isAborted = (args: ReadonlyArray<unknown>): boolean =>
  args.some((one) => signalOf(one)?.aborted === true)

function signalOf(one: unknown): AbortSignal | null {
  if (typeof one !== "object" || one === null) return null
  if (one instanceof AbortSignal) return one
  const inside = isPlain(one) && !Array.isArray(one) ? one["signal"] : undefined
  return inside instanceof AbortSignal ? inside : null
}
