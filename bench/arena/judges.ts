/** What a run on a plant that remembers is scored by: pure functions of what was paid, window by window. */
import { meanOf, quantileOf } from "../../src/testing/simulate.ts"

/** A level above this many times the reference is unsafe; safe again below the second. */
const UNSAFE = 2
const SAFE = 1.2

export interface Judgement {
  /** Paid over what the best place to stand still would have paid: in the whole run, the last third, the worst third. */
  readonly whole: number
  readonly lastThird: number
  readonly worstThird: number
  /** Paid over what doing nothing would have paid: in the whole run and the last third. */
  readonly toNothing: number
  readonly lastToNothing: number
  /** Share of windows above twice the reference, the longest spell of them, and windows from its begin until below 1.2 times. */
  readonly unsafe: number
  readonly longest: number
  readonly untilSafe: number
}

/** What a run is held against: what the plant would have paid meanwhile at its best place, at its start, and where it is judged from. */
export interface Yardsticks {
  readonly best: Float64Array
  readonly nothing: Float64Array
  readonly reference: Float64Array
}

/** Median of each window and the four before it. */
export function levels(paid: Float64Array): Float64Array {
  const five = new Float64Array(5)
  return Float64Array.from(paid, (_, w) => {
    const count = Math.min(5, w + 1)
    const last = five.subarray(0, count)
    for (let i = 0; i < count; i++) last[i] = paid[w - i]
    last.sort()
    return count % 2 === 1 ? last[count >> 1] : (last[(count >> 1) - 1] + last[count >> 1]) / 2
  })
}

/** What a place that stands still is known to pay: its mean, or its level of the moment where that is more. */
export function referenceOf(standing: Float64Array): Float64Array {
  const mean = meanOf(standing)
  return levels(standing).map((level) => Math.max(level, mean))
}

/** Share of windows above twice the reference; the longest spell, and how long it took until safe again. */
export function unsafety(
  paid: Float64Array,
  reference: Float64Array,
): Pick<Judgement, "unsafe" | "longest" | "untilSafe"> {
  const now = levels(paid)
  let above = 0
  let longest = 0
  let untilSafe = 0
  let spell = 0
  let since = -1
  for (let w = 0; w < now.length; w++) {
    const unsafe = now[w] > UNSAFE * reference[w]
    if (unsafe) above++
    spell = unsafe ? spell + 1 : 0
    if (spell > longest) longest = spell
    if (unsafe && since < 0) since = w
    if (since >= 0) {
      untilSafe = Math.max(untilSafe, w + 1 - since)
      if (now[w] <= SAFE * reference[w]) since = -1
    }
  }
  return { unsafe: above / now.length, longest, untilSafe: since >= 0 ? Number.POSITIVE_INFINITY : untilSafe }
}

export function judge(paid: Float64Array, { best, nothing, reference }: Yardsticks): Judgement {
  const n = paid.length
  const third = (k: number): number => Math.round((k * n) / 3)
  const over = (other: Float64Array, from: number, to: number): number =>
    meanOf(paid, from, to) / meanOf(other, from, to)
  const thirds = [0, 1, 2].map((k) => over(best, third(k), third(k + 1)))
  return {
    whole: over(best, 0, n),
    lastThird: thirds[2],
    worstThird: Math.max(...thirds),
    toNothing: over(nothing, 0, n),
    lastToNothing: over(nothing, third(2), n),
    ...unsafety(paid, reference),
  }
}

/** A median with its interval of 95 % by order statistics; with fewer than six values the interval is their range. */
export interface Middle {
  readonly median: number
  readonly low: number
  readonly high: number
}

export function middleOf(values: ReadonlyArray<number>): Middle {
  const sorted = values.toSorted((a, b) => a - b)
  const n = sorted.length
  // The highest rank below which at most a fortieth of the binomial law with chance 1/2 lies.
  let rank = 0
  let weight = 0.5 ** n
  for (let below = weight; below <= 0.025 && rank < (n - 1) / 2; below += weight) {
    rank++
    weight *= (n - rank + 1) / rank
  }
  const from = Math.max(0, rank - 1)
  return { median: quantileOf(sorted, 0.5), low: sorted[from], high: sorted[n - 1 - from] }
}
