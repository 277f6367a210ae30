/**
 * Whether a candidate slows its neighbour: the incumbent's time in windows with duels against windows without, which are drawn among
 * them, and the lag of the loop in windows with mirrors against windows without. Both sides see the same hours and the same load.
 */

/** One window in so many is quiet. */
const QUIET_ONE_IN = 4
/** Blocks of windows before anything is said. */
const LEAST_BLOCKS = 4
const MOST_BLOCKS = 24

export class Interference {
  private sum = { quiet: 0, busy: 0 }
  private calls = { quiet: 0, busy: 0 }
  private differences: Array<number> = []

  /** A call of the incumbent, or how late the loop was and a millisecond, above 0. */
  note(ms: number, isQuiet: boolean): void {
    const side = isQuiet ? "quiet" : "busy"
    this.sum[side] += Math.log(Math.max(ms, 1e-3))
    this.calls[side]++
  }

  /** The end of `QUIET_ONE_IN` windows. */
  endBlock(): void {
    const { sum, calls } = this
    this.sum = { quiet: 0, busy: 0 }
    this.calls = { quiet: 0, busy: 0 }
    if (calls.quiet === 0 || calls.busy === 0) return
    this.differences.push(sum.busy / calls.busy - sum.quiet / calls.quiet)
    if (this.differences.length > MOST_BLOCKS) this.differences.shift()
  }

  clear(): void {
    this.differences = []
    this.sum = { quiet: 0, busy: 0 }
    this.calls = { quiet: 0, busy: 0 }
  }

  get isKnown(): boolean {
    return this.differences.length >= LEAST_BLOCKS
  }

  /** How much longer it takes beside a candidate; 1 where that is not told from chance (two standard errors). */
  get ratio(): number {
    const n = this.differences.length
    if (!this.isKnown) return 1
    const mean = this.differences.reduce((a, b) => a + b, 0) / n
    const square = this.differences.reduce((a, b) => a + (b - mean) ** 2, 0) / (n - 1)
    return mean > 2 * Math.sqrt(square / n) ? Math.exp(mean) : 1
  }
}

/** Both of them in one socket, and which windows are quiet. */
export class Neighbours {
  readonly times = new Interference()
  readonly lag = new Interference()
  isQuiet = false
  private quietAt = 0

  clear(): void {
    this.times.clear()
    this.lag.clear()
  }

  /**
   * @param draw from 0 to 1
   * @param hasQuiet whether a window may be quiet
   */
  endWindow(boundary: number, draw: () => number, hasQuiet: boolean): void {
    if (boundary % QUIET_ONE_IN === 0) {
      this.times.endBlock()
      this.lag.endBlock()
      this.quietAt = Math.floor(draw() * QUIET_ONE_IN)
    }
    this.isQuiet = hasQuiet && boundary % QUIET_ONE_IN === this.quietAt
  }
}
