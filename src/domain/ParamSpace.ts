/**
 * The parameter space in words: which knobs there are, what each may be, and the table of numbers that follows from it.
 * Needed wherever a knob's name meets its id. Ids are dense and follow the sorted names, so that a run can be replayed
 * whatever the order in which the knobs were written down (DESIGN 3).
 */
import { byName } from "./listOf.ts"
import { LINEAR, LOG, PERIODIC } from "../hot/codes.ts"
import { KnobTable } from "../hot/KnobTable.ts"
import type { Problem } from "./errors.ts"
import { pathText, problem, show } from "./problems.ts"
import { number, object, oneOf, optional, type ShapeType } from "./Shape.ts"
import { MAX_KNOBS } from "./Units.ts"

/** Scales in the order of their codes. */
export const SCALES = ["linear", "log", "periodic"] as const

/** One knob as a user writes it. */
export const KnobShape = object({
  /** Smallest value, user units. */
  min: number(),
  /** Largest value, user units. On a periodic scale it is the same place as `min`. */
  max: number(),
  /** How distance is measured: "linear" (default), "log" (ratios) or "periodic" (a circle). */
  scale: optional(oneOf(SCALES)),
  /** Distance between allowed values, counted from `min`; whole numbers: 1. Continuous when omitted. */
  step: optional(number()),
  /** Where the knob starts; the middle of its scale when omitted. Rounded to the step. */
  initial: optional(number()),
  /** Largest single apply for this knob, as a share of its range (0 to 1]; the guardrails' own when omitted. */
  maxStep: optional(number()),
})
/** One knob as a configuration has it: bounds in its own units, scale, step and start. */
export interface KnobConfig extends ShapeType<typeof KnobShape> {}

/** Knobs by name. */
export type ParamsConfig = Readonly<Record<string, KnobConfig>>

/** A checked parameter space. Everything is by dense id, except `names`, which leads from id to name. */
export interface ParamSpace {
  readonly names: ReadonlyArray<string>
  readonly knobs: ReadonlyArray<KnobConfig>
  readonly table: KnobTable
  /** Where each knob starts, unit space, on its grid. */
  readonly initialUnit: Float64Array
}

/** A knob that must be allowed more than the step limit to reach its own neighbours. */
export interface CoarseKnob {
  readonly knob: string
  /** The stretch, in user units, where the limit is exceeded. */
  readonly from: number
  readonly to: number
  /** Distance between the neighbours at its widest, unit space: the limit that holds there. */
  readonly widest: number
}

/**
 * Bounds are 0 or of this size, and no closer to each other than the smallest of it: beyond that a range has too few doubles in it, or
 * none, and products with it overflow.
 */
const SMALLEST = 1e-300
const LARGEST = 1e300
/** The log scale of a knob table reaches max / min of 2^1023. */
const WIDEST_LOG = 1023 * Math.LN2

const SCALE_CODES = { linear: LINEAR, log: LOG, periodic: PERIODIC } as const

/** The space over checked knobs. Call `paramProblems` first: this trusts its input. */
export function makeParamSpace(params: ParamsConfig): ParamSpace {
  // Code-unit order: a locale's order would differ between machines.
  const names = Object.keys(params).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const knobs = names.map((name) => params[name])
  const table = new KnobTable(
    knobs.map((knob) => ({
      min: knob.min,
      max: knob.max,
      scale: SCALE_CODES[knob.scale ?? "linear"],
      step: knob.step ?? 0,
      maxStep: knob.maxStep ?? 0,
    })),
  )
  const initialUnit = Float64Array.from(knobs, (knob, i) =>
    table.snap(i, knob.initial === undefined ? 0.5 : table.encode(i, knob.initial)),
  )
  return { names, knobs, table, initialUnit }
}

/** The values at a point of unit space, by name, user units. */
export function valuesByName(space: ParamSpace, unit: Float64Array): Readonly<Record<string, number>> {
  return byName(space.names, (i) => space.table.decode(i, unit[i]))
}

/**
 * Which knobs are coarse and where: there a single move to a neighbour is larger than the step limit, and allowed all the
 * same (DESIGN 3). `maxStep` is the guardrails' limit, unit space.
 */
export function coarseKnobs(space: ParamSpace, maxStep: number): ReadonlyArray<CoarseKnob> {
  const { table } = space
  return space.names.flatMap((knob, i) => {
    const step = table.step[i]
    if (step === 0) return []
    const limit = table.maxStep[i] > 0 ? table.maxStep[i] : maxStep
    const last = table.lastGridIndex[i]
    const spanAt = (index: number): number => table.neighbourSpan(i, table.gridUnit(i, index))
    // From the second grid point on, the gap is constant or, on a log scale, shrinks: the coarse stretch starts at min.
    const first = Math.min(1, last)
    const widest = Math.max(spanAt(0), spanAt(first))
    if (widest <= limit) return []
    let coarse = first
    let fine = last + 1
    if (spanAt(last) > limit) coarse = last
    else {
      while (fine - coarse > 1) {
        const middle = Math.floor((coarse + fine) / 2)
        if (spanAt(middle) > limit) coarse = middle
        else fine = middle
      }
    }
    return [{ knob, from: table.min[i], to: table.decode(i, table.gridUnit(i, coarse)), widest }]
  })
}

