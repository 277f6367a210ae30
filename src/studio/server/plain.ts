/**
 * Anything as a small piece of plain data that may leave the process: no functions, no class instances, no long arrays, no
 * long texts, nothing that looks like a secret, and no endless nesting. Needed for what people see of events and contexts.
 */

export interface PlainLimits {
  /** Levels of objects within objects. */
  readonly depth: number
  /** Fields of one object, and elements of one array. */
  readonly fields: number
  readonly elements: number
  /** Characters of one text. */
  readonly text: number
}

export const EVENT_LIMITS: PlainLimits = { depth: 3, fields: 16, elements: 8, text: 200 }
export const CONTEXT_LIMITS: PlainLimits = { depth: 4, fields: 32, elements: 16, text: 200 }

/** Names of fields whose values are never shown. */
const SECRET =
  /pass(word|phrase)?$|secret|token|api[-_]?key|authori[sz]ation|cookie|credential|private[-_]?key/i

const HIDDEN = "(hidden)"

/** Never throws: what cannot be read is said to be unreadable. */
export function plain(value: unknown, limits: PlainLimits): unknown {
  try {
    return cut(value, limits, limits.depth, new Set())
  } catch {
    return "(unreadable)"
  }
}

/** As `plain`, for what is an object. */
export function plainObject(value: object, limits: PlainLimits): Readonly<Record<string, unknown>> {
  const made = plain(value, limits)
  return typeof made === "object" && made !== null && !Array.isArray(made)
    ? (made as Record<string, unknown>)
    : { value: made }
}

function cut(value: unknown, limits: PlainLimits, depth: number, above: Set<object>): unknown {
  switch (typeof value) {
    case "string":
      return value.length > limits.text ? `${value.slice(0, limits.text)}…` : value
    case "number":
      return Number.isFinite(value) ? value : null
    case "boolean":
    case "undefined":
      return value
    case "bigint":
      return String(value)
    case "object":
      return value === null ? null : inside(value, limits, depth, above)
    default:
      return `(${typeof value})`
  }
}

function inside(value: object, limits: PlainLimits, depth: number, above: Set<object>): unknown {
  if (above.has(value)) return "(circular)"
  if (value instanceof Error) return cut(`${value.name}: ${value.message}`, limits, depth, above)
  if (ArrayBuffer.isView(value)) return list(value, limits, (element) => cut(element, limits, 0, above))
  const isList = Array.isArray(value)
  const prototype: unknown = Object.getPrototypeOf(value)
  // An actor, a map, a handle: only its name says anything.
  if (!isList && prototype !== Object.prototype && prototype !== null) return `(${nameOf(value)})`
  if (depth === 0) return isList ? `(${value.length} elements)` : "(…)"
  above.add(value)
  const made = isList
    ? list(value, limits, (element) => cut(element, limits, depth - 1, above))
    : fields(value, limits, depth, above)
  above.delete(value)
  return made
}

function fields(value: object, limits: PlainLimits, depth: number, above: Set<object>): unknown {
  const names = Object.keys(value)
  const made: Record<string, unknown> = {}
  for (const name of names.slice(0, limits.fields)) {
    const shown = SECRET.test(name) ? HIDDEN : cut(Reflect.get(value, name), limits, depth - 1, above)
    // No setter may run: `__proto__` is a name like any other.
    Object.defineProperty(made, name, { value: shown, enumerable: true, configurable: true, writable: true })
  }
  if (names.length > limits.fields) made["…"] = `${names.length - limits.fields} more`
  return made
}

function list(value: object, limits: PlainLimits, show: (element: unknown) => unknown): unknown {
  const length = Number(Reflect.get(value, "length") ?? 0)
  const made: Array<unknown> = []
  for (let i = 0; i < Math.min(length, limits.elements); i++) made.push(show(Reflect.get(value, i)))
  if (length > limits.elements) made.push(`… ${length - limits.elements} more`)
  return made
}

const nameOf = (value: object): string => {
  const { constructor } = value
  return typeof constructor === "function" && constructor.name !== "" ? constructor.name : "object"
}
