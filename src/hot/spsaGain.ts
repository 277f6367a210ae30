/**
 * How the tuner learns from one cycle: the noise of a reading, the slope, whether the last move is taken back, the gain
 * by trust ratio, and whether the plant itself changed. All in units of the objective's own behaviour, so that scale
 * and offset of the objective drop out. Sections 2 to 7 and 9 of the rule in docs/explanation/tuning-rule.md.
 */
import {
  C_FORETOLD_SQUARES,
  C_BETA,
  C_LOSSES,
  C_NOISE,
  C_PRODUCTS,
  C_READ_SQUARES,
  C_SQUARES,
} from "./covariateLayout.ts"
import { E_LEVEL } from "./earningLayout.ts"
import {
  X_BLOCK_LEVEL,
  X_BLOCK_SQUARES,
  X_FIRST_HALF,
  X_HOME_LEVEL,
  X_PAIR_NOISE,
  X_RECENT,
  X_REST_SQUARES,
  X_REST_SUM,
  X_SECOND_HALF,
  X_SQUARES,
  X_TEST_SQUARES,
  X_WATCH_LEVEL,
  X_WATCH_VARIANCE,
} from "./excursionLayout.ts"
import {
  L_COMMON,
  L_ERROR,
  L_EVIDENCE,
  L_FACTOR,
  L_HORIZON_US,
  L_LATE_LEFT,
  L_LATE_SQUARE,
  L_LEVEL,
  L_NOISE,
  L_QUICK,
  L_READ,
  L_SLOPE,
  L_SLOW,
  L_SPREAD,
  L_SURPRISE,
} from "./lookAheadLayout.ts"
import type { SpsaSettings } from "./spsaSettings.ts"
import {
  S_AGE,
  S_ALARM,
  S_ETA,
  S_GRADIENT,
  S_HAS_LAST_MEAN,
  S_HAS_LEVEL,
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
} from "./spsaLayout.ts"
import {
  W_DIFFERENCE,
  W_FORESEEN,
  W_GRADIENT,
  W_LARGEST,
  W_MEAN,
  W_PAIR_NOISE,
  W_ROOT,
  W_SLOPE,
  W_SQUARE,
  W_SQUARES,
  W_WINDOWS,
} from "./spsaWork.ts"

/** A squared surprise counts for at most so many times the noise: one wild reading is no new noise level. */
const SURPRISE_CAP = 9
/** Cycles after a start or re-heat in which an alarm is not raised. */
const QUIET_CYCLES = 5
/** A cycle mean worse by so many deviations than the one before counts as a regression. */
const REGRESSION_SIGMAS = 3

/**
 * Before section 2: one wild reading (a collection, a page fault) is not a slope. Lasting change passes, because the
 * cap grows with the slope it lets through.
 */
export function tameDifference(b: Float64Array, work: Float64Array, settings: SpsaSettings, n: number): void {
  if (b[S_HAS_SLOPE] === 0 || b[S_SURPRISES] < 3) return
  const cap = settings.differenceSigmas * Math.sqrt(2 * work[W_PAIR_NOISE] + b[S_SLOPE] * work[W_SQUARE])
  if (!(cap > 0)) return
  if (work[W_DIFFERENCE] > cap) work[W_DIFFERENCE] = cap
  else if (work[W_DIFFERENCE] < -cap) work[W_DIFFERENCE] = -cap
  else return
  work[W_SLOPE] = (n * work[W_DIFFERENCE]) / work[W_SQUARE]
}

