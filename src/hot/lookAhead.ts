/**
 * Look ahead: on a plant that remembers (a backlog, heat, wear) the cheap side looks better at once and the harm comes later, so a tuner that
 * compares the levels of short windows walks into ruin. Here it learns that the plant remembers, and judges level plus trend.
 *
 * Off, nothing is changed; a rise has to be seen inside windows and between them first. Then a trial: longer windows, and only the
 * difference of the sides is projected, shrunk by its significance. With proof that probes change the trend readings are projected
 * whole, as far as it takes for the level to stop rising. Scale and offset of the objective drop out.
 *
 * Rule, constants and evidence: docs/explanation/tuning-rule.md, "Look ahead".
 */
import { forgetEarning } from "./earning.ts"
import { restartStretch } from "./excursion.ts"
import { capped, isTime, learnDigestNoise, learnFactor, watchRise } from "./levelRise.ts"
import {
  L_BACK,
  L_COMMON,
  L_ERROR,
  L_EVIDENCE,
  L_FACTOR,
  L_FARTHEST,
  L_FARTHEST_US,
  L_FAILS,
  L_HAS_BEFORE,
  L_HAS_LEVEL,
  L_HAS_NOISE,
  L_HAS_SPREAD,
  L_HORIZON,
  L_HORIZON_US,
  L_LATELY,
  L_MODE,
  L_NOISE,
  L_PAIRS,
  L_QUIET,
  L_RISING,
  L_SURPRISE,
  L_WAIT,
  LOOK_OFF,
  LOOK_ON,
  LOOK_TRIAL,
} from "./lookAheadLayout.ts"
import { TREND_MINUS, TREND_PLUS } from "./readings.ts"
import {
  S_HAS_LAST_MEAN,
  S_HAS_LEVEL,
  S_HAS_MEAN,
  S_HAS_SPREAD,
  S_LEVEL,
  S_MEAN,
  S_NOISE,
  S_PREDICTED,
  S_PROBE,
  S_SPREAD,
  S_SURPRISES,
  SCALARS,
  V_TREND,
} from "./spsaLayout.ts"
import type { SpsaSettings } from "./spsaSettings.ts"
import {
  W_APART,
  W_APART_NOISE,
  W_COMMON,
  W_DIFFERENCE,
  W_KEPT_LEVEL,
  W_KEPT_NOISE,
  W_KEPT_SPREAD,
  W_KEPT_SURPRISES,
  W_MEAN,
  W_RESIDUAL,
  W_SLOPE,
  W_SQUARE,
  W_TREND_CHANCE,
  W_WINDOWS,
} from "./spsaWork.ts"
import { TREND_CENTRE, TREND_COUNT, TREND_XX, TREND_XY, TREND_YY } from "./trend.ts"

/** Windows that one reading is made of while the trend matters. Eight have 22 times less noise of slope for an eighth of the moves. */
export const LONG = 8
/** H to begin with, one long pair, and at most, in windows. */
const LEAST_HORIZON = 2 * LONG
const MOST_HORIZON = 600
/** A rise of one pair, in deviations. */
const PAIR_RISES = 3
/** Windows before the next trial, doubled with each that found no proof. */
const WAIT = 60
/** Where probes do nothing to the trend the evidence is a chi-square, beyond which lies proof by so many deviations. */
export const TREND_SIGMAS = 2.5
/** Pairs of a trial: before proof; without proof; where there is some evidence. */
const PROOF_PAIRS = 4
const TRIAL_PAIRS = 5
const LONG_TRIAL_PAIRS = 10
const SOME_EVIDENCE = 0.4
/** A rise that is so many times that of the pair before is no trend to wait for. */
const EXPLOSIVE = 3
/** Pairs without evidence after which readings are plain again. */
const FORGET_PAIRS = 400
/** Least probe of a trial and after it. */
const TRIAL_PROBE = 0.03
const LEAST_PROBE = 0.015

/**
 * Takes the trends of a pair in, and changes difference and mean in the work cells where the tuner looks ahead. Without a slope inside
 * windows (fewer than three digests) nothing happens.
 */
