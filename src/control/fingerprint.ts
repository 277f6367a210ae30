/**
 * The fingerprint of a context: means and spreads of what digests say about the load, over the last windows. Two contexts are
 * compared feature by feature, each difference in units of its own spread; the largest counts. Needed by the homeostasis cache.
 *
 * Rates, times and extras are compared by ratio (through asinh, which is a logarithm for large numbers and takes any sign),
 * error rates by difference. A feature that only one of the two has makes them strangers: no data is no likeness.
 */
import { isReading } from "./readings.ts"

/** Features of one window by name; what is missing or no reading (`isReading`) is absent. */
export type Features = Readonly<Record<string, number | null | undefined>>

export interface Feature {
  readonly name: string
  /** On the scale on which it is compared. */
  readonly mean: number
  /** Standard deviation of one window. */
  readonly spread: number
}

export interface Fingerprint {
  readonly windows: number
  /** By name. */
  readonly features: ReadonlyArray<Feature>
  /** How the load goes over time, where that is looked at (`pattern`); absent of a level that holds. */
  readonly kind?: "repeating" | "passing"
  /** By feature, oldest first, in units of what counts as noise at least. */
  readonly traces?: ReadonlyArray<ReadonlyArray<number>>
}

/** Channels that are shares: compared by difference. */
const SHARES: ReadonlyArray<string> = ["errorRate"]
/** Spreads are taken to be no smaller: 5 % of a rate, one in a hundred of a share. */
const LEAST_SPREAD = 0.05
const LEAST_SHARE = 0.01
/** Standard errors that two halves of the windows may lie apart while the context counts as settled. */
const SETTLED = 2

const scaled = (name: string, value: number): number => (SHARES.includes(name) ? value : Math.asinh(value))
const least = (name: string): number => (SHARES.includes(name) ? LEAST_SHARE : LEAST_SPREAD)

/** A reading on the scale on which it is compared, in units of the least spread. */
export const noiseUnits = (name: string, value: number): number => scaled(name, value) / least(name)

/** What the windows have in common; features that not every window has are left out. */
export function fingerprintOf(windows: ReadonlyArray<Features>): Fingerprint {
  const [first = {}] = windows
  const names = Object.keys(first)
    .filter((name) => windows.every((one) => isReading(one[name] ?? Number.NaN)))
    .sort((a, b) => (a < b ? -1 : 1))
  return { windows: windows.length, features: names.map((name) => featureOf(name, windows)) }
}

function featureOf(name: string, windows: ReadonlyArray<Features>): Feature {
  const values = windows.map((one) => scaled(name, one[name] ?? 0))
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0)
  return { name, mean, spread: Math.sqrt(squares / Math.max(1, values.length - 1)) }
}

/** How far apart two contexts are, in spreads of the feature that tells them apart best; Infinity where they cannot be compared. */
export function distanceOf(a: Fingerprint, b: Fingerprint): number {
  if (a.features.length === 0 || a.features.length !== b.features.length) return Number.POSITIVE_INFINITY
  let largest = 0
  for (let i = 0; i < a.features.length; i++) {
    const one = a.features[i]
    const other = b.features[i]
    if (one.name !== other.name) return Number.POSITIVE_INFINITY
    const unit = Math.hypot(one.spread, other.spread, least(one.name))
    largest = Math.max(largest, Math.abs(one.mean - other.mean) / unit)
  }
  return largest
}

/**
 * True when the later half of the windows looks like the earlier one: the context is not on its way elsewhere. The noise it is
 * held against comes from second differences, in which a steady trend leaves no trace; it would hide in a plain spread.
 */
export function isSettled(windows: ReadonlyArray<Features>): boolean {
  const half = Math.floor(windows.length / 2)
  if (half < 2) return false
  const { features } = fingerprintOf(windows)
  return features.every(({ name }) => {
    const values = windows.map((one) => scaled(name, one[name] ?? 0))
    const mean = (part: ReadonlyArray<number>): number => part.reduce((sum, x) => sum + x, 0) / part.length
    const bends = values.slice(2).map((x, i) => (x - 2 * values[i + 1] + values[i]) ** 2 / 6)
    const error = Math.sqrt((2 * mean(bends)) / half)
    return Math.abs(mean(values.slice(-half)) - mean(values.slice(0, half))) <= SETTLED * error + least(name)
  })
}

/** The fingerprint of one context seen twice, weighed by windows. */
export function mergedFingerprint(a: Fingerprint, b: Fingerprint, most: number): Fingerprint {
  const before = Math.min(a.windows, most)
  const share = b.windows / (before + b.windows)
  return {
    windows: before + b.windows,
    features: a.features.map(({ name, mean, spread }, i) => {
      const other = b.features[i]
      const ahead = other.mean - mean
      const variance =
        (1 - share) * spread ** 2 + share * other.spread ** 2 + share * (1 - share) * ahead ** 2
      return { name, mean: mean + share * ahead, spread: Math.sqrt(variance) }
    }),
  }
}
