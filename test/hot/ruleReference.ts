/**
 * The tuning rule once more, as docs/explanation/tuning-rule.md tells it and as slowly as it likes: plain lists, no memory
 * of anything between calls, positions of a grid worked out from its values. It is what the kernel is held to.
 */
import { LOG, PERIODIC } from "../../src/hot/codes.ts"
import type { KnobNumbers } from "../../src/hot/KnobTable.ts"
import type { SpsaSettings } from "../../src/hot/spsaSettings.ts"

/** What one cycle knows of a knob. */
export interface KnobState {
  readonly base: number
  /** The continuous position behind a base on a grid. */
  readonly inner: number
  readonly previous: number
  readonly previousInner: number
  readonly slope: number
  /** Slope of the objective, averaged over pairs. */
  readonly average: number
}

/** What one cycle knows of the plant; null: nothing yet. */
export interface RuleState {
  readonly age: number
  readonly eta: number
  readonly probe: number
  readonly noise: number | null
  readonly slope: number | null
  readonly step: number
  readonly level: number | null
  readonly spread: number | null
  readonly alarm: number
  readonly mean: number | null
  readonly lastMean: number | null
  readonly predicted: number
  readonly reheats: number
  readonly blocks: number
  readonly regressions: number
  readonly marginNoise: number | null
  readonly marginMean: number | null
  readonly marginPredicted: number
  readonly surprises: number
  /** Variance of one reading from differences of pairs alone, and how many it was averaged from while they are few. */
  readonly pairNoise: number
  readonly pairs: number
  readonly knobs: ReadonlyArray<KnobState>
}

export interface Pair {
  readonly plus: ReadonlyArray<number>
  readonly minus: ReadonlyArray<number>
}

export interface RuleReadings {
  readonly plus: number
  readonly minus: number
  readonly marginPlus: number
  readonly marginMinus: number
}

export type Outcome = "update" | "blocked" | "noChange"

const sum = (values: ReadonlyArray<number>): number => values.reduce((all, one) => all + one, 0)
const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x))
const turns = (knob: KnobNumbers): boolean => knob.scale === PERIODIC
const onGrid = (knob: KnobNumbers): boolean => knob.step > 0
const contain = (knob: KnobNumbers, x: number): number =>
  turns(knob) ? (((x % 1) + 1) % 1) % 1 : clamp(x, 0, 1)
/** From a to b, the short way on a circle. */
const way = (knob: KnobNumbers, a: number, b: number): number =>
  turns(knob) ? b - a - Math.round(b - a) : b - a

const unitOf = ({ min, max, scale }: KnobNumbers, value: number): number =>
  scale === LOG ? Math.log(value / min) / Math.log(max / min) : (value - min) / (max - min)
const valueOf = ({ min, max, scale }: KnobNumbers, unit: number): number =>
  scale === LOG ? min * (max / min) ** unit : min + unit * (max - min)

/** How many points a grid has: on a circle the last place is the first again. */
const countOf = (knob: KnobNumbers): number => {
  const gaps = (knob.max - knob.min) / knob.step
  return turns(knob) && Math.abs(gaps - Math.round(gaps)) < 1e-9
    ? Math.round(gaps)
    : Math.floor(gaps + 1e-9) + 1
}
const settle = (knob: KnobNumbers, index: number): number => {
  const count = countOf(knob)
  return turns(knob) ? ((index % count) + count) % count : clamp(index, 0, count - 1)
}
const nearest = (knob: KnobNumbers, unit: number): number =>
  settle(knob, Math.round((valueOf(knob, contain(knob, unit)) - knob.min) / knob.step))
const pointAt = (knob: KnobNumbers, index: number): number =>
  unitOf(knob, knob.min + settle(knob, index) * knob.step)
export const snap = (knob: KnobNumbers, unit: number): number =>
  onGrid(knob) ? pointAt(knob, nearest(knob, unit)) : contain(knob, unit)

/** A hair inside the guardrail's. */
const limitOf = (knob: KnobNumbers, maxStep: number): number =>
  (knob.maxStep > 0 ? Math.min(knob.maxStep, maxStep) : maxStep) * (1 - 1e-9)
const probeOf = (knob: KnobNumbers, c: number, maxStep: number): number =>
  Math.min(c, limitOf(knob, maxStep) / 2)
/** How far one apply may go at a grid point: the limit, or as far as its neighbours lie apart. */
const reachOf = (knob: KnobNumbers, index: number, maxStep: number): number => {
  const apart = turns(knob)
    ? Math.min(1, (2 * knob.step) / (knob.max - knob.min))
    : pointAt(knob, index + 1) - pointAt(knob, index - 1)
  return Math.max(limitOf(knob, maxStep), apart)
}

