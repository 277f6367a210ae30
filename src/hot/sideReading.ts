/**
 * The reading of one side of a pair while its windows come in. Mostly one window is one reading; a tuner that looks ahead reads several
 * windows of one place as one.
 */
import { DIGEST_CONSTRAINT_MARGIN, FIRST_CHANNEL } from "./codes.ts"
import {
  COVARIATE_MINUS,
  COVARIATE_PLUS,
  LOSS_MINUS,
  LOSS_PLUS,
  MARGIN_MINUS,
  MARGIN_PLUS,
  SIDE_COVARIATE,
  SIDE_LOSS,
  SIDE_MARGIN,
  SIDE_TREND,
  SIDE_WINDOWS,
  TREND_MINUS,
  TREND_PLUS,
} from "./readings.ts"
import { joinTrend, TREND_CELLS } from "./trend.ts"

/** Position of the margin among a window's channels. */
const MARGIN = DIGEST_CONSTRAINT_MARGIN - FIRST_CHANNEL

/** Windows of this side that were read. */
export const windowsRead = (readings: Float64Array): number =>
  readings[SIDE_WINDOWS] > 0 ? readings[SIDE_WINDOWS] : 0

/**
 * Takes a window of this side in: the means of its channels and the trend of its objective. `sign` turns the objective; the first `late`
 * windows count for nothing; `covariate` is a position in a digest, or 0.
 */
export function joinWindow(
  readings: Float64Array,
  means: Float64Array,
  trend: Float64Array,
  sign: number,
  late: number,
  covariate: number,
): void {
  const windows = windowsRead(readings) + 1
  readings[SIDE_WINDOWS] = windows
  const k = windows - late
  if (k < 1) return
  const loss = sign * means[0]
  if (k === 1) {
    readings[SIDE_LOSS] = loss
    readings[SIDE_MARGIN] = means[MARGIN]
    readings[SIDE_TREND] = 0
  } else {
    readings[SIDE_LOSS] += (loss - readings[SIDE_LOSS]) / k
    readings[SIDE_MARGIN] += (means[MARGIN] - readings[SIDE_MARGIN]) / k
  }
  if (covariate > 0) {
    const level = means[covariate - FIRST_CHANNEL]
    readings[SIDE_COVARIATE] =
      k === 1 ? level : readings[SIDE_COVARIATE] + (level - readings[SIDE_COVARIATE]) / k
  }
  joinTrend(readings, SIDE_TREND, trend, sign)
}

/** The side is read: into the readings of its pair, and empty for the next one. */
export function closeSide(readings: Float64Array, isPlus: boolean): void {
  readings[isPlus ? LOSS_PLUS : LOSS_MINUS] = readings[SIDE_LOSS]
  readings[isPlus ? MARGIN_PLUS : MARGIN_MINUS] = readings[SIDE_MARGIN]
  readings[isPlus ? COVARIATE_PLUS : COVARIATE_MINUS] = readings[SIDE_COVARIATE]
  const at = isPlus ? TREND_PLUS : TREND_MINUS
  for (let i = 0; i < TREND_CELLS; i++) readings[at + i] = readings[SIDE_TREND + i]
  readings[SIDE_WINDOWS] = 0
}
