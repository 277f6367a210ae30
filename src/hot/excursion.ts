/**
 * Prove or go home. Tuning begins at once, but an excursion that has not shown a lower level than home goes back there and rests; so does a
 * tuner that has arrived. Without this the probes and the chance steps of a tuner that cannot gain any more cost 2 to 17 % for nothing.
 * Home is the baseline. What decides is the level, in units of its own noise; scale and offset drop out.
 *
 * Rule and evidence: docs/explanation/tuning-rule.md, "Prove or go home".
 */
import { PERIODIC } from "./codes.ts"
import {
  EXCURSION,
  WALK_ARRIVED,
  WALK_BACK,
  WALK_HOME,
  WALKING,
  X_ALARMED,
  X_CYCLES,
  X_END_LEVEL,
  X_END_VARIANCE,
  X_FAILS,
  X_FIRST_HALF,
  X_HAS_LAST,
  X_HAS_RECENT,
  X_HOME_LEVEL,
  X_HOME_READINGS,
  X_MODE,
  X_PAIR_NOISE,
  X_PAIRS,
  X_PROVEN,
  X_RECENT,
  X_SECOND_HALF,
  X_SECOND_LOOK,
  X_SQUARES,
  X_STRETCH,
  X_WALK,
} from "./excursionLayout.ts"
import { forgetEarning } from "./earning.ts"
import type { KnobTable } from "./KnobTable.ts"
import { GRID, type ProbeTable } from "./probes.ts"
import {
  S_HAS_MARGIN_MEAN,
  S_HAS_MEAN,
  S_NOISE,
  S_PREDICTED,
  S_PROBE,
  S_SLOPE,
  SCALARS,
  V_AVERAGE_SLOPE,
  V_BASE,
  V_END,
  V_HOME,
  V_INNER,
  V_LAST_MEAN_BASE,
  V_MOVE,
  V_STRETCH,
  V_STRETCH_WAY,
  V_SUM,
} from "./spsaLayout.ts"
import { W_DIFFERENCE, W_FORETOLD, W_HALF_NOISE, W_MEAN, W_PAIR_NOISE, W_SQUARE } from "./spsaWork.ts"

/** Cycles before an excursion may count as proven. */
const LEAST_CYCLES = 6
/** A level lower by so many deviations proves an excursion at any time; by so many at its looks. */
const PROVEN = -3
const PROVEN_AT_LOOK = -2
/** At a look a level that is no lower than this sends it home. */
const HOPELESS = -0.5
/** Looks come after K, 2K and 4K cycles, K = this plus the number of knobs. */
const FIRST_LOOK = 20
const LAST_LOOK = 4
/** Share of what a probe changes that a gain must exceed. */
const PROBE_SHARE = 0.1
/** Failures beyond this make the next excursion no harder: a plant whose load comes and goes has hundreds of them. */
const MOST_FAILS = 3
/** Cycles of a stretch, and how far its mean base may lie from that of the one before to be still, unit space. */
const STRETCH = 40
const STILL = 0.02
/** The held squared slope is at most so many times what a stretch without agreement showed. */
const SLOPE_ROOM = 3
/** The mean square of a pair's surprise is 1.176 times what its two readings explain: the averaged slope has noise of its own. */
const SURPRISE_SHARE = 2 * 1.176
/** The first surprises are averaged plainly. */
const FEW_PAIRS = 10
/** A difference's noise is never taken for more than so many times its own estimate. */
const PAIR_SHARE = 1.2
/** The base counts as there when it is this near in every knob, unit space. */
const THERE = 1e-9

/** An excursion from here, whose level of home is learned in the first cycle. Where it is known, the caller writes it into the block. */
export function beginExcursion(b: Float64Array, n: number): void {
  b[X_MODE] = EXCURSION
  b[X_CYCLES] = 0
  b[X_PROVEN] = 0
  b[X_HOME_LEVEL] = 0
  b[X_HOME_READINGS] = 0
  b[X_HAS_RECENT] = 0
  b[X_SECOND_LOOK] = 0
  copyVector(b, n, V_BASE, V_HOME)
  beginStretch(b, n)
  b[X_HAS_LAST] = 0
  forgetEarning(b)
}

