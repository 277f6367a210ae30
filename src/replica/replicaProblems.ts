/** What can be wrong with options that an agent and an owner share. */
import type { Problem } from "../domain/errors.ts"
import { didYouMean, problem } from "../domain/problems.ts"

/** Options that nobody knows: a misspelt `token` would leave a tuner open to everybody. */
export const unknownOptions = (options: object, known: ReadonlyArray<string>): ReadonlyArray<Problem> =>
  Object.keys(options)
    .filter((key) => !known.includes(key))
    .map((key) => problem([key], "is not an option here.", didYouMean(key, known)))

/** A token travels in a header. */
export const tokenProblems = (token: unknown): ReadonlyArray<Problem> =>
  token === undefined || (typeof token === "string" && /^[!-~]([ -~]*[!-~])?$/.test(token))
    ? []
    : [problem(["token"], "must be printable ASCII characters, with no space at its ends.")]

/** Options that are no object at all have every problem that absent ones have. */
export const optionsOf = <T extends object>(options: T): T =>
  typeof options === "object" && options !== null ? options : ({} as T)
