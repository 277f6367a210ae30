/**
 * Resting: plain windows at the base, a pair of probes now and then, and four reasons to go on. The level of the rests rises (the plant
 * changed); the pairs agree on a way down; where the last excursion ended was better after all; or patience is over. Rests cost
 * nothing, and know the noise of one reading from neighbours that differ in nothing else.
 *
 * Rule and evidence: docs/explanation/tuning-rule.md, "Prove or go home".
 */
import { beginExcursion, forgetComparison } from "./excursion.ts"
import {
  X_HOME_LEVEL,
  X_HOME_READINGS,
  IDLE,
  WALK_BACK,
  WALKING,
  X_ALARMED,
  X_BLAMED,
  X_BLOCK_ALARM,
  X_BLOCK_LEVEL,
  X_BLOCK_SQUARES,
  X_BLOCK_SUM,
  X_END_LEVEL,
  X_END_VARIANCE,
  X_FAILS,
  X_FIRST_REST,
  X_HAS_LAST_REST,
  X_IDLE_SLOPE,
  X_LAST_BLOCK,
  X_LAST_REST,
  X_LOCKED_UNTIL,
  X_MODE,
  X_PROBE,
  X_PROVEN,
  X_REST_SQUARES,
  X_REST_SUM,
  X_REST_TERMS,
  X_RESTS,
  X_RESTS_BETWEEN,
  X_RESTS_LEFT,
  X_SECOND_LOOK,
  X_SQUARES,
  X_STRETCH,
  X_TEST_PAIRS,
  X_TEST_SQUARES,
  X_WALK,
  X_WATCH_ALARM,
  X_WATCH_LEVEL,
  X_WATCH_VARIANCE,
} from "./excursionLayout.ts"
import { reheat } from "./spsaGain.ts"
import {
  S_AGE,
  S_ETA,
  S_HAS_LEVEL,
  S_NOISE,
  S_PREDICTED,
  S_PROBE,
  S_SLOPE,
  SCALARS,
  V_MOVE,
  V_SUM,
} from "./spsaLayout.ts"
import type { SpsaSettings } from "./spsaSettings.ts"
import { W_DIFFERENCE, W_LARGEST, W_MEAN, W_PAIR_NOISE, W_REST_AWAY, W_SQUARE } from "./spsaWork.ts"

/** Rests between two pairs: at most; after the first failed excursion; how they grow. */
const MOST_RESTS = 48
const RESTS_AFTER_FAILURE = 8
const REST_GROWTH = 1.5
/** Agreement of the pairs, in deviations beyond chance, at which they come twice as often instead. */
const HINT = 2
/** Probe of a pair among rests, unless tuning's is larger or noise asks for more. */
const IDLE_PROBE = 0.02
/** Terms that the noise of a rest begins with, taken from tuning, and how many it remembers. */
const FIRST_TERMS = 20
const MOST_TERMS = 160
const TERM_CAP = 9
/** Rests at home before where the excursion ended is looked at again, and how far better it must have been. */
const SECOND_LOOK_RESTS = 8
const SECOND_LOOK = -1.5
/** Evidence at which the watch rings, and rests after which it may. */
const ALARM = 8
const QUIET_RESTS = 5
/** Rests of a block, blocks' worth that their noise begins with, and evidence at which their watch rings. */
const BLOCK = 16
const FIRST_BLOCKS = 4
const BLOCK_ALARM = 5
/** Rests after a failed excursion before an alarm may begin another, times 2 with each. */
const LOCKED_RESTS = 64
/** Half of the rests is how many readings' worth the level of home is known by, and no more than this. */
const MOST_HOME_READINGS = 20
/** Pairs that the slope test remembers. */
const TEST_PAIRS = 80
/** The first step that the slope test leads to. */
const TEST_STEP = 0.08

