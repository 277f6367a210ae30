/**
 * The noise of one reading, from the probe's repeated point. Needed once, between probe and classify: it decides whether
 * curvature can be trusted at all.
 */
import type { Readings } from "./Readings.ts"

/** Two readings this close, relative to their size, are the same: rounding, not noise. */
const SAME = 1e-12

/**
 * |y1 - y2| / sqrt 2 over (75 % quantile - minimum) of the probe's losses; 0 when the objective repeats itself to 1e-12,
 * or when no repeat was read. The spread is taken without the worst quarter, which says more about the box than about the
 * landscape.
 *
 * @param repeatId trial that repeated a point, or -1
 */
export function probeNoise(readings: Readings, repeatId: number): number {
  const { count, ids, losses } = readings
  let repeat = -1
  for (let r = 0; r < count; r++) if (ids[r] === repeatId && repeatId >= 0) repeat = r
  if (repeat < 0) return 0
  const twin = twinOf(readings, repeat)
  if (twin < 0) return 0
  const difference = Math.abs(losses[repeat] - losses[twin])
  if (difference <= SAME * Math.max(Math.abs(losses[repeat]), Math.abs(losses[twin]))) return 0
  const sorted: Array<number> = []
  for (let r = 0; r < count; r++) if (ids[r] >= 0 && r !== repeat) sorted.push(losses[r])
  sorted.sort((a, b) => a - b)
  const spread = sorted[Math.floor(0.75 * (sorted.length - 1) + 0.5)] - sorted[0]
  // Nothing but noise to be seen: as noisy as can be.
  return spread > 0 ? difference / Math.SQRT2 / spread : 1
}

/** Another reading of the run at the very same point; -1 when there is none. */
function twinOf(readings: Readings, of: number): number {
  const { count, ids, units, dimensions } = readings
  for (let r = 0; r < count; r++) {
    if (r === of || ids[r] < 0) continue
    let same = true
    for (let i = 0; i < dimensions && same; i++)
      same = units[r * dimensions + i] === units[of * dimensions + i]
    if (same) return r
  }
  return -1
}
