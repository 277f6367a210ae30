/**
 * What the last windows do, from the time line that the page holds anyway: the objective beyond its recent level, how it resembles itself
 * some windows later, where it goes in delay coordinates, and when it comes back.
 */
import { autocorrelation } from "../../../temporal/attractor/autocorrelation.ts"
import type { Track } from "./Track.ts"

/** Windows that are shown at most, and fewer than which nothing is. */
export const MOST_WINDOWS = 128
export const LEAST_WINDOWS = 24
/** Share of a surprise by which the level follows: as the engine's own watch has it. */
const LEVEL = 0.2
/** Windows before those that are shown, for the level to settle. */
const RUN_IN = 24
/** Points closer than so many deviations have come back. */
const NEAR = 0.6

export interface Dynamics {
  /** In deviations of itself, oldest first. */
  readonly series: Float64Array
  readonly correlation: Float64Array
  /** Windows between the coordinates of the embedding. */
  readonly delay: number
}

/** Of the windows up to a moment; null where there are too few. */
export function dynamicsOf(track: Track, untilUs: number): Dynamics | null {
  const losses: Array<number> = []
  for (let i = track.times.length - 1; i >= 0 && losses.length < MOST_WINDOWS + RUN_IN; i--) {
    const reading = track.objective[i] ?? track.baseline[i]
    if (track.times[i] <= untilUs && reading !== null) losses.push(reading)
  }
  if (losses.length < LEAST_WINDOWS) return null
  losses.reverse()
  let level = losses[0]
  const beyond = losses.map((loss) => {
    const surprise = loss - level
    level += LEVEL * surprise
    return surprise
  })
  const shown = beyond.slice(-Math.max(LEAST_WINDOWS, Math.min(MOST_WINDOWS, beyond.length - RUN_IN)))
  const mean = shown.reduce((sum, value) => sum + value, 0) / shown.length
  const spread = Math.sqrt(shown.reduce((sum, value) => sum + (value - mean) ** 2, 0) / shown.length)
  const series = Float64Array.from(shown, (value) => (spread > 0 ? (value - mean) / spread : 0))
  const correlation = new Float64Array(Math.floor(series.length / 2))
  autocorrelation(series, correlation)
  if (!(spread > 0)) correlation.fill(0)
  const crossing = correlation.findIndex((value) => value <= 0)
  return { series, correlation, delay: Math.max(1, crossing) }
}

/** Pairs of moments at which the series stands where it stood, as runs of columns in each row: the recurrence plot. */
export function recurrences({
  series,
  delay,
}: Dynamics): ReadonlyArray<readonly [row: number, from: number, to: number]> {
  const points = series.length - delay
  const runs: Array<readonly [number, number, number]> = []
  for (let row = 0; row < points; row++) {
    let from = -1
    for (let column = 0; column <= points; column++) {
      const near =
        column < points &&
        Math.hypot(series[row] - series[column], series[row + delay] - series[column + delay]) <= NEAR
      if (near && from < 0) from = column
      if (!near && from >= 0) {
        runs.push([row, from, column])
        from = -1
      }
    }
  }
  return runs
}
