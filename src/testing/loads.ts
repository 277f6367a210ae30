/**
 * How the load on a plant changes over time, as a factor on what arrives. Each is a pure function of the time and
 * the run's seed, so two tuners can be compared under the same load.
 */
import { gaussianAt, uniformAt } from "./noise.ts"

/** A factor at a time in seconds; `seed` is the run's. */
export type LoadAt = (seconds: number, seed: number) => number

/** A constant load. */
export const steady: LoadAt = () => 1

/** A factor between two times, in seconds. */
export const stepBetween =
  (from: number, to: number, factor: number): LoadAt =>
  (at) =>
    at >= from && at < to ? factor : 1

/** A day in short: a sine between `low` and `high` with this period in seconds. */
export const diurnal =
  (low: number, high: number, period: number): LoadAt =>
  (at) =>
    (low + high) / 2 + ((high - low) / 2) * Math.sin((2 * Math.PI * at) / period)

/** A factor for `lasts` seconds, once in every `every` seconds, at a random time. */
export const bursts =
  (every: number, lasts: number, factor: number): LoadAt =>
  (at, seed) => {
    const slot = Math.floor(at / every)
    const begins = slot * every + uniformAt(seed ^ 0x68e31da4, slot) * (every - lasts)
    return at >= begins && at < begins + lasts ? factor : 1
  }

/**
 * A load that wanders and is correlated over about `over` seconds: Gaussian with this deviation at every multiple
 * of that, linear in between, never below a tenth.
 */
export const wandering =
  (deviation: number, over: number): LoadAt =>
  (at, seed) => {
    const slot = Math.floor(at / over)
    const share = at / over - slot
    const from = gaussianAt(seed ^ 0x1b56c4e9, slot)
    const to = gaussianAt(seed ^ 0x1b56c4e9, slot + 1)
    return Math.max(0.1, 1 + deviation * (from + share * (to - from)))
  }
