/**
 * The bounds of a configuration, dimension by dimension: which kind each is meant to be, and what is wrong with it as
 * that kind. Needed because a union of all kinds would complain about the ones that were not meant.
 */
import { closest } from "../domain/closest.ts"
import type { Problem } from "../domain/errors.ts"
import { knobProblems, nameProblems } from "../domain/ParamSpace.ts"
import { pathText, problem, show } from "../domain/problems.ts"
import { ChoicesShape, MAX_DIMENSIONS, NumericShape, SwitchShape, UPSTREAM_SCALES } from "./configSchema.ts"
import { problemsOf } from "../domain/readInput.ts"
import { readShape } from "../domain/Shape.ts"
import { objectOf } from "./plainData.ts"
import type { DimensionConfig } from "./DimensionConfig.ts"

type Path = ReadonlyArray<string>

const NUMERIC_KEYS = ["min", "max", "scale", "step"]
const LIVE_KEYS = ["initial", "maxStep"]
/** How others call `choices`. */
const LIKE_CHOICES = ["values", "choice", "options", "enum", "categories", "levels"]

/** The checked dimensions in the order they were written, with `problems` added to. Over plain data only. */
export function readBounds(
  value: unknown,
  path: Path,
  problems: Array<Problem>,
): ReadonlyArray<readonly [name: string, DimensionConfig]> {
  const bounds = objectOf(value)
  if (bounds === null) {
    problems.push(problem(path, `must be an object, got ${show(value)}.`, EXAMPLE))
    return []
  }
  const names = Object.keys(bounds)
  if (names.length === 0) problems.push(problem(path, "has no parameters.", EXAMPLE))
  if (names.length > MAX_DIMENSIONS) {
    problems.push(
      problem(
        path,
        `has ${names.length} parameters; the limit is ${MAX_DIMENSIONS}.`,
        "Give those that matter least a fixed value.",
      ),
    )
    return []
  }
  const seen = new Map<string, string>()
  return names.flatMap((name) => {
    const at = [...path, name]
    const wrong = nameProblems(name, seen)
    problems.push(...wrong.map((one) => ({ path: pathText(at), ...one })))
    const dimension = readDimension(bounds[name], at, problems)
    return dimension === null || wrong.length > 0 ? [] : [[name, dimension] as const]
  })
}

const EXAMPLE = 'Name at least one, for example { "x": { "min": -5, "max": 5 } }.'

function readDimension(value: unknown, path: Path, problems: Array<Problem>): DimensionConfig | null {
  const source = objectOf(value)
  if (source === null) {
    problems.push(
      problem(
        path,
        `must be an object, got ${show(value)}.`,
        pairHint(value) ?? 'Write { "min": 0, "max": 1 }.',
      ),
    )
    return null
  }
  if ("choices" in source) return readChoices(source, path, problems)
  const other = NUMERIC_KEYS.some((key) => key in source)
    ? undefined
    : LIKE_CHOICES.find((key) => Array.isArray(source[key]))
  if (other !== undefined) {
    problems.push(problem([...path, other], "is not an option here.", 'Did you mean "choices"?'))
    return null
  }
  if ("type" in source && !NUMERIC_KEYS.some((key) => key in source))
    return readSwitch(source, path, problems)
  return readNumeric(source, path, problems)
}

/** Other tools write a range as a pair and a choice as a list. */
function pairHint(value: unknown): string | null {
  if (!Array.isArray(value)) return null
  const [min, max] = value
  return value.length === 2 && typeof min === "number" && typeof max === "number"
    ? `Write { "min": ${min}, "max": ${max} }.`
    : 'Write { "choices": [...] }.'
}

function readNumeric(
  source: Readonly<Record<string, unknown>>,
  path: Path,
  problems: Array<Problem>,
): DimensionConfig | null {
  const scale = spelled(source.scale)
  const { type, ...others } = source
  const rest: Readonly<Record<string, unknown>> = scale === undefined ? others : { ...others, scale }
  const found: Array<Problem> = []
  if (type !== undefined)
    found.push(problem([...path, "type"], "is not an option of a number.", typeHint(type)))
  const read = readShape(NumericShape, rest, { at: path })
  found.push(...problemsOf(read).map((one) => liveHint(one, path)))
  // Where both found something at one place, the second knows more of what was meant.
  const { min: low, max: high, step: gap } = rest
  const cross = knobProblems(path, { min: low, max: high, step: gap, scale: rest.scale })
  problems.push(...found.filter((one) => !cross.some((other) => other.path === one.path)), ...cross)
  if (!read.ok || found.length > 0 || cross.length > 0) return null
  const { min, max, step } = read.value
  const made = { min, max, scale: read.value.scale ?? "linear" } as const
  return step === undefined || step === null ? made : { ...made, step }
}

function spelled(scale: unknown): unknown {
  return typeof scale === "string" && Object.hasOwn(UPSTREAM_SCALES, scale)
    ? UPSTREAM_SCALES[scale as keyof typeof UPSTREAM_SCALES]
    : scale
}

function typeHint(type: unknown): string {
  const near = typeof type === "string" ? closest(type, ["integer", "int"]) : null
  return near === null ? "Leave it out." : 'Leave it out, and write "step": 1 for whole numbers.'
}

function liveHint(one: Problem, path: Path): Problem {
  return LIVE_KEYS.some((key) => one.path === pathText([...path, key]))
    ? {
        path: one.path,
        message: "is an option of a live engine's knob only.",
        suggestion: "Leave it out; pass known points to seed().",
      }
    : one
}

function readSwitch(
  source: Readonly<Record<string, unknown>>,
  path: Path,
  problems: Array<Problem>,
): DimensionConfig | null {
  const read = readShape(SwitchShape, source, { at: path })
  if (read.ok) return { type: "boolean" }
  const at = pathText([...path, "type"])
  for (const one of read.problems) {
    problems.push(one.path === at ? { ...one, suggestion: kindHint(source.type) } : one)
  }
  return null
}

function kindHint(type: unknown): string {
  const word = typeof type === "string" ? type : ""
  if (closest(word, ["boolean", "bool", "switch"]) !== null) return 'Did you mean "boolean"?'
  if (closest(word, ["categorical", "choice", "choices", "enum"]) !== null)
    return 'Write "choices": [...] instead.'
  if (closest(word, ["integer", "int"]) !== null) return 'Write "min", "max" and "step": 1 instead.'
  return 'Write "min" and "max" for a number.'
}

function readChoices(
  source: Readonly<Record<string, unknown>>,
  path: Path,
  problems: Array<Problem>,
): DimensionConfig | null {
  const read = readShape(ChoicesShape, source, { at: path })
  const found = [...problemsOf(read)]
  const { choices } = source
  if (Array.isArray(choices)) {
    const first = new Map<unknown, number>()
    choices.forEach((choice, i) => {
      const before = first.get(choice)
      if (before === undefined) first.set(choice, i)
      else if (found.length < 100)
        found.push(problem([...path, "choices", i], `repeats ${show(choice)}.`, "List every value once."))
    })
  }
  problems.push(...found)
  return !read.ok || found.length > 0 ? null : { choices: read.value.choices }
}
