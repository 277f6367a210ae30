/** Round numbers for an axis, and the axes they belong to. */

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
  const ticks: Array<number> = []
  for (let k = Math.ceil(min / step - 1e-9); k <= Math.floor(max / step + 1e-9); k++)
    ticks.push(tidy(k * step))
  return ticks
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

export function makeAxis(min: number, max: number, log: boolean, most: number): Axis {
  // A range without an extent still needs some.
  const pad = max > min ? 0 : log ? 0 : Math.abs(min) * 0.1 || 1
  const low = log && !(max > min) ? min / 2 : min - pad
  const high = log && !(max > min) ? max * 2 : max + pad
  const scale = log ? Math.log10 : (x: number): number => x
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

/** Without the dust of binary fractions: 0.3 and not 0.30000000000000004. */
const tidy = (x: number): number => Number(x.toPrecision(12))

/** Short, and the same form for very large and very small numbers. */
export function tickText(value: number): string {
  const size = Math.abs(value)
  if (value !== 0 && (size >= 1e6 || size < 1e-3)) return value.toExponential().replace("e+", "e")
  return String(value)
}