/** Section 2: the variance of one reading, from how far the mean moved beyond what the last move explains. */
export function learnNoise(b: Float64Array, work: Float64Array, settings: SpsaSettings): void {
  if (b[S_HAS_MEAN] === 0) return
  const surprise = work[W_MEAN] - b[S_MEAN] - settings.trustTarget * b[S_PREDICTED]
  const e = surprise * surprise
  const seen = b[S_SURPRISES] < settings.fewSurprises ? ++b[S_SURPRISES] : settings.fewSurprises + 1
  if (b[S_HAS_NOISE] === 0) {
    b[S_NOISE] = e
    b[S_HAS_NOISE] = 1
    return
  }
  const r = b[S_NOISE]
  const m = work[W_WINDOWS]
  if (r === 0) b[S_NOISE] = 0.1 * e
  else if (seen <= settings.fewSurprises) b[S_NOISE] = r + (e - r) / seen
  else if (m > 1 && e < r) b[S_NOISE] = r + (1 - 0.9 ** m) * (e - r)
  else b[S_NOISE] = r + 0.1 * ((e < SURPRISE_CAP * r ? e : SURPRISE_CAP * r) - r)
}

/** Section 3: the squared slope per knob, quick to rise and slow to fall. */
export function learnSlope(b: Float64Array, work: Float64Array): void {
  const d = work[W_DIFFERENCE]
  const beyond = d * d - 6 * work[W_PAIR_NOISE]
  const q = beyond > 0 ? beyond / work[W_SQUARE] : 0
  if (b[S_HAS_SLOPE] === 0) {
    b[S_SLOPE] = q
    // A pair across the slope shows none: the next one is the first then.
    b[S_HAS_SLOPE] = q > 0 ? 1 : 0
    return
  }
  const old = b[S_SLOPE]
  const m = work[W_WINDOWS]
  const mixed = old + (m > 1 ? 1 - 0.8 ** m : 0.2) * (q - old)
  const held = (m > 1 ? 0.98 ** m : 0.98) * old
  b[S_SLOPE] = mixed > held ? mixed : held
}

/**
 * Section 4: true when the last move made things worse beyond doubt. Never twice running: after a move was taken back there
 * is no mean to compare with.
 */
export function lastMoveFailed(b: Float64Array, work: Float64Array, settings: SpsaSettings): boolean {
  const p = b[S_PREDICTED]
  if (b[S_HAS_MEAN] === 0 || !(p < 0)) return false
  return work[W_MEAN] - b[S_MEAN] > settings.blockSigmas * Math.sqrt(b[S_NOISE]) - 2 * p
}

/** Counts cycles in a row that were worse than the one before beyond noise and probe spread. */
export function countRegressions(b: Float64Array, work: Float64Array, n: number): void {
  const c = b[S_PROBE]
  const spread = Math.sqrt(b[S_NOISE] + b[S_SLOPE] * c * c * n)
  const worse = b[S_HAS_LAST_MEAN] === 1 && work[W_MEAN] - b[S_LAST_MEAN] > REGRESSION_SIGMAS * spread
  b[S_REGRESSIONS] = worse ? b[S_REGRESSIONS] + 1 : 0
  b[S_LAST_MEAN] = work[W_MEAN]
  b[S_HAS_LAST_MEAN] = 1
}

/** Section 5: the gain grows while measured over predicted change exceeds the target, as far as noise lets one know. */
export function adaptGain(b: Float64Array, work: Float64Array, settings: SpsaSettings): void {
  const p = b[S_PREDICTED]
  const d = work[W_DIFFERENCE]
  if (b[S_ETA] === 0) {
    if (d === 0) return
    if (d === 0) return
    largestGradient(work)
    b[S_ETA] = settings.firstStep / work[W_GRADIENT]
    return
  }
  if (b[S_HAS_MEAN] === 0 || !(p < 0)) return
  const square = p * p
  const weight = square / (square + 2 * b[S_NOISE])
  const ratio = (work[W_MEAN] - b[S_MEAN]) / p
  const rho = ratio < -1 ? -1 : ratio > 2 ? 2 : ratio
  b[S_ETA] *= Math.exp(settings.trust * weight * (rho - settings.trustTarget))
}

