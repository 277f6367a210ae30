/**
 * How the load on a plant changes with time: a factor on what arrives. Each is a pure function of the time and the seed of the run, so
 * two tuners that are compared meet the same weather.
 */
import { gaussianAt, uniformAt } from "./noise.ts"

/** A factor at a time in seconds; `seed` is that of the run. */
export type LoadAt = (seconds: number, seed: number) => number

/** The same load all the time. */
export const steady: LoadAt = () => 1

/** A factor between two times, in seconds. */
export const stepBetween =
  (from: number, to: number, factor: number): LoadAt =>
  (at) =>
    at >= from && at < to ? factor : 1

/** The day in short: a sine about the middle of `low` and `high`, one period in so many seconds. */
export const diurnal =
  (low: number, high: number, period: number): LoadAt =>
  (at) =>
    (low + high) / 2 + ((high - low) / 2) * Math.sin((2 * Math.PI * at) / period)

/** Once in every `every` seconds, at a time that is drawn, a factor for `lasts` seconds. */
export const bursts =
  (every: number, lasts: number, factor: number): LoadAt =>
  (at, seed) => {
    const slot = Math.floor(at / every)
    const begins = slot * every + uniformAt(seed ^ 0x68e31da4, slot) * (every - lasts)
    return at >= begins && at < begins + lasts ? factor : 1
  }

/**
 * A load that wanders and is correlated over about `over` seconds: Gaussian with the given deviation at every multiple of that, straight
 * lines between, never below a tenth.
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
