/** Judges a formula on a recorded trace, as a monitor would have, with windows that end where the trace does. */
import type { Formula } from "./formula.ts"
import { FormulaMonitor } from "./FormulaMonitor.ts"

/** A recorded trace: one row of values for each digest, and its times; without times, digests are a second apart. */
export interface RecordedTrace {
  readonly channels: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ArrayLike<number>>
  readonly atUs?: ArrayLike<number> | undefined
}

/**
 * The robustness of a formula at every digest of a recorded trace, as bounds that are equal where nothing is missing. Windows end
 * with the trace; formulas without an end are allowed. Throws a ConfigError for channels that are not there, and a DigestError
 * for times that go back.
 */
export function robustness(
  formula: Formula,
  { channels, rows, atUs }: RecordedTrace,
): { readonly lo: Float64Array; readonly hi: Float64Array } {
  const monitor = new FormulaMonitor(formula, { channels, mostDigests: rows.length }, true)
  for (const [i, row] of rows.entries()) monitor.observe(row, atUs === undefined ? i * 1e6 : atUs[i])
  monitor.finish()
  const verdicts = rows.map((_, i) => monitor.verdictAt(i))
  return { lo: Float64Array.from(verdicts, ({ lo }) => lo), hi: Float64Array.from(verdicts, ({ hi }) => hi) }
}