/** Begins to rest at the base, which is home. `arrived`: after a proven excursion, so pairs come often at first. */
export function beginResting(b: Float64Array, work: Float64Array, n: number, arrived: boolean): void {
  b[X_MODE] = IDLE
  b[X_PROBE] = b[S_PROBE]
  b[X_RESTS_BETWEEN] = arrived ? 1 : atMost(MOST_RESTS, RESTS_AFTER_FAILURE * 2 ** b[X_FAILS])
  b[X_RESTS_LEFT] = Math.round(b[X_RESTS_BETWEEN])
  b[X_REST_SQUARES] = FIRST_TERMS * work[W_PAIR_NOISE]
  b[X_REST_TERMS] = FIRST_TERMS
  b[X_HAS_LAST_REST] = 0
  b[X_RESTS] = 0
  b[X_REST_SUM] = 0
  b[X_WATCH_LEVEL] = 0
  b[X_WATCH_VARIANCE] = work[W_PAIR_NOISE]
  b[X_WATCH_ALARM] = 0
  b.fill(0, X_BLOCK_SUM, X_BLOCK_ALARM + 1)
  b[X_TEST_PAIRS] = 0
  b[X_TEST_SQUARES] = 0
  b.fill(0, SCALARS + V_SUM * n, SCALARS + (V_SUM + 1) * n)
  b[X_LOCKED_UNTIL] = b[X_ALARMED] === 1 && b[X_FAILS] > 0 ? LOCKED_RESTS * 2 ** (b[X_FAILS] - 1) : 0
  b[X_ALARMED] = 0
  forgetComparison(b)
  const recent = b[X_STRETCH] > 0 ? b[X_SQUARES] / b[X_STRETCH] : b[S_SLOPE]
  b[X_IDLE_SLOPE] = recent < b[S_SLOPE] ? recent : b[S_SLOPE]
  chooseProbe(b)
}

const atMost = (limit: number, x: number): number => (x < limit ? x : limit)

/** Variance of one rest. */
const restNoise = (b: Float64Array): number => b[X_REST_SQUARES] / b[X_REST_TERMS]

/** A pair among rests is probed as widely as noise asks for, and no wider than harms; without noise as finely as before. */
function chooseProbe(b: Float64Array): void {
  const r = restNoise(b)
  const byNoise = b[X_IDLE_SLOPE] > 0 ? Math.sqrt(r / b[X_IDLE_SLOPE]) : IDLE_PROBE
  const wanted = byNoise < IDLE_PROBE ? byNoise : IDLE_PROBE
  b[S_PROBE] = b[X_PROBE] > wanted ? b[X_PROBE] : wanted
}

/** A plain window at the base was read, its loss is in `work[W_MEAN]`. What follows from it is the mode afterwards. */
export function takeRest(b: Float64Array, work: Float64Array, settings: SpsaSettings, n: number): void {
  b[X_RESTS]++
  b[X_RESTS_LEFT]--
  learnRestNoise(b, work)
  watchRests(b, work)
  watchBlocks(b, work)
  if (b[X_SECOND_LOOK] === 1 && looksBack(b)) return walkBack(b)
  if (b[X_RESTS] <= b[X_LOCKED_UNTIL]) return
  const rings = b[X_WATCH_ALARM] > ALARM || b[X_BLOCK_ALARM] > BLOCK_ALARM
  const patienceOver =
    settings.patience > 0 && b[X_FAILS] > 0 && b[X_RESTS] >= settings.patience * 4 ** (b[X_FAILS] - 1)
  if (rings || patienceOver) goOut(b, n, rings, work)
}

function learnRestNoise(b: Float64Array, work: Float64Array): void {
  const y = work[W_MEAN]
  if (b[X_HAS_LAST_REST] === 1) {
    const half = (y - b[X_LAST_REST]) ** 2 / 2
    const cap = TERM_CAP * restNoise(b)
    if (b[X_REST_TERMS] >= MOST_TERMS) b[X_REST_SQUARES] *= 1 - 1 / MOST_TERMS
    else b[X_REST_TERMS]++
    b[X_REST_SQUARES] += cap > 0 && half > cap ? cap : half
  }
  b[X_LAST_REST] = y
  b[X_HAS_LAST_REST] = 1
}

/** A one-sided cumulative sum over the rests, in their own noise. */
function watchRests(b: Float64Array, work: Float64Array): void {
  const y = work[W_MEAN]
  const w = b[X_RESTS]
  if (w === 1) {
    b[X_FIRST_REST] = y
    b[X_WATCH_LEVEL] = y
  }
  if (w <= SECOND_LOOK_RESTS) b[X_REST_SUM] += y - b[X_FIRST_REST]
  const r = restNoise(b)
  const away = y - b[X_WATCH_LEVEL]
  work[W_REST_AWAY] = away
  const s = Math.sqrt(r > b[X_WATCH_VARIANCE] ? r : b[X_WATCH_VARIANCE])
  const weight = 1 / w > 0.01 ? 1 / w : 0.01
  b[X_WATCH_LEVEL] += away < -3 * s ? 0.25 * away : weight * (away < 3 * s ? away : 3 * s)
  const square = away * away
  const cap = 4 * b[X_WATCH_VARIANCE] + r
  b[X_WATCH_VARIANCE] += 0.01 * ((square < cap ? square : cap) - b[X_WATCH_VARIANCE])
  if (w <= QUIET_RESTS) return
  const raw = s > 0 ? away / s : away > 0 ? 5 : 0
  const z = raw > 5 ? 5 : raw < -5 ? -5 : raw
  const sum = b[X_WATCH_ALARM] + z - 1
  b[X_WATCH_ALARM] = sum > 0 ? sum : 0
}

