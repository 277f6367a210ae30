/**
 * The kernel against the rule told slowly (`ruleReference.ts`): from any state it may be in, with any pair of readings and
 * any band, one cycle must come out the same. States are drawn, not reached by running, so that every section of the
 * rule is met with everything it has to decide about.
 */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  KERNEL_BLOCKED,
  KERNEL_NO_CHANGE,
  KERNEL_UPDATE,
  LINEAR,
  LOG,
  PERIODIC,
} from "../../src/hot/codes.ts"
import { type KnobNumbers, KnobTable } from "../../src/hot/KnobTable.ts"
import { X_PAIR_NOISE, X_PAIRS } from "../../src/hot/excursionLayout.ts"
import { SpsaKernel } from "../../src/hot/SpsaKernel.ts"
import {
  S_AGE,
  S_ALARM,
  S_BEGUN,
  S_BLOCKS,
  S_CYCLE,
  S_ETA,
  S_GRADIENT,
  S_HAS_LAST_MEAN,
  S_HAS_LEVEL,
  S_HAS_MARGIN_MEAN,
  S_HAS_MARGIN_NOISE,
  S_HAS_MEAN,
  S_HAS_NOISE,
  S_HAS_SLOPE,
  S_HAS_SPREAD,
  S_LAST_MEAN,
  S_LEVEL,
  S_MARGIN_MEAN,
  S_MARGIN_NOISE,
  S_MARGIN_PREDICTED,
  S_MEAN,
  S_NOISE,
  S_PREDICTED,
  S_PROBE,
  S_REGRESSIONS,
  S_REHEATS,
  S_SLOPE,
  S_SPREAD,
  S_STEP,
  S_SURPRISES,
  SCALARS,
  V_AVERAGE_SLOPE,
  V_BASE,
  V_INNER,
  V_MARGIN_SLOPE,
  V_PREVIOUS,
  V_PREVIOUS_INNER,
  V_SIGN,
} from "../../src/hot/spsaLayout.ts"
import { DEFAULT_SPSA, type SpsaSettings } from "../../src/hot/spsaSettings.ts"
import { completeCycle, type Pair, placeOne, type RuleState, snap } from "./ruleReference.ts"

const knob = (min: number, max: number, scale: number, step = 0, maxStep = 0): KnobNumbers => ({
  min,
  max,
  scale,
  step,
  maxStep,
})
const shapes: ReadonlyArray<KnobNumbers> = [
  knob(-3, 7, LINEAR),
  knob(0, 1, LINEAR, 0, 0.03),
  knob(0.01, 100, LOG),
  knob(0, 360, PERIODIC),
  knob(0, 1, PERIODIC, 0, 0.07),
  knob(0, 40, LINEAR, 1),
  knob(5, 15, LINEAR, 3),
  knob(0, 1000, LINEAR, 1, 0.02),
  knob(1, 256, LOG, 1),
  knob(2, 9, LOG, 2),
  knob(0, 24, PERIODIC, 1),
  knob(0, 360, PERIODIC, 50),
  knob(0, 10_000, LINEAR, 1),
]
const plainShapes = shapes.filter((one) => one.scale !== PERIODIC && one.step === 0)

/** Evenly spread: `fc.double` draws most of its numbers next to nothing. */
const share = fc.integer({ min: 0, max: 1_000_000 }).map((k) => k / 1_000_000)
const between = (min: number, max: number) => share.map((part) => min + (max - min) * part)
/** Any size down to a thousandth. */
const upTo = (max: number) => share.map((part) => max * 1000 ** -part)
/** Mostly of the kind that occurs, sometimes nothing at all. */
const maybe = <T>(one: fc.Arbitrary<T>, absent: T, weight = 4) =>
  fc.oneof({ weight, arbitrary: one }, fc.constant(absent))
const known = (one: fc.Arbitrary<number>) => maybe<number | null>(one, null)

