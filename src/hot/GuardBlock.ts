/**
 * What watching, trying and earning have in common in the runaway guard: taking a window into the block, medians of the latest
 * levels, places. Apart from the decisions, so that each of them can be read as one; nobody makes one but as a `RunawayGuard`.
 */
import {
  GUARD_VECTORS_AT,
  G_ACQUITTED,
  G_CALM,
  G_DIFFERENCES,
  G_IN_VAIN,
  G_LAST_US,
  G_LEVELS,
  G_NOISES,
  G_OVER,
  G_SEEN,
  G_STAY,
  G_WINDOWS,
  G_WINDOW_US,
  G_WORLD,
  LEVELS,
  NOISES,
} from "./guardLayout.ts"
import { GuardStatistics, OUT_MEDIAN } from "./guardStatistics.ts"
import type { KnobTable } from "./KnobTable.ts"

/** What the world added, and what was acquitted, halve in so many windows. */
const FORGET = 0.5 ** (1 / 300)

/** Readings, differences and places in the guard's block. */
export class GuardBlock {
  readonly table: KnobTable
  /** In: the loss of the window (lower is better) and when it closed. Cells, because a double that crosses a call is allocated. */
  readonly reading = new Float64Array(2)
  protected readonly n: number
  protected readonly statistics = new GuardStatistics()

  constructor(table: KnobTable) {
    this.table = table
    this.n = table.size
  }

  /** Counts the window, and puts its level into the ring. */
  protected note(b: Float64Array, loss: number): void {
    const nowUs = this.reading[1]
    if (b[G_WINDOWS] > 0) {
      const took = nowUs - b[G_LAST_US]
      const weight = b[G_WINDOWS] < 20 ? 1 / b[G_WINDOWS] : 0.05
      if (took >= 0) b[G_WINDOW_US] += weight * (took - b[G_WINDOW_US])
    }
    b[G_LAST_US] = nowUs
    b[G_WINDOWS]++
    b[G_LEVELS + (b[G_SEEN] % LEVELS)] = loss
    b[G_SEEN]++
    b[G_WORLD] *= FORGET
    b[G_ACQUITTED] *= FORGET
    b[G_IN_VAIN] *= FORGET
  }

  protected level(b: Float64Array, count: number, back: number): number {
    this.statistics.median(b, count, back)
    return this.statistics.out[OUT_MEDIAN]
  }

  /** A difference of two readings `apart` windows from each other is evidence of the noise. */
  protected noteDifference(b: Float64Array, back: number, apart: number): void {
    const at = b[G_SEEN] - 1 - back
    const one = b[G_LEVELS + (at % LEVELS)]
    const other = b[G_LEVELS + ((at - apart) % LEVELS)]
    b[G_NOISES + (b[G_DIFFERENCES] % NOISES)] = one > other ? one - other : other - one
    b[G_DIFFERENCES]++
  }

  protected forgetLevels(b: Float64Array): void {
    b[G_SEEN] = 0
    b[G_OVER] = 0
    b[G_CALM] = 0
    b[G_STAY] = 0
  }

  protected at(vector: number): number {
    return GUARD_VECTORS_AT + vector * this.n
  }

  protected keep(b: Float64Array, vector: number, place: Float64Array): void {
    const at = this.at(vector)
    for (let i = 0; i < this.n; i++) b[at + i] = place[i]
  }
}
