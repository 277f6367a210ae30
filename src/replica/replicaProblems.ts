/** What can be wrong with options that an agent and an owner share. */
import type { Problem } from "../domain/errors.ts"
import { didYouMean, problem } from "../domain/problems.ts"

/** Options that nobody knows: a misspelt `token` would leave a tuner open to everybody. `at`: where they are in the whole. */
export const unknownOptions = (
  options: object,
  known: ReadonlyArray<string>,
  at: ReadonlyArray<PropertyKey> = [],
): ReadonlyArray<Problem> =>
  Object.keys(options)
    .filter((key) => !known.includes(key))
    .map((key) => problem([...at, key], "is not an option here.", didYouMean(key, known)))

/** That a part of the options is no object; or what `read` finds in it, and what nobody knows. */
export function partProblems(
  at: ReadonlyArray<PropertyKey>,
  part: unknown,
  known: ReadonlyArray<string>,
  read: () => ReadonlyArray<Problem>,
): ReadonlyArray<Problem> {
  if (typeof part === "object" && part !== null && !Array.isArray(part))
    return [...read(), ...unknownOptions(part, known, at)]
  const options = known.join(", ")
  return [problem(at, "must be an object.", `Its options: ${options}.`)]
}

/** A token travels in a header. */
export const tokenProblems = (token: unknown): ReadonlyArray<Problem> =>
  token === undefined || (typeof token === "string" && /^[!-~]([ -~]*[!-~])?$/.test(token))
    ? []
    : [problem(["token"], "must be printable ASCII characters, with no space at its ends.")]

/** Options that are no object at all have every problem that absent ones have. */
export const optionsOf = <T extends object>(options: T): T =>
  typeof options === "object" && options !== null ? options : ({} as T)
