/**
 * What a call was given, as it was when it came: whether a candidate wrote into it, the way back if it did, and copies for a mirror.
 * Plain objects and arrays are looked into, up to a number of fields; what else there is (a request, a socket, a class of somebody's) is
 * passed on as it is.
 */

/** Fields that are looked at; an input with more is compared that far. */
const MOST_FIELDS = 400

const isPlain = (value: unknown): value is Record<string, unknown> | Array<unknown> => {
  if (typeof value !== "object" || value === null) return false
  const made = Object.getPrototypeOf(value)
  return made === Object.prototype || made === Array.prototype || made === null
}

interface Noted {
  readonly owner: Record<string, unknown>
  readonly keys: ReadonlyArray<string>
  readonly values: ReadonlyArray<unknown>
}

/** Every field of the inputs, as it stands. Null where there is nothing that could be written into. */
export type InputNotes = ReadonlyArray<Noted> | null

export function noteInputs(args: ReadonlyArray<unknown>): InputNotes {
  if (!args.some(isPlain)) return null
  const noted: Array<Noted> = []
  const seen = new Set<unknown>()
  const waiting: Array<unknown> = [...args]
  let fields = 0
  while (waiting.length > 0 && fields < MOST_FIELDS) {
    const value = waiting.pop()
    if (!isPlain(value) || seen.has(value)) continue
    seen.add(value)
    const owner = value as Record<string, unknown>
    const keys = Object.keys(owner)
    const values = keys.map((key) => owner[key])
    noted.push({ owner, keys, values })
    waiting.push(...values)
    fields += keys.length + 1
  }
  return noted
}

const isAsNoted = ({ owner, keys, values }: Noted): boolean =>
  Object.keys(owner).length === keys.length &&
  keys.every((key, i) => Object.hasOwn(owner, key) && Object.is(owner[key], values[i]))

/** Whether something was written since. */
export const isWritten = (notes: InputNotes): boolean => notes !== null && !notes.every(isAsNoted)

/** Puts everything back that was noted; what is frozen could not have been written. */
export function putBack(notes: InputNotes): void {
  for (const noted of notes ?? []) {
    if (isAsNoted(noted)) continue
    const { owner, keys, values } = noted
    for (const key of Object.keys(owner)) if (!keys.includes(key)) Reflect.deleteProperty(owner, key)
    if (Array.isArray(owner)) Reflect.set(owner, "length", values.length)
    keys.forEach((key, i) => Reflect.set(owner, key, values[i]))
  }
}

/** A copy of all that is plain, whose fields nobody else has. */
export function copyInputs(args: ReadonlyArray<unknown>): Array<unknown> {
  if (!args.some(isPlain)) return [...args]
  const copies = new Map<unknown, unknown>()
  const copy = (value: unknown): unknown => {
    if (!isPlain(value)) return value
    const known = copies.get(value)
    if (known !== undefined) return known
    if (copies.size >= MOST_FIELDS) return value
    if (Array.isArray(value)) {
      const list: Array<unknown> = []
      copies.set(value, list)
      for (const one of value) list.push(copy(one))
      return list
    }
    const made: Record<string, unknown> = {}
    copies.set(value, made)
    for (const key of Object.keys(value)) made[key] = copy(value[key])
    return made
  }
  return args.map(copy)
}

/** The inputs with every signal in them joined by one of ours: as an argument, or as the `signal` of a plain object among them. */
export function withSignal(
  args: ReadonlyArray<unknown>,
  join: (theirs: AbortSignal) => AbortSignal,
): ReadonlyArray<unknown> {
  const has = args.some((one) => signalOf(one) !== null)
  if (!has) return args
  return args.map((one) => {
    const signal = signalOf(one)
    if (signal === null) return one
    return one === signal ? join(signal) : { ...(one as object), signal: join(signal) }
  })
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
