/**
 * A plain copy of whatever comes in. Every document of the solver passes through here first, so that what is checked is
 * what is used: no getter, proxy or prototype of the input is looked at a second time, and what no file could hold
 * (cycles, endless nesting, arrays beyond any run) is refused before anything walks over it.
 */
import type { Problem } from "../domain/errors.ts"
import { problem } from "../domain/problems.ts"
import { attempt, unreadable } from "../domain/readInput.ts"

/** Deeper than any document of ours; far less than any stack. */
const DEEPEST = 16
/** Longer than the history of the largest budget, warm start included. */
const LONGEST = 2_000_000

/** The copy, or what cannot be copied. `value` is to be read only where there are no problems. */
export interface PlainData {
  readonly value: unknown
  readonly problems: ReadonlyArray<Problem>
}

/**
 * Objects become objects without a history: own enumerable properties only, those that are undefined left out, -0 as 0,
 * as JSON has it. Functions, symbols and bigints stay for the shape to refuse. Total.
 */
export function plainData(input: unknown): PlainData {
  return attempt(() => copyOf(input)) ?? { value: null, problems: [unreadable()] }
}

function copyOf(input: unknown): PlainData {
  const problems: Array<Problem> = []
  /** Copies by original, so that what is shared is copied once; null while it is being copied. */
  const known = new Map<object, object | null>()
  /** Where the copying is; pushed and popped, since a path for each of a million values would cost more than they do. */
  const path: Array<PropertyKey> = []
  const copy = (value: unknown): unknown => {
    if (typeof value === "number") return value === 0 ? 0 : value
    if (typeof value !== "object" || value === null) return value
    const before = known.get(value)
    if (before === null) {
      problems.push(problem(path, "refers back to an object that contains it.", "A document is a tree."))
      return null
    }
    if (before !== undefined) return before
    if (path.length > DEEPEST) {
      problems.push(problem(path.slice(0, 4), "is nested too deeply.", "No option goes that deep."))
      return null
    }
    known.set(value, null)
    const made = Array.isArray(value) ? copyArray(value) : copyObject(value)
    known.set(value, made)
    return made
  }
  const copyArray = (list: ReadonlyArray<unknown>): object => {
    const { length } = list
    if (length > LONGEST) {
      problems.push(problem(path, `has ${length} items; the limit is ${LONGEST}.`))
      return []
    }
    const made: Array<unknown> = []
    for (let i = 0; i < length; i++) {
      path.push(i)
      made.push(copy(list[i]))
      path.pop()
    }
    return made
  }
  const copyObject = (source: object): object => {
    const made: Record<string, unknown> = {}
    for (const key of Object.keys(source)) {
      path.push(key)
      // As a key of a plain object it would be the prototype, wherever a later hand assigns it.
      if (key === "__proto__")
        problems.push(problem(path, "is a reserved name in JavaScript.", "Choose another."))
      const value = copy((source as Record<string, unknown>)[key])
      path.pop()
      if (value !== undefined && key !== "__proto__") made[key] = value
    }
    return made
  }
  const value = copy(input)
  return { value, problems }
}

/** The object that a value is, or null. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null
}
