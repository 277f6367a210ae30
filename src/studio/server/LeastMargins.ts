/**
 * How far each rule of an engine held, or failed, in every row of its history: the least margin, so that a violation stays in sight that
 * was over before its window closed, or whose row became one with another. Null where nothing is known.
 */
import type { AuditRecord } from "../../domain/AuditRecord.ts"

export class LeastMargins {
  readonly rules: number
  /** NaN where nothing is known. */
  private readonly rows: Float64Array
  /** Of the records since the last window. */
  private readonly recorded: Float64Array

  constructor(rules: number, rows: number) {
    this.rules = rules
    this.rows = new Float64Array(rules * rows).fill(Number.NaN)
    this.recorded = new Float64Array(rules).fill(Number.NaN)
  }

  note({ kind, rule, margin }: AuditRecord): void {
    if (kind === "rule" && rule !== undefined && rule < this.rules)
      this.recorded[rule] = lesser(this.recorded[rule], margin ?? Number.NaN)
  }

  /** Takes what each rule has at the end of a window into a row. Returns what is known of the window. */
  add(
    row: number,
    rules: ReadonlyArray<{ readonly margin: number | null }>,
  ): ReadonlyArray<number | null> | undefined {
    const { rows, recorded } = this
    if (this.rules === 0) return undefined
    const least = Array.from(recorded, (margin, i) => lesser(margin, rules[i]?.margin ?? Number.NaN))
    recorded.fill(Number.NaN)
    for (let i = 0, at = row * this.rules; i < least.length; i++, at++) rows[at] = lesser(rows[at], least[i])
    return least.map(orNull)
  }

  /** Nothing is known of a row. */
  clear(row: number): void {
    this.rows.fill(Number.NaN, row * this.rules, (row + 1) * this.rules)
  }

  /** A row becomes what two others were together. */
  join(to: number, a: number, b: number): void {
    const { rows, rules } = this
    for (let i = 0; i < rules; i++) rows[to * rules + i] = lesser(rows[a * rules + i], rows[b * rules + i])
  }

  /** By rule, for each of the rows that are chosen. */
  read(chosen: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<number | null>> | undefined {
    if (this.rules === 0) return undefined
    return Array.from({ length: this.rules }, (_, i) =>
      chosen.map((row) => orNull(this.rows[row * this.rules + i])),
    )
  }
}

const orNull = (margin: number): number | null => (Number.isNaN(margin) ? null : margin)

/** Of two margins, of which either may be unknown. */
const lesser = (a: number, b: number): number => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.min(a, b))
