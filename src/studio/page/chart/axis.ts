/**
 * Steps and figures of an axis for values of any size: an objective may be 1e300 or 1e-300, or differ only in its ninth digit, and
 * its axis must still tell one line from the next.
 */
import { figure } from "../core/format.ts"

const MULTIPLES = [1, 2, 2.5, 5]
/** Digits that a double has to tell. */
const MOST_DIGITS = 15

/** Steps that may be taken between two values, rising. */
export function axisSteps(low: number, high: number): Array<number> {
  const size = high - low
  if (!(size > 0) || !Number.isFinite(size)) return [1]
  const power = Math.floor(Math.log10(size))
  return [-2, -1, 0, 1].flatMap((more) => MULTIPLES.map((multiple) => multiple * 10 ** (power + more)))
}

/** As short as everywhere on the page where that tells them apart, otherwise with as many digits as it takes. */
export function axisFigures(splits: ReadonlyArray<number>, step: number): Array<string> {
  const short = splits.map((value) => figure(value))
  if (new Set(short).size === short.length) return short
  const most = Math.max(...splits.map(Math.abs))
  const digits = Math.min(MOST_DIGITS, Math.max(4, Math.ceil(Math.log10(most / step)) + 2))
  return splits.map((value) => String(Number(value.toPrecision(digits))).replaceAll("-", "−"))
}
