/**
 * How the tuner learns from one cycle: the noise of a reading, the slope, whether the last move is taken back, the gain
 * by trust ratio, and whether the plant itself changed. All in units of the objective's own behaviour, so that scale
 * and offset of the objective drop out. Sections 2 to 7 and 9 of the rule in docs/explanation/tuning-rule.md.
 */
import type { SpsaSettings } from "./spsaSettings.ts"
import {
  S_AGE,
  S_ALARM,
  S_BLOCKED,
  S_ETA,
  S_HAS_LAST_MEAN,
  S_HAS_LEVEL,
  S_HAS_MEAN,
  S_HAS_NOISE,
  S_HAS_SLOPE,
  S_HAS_SPREAD,
  S_LAST_MEAN,
  S_LEVEL,
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
import { W_DIFFERENCE, W_LARGEST, W_MEAN, W_SQUARE } from "./spsaWork.ts"

/** A squared surprise counts for at most so many times the noise: one wild reading is no new noise level. */
const SURPRISE_CAP = 9
/** So many first surprises are averaged without a cap: a lucky first one must not pass for the noise. */
const FEW_SURPRISES = 10
/** A difference of the pair counts for at most so many deviations of what noise and slope explain. */
const DIFFERENCE_SIGMAS = 4
/** Probes outgrow their schedule once noise over slope asks for more than this multiple of it, */
const NOISY_PROBE = 0.5
/** but no further than this multiple of sqrt(gain * noise): with a small gain noise does little harm, wide probes still do. */
const PAYING_PROBE = 2.2
/** Cycles after a start or re-heat in which an alarm is not raised. */
const QUIET_CYCLES = 5
/** A cycle mean worse by so many deviations than the one before counts as a regression. */
const REGRESSION_SIGMAS = 3

/**
 * Before section 2: one wild reading (a collection, a page fault) is not a slope. Lasting change passes, because the
 * cap grows with the slope it lets through.
 */
export function tameDifference(b: Float64Array, work: Float64Array): void {
  if (b[S_HAS_SLOPE] === 0 || b[S_SURPRISES] < 3) return
  const cap = DIFFERENCE_SIGMAS * Math.sqrt(2 * b[S_NOISE] + b[S_SLOPE] * work[W_SQUARE])
  if (!(cap > 0)) return
  if (work[W_DIFFERENCE] > cap) work[W_DIFFERENCE] = cap
  else if (work[W_DIFFERENCE] < -cap) work[W_DIFFERENCE] = -cap
}

/** Section 2: the variance of one reading, from how far the mean moved beyond what the last move explains. */
export function learnNoise(b: Float64Array, work: Float64Array, settings: SpsaSettings): void {
  if (b[S_HAS_MEAN] === 0) return
  const surprise = work[W_MEAN] - b[S_MEAN] - settings.trustTarget * b[S_PREDICTED]
  const e = surprise * surprise
  const seen = b[S_SURPRISES] < FEW_SURPRISES ? ++b[S_SURPRISES] : FEW_SURPRISES + 1
  if (b[S_HAS_NOISE] === 0) {
    b[S_NOISE] = e
    b[S_HAS_NOISE] = 1
    return
  }
  const r = b[S_NOISE]
  if (r === 0) b[S_NOISE] = 0.1 * e
  else if (seen <= FEW_SURPRISES) b[S_NOISE] = r + (e - r) / seen
  else b[S_NOISE] = r + 0.1 * ((e < SURPRISE_CAP * r ? e : SURPRISE_CAP * r) - r)
}

/** Section 3: the squared slope per knob, quick to rise and slow to fall. */
export function learnSlope(b: Float64Array, work: Float64Array): void {
  const d = work[W_DIFFERENCE]
  const beyond = d * d - 6 * b[S_NOISE]
  const q = beyond > 0 ? beyond / work[W_SQUARE] : 0
  if (b[S_HAS_SLOPE] === 0) {
    b[S_SLOPE] = q
    b[S_HAS_SLOPE] = 1
    return
  }
  const old = b[S_SLOPE]
  const mixed = old + 0.2 * (q - old)
  const held = 0.98 * old
  b[S_SLOPE] = mixed > held ? mixed : held
}

/** Section 4: true when the last move made things worse beyond doubt. Never twice running. */
export function lastMoveFailed(b: Float64Array, work: Float64Array, settings: SpsaSettings): boolean {
  const p = b[S_PREDICTED]
  if (b[S_HAS_MEAN] === 0 || b[S_BLOCKED] === 1 || !(p < 0)) return false
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
export function adaptGain(b: Float64Array, work: Float64Array, settings: SpsaSettings, n: number): void {
  const p = b[S_PREDICTED]
  const d = work[W_DIFFERENCE]
  if (b[S_ETA] === 0) {
    if (d !== 0) b[S_ETA] = settings.firstStep / largestGradient(work, n)
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
function reheat(b: Float64Array): void {
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
export function boundGain(b: Float64Array, work: Float64Array, settings: SpsaSettings, n: number): void {
  const c = b[S_PROBE]
  const slope = Math.sqrt(b[S_SLOPE])
  const visible = Math.sqrt(b[S_NOISE]) / c
  const scale = slope > visible ? slope : visible
  if (scale > 0 && b[S_ETA] < settings.floor / scale) b[S_ETA] = settings.floor / scale
  const gradient = largestGradient(work, n)
  const room = settings.maxStep - c
  if (gradient > 0 && b[S_ETA] * gradient > 2 * room) b[S_ETA] = (2 * room) / gradient
}

/** Section 9: probes as large as the steps or the noise ask for, on a schedule that lets them shrink. */
export function adaptProbe(b: Float64Array, settings: SpsaSettings, rms: number): void {
  b[S_STEP] += 0.1 * (rms - b[S_STEP])
  b[S_AGE]++
  const slope = b[S_SLOPE]
  const noise = b[S_NOISE]
  const schedule = settings.probe / Math.sqrt(Math.cbrt(1 + b[S_AGE] / 2))
  const half = (settings.maxStep * (1 - 1e-9)) / 2
  const bySteps = settings.probeToStep * b[S_STEP]
  const byNoise = noise === 0 ? 0 : slope === 0 ? half : Math.sqrt(noise / slope)
  const paying = PAYING_PROBE * Math.sqrt(b[S_ETA] * Math.sqrt(noise))
  const audible = NOISY_PROBE * byNoise
  const noisy = audible < paying ? audible : paying
  const free = noisy > schedule ? noisy : schedule
  const top = free < half ? free : half
  const wanted = bySteps > byNoise ? bySteps : byNoise
  const capped = wanted < top ? wanted : top
  b[S_PROBE] = capped > settings.probeMin ? capped : settings.probeMin
}

/** Largest component of the gradient estimate. */
function largestGradient(work: Float64Array, n: number): number {
  return (n * Math.abs(work[W_DIFFERENCE]) * work[W_LARGEST]) / work[W_SQUARE]
}