/** Section 1, one knob: where plus and minus are read. */
export const placeOne = (
  knob: KnobNumbers,
  { base, inner }: KnobState,
  sign: number,
  c: number,
  maxStep: number,
): readonly [number, number] => {
  const offset = sign * probeOf(knob, c, maxStep)
  if (!onGrid(knob)) return [contain(knob, base + offset), contain(knob, base - offset)]
  const at = nearest(knob, base)
  const aside = (probed: number, way: number): number => (probed === at ? settle(knob, at + way) : probed)
  const plus = pointAt(knob, aside(nearest(knob, inner + offset), sign))
  const minus = pointAt(knob, aside(nearest(knob, inner - offset), -sign))
  return Math.abs(way(knob, minus, plus)) <= reachOf(knob, at, maxStep) + 1e-12
    ? [plus, minus]
    : [pointAt(knob, at + sign), pointAt(knob, at - sign)]
}

interface Taken {
  readonly base: number
  readonly inner: number
  readonly step: number
}

/** Section 9, one knob: how much of a step is taken. */
const takeOne = (
  knob: KnobNumbers,
  state: KnobState,
  wished: number,
  sides: readonly [number, number],
  band: readonly [number, number],
  c: number,
  maxStep: number,
): Taken => {
  const { base, inner } = state
  if (!onGrid(knob)) {
    const room = limitOf(knob, maxStep) - probeOf(knob, c, maxStep)
    const step = clamp(clamp(wished, -room, room), ...band)
    const to = contain(knob, base + step)
    return { base: to, inner, step: turns(knob) ? step : to - base }
  }
  // Both sides of the pair must be within reach of the new base, and the base within its budgets.
  const at = nearest(knob, base)
  const reach = reachOf(knob, at, maxStep) + 1e-12
  const offsets = sides.map((side) => way(knob, base, side))
  const low = Math.max(Math.max(...offsets) - reach, band[0])
  const high = Math.min(Math.min(...offsets) + reach, band[1])
  const asked = way(knob, base, inner) + wished
  const edge = clamp(asked, low, high)
  const reached = nearest(knob, base + edge)
  const choices = [nearest(knob, base + asked), reached, settle(knob, reached + (edge < 0 ? 1 : -1)), at]
  const fits = (index: number): boolean => {
    const offset = way(knob, base, pointAt(knob, index))
    return offset >= low && offset <= high
  }
  const chosen = choices.findIndex(fits)
  const to = pointAt(knob, choices[chosen])
  return {
    base: to,
    inner: chosen === 0 ? contain(knob, base + asked) : to,
    step: way(knob, base, to),
  }
}

const takeAll = (
  knobs: ReadonlyArray<KnobNumbers>,
  state: RuleState,
  pair: Pair,
  wished: ReadonlyArray<number>,
  band: ReadonlyArray<number>,
  maxStep: number,
): ReadonlyArray<Taken> =>
  knobs.map((knob, i) =>
    takeOne(
      knob,
      state.knobs[i],
      wished[i],
      [pair.plus[i], pair.minus[i]],
      [band[2 * i], band[2 * i + 1]],
      state.probe,
      maxStep,
    ),
  )

const moved = (state: RuleState, taken: ReadonlyArray<Taken>): ReadonlyArray<KnobState> =>
  state.knobs.map((knob, i) => ({
    ...knob,
    previous: knob.base,
    previousInner: knob.inner,
    base: taken[i].base,
    inner: taken[i].inner,
  }))

/** The part of one step that goes beyond a model of the margin, given back: the section on the constraint. */
const bend = (
  step: ReadonlyArray<number>,
  slopes: ReadonlyArray<number>,
  margin: number,
  noise: number,
  c: number,
): ReadonlyArray<number> => {
  const square = sum(slopes.map((a) => a * a))
  if (square === 0) return step
  const along = sum(step.map((s, i) => s * slopes[i]))
  const distance = 2 * Math.sqrt(noise) + c * sum(slopes.map(Math.abs))
  const lacking = distance - (margin + along)
  if (lacking <= 0) return step
  const share = margin < 0 ? 1 : 0.5
  const wanted = Math.max(0, -along) + share * Math.max(0, distance - margin)
  return step.map((s, i) => s + (Math.min(lacking, wanted) * slopes[i]) / square)
}

