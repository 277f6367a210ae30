/**
 * Judges digests and folds the valid ones into a window: the statistic that a proposer decides on. One is needed
 * for every stream of digests that belongs to one configuration. It reads no clock, knows one generation at a time,
 * and allocates nothing after construction.
 *
 * A life: fill `cells`, `open()`, then `add` digests until `closed`, or `expire()` once now passes `expiresAtUs`;
 * read `means`, then `open()` again. Digests that come between are still judged and counted, but belong to no window.
 */
import { aggregateInto, trimCount } from "./aggregate.ts"
import { beside } from "./beside.ts"
import {
  CHANNELS,
  DIGEST_GENERATION,
  DIGEST_OBJECTIVE,
  DIGEST_RECEIVED_US,
  DIGEST_TIMESTAMP_US,
  FIRST_CHANNEL,
  INVALID,
  SETTLING,
  TOO_OLD,
  VALID,
  WRONG_GENERATION,
} from "./codes.ts"
import { measureTrend, TREND_CELLS } from "./trend.ts"
import { outOfRange } from "./outOfRange.ts"

/** Numbers of a window. Defaults are set where the configuration is parsed. */
export interface WindowNumbers {
  /** Valid digests that close the window, >= 1. */
  readonly windowDigests: number
  /** After this long without them the window expires. Infinity: never. */
  readonly windowUs: number
  /** Digests stamped before apply + settle are not counted. */
  readonly settleUs: number
  /** Digests received longer than this after their stamp are not counted. Infinity: any age. */
  readonly maxAgeUs: number
  /** Digests stamped further ahead of their receipt than this are invalid. Default Infinity. */
  readonly maxAheadUs?: number
  /** TRIMMED_MEAN, MEDIAN or MEAN. */
  readonly aggregate: number
  /** Share trimmed from each end, 0 to 0.5. */
  readonly trim: number
}

/** Positions in `WindowAccumulator.cells`, filled by the caller before `open` and `expire`. */
export const WINDOW_NOW_US = 0
export const WINDOW_GENERATION = 1
/** Positions in `WindowAccumulator.cells` that the window itself keeps. */
export const WINDOW_OPENED_US = 2
export const WINDOW_CLOSED_US = 3
export const WINDOW_EXPIRES_US = 4

// An imported or exported binding is looked up at every use; a constant of the module's own is compiled in.
// Measured on `add`: 40 against 25 ns. So what the loops below use is repeated here under shorter names.
const NOW = WINDOW_NOW_US
const GENERATION = WINDOW_GENERATION
const OPENED = WINDOW_OPENED_US
const CLOSED = WINDOW_CLOSED_US
const EXPIRES = WINDOW_EXPIRES_US
const SETTLED = 5
/** The generation whose digests this window counts; apart from GENERATION so that filling that changes nothing yet. */
const OPEN_GENERATION = 6
const INFINITE = 7
const SURPLUS = 8
const CELLS = 9
/** Validity classes. */
const CLASSES = 5

/** Judges digests of one generation and folds the valid ones into a window; allocates nothing after construction. */
export class WindowAccumulator {
  /** In: now and generation. Kept: when it opened, when it closed, when it expires, from when on digests count. */
  readonly cells: Float64Array
  /** Aggregate of each channel over the readings present, objective first; NaN where there was none. */
  readonly means: Float64Array
  /** Trend of the objective over this window, once it is closed or expired: see `trend.ts`. */
  readonly trend: Float64Array
  /** Digests by validity code since construction. */
  readonly counters: Float64Array
  /** Digests by validity code since the last `open`. Whole numbers: a record of them would allocate doubles. */
  readonly windowCounters = new Int32Array(CLASSES)
  /** Readings present in each channel of this window. */
  readonly present = new Int32Array(CHANNELS)
  /** Valid digests in this window. */
  count = 0
  /** True from the digest that completed the window until the next `open`. */
  closed = false
  /** True from `expire` until the next `open`. */
  expired = false
  readonly windowDigests: number
  private readonly windowUs: number
  private readonly settleUs: number
  private readonly maxAgeUs: number
  private readonly maxAheadUs: number
  private readonly aggregate: number
  private readonly trim: number
  /** Channel by channel, `windowDigests` doubles each. */
  private readonly readings: Float64Array
  /** Stamps of the readings of this window. */
  private readonly stamps: Float64Array

  /** A RangeError for numbers outside the ranges of `WindowNumbers`. */
  constructor(numbers: WindowNumbers) {
    checkWindowNumbers(numbers)
    this.windowDigests = numbers.windowDigests
    this.windowUs = numbers.windowUs
    this.settleUs = numbers.settleUs
    this.maxAgeUs = numbers.maxAgeUs
    this.maxAheadUs = numbers.maxAheadUs ?? Number.POSITIVE_INFINITY
    this.aggregate = numbers.aggregate
    this.trim = numbers.trim
    const { windowDigests } = numbers
    ;[this.cells, this.means, this.trend, this.counters, this.stamps, this.readings] = beside(
      CELLS,
      CHANNELS,
      TREND_CELLS,
      CLASSES,
      windowDigests,
      CHANNELS * windowDigests,
    )
    this.means.fill(Number.NaN)
    this.cells[OPEN_GENERATION] = Number.NaN
    this.cells[EXPIRES] = Number.POSITIVE_INFINITY
    this.cells[SETTLED] = Number.NEGATIVE_INFINITY
  }

  /** The generation this window counts; NaN before the first `open`. */
  get generation(): number {
    return this.cells[OPEN_GENERATION]
  }

