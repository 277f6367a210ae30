/**
 * Parts the readings into the good and the rest for TPE: the best tenth, 25 at most, and the last 64 of the others, points
 * that wait for an answer among them. Each reading is looked at once; the rest is a bounded walk.
 */
import type { Readings } from "../Readings.ts"

export const MOST_GOOD = 25
export const MOST_REST = 64
/** Keys of points without an answer: above every reading, in the order asked. */
export const PENDING = 2 ** 40

/** Members are named by keys: the index of a reading, or `PENDING` plus the id of a trial. */
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

  /** @param gamma share of the readings that counts as good, 0 to 1 */
  constructor(readings: Readings, gamma: number) {
    this.readings = readings
    this.gamma = gamma
  }

  /** True when readings have come since the last `part`. */
  get behind(): boolean {
    return this.seen < this.readings.count
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
    for (let r = this.readings.count - 1, g = 0; r >= 0 && count < MOST_REST; r--) {
      if (g < goodCount && goodKeys[g] === r) g++
      else restKeys[count++] = r
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
