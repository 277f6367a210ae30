/**
 * Refuses options that an adapter does not have or cannot use. Plain JavaScript has no types to catch them, and an
 * ignored option would silently have no effect. Bounds and initial values are checked by the engine's own rules,
 * under the option's name.
 */
import { ConfigError, type Problem } from "../domain/errors.ts"
import { type KnobConfig, knobProblems, nameProblems } from "../domain/ParamSpace.ts"
import { didYouMean, problem, show, tidy } from "../domain/problems.ts"

/** The longest delay of a JavaScript timer, milliseconds. A longer one fires at once. */
const LONGEST_TIMER_MS = 2_147_483_647

const isTimer = (value: unknown): boolean =>
  typeof value === "number" && value > 0 && value <= LONGEST_TIMER_MS

const fits = {
  "a finite number": Number.isFinite,
  "a number from 1": (value: unknown) => typeof value === "number" && value >= 1 && Number.isFinite(value),
  "a number from 0": (value: unknown) => typeof value === "number" && value >= 0,
  "a finite number from 0": (value: unknown) => Number.isFinite(value) && (value as number) >= 0,
  "a whole number from 0": (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0,
  "a number above 0": (value: unknown) => typeof value === "number" && value > 0,
  "milliseconds above 0, at most 2147483647": isTimer,
  "milliseconds above 0, at most 2147483647 or Infinity": (value: unknown) =>
    isTimer(value) || value === Number.POSITIVE_INFINITY,
  "a string": (value: unknown) => typeof value === "string",
  "a function": (value: unknown) => typeof value === "function",
  "an object": (value: unknown) => typeof value === "object" && value !== null,
} as const

/** The form of an option, in the words of a refusal: "a finite number", "milliseconds above 0". */
export type Kind = keyof typeof fits

/** The expected form of each option of `O`. Leaving one out is a type error. */
export type Wanted<O> = Readonly<Record<keyof O, Kind>>

/** Problems in `options`, reported below `path`. An undefined option counts as omitted. */
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

/**
 * Problems of the knob that the options describe: its name, and how its numbers relate. Skips fields that `found`
 * already reports.
 */
export function boundProblems(
  name: unknown,
  knob: KnobConfig,
  found: ReadonlyArray<Problem>,
): ReadonlyArray<Problem> {
  const named =
    typeof name === "string"
      ? nameProblems(name, new Map()).map((one) => problem(["name"], one.message, one.suggestion))
      : []
  // Adapters have no `step` option: if the step does not fit, the bounds are too close.
  const bounds = knobProblems([], knob).map((one) => (one.path === "step" ? { ...one, path: "max" } : one))
  return [...named, ...bounds.filter(({ path }) => !found.some((other) => other.path === path))]
}

/** Throws one ConfigError that lists all problems, if there are any. */
export function refuse(problems: ReadonlyArray<Problem>): void {
  if (problems.length > 0) throw new ConfigError({ problems: tidy(problems) })
}

/** A problem if `value` lacks one of these methods, else none. */
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
