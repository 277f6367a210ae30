/**
 * The constraint section of the tuning rule: a linear model of the margin, learned beside the objective's slope, that
 * bends a step before it would leave the feasible side. A switch that descends the violation while it lasts bounces
 * along the border; a projection slides along it.
 *
 * Source: normalised least mean squares (Widrow and Hoff 1960), step .3, on the displacement really applied.
 */
import {
  S_HAS_MARGIN_MEAN,
  S_HAS_MARGIN_NOISE,
  S_MARGIN_MEAN,
  S_MARGIN_NOISE,
  S_MARGIN_PREDICTED,
  S_PROBE,
  SCALARS,
  V_MARGIN_SLOPE,
  V_MOVE,
} from "./spsaLayout.ts"
import { W_MARGIN, W_MARGIN_DIFFERENCE, W_SQUARE } from "./spsaWork.ts"

const RATE = 0.3
/** A gain beyond this is an overflow on its way; ten thousand such slopes still add up to a finite one. */
const SLOPE_CAP = 1e300
/** Keep so many deviations of one margin reading away from the border. */
const KEEP_SIGMAS = 2
/** Share of a lacking distance made up in one step while still feasible. */
const APPROACH = 0.5

/** Learns the margin's slope and noise from this cycle. `displacement` is plus minus minus, by knob. */
export function learnMargin(
  b: Float64Array,
  work: Float64Array,
  displacement: Float64Array,
  n: number,
): void {
  const slope = SCALARS + V_MARGIN_SLOPE * n
  const margin = work[W_MARGIN]
  if (b[S_HAS_MARGIN_MEAN] === 1) {
    const surprise = margin - b[S_MARGIN_MEAN] - b[S_MARGIN_PREDICTED]
    const e = surprise * surprise
    if (b[S_HAS_MARGIN_NOISE] === 0) {
      b[S_MARGIN_NOISE] = e
      b[S_HAS_MARGIN_NOISE] = 1
    } else {
      const r = b[S_MARGIN_NOISE]
      const cap = 9 * r
      b[S_MARGIN_NOISE] = r === 0 ? 0.1 * e : r + 0.1 * ((e < cap ? e : cap) - r)
    }
  }
  b[S_MARGIN_MEAN] = margin
  b[S_HAS_MARGIN_MEAN] = 1
  let expected = 0
  for (let i = 0; i < n; i++) expected += displacement[i] * b[slope + i]
  // Slopes that once overflowed would never be finite again: such a reading teaches nothing.
  const gain = (RATE * (work[W_MARGIN_DIFFERENCE] - expected)) / work[W_SQUARE]
  if (!(gain < SLOPE_CAP && gain > -SLOPE_CAP)) return
  for (let i = 0; i < n; i++) b[slope + i] += gain * displacement[i]
}

/** No margin came with this cycle: the next comparison would span a gap. */
export function skipMargin(b: Float64Array): void {
  b[S_HAS_MARGIN_MEAN] = 0
  b[S_MARGIN_PREDICTED] = 0
}

/** Bends the step in the block so that the modelled margin keeps its distance from the border. */
export function bendStep(b: Float64Array, n: number): void {
  const slope = SCALARS + V_MARGIN_SLOPE * n
  const move = SCALARS + V_MOVE * n
  let along = 0
  let square = 0
  let reach = 0
  for (let i = 0; i < n; i++) {
    const a = b[slope + i]
    along += a * b[move + i]
    square += a * a
    reach += a < 0 ? -a : a
  }
  if (!(square > 0)) return
  const margin = b[S_MARGIN_MEAN]
  // The probes of the next cycle are to be feasible too, not only its base.
  const keep = KEEP_SIGMAS * Math.sqrt(b[S_MARGIN_NOISE]) + b[S_PROBE] * reach
  const lacking = keep - margin - along
  if (!(lacking > 0)) return
  const undo = along < 0 ? -along : 0
  const restore = keep > margin ? (margin < 0 ? 1 : APPROACH) * (keep - margin) : 0
  const wanted = undo + restore
  const scale = (lacking < wanted ? lacking : wanted) / square
  for (let i = 0; i < n; i++) b[move + i] += scale * b[slope + i]
}

/** What the margin model expects of the step that was really taken. */
export function predictMargin(b: Float64Array, n: number): void {
  const slope = SCALARS + V_MARGIN_SLOPE * n
  const taken = SCALARS + V_MOVE * n
  let predicted = 0
  for (let i = 0; i < n; i++) predicted += b[slope + i] * b[taken + i]
  b[S_MARGIN_PREDICTED] = predicted
}
