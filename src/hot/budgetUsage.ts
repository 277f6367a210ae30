/** How much of its budgets each knob has used, read off the ledgers of `BudgetWindow` without changing them. For showing. */
import {
  BUCKETS,
  BUCKET_HIGH,
  BUCKET_LOW,
  BUCKET_ROW,
  BUCKET_US,
  B_HIGH,
  B_LOW,
  B_PATH,
  B_TURNS,
  PATH_BEFORE,
  PATH_LEFT,
  PATH_UNIT,
  ROW,
  TURNS_BEFORE,
  TURNS_LEFT,
} from "./budgetLayout.ts"

/** What `BudgetWindow` keeps. */
export interface BudgetLedgers {
  readonly rows: Float64Array
  readonly buckets: Float64Array
  readonly base: Float64Array
  /** Number of the running bucket, and when it ends. */
  readonly running: number
  readonly edgeUs: number
}

/** See `BudgetWindow.usage`. */
export function readUsage(ledgers: BudgetLedgers, nowUs: number, out: Float64Array): void {
  const { rows, buckets, base, running, edgeUs } = ledgers
  const gone = nowUs >= edgeUs ? Math.floor((nowUs - edgeUs) / BUCKET_US) + 1 : 0
  const kept = gone < BUCKETS ? 1 : 0
  for (let i = 0, r = 0, b = 0; i < base.length; i++, r += ROW, b += BUCKET_ROW) {
    let high = rows[r + BUCKET_HIGH]
    let low = rows[r + BUCKET_LOW]
    let turns = kept * (rows[r + TURNS_BEFORE] - rows[r + TURNS_LEFT])
    let path = kept * (rows[r + PATH_BEFORE] - rows[r + PATH_LEFT])
    // The oldest bucket follows the running one; the first `gone` of them lie further back than the window.
    for (let k = gone + 1; k < BUCKETS; k++) {
      const bucket = b + ((running + k) % BUCKETS)
      if (buckets[bucket + B_HIGH] > high) high = buckets[bucket + B_HIGH]
      if (buckets[bucket + B_LOW] < low) low = buckets[bucket + B_LOW]
      turns += buckets[bucket + B_TURNS]
      path += buckets[bucket + B_PATH]
    }
    out[3 * i] = turns
    // The running bucket has seen where the base stands.
    out[3 * i + 1] = kept * (high - low)
    out[3 * i + 2] = path / PATH_UNIT
  }
}