const settingsOf = fc
  .record({
    mode: fc.oneof(
      { weight: 7, arbitrary: fc.constant("trustRatio" as const) },
      fc.constant("spall" as const),
    ),
    maxStep: fc.constantFrom(0.1, 0.05, 0.2),
    constrained: maybe(fc.constant(true), false, 3),
    blockSigmas: fc.constantFrom(3, 3, 1, 1, Number.POSITIVE_INFINITY),
    alarm: fc.constantFrom(8, 2, Number.POSITIVE_INFINITY),
    trust: fc.constantFrom(0.5, 0),
    floor: fc.constantFrom(0.003, 0),
    fewSurprises: fc.constantFrom(10, 3),
    seed: fc.integer({ min: 0, max: 1000 }),
  })
  // Excursions are held by tests of their own.
  .map((some): SpsaSettings => ({ ...DEFAULT_SPSA, prove: false, ...some }))

const knobsOf = fc.oneof(
  fc.array(fc.constantFrom(...plainShapes), { minLength: 1, maxLength: 4 }),
  fc.array(fc.constantFrom(...shapes), { minLength: 1, maxLength: 5 }),
)

const scalarsOf = fc.record({
  age: fc.integer({ min: 0, max: 12 }),
  eta: maybe(fc.oneof(upTo(0.02), upTo(2)), 0, 6),
  probe: upTo(0.05),
  noise: maybe<number | null>(fc.oneof(upTo(1e-4), upTo(1e-2), fc.constant(0)), null, 5),
  slope: maybe<number | null>(fc.oneof(upTo(1), upTo(30), fc.constant(0)), null, 5),
  step: upTo(0.1),
  level: known(between(-1, 1)),
  spread: known(maybe(fc.oneof(upTo(0.01), upTo(1)), 0)),
  alarm: fc.oneof(fc.constant(0), between(0, 12)),
  mean: known(between(-1, 1)),
  lastMean: known(between(-1, 1)),
  predicted: fc.oneof(between(-0.5, 0), between(-0.02, 0), between(-0.1, 0.1), fc.constant(0)),
  reheats: fc.integer({ min: 0, max: 3 }),
  blocks: fc.integer({ min: 0, max: 3 }),
  regressions: fc.integer({ min: 0, max: 3 }),
  marginNoise: known(maybe(upTo(0.01), 0)),
  marginMean: known(between(-0.3, 0.3)),
  marginPredicted: between(-0.1, 0.1),
  surprises: fc.oneof(fc.integer({ min: 0, max: 11 }), fc.constant(11)),
  pairNoise: maybe(fc.oneof(upTo(1e-4), upTo(1e-2)), 0),
  pairs: fc.integer({ min: 0, max: 10 }),
})

/** Where a knob may stand; its end points more often than chance would have them. */
const placesOf = (knobs: ReadonlyArray<KnobNumbers>, constrained: boolean) => {
  const place = fc.oneof({ weight: 4, arbitrary: between(0, 1) }, fc.constantFrom(0, 1, 0.001, 0.999))
  return fc.tuple(
    ...knobs.map((one) =>
      fc
        .record({
          at: place,
          aside: between(-0.4, 0.4),
          before: between(-0.08, 0.08),
          slope: constrained ? maybe(between(-2, 2), 0) : fc.constant(0),
          average: maybe(between(-2, 2), 0),
        })
        .map(({ at, aside, before, slope, average }) => {
          const base = snap(one, at)
          const gap = one.step === 0 ? 0 : Math.abs(snap(one, base + 0.02) - base) + 1e-3
          const contain = (x: number): number =>
            one.scale === PERIODIC ? x - Math.floor(x) : Math.min(1, Math.max(0, x))
          const previousInner = contain(base + before)
          return {
            base,
            inner: one.step === 0 ? base : contain(base + aside * gap),
            previous: snap(one, previousInner),
            previousInner,
            slope,
            average,
          }
        }),
    ),
  )
}

const bandOf = (n: number) =>
  fc
    .array(fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.constant(0), upTo(0.1)), {
      minLength: 2 * n,
      maxLength: 2 * n,
    })
    .map((sizes) => sizes.map((size, i) => (i % 2 === 0 ? -size : size)))