/**
 * A rise too slow to stand out from the noise of single rests: the same sum over means of sixteen, whose level forgets little and whose
 * noise comes from neighbours too, so that slow noise is none.
 */
function watchBlocks(b: Float64Array, work: Float64Array): void {
  b[X_BLOCK_SUM] += work[W_MEAN] - b[X_FIRST_REST]
  if (b[X_RESTS] % BLOCK !== 0) return
  const k = b[X_RESTS] / BLOCK
  const mean = b[X_BLOCK_SUM] / BLOCK
  b[X_BLOCK_SUM] = 0
  if (k === 1) {
    b[X_BLOCK_LEVEL] = mean
    b[X_LAST_BLOCK] = mean
    return
  }
  b[X_BLOCK_SQUARES] += (mean - b[X_LAST_BLOCK]) ** 2 / 2
  b[X_LAST_BLOCK] = mean
  // Written out: a call that is made so seldom is not inlined, and its number would be allocated.
  const white = b[X_REST_SQUARES] / b[X_REST_TERMS] / BLOCK
  const seen = (FIRST_BLOCKS * white + b[X_BLOCK_SQUARES]) / (FIRST_BLOCKS + k - 1)
  const s = Math.sqrt((seen > white ? seen : white) * (1 + 1 / (k - 1)))
  const away = mean - b[X_BLOCK_LEVEL]
  // Without noise all means were equal.
  const raw = s > 0 ? away / s : 0
  const z = raw > 5 ? 5 : raw < -5 ? -5 : raw
  const weight = 1 / k > 0.05 ? 1 / k : 0.05
  b[X_BLOCK_LEVEL] += weight * (away < 3 * s ? away : 3 * s)
  const sum = b[X_BLOCK_ALARM] + z - 0.5
  b[X_BLOCK_ALARM] = sum > 0 ? sum : 0
}

/** Home is known now: was it lower where the excursion ended? */
function looksBack(b: Float64Array): boolean {
  if (b[X_RESTS] < SECOND_LOOK_RESTS) return false
  b[X_SECOND_LOOK] = 0
  const home = b[X_FIRST_REST] + b[X_REST_SUM] / SECOND_LOOK_RESTS
  // Written out: see `watchBlocks`.
  const noise = b[X_REST_SQUARES] / b[X_REST_TERMS]
  const scale =
    Math.sqrt(b[X_END_VARIANCE] + noise / SECOND_LOOK_RESTS) + 0.1 * b[X_PROBE] * Math.sqrt(b[S_SLOPE])
  return b[X_END_LEVEL] - home < SECOND_LOOK * scale
}

function walkBack(b: Float64Array): void {
  if (b[X_FAILS] > 0) b[X_FAILS]--
  b[X_MODE] = WALKING
  b[X_WALK] = WALK_BACK
  b[S_PROBE] = b[X_PROBE]
}

/** The walk back is over: tuning goes on there, and need prove nothing more. */
export function resumeExcursion(b: Float64Array, n: number): void {
  beginExcursion(b, n)
  b[X_HOME_LEVEL] = b[X_END_LEVEL]
  b[X_HOME_READINGS] = 1
  b[X_PROVEN] = 1
}

/** Out again from here. After an alarm the level of home is learned anew, for it is not what it was. */
function goOut(b: Float64Array, n: number, rings: boolean, work: Float64Array): void {
  b[S_PROBE] = b[X_PROBE]
  b[S_NOISE] = b[X_REST_SQUARES] / b[X_REST_TERMS]
  beginExcursion(b, n)
  b[X_HOME_READINGS] = rings ? 0 : b[X_RESTS] / 2
  if (b[X_HOME_READINGS] > MOST_HOME_READINGS) b[X_HOME_READINGS] = MOST_HOME_READINGS
  b[X_HOME_LEVEL] = rings ? b[X_WATCH_LEVEL] + work[W_REST_AWAY] : b[X_WATCH_LEVEL]
  b[X_ALARMED] = 1
  reheat(b)
}