/** What was read so far meant something else: the excursion is judged from here on, against the same home. */
export function judgeAnew(b: Float64Array, n: number): void {
  b[X_CYCLES] = 0
  b[X_PROVEN] = 0
  b[X_HAS_RECENT] = 0
  restartStretch(b, n)
}

/** Puts into `work[W_FORETOLD]` what a slope, kept as this vector of the block, makes a pair's difference. */
export function foretell(
  b: Float64Array,
  vector: number,
  displacement: Float64Array,
  work: Float64Array,
  n: number,
): void {
  const slope = SCALARS + vector * n
  let difference = 0
  for (let i = 0; i < n; i++) difference += b[slope + i] * displacement[i]
  work[W_FORETOLD] = difference
}

/** Counts what the tuning rule has learned of one pair's noise, from pairs alone: a drifting load is in their mean and not in their difference. */
export function learnPairNoise(
  b: Float64Array,
  displacement: Float64Array,
  work: Float64Array,
  n: number,
): void {
  const average = SCALARS + V_AVERAGE_SLOPE * n
  foretell(b, V_AVERAGE_SLOPE, displacement, work, n)
  const e = work[W_DIFFERENCE] - work[W_FORETOLD]
  const share = (0.3 * e) / work[W_SQUARE]
  for (let i = 0; i < n; i++) b[average + i] += share * displacement[i]
  const seen = (e * e) / SURPRISE_SHARE
  const r = b[X_PAIR_NOISE]
  if (b[X_PAIRS] < FEW_PAIRS) {
    b[X_PAIRS]++
    b[X_PAIR_NOISE] += (seen - r) / b[X_PAIRS]
  } else b[X_PAIR_NOISE] += 0.1 * ((seen < 9 * r ? seen : 9 * r) - r)
}

/** Puts r_d into the work cells. Beside a constraint it is r: smaller probes would know less of the margin's slope. */
export function pairNoise(b: Float64Array, work: Float64Array): void {
  const byPairs = PAIR_SHARE * b[X_PAIR_NOISE]
  const known = b[X_PAIRS] > 0 && b[S_HAS_MARGIN_MEAN] === 0
  work[W_PAIR_NOISE] = known && byPairs < b[S_NOISE] ? byPairs : b[S_NOISE]
}

/** After a cycle of tuning: true when the excursion has to go home. */
export function judgeExcursion(b: Float64Array, work: Float64Array, n: number): boolean {
  const mean = work[W_MEAN]
  if (b[X_HAS_RECENT] === 0) {
    b[X_RECENT] = mean
    b[X_HAS_RECENT] = 1
    if (b[X_HOME_READINGS] === 0) {
      b[X_HOME_LEVEL] = mean
      b[X_HOME_READINGS] = 1
    }
  } else b[X_RECENT] += 0.2 * (mean - b[X_RECENT])
  b[X_CYCLES]++
  const k = b[X_CYCLES]
  const r = b[S_NOISE]
  const h = b[X_HOME_LEVEL]
  const scale =
    Math.sqrt(r * (1 / 18 + 1 / (2 * b[X_HOME_READINGS]))) +
    PROBE_SHARE * b[S_PROBE] * Math.sqrt(b[S_SLOPE]) +
    1e-12 * (h < 0 ? -h : h)
  const away = b[X_RECENT] - h
  const z = away === 0 ? 0 : away / scale
  if (k >= LEAST_CYCLES && z < PROVEN) b[X_PROVEN] = 1
  if (b[X_PROVEN] === 1) return false
  const look = FIRST_LOOK + n
  if (k !== look && k !== 2 * look && k !== LAST_LOOK * look) return false
  if (z < PROVEN_AT_LOOK) {
    b[X_PROVEN] = 1
    return false
  }
  return z > HOPELESS || k === LAST_LOOK * look
}