/** About the mean of before or somewhere else; a pair alike, far apart, or no number. */
const readingsOf = fc.record({
  mean: fc.oneof(between(-1, 1), between(-0.05, 0.05)),
  difference: fc.oneof(between(-0.5, 0.5), between(-0.01, 0.01), fc.constant(0)),
  aboutMean: maybe(fc.constant(true), false, 3),
  margin: fc.oneof(between(-0.3, 0.3), between(-0.02, 0.1)),
  marginDifference: between(-0.1, 0.1),
  without: fc.constantFrom("", "", "", "", "", "", "margin", "reading"),
})

const scene = fc
  .tuple(knobsOf, settingsOf, fc.integer({ min: 0, max: 1e6 }))
  .chain(([knobs, settings, cycle]) =>
    fc.record({
      knobs: fc.constant(knobs),
      settings: fc.constant(settings),
      cycle: fc.constant(cycle),
      scalars: scalarsOf,
      places: placesOf(knobs, settings.constrained),
      band: bandOf(knobs.length),
      readings: readingsOf,
    }),
  )

const flagged: ReadonlyArray<readonly [keyof RuleState, number, number]> = [
  ["noise", S_NOISE, S_HAS_NOISE],
  ["slope", S_SLOPE, S_HAS_SLOPE],
  ["level", S_LEVEL, S_HAS_LEVEL],
  ["spread", S_SPREAD, S_HAS_SPREAD],
  ["mean", S_MEAN, S_HAS_MEAN],
  ["lastMean", S_LAST_MEAN, S_HAS_LAST_MEAN],
  ["marginNoise", S_MARGIN_NOISE, S_HAS_MARGIN_NOISE],
  ["marginMean", S_MARGIN_MEAN, S_HAS_MARGIN_MEAN],
]
const counted: ReadonlyArray<readonly [keyof RuleState, number]> = [
  ["age", S_AGE],
  ["eta", S_ETA],
  ["probe", S_PROBE],
  ["step", S_STEP],
  ["alarm", S_ALARM],
  ["predicted", S_PREDICTED],
  ["reheats", S_REHEATS],
  ["blocks", S_BLOCKS],
  ["regressions", S_REGRESSIONS],
  ["marginPredicted", S_MARGIN_PREDICTED],
  ["surprises", S_SURPRISES],
  ["pairNoise", X_PAIR_NOISE],
  ["pairs", X_PAIRS],
]
const vectors = [
  ["base", V_BASE],
  ["inner", V_INNER],
  ["previous", V_PREVIOUS],
  ["previousInner", V_PREVIOUS_INNER],
  ["slope", V_MARGIN_SLOPE],
  ["average", V_AVERAGE_SLOPE],
] as const

const toBlock = (state: RuleState, cycle: number, length: number): Float64Array => {
  const block = new Float64Array(length)
  const n = state.knobs.length
  block[S_CYCLE] = cycle
  for (const [name, at] of counted) block[at] = state[name] as number
  for (const [name, at, flag] of flagged) {
    block[at] = (state[name] as number | null) ?? 0
    block[flag] = state[name] === null ? 0 : 1
  }
  for (const [name, vector] of vectors)
    for (let i = 0; i < n; i++) block[SCALARS + vector * n + i] = state.knobs[i][name]
  return block
}

const fromBlock = (block: Float64Array, n: number): RuleState => {
  const state: Record<string, unknown> = {}
  for (const [name, at] of counted) state[name] = block[at]
  for (const [name, at, flag] of flagged) state[name] = block[flag] === 1 ? block[at] : null
  state["knobs"] = Array.from({ length: n }, (_, i) =>
    Object.fromEntries(vectors.map(([name, vector]) => [name, block[SCALARS + vector * n + i]])),
  )
  return state as unknown as RuleState
}

const near = (got: number | null, expected: number | null, what: string): void => {
  if (got === null || expected === null) expect(got, what).toBe(expected)
  else if (
    !(Math.abs(got - expected) <= 1e-9 * Math.max(1, Math.abs(expected))) &&
    !alikeOnCircle(got, expected, what)
  )
    expect.fail(`${what} is ${got}, by the rule ${expected}`)
}
/** A place on a circle a hair below the seam is the place a hair above it. */
const alikeOnCircle = (got: number, expected: number, what: string): boolean =>
  what.startsWith("circle") && Math.abs(Math.abs(got - expected) - 1) < 1e-9

