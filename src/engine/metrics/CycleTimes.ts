/**
 * How long cycles take, as a histogram with fixed bounds: bounded memory however long an engine runs.
 */

/** Upper bounds in seconds; from a loop in memory to one that waits for slow windows. */
export const CYCLE_BOUNDS_S: ReadonlyArray<number> = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]

export class CycleTimes {
  /** Cycles at most so long; the last place counts those beyond every bound. */
  readonly counts = new Float64Array(CYCLE_BOUNDS_S.length + 1)
  sumS = 0
  count = 0
  private lastUs = Number.NaN

  /** A cycle ended at `nowUs`. The first one has no beginning to measure from. */
  add(nowUs: number): void {
    const seconds = (nowUs - this.lastUs) / 1e6
    this.lastUs = nowUs
    if (!(seconds >= 0)) return
    let at = 0
    while (at < CYCLE_BOUNDS_S.length && seconds > CYCLE_BOUNDS_S[at]) at++
    this.counts[at]++
    this.sumS += seconds
    this.count++
  }
}