/** Section 6: a one-sided cumulative sum over the cycle mean. On alarm the gains re-open. */
export function watchLevel(b: Float64Array, work: Float64Array, settings: SpsaSettings, n: number): void {
  const mean = work[W_MEAN]
  const c = b[S_PROBE]
  const least = b[S_NOISE] / 2 + b[S_SLOPE] * c * c * n
  if (b[S_HAS_LEVEL] === 0) {
    b[S_LEVEL] = mean
    b[S_HAS_LEVEL] = 1
  }
  if (b[S_HAS_SPREAD] === 0) {
    b[S_SPREAD] = least
    b[S_HAS_SPREAD] = 1
  }
  const away = mean - b[S_LEVEL]
  const s = Math.sqrt(least > b[S_SPREAD] ? least : b[S_SPREAD])
  const cap = 4 * b[S_SPREAD] + least
  const square = away * away
  b[S_SPREAD] += 0.05 * ((square < cap ? square : cap) - b[S_SPREAD])
  const raw = s > 0 ? away / s : away > 0 ? 5 : away < 0 ? -5 : 0
  const z = raw > 5 ? 5 : raw < -5 ? -5 : raw
  const held = away > 3 * s ? 3 * s : away
  // Better than expected is no alarm: the level follows at once.
  b[S_LEVEL] = away < -3 * s ? mean : b[S_LEVEL] + 0.05 * held
  const sum = b[S_ALARM] + z - 1
  b[S_ALARM] = sum > 0 ? sum : 0
  if (b[S_ALARM] > settings.alarm && b[S_AGE] > QUIET_CYCLES) reheat(b)
}

/** The plant changed: steps and schedules start again, what is known of noise and slope stays. */
export function reheat(b: Float64Array): void {
  const slope = Math.sqrt(b[S_SLOPE])
  const eta = slope > 0 ? 0.05 / slope : 0
  if (eta > b[S_ETA]) b[S_ETA] = eta
  if (b[S_STEP] < 0.05) b[S_STEP] = 0.05
  b[S_AGE] = 0
  b[S_ALARM] = 0
  b[S_HAS_LEVEL] = 0
  b[S_REHEATS]++
}

/** Section 7: between what follows slow drift and what one apply can carry. */
export function boundGain(b: Float64Array, work: Float64Array, settings: SpsaSettings): void {
  const c = b[S_PROBE]
  const slope = Math.sqrt(b[S_SLOPE])
  const visible = Math.sqrt(work[W_PAIR_NOISE]) / c
  const scale = slope > visible ? slope : visible
  const floor = settings.floor * work[W_WINDOWS]
  if (scale > 0 && b[S_ETA] < floor / scale) b[S_ETA] = floor / scale
  largestGradient(work)
  const gradient = work[W_GRADIENT]
  const room = settings.maxStep - c
  if (gradient > 0 && b[S_ETA] * gradient > 2 * room) b[S_ETA] = (2 * room) / gradient
}

/** Works out the root that section 9 will need if this cycle ends as most do, while nobody waits for a decision. */
export function foreseeProbe(b: Float64Array, work: Float64Array): void {
  work[W_FORESEEN] = b[S_AGE] + 1
  work[W_ROOT] = Math.sqrt(Math.cbrt(1 + work[W_FORESEEN] / 2))
}

