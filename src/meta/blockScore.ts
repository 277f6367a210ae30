/**
 * What a block of scores says: its mean, how far that may be off, and whether the scores rise. Scores of neighbouring cycles resemble
 * each other, so a mean knows less than independent scores would tell: its variance is widened by what neighbours have in common.
 */

/** A block's figures: their places in the array that `scoreBlock` fills. */
export const MEAN = 0
export const VARIANCE = 1
export const RISE = 2
export const FIGURES = 3

/** Neighbours are never taken for more alike than this. */
const MOST_ALIKE = 0.9

/** Puts mean, variance of the mean and rise from end to end of `scores[from .. from + count)` into `out`. */
export function scoreBlock(scores: Float64Array, from: number, count: number, out: Float64Array): void {
  let sum = 0
  for (let i = 0; i < count; i++) sum += scores[from + i]
  const mean = sum / count
  const middle = (count - 1) / 2
  let along = 0
  let spread = 0
  for (let i = 0; i < count; i++) {
    along += (i - middle) * (scores[from + i] - mean)
    spread += (i - middle) * (i - middle)
  }
  const slope = along / spread
  let squares = 0
  let products = 0
  let before = 0
  for (let i = 0; i < count; i++) {
    const rest = scores[from + i] - mean - slope * (i - middle)
    squares += rest * rest
    if (i > 0) products += rest * before
    before = rest
  }
  // The rest of a line through few points is a little less alike than it seems: two in `count`.
  const seen = squares > 0 ? products / squares + 2 / count : 0
  const alike = seen < 0 ? 0 : seen > MOST_ALIKE ? MOST_ALIKE : seen
  out[MEAN] = mean
  out[VARIANCE] = (squares / (count - 2) / count) * ((1 + alike) / (1 - alike))
  out[RISE] = slope * (count - 1)
}
