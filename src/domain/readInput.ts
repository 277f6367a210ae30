/** Reads what may throw while it is read: an object of somebody else's making, a text that should be JSON. Needed at every door. */
import type { Problem } from "./errors.ts"
import { problem } from "./problems.ts"
import { type Reading, type ReadOptions, readShape, type Shape } from "./Shape.ts"

/** What a reader gives; null where a getter or a proxy of what it reads throws. Total. */
export function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}

/** An input that throws where it is read. */
export const unreadable = (at: ReadonlyArray<PropertyKey> = []): Problem =>
  problem(at, "could not be read.", "Give a plain object.")

/** As `readShape`; an input whose getters throw, or a proxy that does, has that as its one problem. Total. */
export function readTotally<T>(shape: Shape<T>, input: unknown, options: ReadOptions = {}): Reading<T> {
  return attempt(() => readShape(shape, input, options)) ?? { ok: false, problems: [unreadable(options.at)] }
}

/** What is wrong with an input; empty where nothing is. */
export const problemsOf = (read: Reading<unknown>): ReadonlyArray<Problem> => (read.ok ? [] : read.problems)

/** What a JSON text says, without fields that the shape does not know; null where it is nothing of the kind. Total. */
export function readText<T>(shape: Shape<T>, text: string): T | null {
  const read = attempt(() => readShape(shape, JSON.parse(text), { excess: "drop" }))
  return read?.ok === true ? read.value : null
}
