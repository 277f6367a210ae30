/**
 * Parts the readings into the good and the rest for TPE: the best tenth, 25 at most, and the last 64 of the others, points
 * that wait for an answer or gave no number among them. Each reading is looked at once; the rest is a bounded walk.
 */
import type { Readings } from "../Readings.ts"

export const MOST_GOOD = 25
export const MOST_REST = 64
/** Keys of points without an answer: above every reading, in the order asked. */
export const PENDING = 2 ** 40

/**
 * Members are named by keys, which rise with time: the index of a reading, or `PENDING` plus the id of a trial. A failure's
 * key lies between those of the readings before and after it.
 */
export class GoodAndRest {
  /** Keys, falling: the newest first. */
  readonly goodKeys = new Float64Array(MOST_GOOD)
  readonly restKeys = new Float64Array(MOST_REST)
  goodCount = 0
  restCount = 0
  private readonly readings: Readings
  private readonly gamma: number
  /** The best readings, best first; the good ones lead. */
  private readonly best = new Int32Array(MOST_GOOD)
  private bestCount = 0
  private seen = 0
  /** Keys of the latest failures, in a ring; how many there were, and how many since the latest reading. */
  private readonly failedKeys = new Float64Array(MOST_REST)
  private failures = 0
  private since = 0

  /** @param gamma share of the readings that counts as good, 0 to 1 */
  constructor(readings: Readings, gamma: number) {
    this.readings = readings
    this.gamma = gamma
  }

  /** True when readings have come since the last `part`. */
  get behind(): boolean {
    return this.seen < this.readings.count
  }

  /** Notes a trial without a number; returns its place among the latest of them, 0 to MOST_REST - 1. */
  fail(): number {
    const { failedKeys, readings } = this
    const before = this.failures === 0 ? -1 : failedKeys[(this.failures - 1) % MOST_REST]
    this.since = before > readings.count - 1 || this.failures === 0 ? this.since + 1 : 1
    const at = this.failures++ % MOST_REST
    failedKeys[at] = readings.count - 1 / (1 + this.since)
    return at
  }

  /** The place among the latest failures of the one with this key. */
  failureOf(key: number): number {
    return this.failedKeys.indexOf(key)
  }

  /** @param pending ids of trials without an answer, rising, `pendingCount` of them */
  part(pending: Float64Array, pendingCount: number): void {
    for (; this.seen < this.readings.count; this.seen++) this.rank(this.seen)
    this.goodCount = Math.min(this.bestCount, Math.ceil(this.gamma * this.readings.count))
    const { best, goodKeys, restKeys, goodCount } = this
    for (let k = 0; k < goodCount; k++) {
      let at = k
      for (; at > 0 && goodKeys[at - 1] < best[k]; at--) goodKeys[at] = goodKeys[at - 1]
      goodKeys[at] = best[k]
    }
    let count = 0
    for (let p = pendingCount - 1; p >= 0 && count < MOST_REST; p--) restKeys[count++] = PENDING + pending[p]
    let failure = this.failures - 1
    const forgotten = Math.max(-1, failure - MOST_REST)
    for (let r = this.readings.count - 1, g = 0; count < MOST_REST && (r >= 0 || failure > forgotten); ) {
      const failed = failure > forgotten ? this.failedKeys[failure % MOST_REST] : Number.NEGATIVE_INFINITY
      if (failed > r) {
        restKeys[count++] = failed
        failure--
        continue
      }
      if (g < goodCount && goodKeys[g] === r) g++
      else restKeys[count++] = r
      r--
    }
    this.restCount = count
  }

  /** Takes a reading in among the best, or not. Of equals the earlier is better. */
  private rank(reading: number): void {
    const { best } = this
    const { losses } = this.readings
    const loss = losses[reading]
    if (this.bestCount === MOST_GOOD && !(loss < losses[best[MOST_GOOD - 1]])) return
    let at = this.bestCount < MOST_GOOD ? this.bestCount++ : MOST_GOOD - 1
    for (; at > 0 && losses[best[at - 1]] > loss; at--) best[at] = best[at - 1]
    best[at] = reading
  }
}