/** Unproven: back to where it began. What was found here is kept for a second look. */
export function turnHome(b: Float64Array, n: number): void {
  if (b[X_FAILS] < MOST_FAILS) b[X_FAILS]++
  copyVector(b, n, V_BASE, V_END)
  b[X_END_LEVEL] = b[X_RECENT]
  b[X_END_VARIANCE] = b[S_NOISE] / 18
  b[X_SECOND_LOOK] = 1
  b[X_MODE] = WALKING
  b[X_WALK] = WALK_HOME
}

function beginStretch(b: Float64Array, n: number): void {
  b[X_STRETCH] = 0
  b[X_FIRST_HALF] = 0
  b[X_SECOND_HALF] = 0
  b[X_SQUARES] = 0
  const way = SCALARS + V_STRETCH_WAY * n
  const sum = SCALARS + V_SUM * n
  for (let i = 0; i < n; i++) {
    b[way + i] = 0
    b[sum + i] = 0
  }
  copyVector(b, n, V_BASE, V_STRETCH)
}

/** The plant changed: this stretch says nothing of the next one. */
export function restartStretch(b: Float64Array, n: number): void {
  beginStretch(b, n)
  b[X_HAS_LAST] = 0
}

/** Folds a cycle of tuning into its stretch; true when the stretch is over and the tuner has arrived. */
export function hasArrived(
  b: Float64Array,
  displacement: Float64Array,
  work: Float64Array,
  table: KnobTable,
): boolean {
  const n = table.size
  const sum = SCALARS + V_SUM * n
  const way = SCALARS + V_STRETCH_WAY * n
  const from = SCALARS + V_STRETCH * n
  const base = SCALARS + V_BASE * n
  const share = work[W_DIFFERENCE] / work[W_SQUARE]
  if (table.circles.length === 0) {
    for (let i = 0; i < n; i++) {
      b[sum + i] += share * displacement[i]
      b[way + i] += b[base + i] - b[from + i]
    }
  } else {
    for (let i = 0; i < n; i++) {
      b[sum + i] += share * displacement[i]
      b[way + i] += table.difference(i, b[from + i], b[base + i])
    }
  }
  b[X_SQUARES] += share * work[W_DIFFERENCE]
  // Sums of what lies above the level of home, so that no offset costs digits.
  const above = work[W_MEAN] - b[X_HOME_LEVEL]
  if (b[X_STRETCH] < STRETCH / 2) b[X_FIRST_HALF] += above
  else b[X_SECOND_HALF] += above
  b[X_STRETCH]++
  if (b[X_STRETCH] < STRETCH) return false
  // A root is allocated in a function that runs this seldom: it is not compiled to the end.
  work[W_HALF_NOISE] = Math.sqrt(b[S_NOISE] / (STRETCH / 2))
  const agrees = isAgreed(b, n)
  if (!agrees) boundSlope(b)
  const arrived = b[X_PROVEN] === 1 && !agrees && isLevel(b, work) && isStill(b, table)
  keepMeanBase(b, table)
  if (!arrived) {
    beginStretch(b, n)
    b[X_HAS_LAST] = 1
  }
  return arrived
}

/** The pairs agree on a way down. Differences are normalised by themselves, for at a kink they are large. */
function isAgreed(b: Float64Array, n: number): boolean {
  const sum = SCALARS + V_SUM * n
  let square = 0
  for (let i = 0; i < n; i++) square += b[sum + i] * b[sum + i]
  return n * square >= (n + Math.sqrt(2 * n)) * b[X_SQUARES] && b[X_SQUARES] > 0
}

/**
 * Probes that were sized by a slope met long before, at a wall beside the start, see nothing here. What the differences of this
 * stretch are, noise and all, is the most that the slope can be.
 */