  /** When this window expires if it has not closed. */
  get expiresAtUs(): number {
    return this.cells[EXPIRES]
  }

  /** Optional readings that were infinite and so counted as absent. */
  get infiniteReadings(): number {
    return this.cells[INFINITE]
  }

  /** Valid digests that came when no window was open. */
  get surplus(): number {
    return this.cells[SURPLUS]
  }

  /**
   * Begins a window at `cells[WINDOW_NOW_US]` for `cells[WINDOW_GENERATION]`, forgetting what an unfinished one held.
   *
   * A generation other than the last is an apply at that moment, so the settle time starts there; the same generation
   * again keeps its settle time. The first generation was not applied to anything that ran, and settles at once.
   */
  open(): void {
    const cells = this.cells
    const now = cells[NOW]
    const before = cells[OPEN_GENERATION]
    if (before === before && cells[GENERATION] !== before) {
      cells[SETTLED] = now + this.settleUs
    }
    cells[OPEN_GENERATION] = cells[GENERATION]
    cells[OPENED] = now
    cells[CLOSED] = Number.NaN
    cells[EXPIRES] = now + this.windowUs
    // Loops, not fill(): a call into the engine costs more than nine stores.
    const { windowCounters, present, means } = this
    for (let v = 0; v < CLASSES; v++) windowCounters[v] = 0
    for (let c = 0; c < CHANNELS; c++) {
      present[c] = 0
      means[c] = Number.NaN
    }
    this.count = 0
    this.closed = false
    this.expired = false
  }

  /** Judges the digest at `block[offset]` and takes it in when it is valid; returns its validity code. */
  add(block: Float64Array, offset: number): number {
    const validity = this.judge(block, offset)
    this.counters[validity]++
    this.windowCounters[validity]++
    if (validity !== VALID) return validity
    if (this.closed || this.expired) {
      this.cells[SURPLUS]++
      return VALID
    }
    const readings = this.readings
    const present = this.present
    const stride = this.windowDigests
    const count = this.count
    // The objective is finite, or the digest would not be valid, so it is there every time; the others are mostly absent.
    readings[count] = block[offset + FIRST_CHANNEL]
    this.stamps[count] = block[offset + DIGEST_TIMESTAMP_US]
    present[0] = count + 1
    for (let c = 1; c < CHANNELS; c++) {
      const reading = block[offset + FIRST_CHANNEL + c]
      if (reading === reading) {
        if (reading - reading === 0) readings[c * stride + present[c]++] = reading
        else this.cells[INFINITE]++
      }
    }
    this.count = count + 1
    if (this.count === stride) {
      this.closed = true
      const received = block[offset + DIGEST_RECEIVED_US]
      this.cells[CLOSED] = received === received ? received : block[offset + DIGEST_TIMESTAMP_US]
      this.conclude()
    }
    return VALID
  }

  /** Ends an open window at `cells[WINDOW_NOW_US]` with whatever it holds; nothing happens to a finished one. */
  expire(): void {
    if (this.closed || this.expired) return
    this.expired = true
    this.cells[CLOSED] = this.cells[NOW]
    this.conclude()
  }

  /** The order of DESIGN 5. x - x === 0 is: x is finite. NaN in the received time means it is not known. */
  judge(block: Float64Array, offset: number): number {
    const objective = block[offset + DIGEST_OBJECTIVE]
    const stamp = block[offset + DIGEST_TIMESTAMP_US]
    if (!(objective - objective === 0) || !(stamp - stamp === 0)) return INVALID
    const received = block[offset + DIGEST_RECEIVED_US]
    if (stamp - received > this.maxAheadUs) return INVALID
    if (block[offset + DIGEST_GENERATION] !== this.cells[OPEN_GENERATION]) return WRONG_GENERATION
    if (stamp < this.cells[SETTLED]) return SETTLING
    if (received - stamp > this.maxAgeUs) return TOO_OLD
    return VALID
  }

  /** Means are NaN since `open`, so absent channels need nothing. */
  private conclude(): void {
    // Before the aggregate, which may reorder readings.
    measureTrend(this.stamps, this.readings, this.count, this.trend)
    for (let c = 0; c < CHANNELS; c++) {
      const count = this.present[c]
      if (count === 0) continue
      const cut = trimCount(count, this.trim)
      aggregateInto(this.aggregate, this.readings, c * this.windowDigests, count, cut, this.means, c)
    }
  }
}

function checkWindowNumbers(numbers: WindowNumbers): void {
  const { windowDigests, windowUs, settleUs, maxAgeUs, maxAheadUs = 0, aggregate, trim } = numbers
  if (!Number.isInteger(windowDigests) || windowDigests < 1 || windowDigests > 2 ** 20) {
    throw outOfRange("windowDigests", "a whole number from 1 to 2^20", windowDigests)
  }
  if (!(windowUs > 0)) throw outOfRange("windowUs", "above 0", windowUs)
  if (!(settleUs >= 0) || settleUs === Number.POSITIVE_INFINITY) {
    throw outOfRange("settleUs", "finite and at least 0", settleUs)
  }
  if (!(maxAgeUs >= 0)) throw outOfRange("maxAgeUs", "at least 0", maxAgeUs)
  if (!(maxAheadUs >= 0)) throw outOfRange("maxAheadUs", "at least 0", maxAheadUs)
  if (!(trim >= 0 && trim <= 0.5)) throw outOfRange("trim", "from 0 to 0.5", trim)
  if (aggregate !== 0 && aggregate !== 1 && aggregate !== 2) {
    throw outOfRange("aggregate", "TRIMMED_MEAN (0), MEDIAN (1) or MEAN (2)", aggregate)
  }
}
