/**
 * What an engine has learned that outlives it: the regimes of its homeostasis cache, and what its selection knows of variants.
 * Plain data, so that it goes into a file, into a configuration (`learned`) and into the record of a start. Needed wherever it
 * is saved or comes back; anything else is refused with its name, never accepted in part.
 */
import { readText } from "./readInput.ts"
import {
  list,
  maybe,
  nullOr,
  number,
  numberThat,
  object,
  oneOf,
  type Rule,
  type ShapeType,
  string,
} from "./Shape.ts"

const whole = numberThat("a whole number from 0", (n) => Number.isSafeInteger(n) && n >= 0)
const atLeast0 = numberThat("a number from 0", (n) => n >= 0)
const unit = numberThat("a number from 0 to 1", (n) => n >= 0 && n <= 1)
const finite = number()
const text = string()
const atMost = (items: number): Rule<ReadonlyArray<unknown>> => ({
  expected: `a list of at most ${items}`,
  holds: ({ length }) => length <= items,
})

/** Regimes, arms and channels that are taken from a file at most. */
const MOST = 4096

const Fingerprint = object({
  windows: whole,
  features: list(object({ name: text, mean: finite, spread: atLeast0 }), atMost(64)),
  kind: maybe(oneOf(["repeating", "passing"])),
  traces: maybe(list(list(finite, atMost(64)), atMost(64))),
})

const Regime = object({
  id: whole,
  unit: list(unit),
  fingerprint: Fingerprint,
  loss: object({ mean: finite, variance: atLeast0 }),
  cycles: whole,
  kept: whole,
  lost: whole,
  contradicted: whole,
  storedUs: finite,
  metUs: finite,
  retryUs: finite,
})

const Homeostasis = object({
  nextId: whole,
  regimes: list(Regime, atMost(MOST)),
  evicted: object({
    capacity: whole,
    expired: whole,
    canaryLost: whole,
    contradicted: whole,
    byHand: whole,
  }),
})

const Arm = object({
  name: text,
  readings: whole,
  weight: atLeast0,
  squares: atLeast0,
  mean: finite,
  deviations: atLeast0,
})

const name = nullOr(text)

const Selection = object({
  nowUs: finite,
  live: name,
  previous: name,
  sinceUs: finite,
  readings: whole,
  breaches: whole,
  silent: whole,
  switchesUs: list(finite, atMost(MOST)),
  quarantine: list(object({ name: text, untilUs: finite }), atMost(MOST)),
  bandit: object({ decisions: whole, refused: whole, arms: list(Arm, atMost(MOST)) }),
  decisions: whole,
})

const Range = object({ min: finite, max: finite, scale: text })

export const LearnedShape = object({
  /** Names of the knobs by id: what was learned of other knobs is nothing here. */
  knobs: list(text),
  /** What the positions from 0 to 1 of each are positions between; left out by earlier versions. */
  ranges: maybe(list(Range)),
  homeostasis: Homeostasis,
  variants: Selection,
})

/** What an engine has learned, as `engine.relocation.learned()` gives it and the option `learned` takes it. */
export interface Learned extends ShapeType<typeof LearnedShape> {}

/** The range that a position lies in, if it is given. */
interface Between {
  readonly min?: unknown
  readonly max?: unknown
  readonly scale?: unknown
}

const rangeText = ({ min, max, scale = "linear" }: Between): string =>
  `${String(min)} to ${String(max)} ${String(scale)}`

/** The first knob that has another range now, in words; null if none has, or if ranges are not given. */
export function otherRange(
  names: ReadonlyArray<string>,
  before: ReadonlyArray<Between> | undefined,
  now: ReadonlyArray<Between>,
): string | null {
  const at = (before ?? []).findIndex((range, i) => rangeText(range) !== rangeText(now[i] ?? {}))
  if (before === undefined || at < 0) return null
  return `${names[at] ?? at} from ${rangeText(before[at])}, not ${rangeText(now[at] ?? {})}`
}

/** Why this cannot be taken over by an engine with these knobs; null where it can. */
export function misfit(
  learned: Learned,
  names: ReadonlyArray<string>,
  ranges: ReadonlyArray<Between>,
): string | null {
  if (learned.knobs.length !== names.length || learned.knobs.some((knob, i) => knob !== names[i]))
    return `has other knobs (${learned.knobs.join(", ")})`
  const other = otherRange(names, learned.ranges, ranges)
  if (other !== null) return `has other ranges (${other})`
  const ids = learned.homeostasis.regimes.map(({ id }) => id)
  if (new Set(ids).size < ids.length || ids.some((id) => id >= learned.homeostasis.nextId))
    return "repeats the number of a regime, or has none left for the next"
  const odd = learned.homeostasis.regimes.find((regime) => regime.unit.length !== names.length)
  return odd === undefined ? null : `has a regime (${odd.id}) of ${odd.unit.length} knobs`
}

/** What a file says; null where that is nothing of the kind. Total. */
export const readLearned = (text: string): Learned | null => readText(LearnedShape, text)
