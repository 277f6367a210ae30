/**
 * What an engine has learnt that outlives it: the regimes of its homeostasis cache, and what its selection knows of variants.
 * Plain data, so that it goes into a file, into a configuration (`learned`) and into the record of a start. Needed wherever it
 * is saved or comes back; what is no such thing is told by name and never half taken.
 */
import * as Schema from "effect/Schema"

const whole = Schema.Finite.check(
  Schema.makeFilter((n: number) => Number.isSafeInteger(n) && n >= 0, { expected: "a whole number from 0" }),
)
const atLeast0 = Schema.Finite.check(
  Schema.makeFilter((n: number) => n >= 0, { expected: "a number from 0" }),
)
const unit = Schema.Finite.check(
  Schema.makeFilter((n: number) => n >= 0 && n <= 1, { expected: "a number from 0 to 1" }),
)
const atMost = (items: number) =>
  Schema.makeFilter((list: ReadonlyArray<unknown>) => list.length <= items, {
    expected: `a list of at most ${items}`,
  })

/** Regimes, arms and channels that are taken from a file at most. */
const MOST = 4096

const Fingerprint = Schema.Struct({
  windows: whole,
  features: Schema.Array(Schema.Struct({ name: Schema.String, mean: Schema.Finite, spread: atLeast0 })).check(
    atMost(64),
  ),
})

const Regime = Schema.Struct({
  id: whole,
  unit: Schema.Array(unit),
  fingerprint: Fingerprint,
  loss: Schema.Struct({ mean: Schema.Finite, variance: atLeast0 }),
  cycles: whole,
  kept: whole,
  lost: whole,
  contradicted: whole,
  storedUs: Schema.Finite,
  metUs: Schema.Finite,
  retryUs: Schema.Finite,
})

const Homeostasis = Schema.Struct({
  nextId: whole,
  regimes: Schema.Array(Regime).check(atMost(MOST)),
  evicted: Schema.Struct({
    capacity: whole,
    expired: whole,
    canaryLost: whole,
    contradicted: whole,
    byHand: whole,
  }),
})

const Arm = Schema.Struct({
  name: Schema.String,
  readings: whole,
  weight: atLeast0,
  squares: atLeast0,
  mean: Schema.Finite,
  deviations: atLeast0,
})

const name = Schema.NullOr(Schema.String)

const Selection = Schema.Struct({
  nowUs: Schema.Finite,
  live: name,
  previous: name,
  sinceUs: Schema.Finite,
  readings: whole,
  breaches: whole,
  silent: whole,
  switchesUs: Schema.Array(Schema.Finite).check(atMost(MOST)),
  quarantine: Schema.Array(Schema.Struct({ name: Schema.String, untilUs: Schema.Finite })).check(
    atMost(MOST),
  ),
  bandit: Schema.Struct({ decisions: whole, refused: whole, arms: Schema.Array(Arm).check(atMost(MOST)) }),
  decisions: whole,
})

export const LearnedSchema = Schema.Struct({
  /** Names of the knobs by id: what was learnt of other knobs is nothing here. */
  knobs: Schema.Array(Schema.String),
  homeostasis: Homeostasis,
  variants: Selection,
})

/** What an engine has learnt, as `engine.relocation.learned()` gives it and the option `learned` takes it. */
export interface Learned extends Schema.Schema.Type<typeof LearnedSchema> {}

/** Why this cannot be taken over by an engine with these knobs; null where it can. */
export function misfit(learned: Learned, names: ReadonlyArray<string>): string | null {
  if (learned.knobs.length !== names.length || learned.knobs.some((knob, i) => knob !== names[i]))
    return `is of other knobs (${learned.knobs.join(", ")})`
  const odd = learned.homeostasis.regimes.find((regime) => regime.unit.length !== names.length)
  return odd === undefined ? null : `has a regime (${odd.id}) of ${odd.unit.length} knobs`
}

const decode = Schema.decodeUnknownExit(Schema.fromJsonString(LearnedSchema))

/** What a file says; null where that is nothing of the kind. Total. */
export function readLearned(text: string): Learned | null {
  const exit = decode(text)
  return exit._tag === "Success" ? exit.value : null
}
