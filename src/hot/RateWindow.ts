/**
 * A rolling limit on how often something happens: at most `count` in any window, and never closer than an interval.
 * One needs it for applies per second and for rollbacks per hour. Exact: it keeps the last `count` times themselves.
 */
import { outOfRange } from "./outOfRange.ts"

/** Largest time taken as one, in the year 2112: added to any span of a policy it is still a whole number of microseconds. */
export const MAX_TIME_US = 2 ** 52

/** The earliest time the next one is within the limits; length of the window; least time between two. */
const NEXT = 0
const WINDOW = 1
const INTERVAL = 2
/** How many were forgotten for want of room, and the latest of them. */
const LOST = 3
const LAST_LOST = 4
const TIMES = 5
const NEVER = Number.NEGATIVE_INFINITY

// A million a second is one a microsecond, the grain of time here: more cannot be told from no limit.
const countOf = (rate: number): number => (rate >= 1e6 ? 1 : Math.max(1, Math.floor(rate)))
const windowOf = (rate: number): number => (rate >= 1e6 ? 0 : rate < 1 ? 1e6 / rate : 1e6)

/** At most so many events in any window of time, and never closer than an interval; microseconds. */
export class RateWindow {
  /** The time of the call; the owner raises it, never lowers it. May be shared with other windows. */
  readonly now: Float64Array
  /** Five numbers, then the latest times, oldest at `head`; -Infinity where there was none. */
  private cells: Float64Array
  private head = TIMES
  private count: number

  /** `count` is a positive integer; `now` a cell of at least one double. */
  constructor(count: number, windowUs: number, intervalUs: number, now: Float64Array) {
    if (!Number.isInteger(count) || count < 1) throw outOfRange("count", "a whole number from 1", count)
    this.now = now
    this.count = count
    this.cells = new Float64Array(TIMES + count).fill(NEVER)
    this.cells[LOST] = 0
    this.cells[WINDOW] = windowUs
    this.cells[INTERVAL] = intervalUs
  }

  /** A window for a rate per second, fractions included: 0.5 is one in two seconds, 2.5 is two in one second. */
  static perSecond(rate: number, intervalUs: number, now: Float64Array): RateWindow {
    return new RateWindow(countOf(rate), windowOf(rate), intervalUs, now)
  }

  /**
   * Other limits from `now[0]` on, the ledger kept: what was counted before counts under them too, and the interval starts
   * again. The ledger never shrinks, because limits may become looser again; it allocates where it has to grow.
   */
  relimit(count: number, windowUs: number, intervalUs: number): void {
    if (count > this.cells.length - TIMES) this.grow(count)
    this.count = count
    this.cells[WINDOW] = windowUs
    this.cells[INTERVAL] = intervalUs
    this.touch()
  }

  /** Room for so many. Those that were forgotten come back as late as any of them was, so that none counts too little. */
  private grow(count: number): void {
    const { cells, head } = this
    const next = new Float64Array(TIMES + count).fill(NEVER)
    next.set(cells.subarray(0, TIMES))
    const kept = cells.length - TIMES
    const back = Math.min(cells[LOST], count - kept)
    next.fill(cells[LAST_LOST], next.length - kept - back)
    next[LOST] -= back
    // Oldest first, which is where the next one goes.
    next.set(cells.subarray(head), next.length - kept)
    next.set(cells.subarray(TIMES, head), next.length - (head - TIMES))
    this.cells = next
    this.head = TIMES
  }

  /** `relimit` for a rate per second. */
  relimitPerSecond(rate: number, intervalUs: number): void {
    this.relimit(countOf(rate), windowOf(rate), intervalUs)
  }

  /** Whether one more at `now[0]` stays within the limits. Windows are half open: exactly `windowUs` later is free again. */
  allows(): boolean {
    return this.now[0] >= this.cells[NEXT]
  }

  /** Counts one at `now[0]`. */
  record(): void {
    const { cells, head } = this
    if (cells[head] !== NEVER) {
      cells[LOST]++
      cells[LAST_LOST] = cells[head]
    }
    cells[head] = this.now[0]
    this.head = head + 1 === cells.length ? TIMES : head + 1
    this.touch()
  }

  /** Counts what another window had counted, oldest first: its `times`. */
  recall(timesUs: ReadonlyArray<number>): void {
    const { now } = this
    const [present] = now
    for (const us of timesUs) {
      now[0] = us
      this.record()
    }
    now[0] = present
    this.touch()
  }

  /** What it remembers, oldest first. */
  times(): ReadonlyArray<number> {
    const { cells, head } = this
    return [...cells.subarray(head), ...cells.subarray(TIMES, head)].filter((us) => us !== NEVER)
  }

  /** Something that is not counted happened at `now[0]`: only the interval starts again. */
  touch(): void {
    const { cells, head, count } = this
    // The latest but `count - 1`: it leaves the window first of those that fill it.
    const first = head - count
    const byCount = cells[first < TIMES ? first + cells.length - TIMES : first] + cells[WINDOW]
    const byInterval = this.now[0] + cells[INTERVAL]
    cells[NEXT] = byCount > byInterval ? byCount : byInterval
  }

  /** The earliest time `allows` is true, into `out[at]`; -Infinity when it always was. */
  nextInto(out: Float64Array, at: number): void {
    out[at] = this.cells[NEXT]
  }

  /** How many of those it remembers, at least the last `count`, lie inside the window that ends at `nowUs`. */
  inWindow(nowUs = this.now[0]): number {
    const floor = nowUs - this.cells[WINDOW]
    let inside = 0
    for (let i = TIMES; i < this.cells.length; i++) if (this.cells[i] > floor) inside++
    return inside
  }
}