function boundSlope(b: Float64Array): void {
  const most = (SLOPE_ROOM * b[X_SQUARES]) / STRETCH
  if (most < b[S_SLOPE]) b[S_SLOPE] = most
}

/** The level neither fell nor rose beyond noise from one half of the stretch to the other. */
function isLevel(b: Float64Array, work: Float64Array): boolean {
  if (b[X_SQUARES] === 0) return true
  const gain = (b[X_FIRST_HALF] - b[X_SECOND_HALF]) / (STRETCH / 2)
  const noise = work[W_HALF_NOISE]
  return gain < 2 * noise && gain > -2 * noise
}

function isStill(b: Float64Array, table: KnobTable): boolean {
  if (b[X_SQUARES] === 0) return true
  if (b[X_HAS_LAST] === 0) return false
  const n = table.size
  const way = SCALARS + V_STRETCH_WAY * n
  const from = SCALARS + V_STRETCH * n
  const last = SCALARS + V_LAST_MEAN_BASE * n
  for (let i = 0; i < n; i++) {
    const away = table.difference(i, b[last + i], b[from + i]) + b[way + i] / STRETCH
    if (away > STILL || away < -STILL) return false
  }
  return true
}

/** The mean base of the stretch that is over, on the grid. */
function keepMeanBase(b: Float64Array, table: KnobTable): void {
  const n = table.size
  const way = SCALARS + V_STRETCH_WAY * n
  const from = SCALARS + V_STRETCH * n
  const last = SCALARS + V_LAST_MEAN_BASE * n
  for (let i = 0; i < n; i++) {
    const at = b[from + i] + b[way + i] / STRETCH
    b[last + i] = table.scale[i] === PERIODIC ? at : at < 0 ? 0 : at > 1 ? 1 : at
  }
  // The values go where the next wish will stand: nobody reads them.
  table.place(b, last, b, last, SCALARS + V_MOVE * n)
}

/** The mean base of the last stretch is home from here on, and the way leads there. */
export function turnToMean(b: Float64Array, n: number): void {
  copyVector(b, n, V_LAST_MEAN_BASE, V_HOME)
  b[X_FAILS] = 0
  b[X_ALARMED] = 0
  b[X_SECOND_LOOK] = 0
  b[X_MODE] = WALKING
  b[X_WALK] = WALK_ARRIVED
}

/** The step that is left of the walk, as a wish. */
export function wishWalk(b: Float64Array, probes: ProbeTable): void {
  const { kind, wraps, size: n } = probes
  const target = SCALARS + (b[X_WALK] === WALK_BACK ? V_END : V_HOME) * n
  for (let i = 0; i < n; i++) {
    const from = b[SCALARS + (kind[i] === GRID ? V_INNER : V_BASE) * n + i]
    let way = b[target + i] - from
    if (wraps[i] === 1) way -= Math.round(way)
    b[SCALARS + V_MOVE * n + i] = way
  }
}

/** Whether the base has come to where the walk leads. */
export function isThere(b: Float64Array, table: KnobTable): boolean {
  const n = table.size
  const target = SCALARS + (b[X_WALK] === WALK_BACK ? V_END : V_HOME) * n
  const base = SCALARS + V_BASE * n
  for (let i = 0; i < n; i++) {
    const away = table.difference(i, b[base + i], b[target + i])
    if (away > THERE || away < -THERE) return false
  }
  return true
}

/** What the last comparison knew is void: the base was walked, not moved by a slope. */
export function forgetComparison(b: Float64Array): void {
  b[S_HAS_MEAN] = 0
  b[S_PREDICTED] = 0
}

export function copyVector(b: Float64Array, n: number, from: number, to: number): void {
  const source = SCALARS + from * n
  const target = SCALARS + to * n
  for (let i = 0; i < n; i++) b[target + i] = b[source + i]
}
