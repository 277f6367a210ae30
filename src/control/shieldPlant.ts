/**
 * Makes a shield from plain data: a rule as text, and a plant that is described by cases instead of by a function. Needed where the
 * description comes from a file, as in `arqon rules shield`.
 */
import { ConfigError, type Problem } from "../domain/errors.ts"
import { didYouMean, problem } from "../domain/problems.ts"
import { either, list, maybe, object, record, type Shape, type ShapeType, whole } from "../domain/Shape.ts"
import { parseFormula } from "../temporal/logic/parseFormula.ts"
import { shieldAxes, type ShieldAxis, type ShieldTable, statesOf } from "../temporal/logic/Shield.ts"
import { type ShieldBins, synthesizeShield } from "../temporal/logic/synthesizeShield.ts"
import { readOptions } from "../temporal/readOptions.ts"
import { binText } from "./ShieldLookup.ts"
import { unitOf } from "./ruleWorld.ts"

const MOST_CUTS = 3
const MOST_CASES = 1_000

const pair = <T>(of: Shape<T>, what: string) =>
  list(of, {
    expected: `two ${what}, the smaller one first`,
    holds: ([least, most, ...more]) =>
      more.length === 0 && most !== undefined && (least as number) <= (most as number),
  })
const bin = whole(0, MOST_CUTS)
const bins = pair(bin, "bins")

const plantShape = object({
  knobs: shieldAxes(1),
  channels: maybe(shieldAxes(0)),
  next: maybe(
    list(
      object({
        when: maybe(record(either(bin, bins))),
        to: record(either(bins, object({ by: pair(whole(-MOST_CUTS, MOST_CUTS), "numbers of bins") }))),
      }),
      { expected: `at most ${MOST_CASES} cases`, holds: ({ length }) => length <= MOST_CASES },
    ),
  ),
})

type Plant = ShapeType<typeof plantShape>
type Case = NonNullable<Plant["next"]>[number]

/** What became of it. */
export interface MadeShield {
  /** What an engine's rule takes as `shield`; null where the plant can break the rule wherever one starts. */
  readonly table: ShieldTable | null
  readonly rule: string
  readonly states: number
  /** The states from which no move keeps the rule, as bins and in words. */
  readonly losing: ReadonlyArray<ShieldBins>
  readonly lost: ReadonlyArray<string>
}

/**
 * The shield of a rule for a plant as a file describes it. The first case of `next` that fits a state says where the channels can be at
 * the next digest; where none fits they may go anywhere. An engine may always leave its knobs alone, so standing still is allowed in every state.
 *
 * Throws a ConfigError that lists what is wrong: with the plant by its path, with the text of the rule under `formula`, with what it asks under `rule`.
 */
export function shieldOf(rule: string, input: unknown): MadeShield {
  const { knobs, channels = [], next = [] } = readOptions(plantShape, input)
  const axes = [...knobs, ...channels]
  const problems = next.flatMap((one, i) => caseProblems(one, i, axes, channels))
  if (problems.length > 0) throw new ConfigError({ problems })
  const units = Object.fromEntries([
    ...channels.map(({ name }) => [name, unitOf(name)] as const),
    ...knobs.map(({ name }) => [name, "number"] as const),
  ])
  const { shield, losing } = synthesizeShield({
    knobs,
    channels,
    rule: ruleOf(rule, units),
    next: (state) => {
      const found = next.find(({ when = {} }) => fits(when, state))
      return found === undefined ? {} : rangesOf(found, state, channels)
    },
    waits: true,
  })
  return {
    table: shield?.table ?? null,
    rule,
    states: statesOf(axes),
    losing,
    lost: losing.map((state) => axes.map((axis) => binText(axis, state[axis.name])).join(", ")),
  }
}

function ruleOf(rule: string, channels: Parameters<typeof parseFormula>[1]["channels"]) {
  try {
    return parseFormula(rule, { channels })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const problems = error.problems.map((one) => ({ ...one, path: "formula" }))
    throw new ConfigError({ problems })
  }
}

const ends = (range: number | ReadonlyArray<number>): ReadonlyArray<number> =>
  typeof range === "number" ? [range, range] : range

const fits = (when: NonNullable<Case["when"]>, state: ShieldBins): boolean =>
  Object.entries(when).every(([name, range]) => {
    const [least, most] = ends(range)
    return state[name] >= least && state[name] <= most
  })

/** A move by bins ends at the last bin there is. */
function rangesOf(
  { to: moved }: Case,
  state: ShieldBins,
  channels: ReadonlyArray<ShieldAxis>,
): Readonly<Record<string, readonly [number, number]>> {
  return Object.fromEntries(
    channels
      .filter(({ name }) => Object.hasOwn(moved, name))
      .map(({ name, cuts }) => {
        const to = moved[name]
        const within = (at: number): number => Math.max(0, Math.min(cuts.length, at))
        const [least, most] = "by" in to ? to.by.map((step) => within(state[name] + step)) : to
        return [name, [least, most]]
      }),
  )
}

function caseProblems(
  { when = {}, to }: Case,
  i: number,
  axes: ReadonlyArray<ShieldAxis>,
  channels: ReadonlyArray<ShieldAxis>,
): ReadonlyArray<Problem> {
  const at = (part: string, name: string) => ["next", i, part, name]
  return [
    ...Object.entries(when).flatMap(([name, range]) =>
      axisProblems(name, range, axes, at("when", name), "a knob or channel"),
    ),
    ...Object.entries(to).flatMap(([name, range]) =>
      axisProblems(name, "by" in range ? 0 : range, channels, at("to", name), "a channel"),
    ),
  ]
}

function axisProblems(
  name: string,
  range: number | ReadonlyArray<number>,
  axes: ReadonlyArray<ShieldAxis>,
  path: ReadonlyArray<PropertyKey>,
  what: string,
): ReadonlyArray<Problem> {
  const axis = axes.find((one) => one.name === name)
  if (axis === undefined) {
    const known = axes.map((one) => one.name)
    return [problem(path, `is not ${what} of this plant.`, didYouMean(name, known))]
  }
  const most = axis.cuts.length
  const beyond = ends(range).find((end) => end > most)
  return beyond === undefined
    ? []
    : [problem(path, `names bin ${beyond}, the last one is ${most}.`, "Bin 0 is below the first cut.")]
}