/** What a shape of single fields cannot see: names, and how a knob's numbers stand to each other. Total over any input. */
export function paramProblems(params: unknown): ReadonlyArray<Problem> {
  if (typeof params !== "object" || params === null || Array.isArray(params)) return []
  const names = Object.keys(params)
  const problems: Array<Problem> = []
  if (names.length === 0)
    problems.push(
      problem(
        ["params"],
        "has no knobs.",
        "Name at least one, for example { concurrency: { min: 1, max: 64, step: 1 } }.",
      ),
    )
  if (names.length > MAX_KNOBS) {
    return [
      problem(
        ["params"],
        `has ${names.length} knobs; the limit is ${MAX_KNOBS}.`,
        "Split them over several engines.",
      ),
    ]
  }
  const seen = new Map<string, string>()
  for (const name of names) {
    const path = ["params", name]
    problems.push(...nameProblems(name, seen).map((message) => ({ path: pathText(path), ...message })))
    problems.push(...knobProblems(path, (params as Record<string, unknown>)[name]))
  }
  return problems
}

/** What is wrong with a name; `seen` gathers those before it. */
export function nameProblems(
  name: string,
  seen: Map<string, string>,
): ReadonlyArray<{ message: string; suggestion: string }> {
  if (name.trim() === "") return [{ message: "has an empty name.", suggestion: "Give every knob a name." }]
  if (name === "__proto__")
    return [{ message: "is a reserved name in JavaScript.", suggestion: "Choose another." }]
  if (name !== name.trim())
    return [
      { message: "has white space around its name.", suggestion: `Write ${JSON.stringify(name.trim())}.` },
    ]
  if (name.length > 128)
    return [{ message: "has a name of more than 128 characters.", suggestion: "Shorten it." }]
  // Two spellings of one text (Unicode NFC) would be one name on every screen and two knobs inside.
  const folded = name.normalize("NFC")
  const twin = seen.get(folded)
  seen.set(folded, name)
  return twin === undefined
    ? []
    : [
        {
          message: "reads the same as another knob's name.",
          suggestion: "Rename one of the two.",
        },
      ]
}

/** How the numbers of one knob stand to each other. Total over any input. */
export function knobProblems(path: ReadonlyArray<string>, knob: unknown): ReadonlyArray<Problem> {
  if (typeof knob !== "object" || knob === null) return []
  const { min, max, scale, step, initial, maxStep } = knob as Record<string, unknown>
  const problems: Array<Problem> = []
  const say = (key: string, message: string, remedy: string): void => {
    problems.push(problem([...path, key], message, remedy))
  }
  if (finite(maxStep) && !(maxStep > 0 && maxStep <= 1))
    say(
      "maxStep",
      `must be above 0 and at most 1, got ${maxStep}.`,
      "It is a share of the knob's range: 0.1 means 10 % per apply.",
    )
  if (finite(min) && scale === "log" && min <= 0)
    say("min", `must be above 0 on a log scale, got ${min}.`, 'Raise it, or use scale: "linear".')
  if (finite(step) && step <= 0)
    say("step", `must be above 0, got ${step}.`, "Leave it out for a continuous knob.")
  if (!finite(min) || !finite(max)) {
    // The bound that can be read says enough of the start.
    if (finite(initial) && finite(max) && initial > max)
      say("initial", `must be at most max, ${max}, got ${initial}.`, OUTSIDE)
    if (finite(initial) && finite(min) && initial < min)
      say("initial", `must be at least min, ${min}, got ${initial}.`, OUTSIDE)
    return problems
  }
  if (min >= max) {
    say(
      "min",
      `must be below max, got min ${show(min)} and max ${show(max)}.`,
      min > max ? "Swap the two." : "A knob needs room to move; leave a fixed value out.",
    )
    return problems
  }
  const range = max - min
  const strange = Object.entries({ min, max }).filter(
    ([, bound]) => bound !== 0 && !(Math.abs(bound) >= SMALLEST && Math.abs(bound) <= LARGEST),
  )
  if (!Number.isFinite(range))
    say("max", "is too far from min: the range overflows.", "Narrow the range or change the unit.")
  else if (strange.length > 0) {
    for (const [key, bound] of strange)
      say(key, `must be 0 or from ${SMALLEST} to ${LARGEST} in size, got ${bound}.`, "Change the unit.")
  } else if (scale === "log" && min > 0 && !(Math.log(max / min) < WIDEST_LOG))
    say("max", "is too far from min for a log scale.", "Narrow the range.")
  else if (range < SMALLEST || range <= 1e-9 * Math.max(Math.abs(min), Math.abs(max)))
    say(
      "max",
      "is too close to min: the range cannot be divided.",
      "Shift the knob so that its range is not lost beside its size.",
    )
  if (finite(step) && step > 0) {
    if (step > range)
      say(
        "step",
        `is larger than the whole range (${step} > ${range}).`,
        "With one allowed value there is nothing to tune.",
      )
    else if (range / step > 1e12)
      say("step", "is too fine for the range.", "Leave it out for a continuous knob.")
    else if (scale === "periodic" && range / step < 2 - 1e-9)
      say("step", "leaves one place on the circle.", "Use a step of at most half the range.")
  }
  if (finite(initial) && (initial < min || initial > max))
    say("initial", `is outside [${min}, ${max}]: ${initial}.`, OUTSIDE)
  return problems
}

const OUTSIDE = "Start inside the bounds, or widen them."

function finite(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value)
}
