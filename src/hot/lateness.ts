/**
 * An effect that shows a window late: a pair then reads its own sides swapped, and the tuner climbs for ever. It is noticed by reading each pair
 * one window later as well: its second reading less the first one of the pair behind it. That holds nothing of where the signs of the two pairs
 * differ, unless the effect is late. Once a slope from there is beyond doubt, and the pairs as they are say the opposite, one window after
 * each apply is left out.
 */
import { judgeAnew } from "./excursion.ts"
import { X_PAIR_NOISE, X_PAIRS } from "./excursionLayout.ts"
import { forgetLevels } from "./lookAhead.ts"
import {
  L_HAS_BEFORE,
  L_LATE,
  L_LATE_LEFT,
  L_LATE_PAIRS,
  L_LATE_SQUARE,
  L_LATELY,
  L_MODE,
  L_READ,
  LOOK_OFF,
} from "./lookAheadLayout.ts"
import { LOSS_MINUS, LOSS_PLUS } from "./readings.ts"
import { S_FIRST, S_SURPRISES, SCALARS, V_AVERAGE_SLOPE, V_BEFORE, V_LATE } from "./spsaLayout.ts"
import { W_LATE_CHANCE } from "./spsaWork.ts"

/** Windows that are left out at most. */
export const MOST_LATE = 3
/** Pairs before it is judged, and the deviations beyond chance that it takes: a window is hardly ever left out in vain. */
const LEAST_PAIRS = 12
export const LATE_SIGMAS = 6
/** The first pairs tell what slope there is, and not how well it is known. */
const UNKNOWN_PAIRS = 3
/** Share of the sums that a pair takes the place of. */
const FORGET = 0.1

/** Takes a pair in. */
export function noticeLateness(
  b: Float64Array,
  readings: Float64Array,
  displacement: Float64Array,
  work: Float64Array,
  n: number,
): void {
  if (b[L_MODE] !== LOOK_OFF || b[L_LATE] >= MOST_LATE) return
  const plusFirst = b[S_FIRST] > 0
  const before = SCALARS + V_BEFORE * n
  if (b[L_HAS_BEFORE] === 1) {
    b[L_READ] -= readings[plusFirst ? LOSS_PLUS : LOSS_MINUS]
    if (learnLate(b, displacement, work, n)) {
      leaveOut(b, n)
      return
    }
  }
  // From its last place to its first.
  for (let i = 0; i < n; i++) b[before + i] = plusFirst ? displacement[i] : -displacement[i]
  b[L_READ] = readings[plusFirst ? LOSS_MINUS : LOSS_PLUS]
  b[L_HAS_BEFORE] = 1
}

/**
 * The pair before as it would be one window later. With x its width and x' that of this pair, an effect at once makes that -b (x + x') / 2, and a
 * late one b x. The sums go along x - x', in which there is nothing of the former, nor of a load that drifts.
 * True when the sums say beyond doubt that the effect is late, and the pairs as they are say the opposite.
 */
function learnLate(b: Float64Array, displacement: Float64Array, work: Float64Array, n: number): boolean {
  const before = SCALARS + V_BEFORE * n
  const late = SCALARS + V_LATE * n
  const own = SCALARS + V_AVERAGE_SLOPE * n
  const kept = 1 - FORGET / n
  const sign = b[S_FIRST] > 0 ? 1 : -1
  const read = b[L_READ]
  let square = 0
  let width = 0
  let predicted = 0
  let size = 0
  let along = 0
  for (let i = 0; i < n; i++) {
    const x = b[before + i]
    const z = x - sign * displacement[i]
    square += x * z
    width += z * z
    predicted += b[late + i] * x
    const learned = kept * b[late + i] + read * z
    b[late + i] = learned
    size += learned * learned
    along += learned * b[own + i]
  }
  const u = b[L_LATE_SQUARE]
  const left = u > 0 ? read - predicted / u : read
  const counts = b[L_LATE_PAIRS] < UNKNOWN_PAIRS ? 0 : 1
  b[L_LATE_LEFT] = kept * kept * b[L_LATE_LEFT] + (counts * left * left * width) / n
  b[L_LATE_SQUARE] = kept * u + square / n
  b[L_LATE_PAIRS]++
  return b[L_LATE_PAIRS] >= LEAST_PAIRS && along < 0 && size > work[W_LATE_CHANCE] * b[L_LATE_LEFT]
}

/** One more window; what was learned from windows that came too early is forgotten. */
function leaveOut(b: Float64Array, n: number): void {
  b[L_LATE]++
  // What rose because the tuner went the wrong way is no memory.
  b[L_LATELY] = 0
  b[L_LATE_PAIRS] = 0
  b[L_LATE_SQUARE] = 0
  b[L_LATE_LEFT] = 0
  b[L_HAS_BEFORE] = 0
  b.fill(0, SCALARS + V_LATE * n, SCALARS + (V_LATE + 1) * n)
  forgetLevels(b)
  judgeAnew(b, n)
  b.fill(0, SCALARS + V_AVERAGE_SLOPE * n, SCALARS + (V_AVERAGE_SLOPE + 1) * n)
  b[X_PAIRS] = 0
  b[X_PAIR_NOISE] = 0
  b[S_SURPRISES] = 0
}
