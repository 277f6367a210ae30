/** Round numbers for an axis, and the axes they belong to. */
import { ticksAt, tidy } from "../domain/axisTicks.ts"

export interface Axis {
  readonly log: boolean
  readonly min: number
  readonly max: number
  readonly ticks: ReadonlyArray<number>
  /** Where a value lies, 0 at `min` and 1 at `max`; beyond for what is outside. */
  readonly at: (value: number) => number
}

/** Steps of 1, 2 or 5 times a power of ten that cut a range into at most `most` parts. */
export function linearTicks(min: number, max: number, most: number): ReadonlyArray<number> {
  const raw = (max - min) / most
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= raw * (1 - 1e-9)) ?? raw
  return ticksAt(min, max, step)
}

/** Powers of ten, every one or every few of them. */
export function logTicks(min: number, max: number, most: number): ReadonlyArray<number> {
  const first = Math.ceil(Math.log10(min) - 1e-9)
  const last = Math.floor(Math.log10(max) + 1e-9)
  const every = Math.max(1, Math.ceil((last - first) / most))
  const ticks: Array<number> = []
  for (let power = last; power >= first; power -= every) ticks.unshift(tidy(10 ** power))
  return ticks
}

/** What lies further out than this is out of any frame: differences of such numbers are no numbers any more. */
const FURTHEST = 1e300
/** A range narrower than this, relative to where it lies or at all, has no numbers to put on an axis. */
const NARROWEST = 1e-11
export const LEAST = 1e-300

export function makeAxis(min: number, max: number, log: boolean, most: number): Axis {
  const { low, high } = frame(Math.max(log ? LEAST : -FURTHEST, min), Math.min(FURTHEST, max), log)
  // Outliers may be on the other side of 0.
  const scale = (x: number): number => (log ? Math.log10(Math.max(0, x)) : x)
  const from = scale(low)
  const extent = scale(high) - from
  return {
    log,
    min: low,
    max: high,
    ticks: log ? logTicks(low, high, most) : linearTicks(low, high, most),
    at: (value) => (scale(value) - from) / extent,
  }
}

/** The range, widened where it has no extent to speak of. */
function frame(min: number, max: number, log: boolean): { readonly low: number; readonly high: number } {
  const size = Math.max(Math.abs(min), Math.abs(max))
  if (max - min > Math.max(LEAST, NARROWEST * size)) return { low: min, high: max }
  const middle = min / 2 + max / 2
  if (log) return { low: middle / 2, high: middle * 2 }
  const pad = size > LEAST ? size * 0.1 : 1
  return { low: middle - pad, high: middle + pad }
}

/** Short, and the same form for very large and very small numbers. */
export function tickText(value: number): string {
  const size = Math.abs(value)
  if (value !== 0 && (size >= 1e6 || size < 1e-3)) return value.toExponential().replace("e+", "e")
  return String(value)
}