export function lookAhead(
  b: Float64Array,
  readings: Float64Array,
  displacement: Float64Array,
  work: Float64Array,
  n: number,
): void {
  const nPlus = readings[TREND_PLUS + TREND_COUNT]
  const nMinus = readings[TREND_MINUS + TREND_COUNT]
  const xPlus = readings[TREND_PLUS + TREND_XX]
  const xMinus = readings[TREND_MINUS + TREND_XX]
  if (!(nPlus >= 3 && nMinus >= 3 && xPlus > 0 && xMinus > 0)) return
  const plus = readings[TREND_PLUS + TREND_XY] / xPlus
  const minus = readings[TREND_MINUS + TREND_XY] / xMinus
  work[W_RESIDUAL] = (readings[TREND_PLUS + TREND_YY] - plus * readings[TREND_PLUS + TREND_XY]) / (nPlus - 2)
  learnDigestNoise(b, work)
  work[W_RESIDUAL] =
    (readings[TREND_MINUS + TREND_YY] - minus * readings[TREND_MINUS + TREND_XY]) / (nMinus - 2)
  learnDigestNoise(b, work)
  const ds = plus - minus
  const common = (plus + minus) / 2
  work[W_APART] = ds
  work[W_COMMON] = common
  work[W_APART_NOISE] = b[L_NOISE] / xPlus + b[L_NOISE] / xMinus
  const mode = b[L_MODE]
  if (mode === LOOK_OFF) learnFactor(b, work)
  if (b[L_FACTOR] > 1) work[W_APART_NOISE] *= b[L_FACTOR]
  // A quarter of the variance of a difference is that of a mean.
  const w = work[W_APART_NOISE]
  const s = Math.sqrt(w / 4)
  const rose = b[L_RISING]
  b[L_RISING] = common > PAIR_RISES * s ? rose + 1 : 0
  if (mode === LOOK_OFF) {
    watchRise(b, work)
    return
  }
  judgeTrend(b, displacement, work, n)
  const proven = isProven(b, work)
  if (mode === LOOK_TRIAL) {
    if (b[L_PAIRS] >= PROOF_PAIRS && proven) {
      b[L_MODE] = LOOK_ON
      b[L_FAILS] = 0
      b[L_QUIET] = 0
      b[L_BACK] = rose > 0 && common > 0 ? 1 : 0
      forgetLevels(b)
    } else if (explodes(b, work)) {
      endTrial(b, n)
      b[L_BACK] = 1
      return
    } else if (isInVain(b, work)) return endTrial(b, n)
    b[L_COMMON] = common
  } else {
    b[L_QUIET] = proven ? 0 : b[L_QUIET] + 1
    if (b[L_QUIET] > FORGET_PAIRS) return endTrial(b, n)
    adaptHorizon(b)
  }
  const spacing = Math.sqrt((12 * xPlus) / (nPlus * (nPlus * nPlus - 1)))
  const h = ((b[L_HORIZON] * nPlus) / work[W_WINDOWS]) * spacing
  b[L_HORIZON_US] = h
  if (b[L_MODE] === LOOK_ON) {
    if (b[L_HORIZON] > b[L_FARTHEST]) {
      b[L_FARTHEST] = b[L_HORIZON]
      b[L_FARTHEST_US] = h
    }
    const far = common < -PAIR_RISES * s ? 0.75 * h : h
    work[W_DIFFERENCE] += far * ds
    work[W_MEAN] += far * common
  } else {
    // The common trend may be the load: it is taken away, not followed.
    const sure = common * common > w ? 1 - w / (common * common) : 0
    const seen = ds * ds > 4 * w ? 1 - (4 * w) / (ds * ds) : 0
    const apart = readings[TREND_PLUS + TREND_CENTRE] - readings[TREND_MINUS + TREND_CENTRE]
    work[W_DIFFERENCE] += h * ds * seen - common * sure * apart
    if (b[S_HAS_MEAN] === 1) work[W_MEAN] = b[S_MEAN] + b[S_PREDICTED] / 2
  }
  work[W_SLOPE] = (n * work[W_DIFFERENCE]) / work[W_SQUARE]
}

/** From the next pair on. `common` is a slope that is none of an explosion. */
function beginTrial(b: Float64Array, n: number, common: number): void {
  b[L_MODE] = LOOK_TRIAL
  b[L_PAIRS] = 0
  b[L_COMMON] = common
  b[L_SURPRISE] = 0
  b[L_ERROR] = 0
  b[L_EVIDENCE] = 0
  b[L_HORIZON] = LEAST_HORIZON
  b.fill(0, SCALARS + V_TREND * n, SCALARS + (V_TREND + 1) * n)
}

/**
 * The runaway guard has gone to the baseline and found the level falling there: what the tuner did made it rise. After a rise inside
 * windows that is proof, else a reason to try.
 */
export function blameMemory(b: Float64Array, n: number): void {
  if (b[L_MODE] === LOOK_ON || b[L_HAS_NOISE] === 0) return
  const rose = b[L_MODE] === LOOK_TRIAL || b[L_LATELY] > 0
  if (b[L_MODE] === LOOK_OFF) beginTrial(b, n, Number.MAX_VALUE)
  if (!rose) return
  b[L_MODE] = LOOK_ON
  b[L_FAILS] = 0
  b[L_QUIET] = 0
  forgetLevels(b)
}

/**
 * Not a trend to wait for: a rise of this pair that is many times that of the one before, or of what the trial began with. In short
 * windows it would be a run of regressions, so it ends as they do.
 */
function explodes(b: Float64Array, work: Float64Array): boolean {
  const first = b[L_PAIRS] === 1
  return b[L_RISING] > (first ? 0 : 1) && work[W_COMMON] > EXPLOSIVE * b[L_COMMON]
}