/** Section 9: probes as large as the steps or the noise ask for, on a schedule that lets them shrink. */
export function adaptProbe(b: Float64Array, work: Float64Array, settings: SpsaSettings, n: number): void {
  b[S_STEP] += 0.1 * (Math.sqrt(work[W_SQUARES] / n) - b[S_STEP])
  b[S_AGE]++
  const slope = b[S_SLOPE]
  const noise = work[W_PAIR_NOISE]
  if (work[W_FORESEEN] !== b[S_AGE]) {
    work[W_FORESEEN] = b[S_AGE]
    // Written out: so seldom a call is not inlined, and both roots would be allocated.
    work[W_ROOT] = Math.sqrt(Math.cbrt(1 + work[W_FORESEEN] / 2))
  }
  const schedule = settings.probe / work[W_ROOT]
  const half = (settings.maxStep * (1 - 1e-9)) / 2
  const bySteps = settings.probeToStep * b[S_STEP]
  const byNoise = noise === 0 ? 0 : slope === 0 ? half : Math.sqrt(noise / slope)
  const paying = noise === 0 ? 0 : settings.payingProbe * Math.sqrt(b[S_ETA] * Math.sqrt(noise))
  const audible = settings.noisyProbe * byNoise
  const noisy = audible < paying ? audible : paying
  const free = noisy > schedule ? noisy : schedule
  const top = free < half ? free : half
  const wanted = bySteps > byNoise ? bySteps : byNoise
  const capped = wanted < top ? wanted : top
  b[S_PROBE] = capped > settings.probeMin ? capped : settings.probeMin
}

/** Puts the largest component of the gradient estimate into the work cells. */
function largestGradient(work: Float64Array): void {
  work[W_GRADIENT] = (work[W_SLOPE] < 0 ? -work[W_SLOPE] : work[W_SLOPE]) * work[W_LARGEST]
}

/**
 * True when every scalar that is computed (the others count or say yes and no) is finite. That is enough for the vectors
 * too: the step's length, its prediction and that of the margin are sums over all knobs, and sums keep what is not
 * finite.
 */
export function scalarsFinite(b: Float64Array): boolean {
  const gains = naught(b[S_ETA]) + naught(b[S_PROBE]) + naught(b[S_STEP]) + naught(b[S_GRADIENT])
  const spreads = naught(b[S_NOISE]) + naught(b[S_SLOPE]) + naught(b[S_SPREAD]) + naught(b[S_ALARM])
  const means = naught(b[S_MEAN]) + naught(b[S_LAST_MEAN]) + naught(b[S_LEVEL]) + naught(b[S_PREDICTED])
  const margins = naught(b[S_MARGIN_MEAN]) + naught(b[S_MARGIN_NOISE]) + naught(b[S_MARGIN_PREDICTED])
  const excursion =
    naught(b[X_PAIR_NOISE]) + naught(b[X_RECENT]) + naught(b[X_HOME_LEVEL]) + naught(b[X_SQUARES])
  const halves = naught(b[X_FIRST_HALF]) + naught(b[X_SECOND_HALF]) + naught(b[X_TEST_SQUARES])
  const rests =
    naught(b[X_REST_SQUARES]) + naught(b[X_REST_SUM]) + naught(b[X_WATCH_LEVEL]) + naught(b[X_WATCH_VARIANCE])
  const blocks = naught(b[X_BLOCK_LEVEL]) + naught(b[X_BLOCK_SQUARES])
  const digests = naught(b[L_NOISE]) + naught(b[L_FACTOR]) + naught(b[L_LEVEL]) + naught(b[L_SPREAD])
  const levels = naught(b[L_QUICK]) + naught(b[L_SLOW]) + naught(b[L_SLOPE]) + naught(b[L_COMMON])
  const trends = naught(b[L_SURPRISE]) + naught(b[L_ERROR]) + naught(b[L_EVIDENCE]) + naught(b[L_HORIZON_US])
  const late = naught(b[L_READ]) + naught(b[L_LATE_SQUARE]) + naught(b[L_LATE_LEFT])
  const covariate =
    naught(b[C_NOISE]) +
    naught(b[C_SQUARES]) +
    naught(b[C_PRODUCTS]) +
    naught(b[C_LOSSES]) +
    naught(b[C_FORETOLD_SQUARES]) +
    naught(b[C_READ_SQUARES])
  const ahead = digests + levels + trends + late + naught(b[E_LEVEL]) + covariate + naught(b[C_BETA])
  return gains + spreads + means + margins + excursion + halves + rests + blocks + ahead === 0
}

/** 0 for a number, NaN for what is not finite. */
function naught(x: number): number {
  return x - x
}
