/**
 * What several loops may do together, where they share one resource and would otherwise measure each other: how many of them
 * may be off their base at a time, and how many configurations they may apply in a second, all of them together. One needs it
 * wherever more than one loop of a process tunes the same database, cache or core.
 *
 * A loop asks before every apply; one that has to wait tries again when asked to. Safety actions never ask.
 */
import { RateWindow } from "./RateWindow.ts"
import { outOfRange } from "./outOfRange.ts"

/** Limits of a `SharedBudget`. */
export interface SharedBudgetNumbers {
  /** Loops that may be in the midst of a cycle at once; a whole number from 1. */
  readonly probing: number
  /** Applies of all loops together in any second, fractions included. */
  readonly appliesPerSecond: number
}

/** Who waits for a seat. The queue runs through the waiting ones themselves, so that waiting allocates nothing. */
export interface Sharer {
  /** In the midst of a cycle. */
  seated: boolean
  waiting: boolean
  /** Who comes after this one; null: nobody. */
  behind: Sharer | null
}

/** When a seat was not free: nobody knows when it will be, so a loop asks again so much later. */
const ASK_AGAIN_US = 10_000

/** What several loops over one resource may do together; hand the same one to each. */
export class SharedBudget {
  readonly numbers: SharedBudgetNumbers
  /** Loops in the midst of a cycle now. */
  seated = 0
  /** How often a loop had to wait. */
  waits = 0
  private first: Sharer | null = null
  private last: Sharer | null = null
  private readonly now = new Float64Array(1)
  private readonly rate: RateWindow
  /** [0]: when to ask again. A cell, so that writing it allocates nothing. */
  private readonly again = new Float64Array(1)

  /** A RangeError for numbers nobody could work with. */
  constructor(numbers: SharedBudgetNumbers) {
    const { probing, appliesPerSecond } = numbers
    if (!Number.isInteger(probing) || probing < 1)
      throw outOfRange("probing", "a whole number from 1", probing)
    if (!(appliesPerSecond > 0 && appliesPerSecond < Number.POSITIVE_INFINITY))
      throw outOfRange("appliesPerSecond", "finite and above 0", appliesPerSecond)
    this.numbers = numbers
    this.rate = RateWindow.perSecond(appliesPerSecond, 0, this.now)
  }

  /** When to ask again after a refusal. */
  get againUs(): number {
    return this.again[0]
  }

  /** Whether a loop may apply at `nowCell[0]`. Who has to wait for a seat gets one in the order of asking. */
  admits(nowCell: Float64Array, who: Sharer): boolean {
    // Loops may see slightly different times; the budget follows the latest.
    if (nowCell[0] > this.now[0]) this.now[0] = nowCell[0]
    const first = this.first === null || this.first === who
    if (!who.seated && !(first && this.seated < this.numbers.probing)) {
      this.again[0] = nowCell[0] + ASK_AGAIN_US
      this.queue(who)
    } else if (this.rate.allows()) return true
    else this.rate.nextInto(this.again, 0)
    this.waits++
    return false
  }

  /** An apply was made at the time of the last `admits`: its loop has a seat from here on. */
  applied(who: Sharer): void {
    this.rate.record()
    if (who.seated) return
    this.leaveQueue(who)
    who.seated = true
    this.seated++
  }

  /** The cycle is over, or the loop asks no more. */
  leave(who: Sharer): void {
    this.leaveQueue(who)
    if (who.seated) this.seated--
    who.seated = false
  }

  private queue(who: Sharer): void {
    if (who.waiting) return
    who.waiting = true
    if (this.last === null) this.first = who
    else this.last.behind = who
    this.last = who
  }

  private leaveQueue(who: Sharer): void {
    if (!who.waiting) return
    let before: Sharer | null = null
    for (let one = this.first; one !== null && one !== who; one = one.behind) before = one
    if (before === null) this.first = who.behind
    else before.behind = who.behind
    if (this.last === who) this.last = before
    who.waiting = false
    who.behind = null
  }
}
