/**
 * The arithmetic of the solver's arena: medians, ranks with ties, regret to an oracle. Pure functions of the figures by seed,
 * so that each can be checked by hand.
 */

/** Below this an error counts as none: differences there are rounding. */
export const SOLVED = 1e-6

/** The q-quantile with linear interpolation between neighbours; `values` need no order. */
export function quantile(values: ReadonlyArray<number>, q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = q * (sorted.length - 1)
  const low = Math.floor(at)
  const high = Math.ceil(at)
  return sorted[low] + (at - low) * (sorted[high] - sorted[low])
}

/** Quartiles of the errors of one solver on one row. */
export interface Spread {
  readonly median: number
  readonly q1: number
  readonly q3: number
}

export function spreadOf(values: ReadonlyArray<number>): Spread {
  return { median: quantile(values, 0.5), q1: quantile(values, 0.25), q3: quantile(values, 0.75) }
}

/** Ranks from 1, lowest first; equals share the mean of their places, and everything below `SOLVED` is equal. */
export function ranksOf(values: ReadonlyArray<number>): ReadonlyArray<number> {
  const levels = values.map((value) => Math.max(value, SOLVED))
  return levels.map((own) => {
    const lower = levels.filter((other) => other < own).length
    const equal = levels.filter((other) => other === own).length
    return lower + (equal + 1) / 2
  })
}

/** Mean over rows of the ranks by column; `table[row][solver]` holds medians. */
export function meanRanks(table: ReadonlyArray<ReadonlyArray<number>>): ReadonlyArray<number> {
  const ranks = table.map(ranksOf)
  return table[0].map((_, column) => ranks.reduce((sum, row) => sum + row[column], 0) / table.length)
}

/**
 * How much worse `own` is than the best of `others`, as a share of that best; 0 where it is no worse. Both are raised to
 * `floor` first: below it, differences do not count.
 */
export function regretOf(own: number, others: ReadonlyArray<number>, floor: number): number {
  const least = Math.max(SOLVED, floor)
  const best = Math.max(least, Math.min(own, ...others))
  return Math.max(own, least) / best - 1
}