/** Back to plain readings; another trial later. */
function endTrial(b: Float64Array, n: number): void {
  b[L_MODE] = LOOK_OFF
  b[L_FAILS]++
  b[L_WAIT] = WAIT * 2 ** b[L_FAILS]
  b[L_LATELY] = 0
  b[L_HAS_LEVEL] = 0
  b[L_HAS_SPREAD] = 0
  b[L_HORIZON] = LEAST_HORIZON
  b[L_HORIZON_US] = 0
  b[L_FARTHEST] = 0
  b[L_FARTHEST_US] = 0
  b[L_HAS_BEFORE] = 0
  forgetLevels(b)
  restartStretch(b, n)
}

/** Readings mean something else from here on: levels do not compare. */
export function forgetLevels(b: Float64Array): void {
  b[S_HAS_MEAN] = 0
  b[S_PREDICTED] = 0
  b[S_HAS_LAST_MEAN] = 0
  b[S_HAS_LEVEL] = 0
  b[S_HAS_SPREAD] = 0
  forgetEarning(b)
}

/** How the trend differs between the sides, knob by knob, and what chance would make of it. */
function judgeTrend(b: Float64Array, displacement: Float64Array, work: Float64Array, n: number): void {
  const u = work[W_SQUARE]
  const w = work[W_APART_NOISE]
  const slope = SCALARS + V_TREND * n
  const k = b[L_PAIRS]
  let e = work[W_APART]
  for (let i = 0; i < n; i++) e -= b[slope + i] * displacement[i]
  if (k >= 5) {
    const limit = 3 * Math.sqrt(b[L_SURPRISE])
    e = e > limit ? limit : e < -limit ? -limit : e
  }
  const kb = Math.max(0.1, 1 / (k / n + 1))
  b[L_SURPRISE] += Math.max(0.05, 1 / (k + 1)) * (e * e - b[L_SURPRISE])
  const noise = k >= 3 && b[L_SURPRISE] / 2 > w ? b[L_SURPRISE] / 2 : w
  if (k === 0) b[L_ERROR] = noise / u
  else b[L_ERROR] = b[L_ERROR] * (1 - (2 * kb - kb * kb) / n) + (kb * kb * noise) / (n * u)
  const share = (kb * e) / u
  let square = 0
  for (let i = 0; i < n; i++) {
    b[slope + i] += share * displacement[i]
    square += b[slope + i] * b[slope + i]
  }
  b[L_PAIRS] = k + 1
  // Without noise anything is evidence; a number, because the block holds no infinity.
  b[L_EVIDENCE] = b[L_ERROR] > 0 ? square / b[L_ERROR] : square > 0 ? Number.MAX_VALUE : 0
}

const isProven = (b: Float64Array, work: Float64Array): boolean => b[L_EVIDENCE] > work[W_TREND_CHANCE]

function isInVain(b: Float64Array, work: Float64Array): boolean {
  const k = b[L_PAIRS]
  if (k >= LONG_TRIAL_PAIRS) return true
  return k >= TRIAL_PAIRS && b[L_EVIDENCE] <= SOME_EVIDENCE * work[W_TREND_CHANCE]
}

/** Further while the level goes on rising, nearer else. */
function adaptHorizon(b: Float64Array): void {
  if (b[L_RISING] >= 2) b[L_HORIZON] = capped(1.5 * b[L_HORIZON], MOST_HORIZON)
  else if (0.9 * b[L_HORIZON] > LEAST_HORIZON) b[L_HORIZON] *= 0.9
  else b[L_HORIZON] = LEAST_HORIZON
}

/** Before the pair is decided on: what a trial must not change is put aside. */
export function keepLevels(b: Float64Array, work: Float64Array): void {
  work[W_KEPT_NOISE] = b[S_NOISE]
  work[W_KEPT_LEVEL] = b[S_LEVEL]
  work[W_KEPT_SPREAD] = b[S_SPREAD]
  work[W_KEPT_SURPRISES] = b[S_SURPRISES]
}

/**
 * After the pair: a trial begins, or its mean was what was expected, so nothing is learned from it; probes that tell trends apart are
 * wide.
 */
export function settleLookAhead(
  b: Float64Array,
  work: Float64Array,
  settings: SpsaSettings,
  n: number,
): void {
  if (b[L_MODE] === LOOK_OFF) {
    if (!isTime(b)) return
    beginTrial(b, n, Math.max(0, work[W_COMMON]) + (PAIR_RISES * Math.sqrt(work[W_APART_NOISE])) / 2)
  }
  if (b[L_MODE] === LOOK_TRIAL && b[L_PAIRS] > 0) {
    b[S_NOISE] = work[W_KEPT_NOISE]
    b[S_LEVEL] = work[W_KEPT_LEVEL]
    b[S_SPREAD] = work[W_KEPT_SPREAD]
    b[S_SURPRISES] = work[W_KEPT_SURPRISES]
  }
  const least = b[L_MODE] === LOOK_TRIAL ? TRIAL_PROBE : LEAST_PROBE
  const half = (settings.maxStep * (1 - 1e-9)) / 2
  const probe = capped(least, half)
  if (b[S_PROBE] < probe) b[S_PROBE] = probe
}
