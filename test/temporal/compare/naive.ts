/** Samples for the tests of this room, and references by the definition alone. */
import fc from "fast-check"

/** Eighths, so that sums are exact and equal means equal. */
export const sample: fc.Arbitrary<number> = fc.integer({ min: -40, max: 40 }).map((n) => n / 8)
export const seriesOf = (length: number): fc.Arbitrary<Array<number>> =>
  fc.array(sample, { minLength: length, maxLength: length })
/** Two series of one length. */
export const pair: fc.Arbitrary<[Array<number>, Array<number>]> = fc
  .integer({ min: 1, max: 14 })
  .chain((n) => fc.tuple(seriesOf(n), seriesOf(n)))

export const of = (...values: ReadonlyArray<number>): Float64Array => Float64Array.from(values)
export const square = (x: number): number => x * x

/** Every cell of the table of warping, by the definition. */
export function warped(
  a: ReadonlyArray<number>,
  b: ReadonlyArray<number>,
  band: number,
  cost: (apart: number) => number,
): number {
  const at = (i: number, j: number): number => {
    if (i < 0 && j < 0) return 0
    if (i < 0 || j < 0) return Number.POSITIVE_INFINITY
    return table[i][j]
  }
  const table: Array<Array<number>> = []
  a.forEach((x, i) => {
    table.push([])
    b.forEach((y, j) => {
      const before = Math.min(at(i - 1, j), at(i, j - 1), at(i - 1, j - 1))
      table[i].push(Math.abs(i - j) > band ? Number.POSITIVE_INFINITY : cost(x - y) + before)
    })
  })
  return table[a.length - 1][b.length - 1]
}

/** Mean 0 and spread 1; zeros where it is constant. */
export function shapeOf(series: ReadonlyArray<number>): ReadonlyArray<number> {
  const mean = series.reduce((sum, x) => sum + x, 0) / series.length
  const spread = Math.sqrt(series.reduce((sum, x) => sum + square(x - mean), 0) / series.length)
  return Math.max(...series) === Math.min(...series)
    ? series.map(() => 0)
    : series.map((x) => (x - mean) / spread)
}