const compare = (got: RuleState, expected: RuleState, knobs: ReadonlyArray<KnobNumbers>): void => {
  for (const [name] of counted) near(got[name] as number, expected[name] as number, name)
  for (const [name] of flagged) near(got[name] as number | null, expected[name] as number | null, name)
  knobs.forEach((one, i) => {
    for (const [name] of vectors) {
      const hidden = name === "inner" || name === "previousInner"
      if (hidden && one.step === 0) continue
      const where = one.scale === PERIODIC ? "circle" : "line"
      near(got.knobs[i][name], expected.knobs[i][name], `${where} ${name} of knob ${i}`)
    }
  })
}

const OUTCOMES = { update: KERNEL_UPDATE, blocked: KERNEL_BLOCKED, noChange: KERNEL_NO_CHANGE } as const

describe("one cycle of the kernel, from any state", () => {
  it("places its probes, judges its readings and moves its base as the rule says", () => {
    const met = { update: 0, blocked: 0, noChange: 0, reheated: 0 }
    fc.assert(
      fc.property(scene, ({ knobs, settings, cycle, scalars, places, band, readings }) => {
        const n = knobs.length
        const kernel = new SpsaKernel(new KnobTable(knobs), settings)
        const half = (settings.maxStep * (1 - 1e-9)) / 2
        const state: RuleState = { ...scalars, probe: Math.min(scalars.probe, half), knobs: places }
        const block = toBlock(state, cycle, kernel.stateLength)
        kernel.begin(block)
        const targets = new Float64Array(2 * n)
        kernel.plusTarget(block, targets, 0)
        kernel.minusTarget(block, targets, n)
        const pair: Pair = { plus: [...targets.subarray(0, n)], minus: [...targets.subarray(n)] }
        knobs.forEach((one, i) => {
          const sign = block[SCALARS + V_SIGN * n + i]
          const [plus, minus] = placeOne(one, places[i], sign, state.probe, settings.maxStep)
          const where = one.scale === PERIODIC ? "circle" : "line"
          near(pair.plus[i], plus, `${where} plus of knob ${i}`)
          near(pair.minus[i], minus, `${where} minus of knob ${i}`)
        })

        const middle = (readings.aboutMean ? (state.mean ?? 0) : 0) + readings.mean
        const lost = readings.without === "reading" ? Number.NaN : 0
        const away = readings.without === "margin" ? Number.NaN : 0
        const read = {
          plus: middle + readings.difference / 2 + lost,
          minus: middle - readings.difference / 2,
          marginPlus: readings.margin + readings.marginDifference / 2,
          marginMinus: readings.margin - readings.marginDifference / 2 + away,
        }
        const next = new Float64Array(kernel.stateLength)
        const cells = Float64Array.of(read.plus, read.minus, read.marginPlus, read.marginMinus)
        const outcome = kernel.complete(block, next, cells, Float64Array.from(band))
        const expected = completeCycle(state, pair, read, band, knobs, settings)
        expect(outcome).toBe(OUTCOMES[expected.outcome])
        compare(fromBlock(next, n), expected.state, knobs)
        expect({ cycle: next[S_CYCLE], begun: next[S_BEGUN] }).toEqual({ cycle: cycle + 1, begun: 0 })
        met[expected.outcome]++
        if (expected.state.reheats > state.reheats) met.reheated++

        if (expected.outcome === "noChange") return
        near(kernel.loss(next), middle, "loss")
        // The gradient is that of the difference that counted.
        const gradient = new Float64Array(n)
        kernel.gradient(next, gradient)
        knobs.forEach((one, i) => {
          const plain = pair.plus[i] - pair.minus[i]
          const u = one.scale === PERIODIC ? plain - Math.round(plain) : plain
          near(gradient[i], next[S_GRADIENT] * u, `gradient of knob ${i}`)
        })
      }),
      { numRuns: 1500 },
    )
    // Nothing of it is empty talk.
    expect(Object.values(met).every((times) => times > 5)).toBe(true)
  })
})
