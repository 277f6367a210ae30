/** Reads the options of a kernel at its door, so that everything behind it may trust them. */
import { ConfigError } from "../domain/errors.ts"
import { tidy } from "../domain/problems.ts"
import { readTotally } from "../domain/readInput.ts"
import type { Shape } from "../domain/Shape.ts"

/** The options as they were given. Throws a `ConfigError` that lists every mistake with its field and its remedy. */
export function readOptions<T>(shape: Shape<T>, input: unknown): T {
  const read = readTotally(shape, input)
  if (read.ok) return read.value
  throw new ConfigError({ problems: tidy(read.problems) })
}
