/**
 * Refuses what an adapter cannot use, in words: an option that it does not have would otherwise be silently without effect, which in plain
 * JavaScript no type notices. Bounds and start of a knob are not judged here: the engine does that, with their names.
 */
import { ConfigError, type Problem } from "../domain/errors.ts"
import { didYouMean, problem, show, tidy } from "../domain/problems.ts"

const fits = {
  "a number": (value: unknown) => typeof value === "number" && !Number.isNaN(value),
  "a number from 1": (value: unknown) => typeof value === "number" && value >= 1 && Number.isFinite(value),
  "a number from 0": (value: unknown) => typeof value === "number" && value >= 0,
  "a number above 0": (value: unknown) => typeof value === "number" && value > 0,
  "a string": (value: unknown) => typeof value === "string",
  "a function": (value: unknown) => typeof value === "function",
  "an object": (value: unknown) => typeof value === "object" && value !== null,
} as const

export type Kind = keyof typeof fits

/** What each option of `O` must be; one that is missing here is a type error. */
export type Wanted<O> = Readonly<Record<keyof O, Kind>>

/** What is wrong with `options`, below `path`; undefined is the same as left out. */
export function optionProblems(
  options: unknown,
  wanted: Readonly<Record<string, Kind>>,
  path: ReadonlyArray<string> = [],
): ReadonlyArray<Problem> {
  if (typeof options !== "object" || options === null)
    return [problem(path, `must be an object, got ${show(options)}.`)]
  return Object.entries(options).flatMap(([name, value]: [string, unknown]) => {
    const at = [...path, name]
    if (!Object.hasOwn(wanted, name))
      return [problem(at, "is not an option here.", didYouMean(name, Object.keys(wanted)))]
    const kind = wanted[name]
    return value === undefined || fits[kind](value)
      ? []
      : [problem(at, `must be ${kind}, got ${show(value)}.`)]
  })
}

/** Throws one ConfigError with all of them, if there are any. */
export function refuse(problems: ReadonlyArray<Problem>): void {
  if (problems.length > 0) throw new ConfigError({ problems: tidy(problems) })
}

/** A problem where `value` has not these methods; none where it has. */
export function methodProblems(
  value: unknown,
  path: ReadonlyArray<PropertyKey>,
  methods: ReadonlyArray<string>,
  what: string,
  remedy: string,
): ReadonlyArray<Problem> {
  const has = (name: string): boolean =>
    typeof value === "object" &&
    value !== null &&
    typeof (value as Readonly<Record<string, unknown>>)[name] === "function"
  return methods.every(has) ? [] : [problem(path, `must be ${what}, got ${show(value)}.`, remedy)]
}