/** A pair among rests: true when pairs agree on a way down; the first step of the excursion is wished for then. */
export function testSlope(
  b: Float64Array,
  displacement: Float64Array,
  work: Float64Array,
  n: number,
): boolean {
  const d = work[W_DIFFERENCE]
  const share = d / work[W_SQUARE]
  const sum = SCALARS + V_SUM * n
  const fade = b[X_TEST_PAIRS] >= TEST_PAIRS ? 1 - 1 / TEST_PAIRS : 1
  let square = 0
  for (let i = 0; i < n; i++) {
    b[sum + i] = fade * b[sum + i] + share * displacement[i]
    square += b[sum + i] * b[sum + i]
  }
  b[X_TEST_SQUARES] = fade * b[X_TEST_SQUARES] + d * d
  b[X_TEST_PAIRS] = fade * b[X_TEST_PAIRS] + 1
  b[X_HAS_LAST_REST] = 0
  const k = b[X_TEST_PAIRS]
  const r = restNoise(b)
  const meanSquare = b[X_TEST_SQUARES] / k
  const own = r > meanSquare / 2 ? r : meanSquare / 2
  const z = 3 * (1 + 0.5 * b[X_FAILS])
  const bar = (1 + 30 / b[X_REST_TERMS] ** 1.5) * (n + z * Math.sqrt(2 * n) + 0.67 * z * z)
  const agreed = own > 0 ? (work[W_SQUARE] * n * square) / (2 * own * k) : 0
  if (!(agreed > bar) || b[X_RESTS] <= b[X_LOCKED_UNTIL]) {
    const between = b[X_RESTS_BETWEEN]
    // A plant that had to be saved is probed no more than it has to be.
    const hints = b[X_BLAMED] === 0 && agreed > n + HINT * Math.sqrt(2 * n)
    b[X_RESTS_BETWEEN] = hints ? (between > 2 ? between / 2 : 1) : atMost(MOST_RESTS, REST_GROWTH * between)
    b[X_RESTS_LEFT] = Math.round(b[X_RESTS_BETWEEN])
    chooseProbe(b)
    return false
  }
  followSlope(b, work, n)
  return true
}

/** The first step along the slope of the pairs. Works out again what the test knew: doubles that cross a call are allocated. */
function followSlope(b: Float64Array, work: Float64Array, n: number): void {
  const k = b[X_TEST_PAIRS]
  const r = b[X_REST_SQUARES] / b[X_REST_TERMS]
  const meanSquare = b[X_TEST_SQUARES] / k
  const sum = SCALARS + V_SUM * n
  const move = SCALARS + V_MOVE * n
  let largest = 0
  for (let i = 0; i < n; i++) {
    const size = b[sum + i] < 0 ? -b[sum + i] : b[sum + i]
    if (size > largest) largest = size
  }
  const scale = -TEST_STEP / largest
  let predicted = 0
  for (let i = 0; i < n; i++) {
    b[move + i] = scale * b[sum + i]
    predicted += (b[move + i] * b[sum + i] * n) / k
  }
  const sure = 1 - (2 * r) / meanSquare
  const eta =
    (TEST_STEP * (sure > 0.2 ? sure : 0.2) * work[W_SQUARE]) / (n * Math.sqrt(meanSquare) * work[W_LARGEST])
  const slope = (meanSquare - 6 * r) / work[W_SQUARE]
  b[S_PROBE] = b[X_PROBE]
  beginExcursion(b, n)
  b[X_HOME_READINGS] = b[X_RESTS] / 2
  if (b[X_HOME_READINGS] < 1) b[X_HOME_READINGS] = 1
  else if (b[X_HOME_READINGS] > MOST_HOME_READINGS) b[X_HOME_READINGS] = MOST_HOME_READINGS
  b[X_HOME_LEVEL] = b[X_WATCH_LEVEL]
  if (eta > b[S_ETA]) b[S_ETA] = eta
  b[S_NOISE] = r
  if (slope > b[S_SLOPE]) b[S_SLOPE] = slope
  b[S_AGE] = 1
  b[S_HAS_LEVEL] = 0
  b[S_PREDICTED] = predicted
}
