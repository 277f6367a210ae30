/**
 * What a replica has measured and the owner has not confirmed yet. Measurements go into one row of numbers; a window is made of it only
 * when the configuration changes or a report is due. What could not be sent is merged, so an owner that is gone for an hour
 * costs no more memory than one that answers.
 */
import { type Pair, samePair } from "../cohort/order.ts"
import { LARGEST_SUM, MOST_WINDOWS, type ReplicaWindow } from "../cohort/protocol.ts"

const N = 0
const SUM = 1
const SUM2 = 2
const ERRORS = 3
const MARGINS = 4
const MARGINED = 5
const CELLS = 6

/** Buckets of latencies, eight to an octave: the percentile is right to a tenth. 2^40 microseconds are twelve days. */
const PER_OCTAVE = 8
const BUCKETS = 40 * PER_OCTAVE

export class WindowBook {
  private readonly cells = new Float64Array(CELLS)
  private readonly latencies = new Uint32Array(BUCKETS)
  private latencyCount = 0
  private windows: Array<ReplicaWindow> = []

  /** One measurement; what is absent is NaN. Allocates nothing. */
  add(objective: number, latencyUs: number, errorRate: number, margin: number): void {
    const { cells } = this
    cells[N]++
    cells[SUM] += objective
    cells[SUM2] += objective * objective
    if (errorRate > 0) cells[ERRORS]++
    if (Math.abs(margin) <= LARGEST_SUM) {
      cells[MARGINS] += margin
      cells[MARGINED]++
    }
    if (!(latencyUs >= 0)) return
    const bucket = latencyUs <= 1 ? 0 : Math.floor(PER_OCTAVE * Math.log2(latencyUs))
    this.latencies[bucket < BUCKETS ? bucket : BUCKETS - 1]++
    this.latencyCount++
  }

  /** Ends the row: it was measured under this pair. */
  close(at: Pair): void {
    const { cells } = this
    if (cells[N] === 0) return
    const window: ReplicaWindow = {
      at,
      n: cells[N],
      sum: cells[SUM],
      sum2: cells[SUM2],
      errors: cells[ERRORS],
      ...(this.latencyCount === 0 ? {} : { p99: this.p99() }),
      ...(cells[MARGINED] === 0 ? {} : { margin: cells[MARGINS] / cells[MARGINED] }),
    }
    this.discard()
    if (!isSound(window)) return
    const last = this.windows.findIndex((one) => samePair(one.at, at))
    const both = last < 0 ? window : merged(this.windows[last], window)
    if (last >= 0) this.windows[last] = isSound(both) ? both : window
    else this.windows = [...this.windows, window].slice(-MOST_WINDOWS)
  }

  /** Forgets the row: it belongs to no configuration. */
  discard(): void {
    this.cells.fill(0)
    this.latencies.fill(0)
    this.latencyCount = 0
  }

  /** All windows so far, for a report. */
  draw(): ReadonlyArray<ReplicaWindow> {
    const drawn = this.windows
    this.windows = []
    return drawn
  }

  private p99(): number {
    let left = Math.ceil(0.99 * this.latencyCount)
    let bucket = 0
    while (bucket < BUCKETS - 1 && left > this.latencies[bucket]) left -= this.latencies[bucket++]
    return Math.round(2 ** ((bucket + 1) / PER_OCTAVE))
  }
}

/** Sums that overflowed are no measurement, and an owner would refuse the whole report for them. */
const isSound = ({ sum, sum2, margin = 0 }: ReplicaWindow): boolean =>
  Math.abs(sum) <= LARGEST_SUM && Number.isFinite(sum2) && Math.abs(margin) <= LARGEST_SUM

/** Two windows of one configuration as one. The percentile is the worse one: of two it cannot be known. */
function merged(a: ReplicaWindow, b: ReplicaWindow): ReplicaWindow {
  const n = a.n + b.n
  const p99 = Math.max(a.p99 ?? 0, b.p99 ?? 0)
  const margins = [a, b].filter(({ margin }) => margin !== undefined)
  const weight = margins.reduce((sum, one) => sum + one.n, 0)
  const margin = margins.reduce((sum, one) => sum + (one.n * (one.margin as number)) / weight, 0)
  return {
    at: a.at,
    n,
    sum: a.sum + b.sum,
    sum2: a.sum2 + b.sum2,
    errors: a.errors + b.errors,
    ...(p99 > 0 ? { p99 } : {}),
    ...(margins.length > 0 ? { margin } : {}),
  }
}
