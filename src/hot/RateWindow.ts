/**
 * A rolling limit on how often something happens: at most `count` in any window, and never closer than an interval.
 * One needs it for applies per second and for rollbacks per hour. Exact: it keeps the last `count` times themselves.
 */

/** Largest time taken as one, the last whole microsecond a double holds exactly (the year 2255). */
export const MAX_TIME_US = Number.MAX_SAFE_INTEGER

export class RateWindow {
  /** The time of the call; the owner raises it, never lowers it. May be shared with other windows. */
  readonly now: Float64Array
  private readonly windowUs: number
  private readonly intervalUs: number
  /** The last `count` times, oldest at `head`; -Infinity where there was none. */
  private readonly times: Float64Array
  /** [0]: the last time of any kind, counted or only touched. */
  private readonly last = new Float64Array(1)
  private head = 0

  /** `count` is a positive integer; `now` a cell of at least one double. */
  constructor(count: number, windowUs: number, intervalUs: number, now: Float64Array) {
    if (!Number.isInteger(count) || count < 1)
      throw new RangeError(`count must be a positive integer, not ${count}`)
    this.now = now
    this.windowUs = windowUs
    this.intervalUs = intervalUs
    this.times = new Float64Array(count).fill(Number.NEGATIVE_INFINITY)
    this.last[0] = Number.NEGATIVE_INFINITY
  }

  /** A window for a rate per second, fractions included: 0.5 is one in two seconds, 2.5 is two in one second. */
  static perSecond(rate: number, intervalUs: number, now: Float64Array): RateWindow {
    // A million a second is one a microsecond, the grain of time here: more cannot be told from no limit.
    if (rate >= 1e6) return new RateWindow(1, 0, intervalUs, now)
    const count = Math.max(1, Math.floor(rate))
    return new RateWindow(count, rate < 1 ? 1e6 / rate : 1e6, intervalUs, now)
  }

  /** Whether one more at `now[0]` stays within the limits. Windows are half open: exactly `windowUs` later is free again. */
  allows(): boolean {
    const now = this.now[0]
    return now - this.times[this.head] >= this.windowUs && now - this.last[0] >= this.intervalUs
  }

  /** Counts one at `now[0]`. */
  record(): void {
    const now = this.now[0]
    const times = this.times
    const head = this.head
    times[head] = now
    this.last[0] = now
    this.head = head + 1 === times.length ? 0 : head + 1
  }

  /** Something that is not counted happened at `now[0]`: only the interval starts again. */
  touch(): void {
    this.last[0] = this.now[0]
  }

  /** The earliest time `allows` is true, into `out[at]`; -Infinity when it always was. */
  nextInto(out: Float64Array, at: number): void {
    const byCount = this.times[this.head] + this.windowUs
    const byInterval = this.last[0] + this.intervalUs
    out[at] = byCount > byInterval ? byCount : byInterval
  }

  /** How many of the last `count` lie inside the window that ends at `now[0]`. */
  inWindow(): number {
    const floor = this.now[0] - this.windowUs
    let inside = 0
    for (let i = 0; i < this.times.length; i++) if (this.times[i] > floor) inside++
    return inside
  }
}