/** One whole cycle after its two readings. */
export const completeCycle = (
  state: RuleState,
  pair: Pair,
  read: RuleReadings,
  band: ReadonlyArray<number>,
  knobs: ReadonlyArray<KnobNumbers>,
  settings: SpsaSettings,
): { readonly outcome: Outcome; readonly state: RuleState } => {
  const n = knobs.length
  const u = knobs.map((knob, i) => way(knob, pair.minus[i], pair.plus[i]))
  const U = sum(u.map((one) => one * one))
  const largest = Math.max(...u.map(Math.abs))
  const M = (read.plus + read.minus) / 2
  const apart = read.plus - read.minus
  // What rounding leaves of two equal readings.
  const raw = Math.abs(apart) <= 4e-15 * Math.abs(M) ? 0 : apart
  const same = { outcome: "noChange", state } as const
  if (U === 0 || !Number.isFinite(M) || !Number.isFinite(raw)) return same
  const c = state.probe
  const half = (settings.maxStep * (1 - 1e-9)) / 2
  const room = settings.maxStep - c

  const within = (step: ReadonlyArray<number>): ReadonlyArray<number> => {
    const top = Math.max(...step.map(Math.abs))
    return top > room ? step.map((one) => (one * room) / top) : step
  }

  if (settings.mode === "spall") {
    const eta = settings.a0 / (state.age + 1 + settings.stability) ** settings.alpha
    const taken = takeAll(
      knobs,
      state,
      pair,
      within(u.map((one) => (-eta * n * raw * one) / U)),
      band,
      settings.maxStep,
    )
    const probe = Math.min(half, settings.c0 / (state.age + 2) ** settings.gamma)
    // The plain schedule compares nothing, so it begins no comparison either.
    const lastMean = state.lastMean === null ? null : M
    const next = { ...state, eta, probe, age: state.age + 1, lastMean, knobs: moved(state, taken) }
    return { outcome: "update", state: next }
  }

  // What a pair's difference has of the noise: drifting load is in the mean and not in the difference.
  const ofPair = (noise: number, pairNoise: number, pairs: number): number =>
    pairs > 0 && state.marginMean === null ? Math.min(noise, 1.2 * pairNoise) : noise
  const before = ofPair(state.noise ?? 0, state.pairNoise, state.pairs)

  // One wild reading is not a slope.
  const cap =
    state.slope !== null && state.surprises >= 3
      ? settings.differenceSigmas * Math.sqrt(2 * before + state.slope * U)
      : 0
  const d = cap > 0 ? clamp(raw, -cap, cap) : raw
  const g = (n * d) / U
  const steepest = Math.abs(g) * largest

  // Noise.
  let { noise, surprises } = state
  if (state.mean !== null) {
    const e = (M - state.mean - settings.trustTarget * state.predicted) ** 2
    const few = surprises < settings.fewSurprises
    if (few) surprises++
    if (noise === null) noise = e
    else if (noise === 0) noise = e / 10
    else if (few) noise += (e - noise) / surprises
    else noise += (Math.min(e, 9 * noise) - noise) / 10
  }
  const r = noise ?? 0

  // Noise of a difference, from differences.
  const miss = d - sum(u.map((one, i) => one * state.knobs[i].average))
  const averages = state.knobs.map((knob, i) => knob.average + (0.3 * miss * u[i]) / U)
  const seen = miss ** 2 / (2 * 1.176)
  const pairs = Math.min(10, state.pairs + 1)
  const pairNoise =
    state.pairs < 10
      ? state.pairNoise + (seen - state.pairNoise) / pairs
      : state.pairNoise + 0.1 * (Math.min(seen, 9 * state.pairNoise) - state.pairNoise)
  const rd = ofPair(r, pairNoise, pairs)

  // Slope.
  const q = Math.max(0, d * d - 6 * rd) / U
  const first = q > 0 ? q : null
  const held = state.slope === null ? first : Math.max(0.98 * state.slope, 0.8 * state.slope + 0.2 * q)
  const slope = held ?? 0

  // Regressions.
  const spreadOfProbes = Math.sqrt(r + slope * c * c * n)
  const worse = state.lastMean !== null && M - state.lastMean > 3 * spreadOfProbes
  const regressions = worse ? state.regressions + 1 : 0

  // Margins.
  const marginSum = read.marginPlus + read.marginMinus
  const constrained = settings.constrained && Number.isFinite(marginSum)
  let { marginNoise, marginMean, marginPredicted } = state
  let slopes = state.knobs.map((knob) => knob.slope)
  if (constrained) {
    const margin = marginSum / 2
    if (marginMean !== null) {
      const e = (margin - marginMean - marginPredicted) ** 2
      if (marginNoise === null) marginNoise = e
      else if (marginNoise === 0) marginNoise = e / 10
      else marginNoise += (Math.min(e, 9 * marginNoise) - marginNoise) / 10
    }
    marginMean = margin
    const expected = sum(u.map((one, i) => one * slopes[i]))
    const off = read.marginPlus - read.marginMinus - expected
    slopes = slopes.map((a, i) => a + (0.3 * u[i] * off) / U)
  } else if (settings.constrained) {
    marginMean = null
    marginPredicted = 0
  }

  const known = { ...state, noise, surprises, slope: held, regressions, lastMean: M, marginNoise, marginMean }
  const learnt: RuleState = {
    ...known,
    marginPredicted,
    pairNoise,
    pairs,
    knobs: state.knobs.map((knob, i) => ({ ...knob, slope: slopes[i], average: averages[i] })),
  }

  // Taking back.
  const promised = state.mean === null || state.predicted >= 0 ? null : -state.predicted
  const change = M - (state.mean ?? 0)
  if (promised !== null && change > settings.blockSigmas * Math.sqrt(r) + 2 * promised) {
    const back = knobs.map((knob, i) => {
      const at = state.knobs[i]
      return onGrid(knob) ? way(knob, at.inner, at.previousInner) : way(knob, at.base, at.previous)
    })
    const taken = takeAll(knobs, learnt, pair, back, band, settings.maxStep)
    return {
      outcome: "blocked",
      state: {
        ...learnt,
        eta: state.eta / 2,
        mean: null,
        predicted: 0,
        blocks: state.blocks + 1,
        marginMean: null,
        marginPredicted: 0,
        knobs: moved(learnt, taken),
      },
    }
  }

  // Gain by trust ratio.
  let { eta } = state
  if (eta === 0) eta = d === 0 ? 0 : settings.firstStep / steepest
  else if (promised !== null) {
    const w = promised ** 2 / (promised ** 2 + 2 * r)
    eta *= Math.exp(settings.trust * w * (clamp(change / -promised, -1, 2) - settings.trustTarget))
  }

  // Change detection.
  const least = r / 2 + slope * c * c * n
  const level0 = state.level ?? M
  const spread0 = state.spread ?? least
  const away = M - level0
  const s = Math.sqrt(Math.max(least, spread0))
  const spread = spread0 + 0.05 * (Math.min(away ** 2, 4 * spread0 + least) - spread0)
  const z = s > 0 ? clamp(away / s, -5, 5) : 5 * Math.sign(away)
  let level: number | null = away < -3 * s ? M : level0 + 0.05 * Math.min(away, 3 * s)
  let alarm = Math.max(0, state.alarm + z - 1)
  let { age, step, reheats } = state
  if (alarm > settings.alarm && age > 5) {
    eta = slope > 0 ? Math.max(eta, 0.05 / Math.sqrt(slope)) : eta
    step = Math.max(step, 0.05)
    age = 0
    alarm = 0
    level = null
    reheats++
  }

  // Floor and ceiling of the gain.
  const scale = Math.max(Math.sqrt(slope), Math.sqrt(rd) / c)
  if (scale > 0) eta = Math.max(eta, settings.floor / scale)
  if (steepest > 0) eta = Math.min(eta, (2 * room) / steepest)

  // Step.
  const memory = n > 1 && !constrained && pairs > 1 ? settings.memory : 0
  let wished = within(u.map((one, i) => -eta * ((1 - memory) * g * one + memory * averages[i])))
  if (constrained) wished = within(bend(wished, slopes, marginMean ?? 0, marginNoise ?? 0, c))
  const taken = takeAll(knobs, learnt, pair, wished, band, settings.maxStep)
  const predicted = (d * sum(taken.map((one, i) => one.step * u[i]))) / U
  if (constrained) marginPredicted = sum(taken.map((one, i) => one.step * slopes[i]))

  // Probe size.
  step += 0.1 * (Math.sqrt(sum(taken.map((one) => one.step ** 2)) / n) - step)
  age++
  const schedule = settings.probe / (1 + age / 2) ** (1 / 6)
  const byNoise = rd === 0 ? 0 : slope === 0 ? half : Math.sqrt(rd / slope)
  const paying = settings.payingProbe * Math.sqrt(eta * Math.sqrt(rd))
  const top = Math.min(half, Math.max(schedule, Math.min(settings.noisyProbe * byNoise, paying)))
  const probe = Math.max(settings.probeMin, Math.min(top, Math.max(settings.probeToStep * step, byNoise)))

  return {
    outcome: "update",
    state: {
      ...learnt,
      marginPredicted,
      age,
      eta,
      probe,
      step,
      level,
      spread,
      alarm,
      mean: M,
      predicted,
      reheats,
      knobs: moved(learnt, taken),
    },
  }
}
