/**
 * What two sequences have in common: how many of their members can be paired in order. One needs LCSS for series with outliers
 * and gaps, which it leaves unpaired where warping would have to pay for them, and the edit distances for symbols.
 *
 * Sources: M. Vlachos, G. Kollios, D. Gunopulos, "Discovering similar multidimensional trajectories", ICDE 2002 (LCSS); V.
 * Levenshtein, Soviet Physics Doklady 10 (1966); R. Wagner and M. Fischer, J. ACM 21 (1974).
 */
import { numberThat, object, optional, type ShapeType, whole } from "../../domain/Shape.ts"
import { readOptions } from "../readOptions.ts"
import { LONGEST } from "./limits.ts"

const LcssOptions = object({
  /** Samples of the longest series. */
  length: whole(1, LONGEST),
  /** Two samples are alike where they lie no further apart, in their own units. */
  eps: numberThat("a number from 0", (n) => n >= 0 && n < Number.POSITIVE_INFINITY),
  /** Places that a pair may lie apart; any where omitted. */
  delta: optional(whole(0, LONGEST)),
})

/** Options of an `Lcss`. */
export type LcssOptions = ShapeType<typeof LcssOptions>

/** The longest common subsequence of two series within `eps` and `delta`. Throws a `ConfigError` for options that cannot be used. */
export class Lcss {
  readonly length: number
  readonly eps: number
  readonly delta: number
  private readonly table: Rows

  constructor(options: LcssOptions) {
    const { length, eps, delta = length } = readOptions(LcssOptions, options)
    this.length = length
    this.eps = eps
    this.delta = delta
    this.table = new Rows(length)
  }

  /** How many samples can be paired; one that is missing never is. -1 where a series is longer than `length`. */
  common(a: Float64Array, b: Float64Array): number {
    if (a.length > this.length || b.length > this.length) return -1
    const { table, eps, delta } = this
    table.clear(b.length)
    for (let i = 0; i < a.length; i++) {
      const { above, row } = table
      for (let j = 0; j < b.length; j++) {
        const alike = Math.abs(i - j) <= delta && Math.abs(a[i] - b[j]) <= eps
        row[j + 1] = alike ? above[j] + 1 : above[j + 1] > row[j] ? above[j + 1] : row[j]
      }
      table.next()
    }
    return table.above[b.length]
  }

  /** The share of the shorter series that has no partner, 0 to 1. `NaN` where a series is empty or too long. */
  distance(a: Float64Array, b: Float64Array): number {
    const common = this.common(a, b)
    return common < 0 ? Number.NaN : 1 - common / Math.min(a.length, b.length)
  }
}

const SymbolsOptions = object({
  /** Symbols of the longest sequence. */
  length: whole(1, LONGEST),
})

/** Options of a `SymbolDistance`. */
export type SymbolDistanceOptions = ShapeType<typeof SymbolsOptions>

/** Distances of sequences of symbols, each a whole number. Throws a `ConfigError` for options that cannot be used. */
export class SymbolDistance {
  readonly length: number
  private readonly table: Rows

  constructor(options: SymbolDistanceOptions) {
    this.length = readOptions(SymbolsOptions, options).length
    this.table = new Rows(this.length)
  }

  /** Levenshtein's: how many symbols must be put in, taken out or replaced. -1 where a sequence is longer than `length`. */
  edits(a: Int32Array, b: Int32Array): number {
    if (a.length > this.length || b.length > this.length) return -1
    const { table } = this
    for (let j = 0; j <= b.length; j++) table.above[j] = j
    for (let i = 0; i < a.length; i++) {
      const { above, row } = table
      row[0] = i + 1
      for (let j = 0; j < b.length; j++) {
        const other = above[j] + (a[i] === b[j] ? 0 : 1)
        const one = (above[j + 1] < row[j] ? above[j + 1] : row[j]) + 1
        row[j + 1] = other < one ? other : one
      }
      table.next()
    }
    return table.above[b.length]
  }

  /** The length of the longest common subsequence. -1 where a sequence is longer than `length`. */
  common(a: Int32Array, b: Int32Array): number {
    if (a.length > this.length || b.length > this.length) return -1
    const { table } = this
    table.clear(b.length)
    for (let i = 0; i < a.length; i++) {
      const { above, row } = table
      for (let j = 0; j < b.length; j++)
        row[j + 1] = a[i] === b[j] ? above[j] + 1 : above[j + 1] > row[j] ? above[j + 1] : row[j]
      table.next()
    }
    return table.above[b.length]
  }
}

/** Two rows of a table that is filled from its first row on, one place to the right. */
class Rows {
  above: Int32Array
  row: Int32Array

  constructor(length: number) {
    this.above = new Int32Array(length + 1)
    this.row = new Int32Array(length + 1)
  }

  clear(length: number): void {
    this.above.fill(0, 0, length + 1)
    this.row[0] = 0
  }

  next(): void {
    const done = this.above
    this.above = this.row
    this.row = done
  }
}
