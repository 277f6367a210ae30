/**
 * Minimises a quadratic function within a box: the step of the trust region, and the search for the point that a
 * Lagrange function grows most at. Cyclic coordinate minimisation is exact along each axis and feels the box at once; a
 * pass of conjugate gradients over the free coordinates makes up for its slowness in narrow valleys that lie askew.
 */

import { dot } from "./dot.ts"

/** Rounds of coordinate cycles and gradients at most; each lowers the value. */
const ROUNDS = 8
/** Steps along conjugate gradients at most, over all rounds: what a step of the trust region may cost in many dimensions. */
const PASSES = 64
/** A round that gains less than this share of what was gained so far ends the search. */
const ENOUGH = 1e-3

/** Scratch for the largest number of dimensions; nothing is allocated after construction. */
export class BoxQuadratic {
  private readonly slope: Float64Array
  private readonly direction: Float64Array
  private readonly curve: Float64Array
  private readonly free: Int32Array
  private passes = 0

  constructor(largest: number) {
    this.slope = new Float64Array(largest)
    this.direction = new Float64Array(largest)
    this.curve = new Float64Array(largest)
    this.free = new Int32Array(largest)
  }

  /**
   * Writes a step of low g·s + s·G·s/2 with low <= s <= high to `step` and returns its value, at most 0. The box holds 0.
   *
   * @param d dimensions
   * @param sign 1 to minimise, -1 to maximise (the value returned is then that of the negative)
   * @param g gradient at step 0
   * @param G second derivatives, row-major d x d, symmetric
   */
  minimise(
    d: number,
    sign: number,
    g: Float64Array,
    G: Float64Array,
    low: Float64Array,
    high: Float64Array,
    step: Float64Array,
  ): number {
    const { slope } = this
    for (let i = 0; i < d; i++) {
      step[i] = 0
      slope[i] = sign * g[i]
    }
    let value = 0
    this.passes = PASSES
    for (let round = 0; round < ROUNDS; round++) {
      let gain = this.cycle(d, sign, G, low, high, step)
      if (d > 1) gain += this.cycle(d, sign, G, low, high, step)
      if (d > 1) gain += this.gradients(d, sign, g, G, low, high, step)
      value -= gain
      if (!(gain > ENOUGH * -value)) break
    }
    return value
  }

  /** One exact minimisation along every axis in turn. Returns the gain. */
  private cycle(
    d: number,
    sign: number,
    G: Float64Array,
    low: Float64Array,
    high: Float64Array,
    step: Float64Array,
  ): number {
    const { slope } = this
    let gain = 0
    for (let i = 0; i < d; i++) {
      const down = low[i] - step[i]
      const up = high[i] - step[i]
      const s = slope[i]
      const c = sign * G[i * d + i]
      let move: number
      if (c > 0) {
        move = -s / c
        if (move < down) move = down
        else if (move > up) move = up
      } else {
        // Concave: one of the ends is lowest.
        move = s * down + 0.5 * c * down * down < s * up + 0.5 * c * up * up ? down : up
      }
      const change = s * move + 0.5 * c * move * move
      if (!(change < 0)) continue
      gain -= change
      const to = step[i] + move
      step[i] = to < low[i] ? low[i] : to > high[i] ? high[i] : to
      const by = sign * move
      for (let j = 0, at = i * d; j < d; j++, at++) slope[j] += by * G[at]
    }
    return gain
  }

  /**
   * Conjugate gradients over the coordinates that the box leaves free. One that meets a wall stays there, and the rest
   * begin anew. Returns the gain.
   */
  private gradients(
    d: number,
    sign: number,
    g: Float64Array,
    G: Float64Array,
    low: Float64Array,
    high: Float64Array,
    step: Float64Array,
  ): number {
    const { slope, direction, curve, free } = this
    let count = 0
    for (let i = 0; i < d; i++) {
      const s = slope[i]
      // The products below run over all coordinates: those that do not move count for nothing.
      direction[i] = 0
      // Only a wall takes a coordinate out. A slope of 0 is what the cycle leaves behind it, and the next move changes it.
      if ((s >= 0 && step[i] <= low[i]) || (s <= 0 && step[i] >= high[i])) continue
      free[count++] = i
    }
    let gain = 0
    let square = 0
    let begin = true
    let start = -1
    for (let pass = 0; pass < 2 * d && count > 0 && this.passes > 0; pass++, this.passes--) {
      if (begin) {
        square = 0
        for (let a = 0; a < count; a++) {
          const s = slope[free[a]]
          direction[free[a]] = -s
          square += s * s
        }
        if (start < 0) start = square
        begin = false
      }
      let bend = 0
      let fall = 0
      let reach = Number.POSITIVE_INFINITY
      let wall = -1
      for (let a = 0; a < count; a++) {
        const i = free[a]
        const v = direction[i]
        curve[i] = sign * dot(G, i * d, direction, 0, d)
        bend += curve[i] * v
        fall += slope[i] * v
        if (v === 0) continue
        const room = ((v > 0 ? high[i] : low[i]) - step[i]) / v
        if (room < reach) {
          reach = room
          wall = a
        }
      }
      if (!(fall < 0)) break
      const bottom = bend > 0 ? -fall / bend : Number.POSITIVE_INFINITY
      const length = bottom < reach ? bottom : reach
      if (!(length >= 0) || length === Number.POSITIVE_INFINITY) break
      gain -= length * (fall + 0.5 * length * bend)
      let next = 0
      for (let a = 0; a < count; a++) {
        const i = free[a]
        const to = step[i] + length * direction[i]
        step[i] = to < low[i] ? low[i] : to > high[i] ? high[i] : to
        slope[i] += length * curve[i]
        next += slope[i] * slope[i]
      }
      if (bottom >= reach) {
        step[free[wall]] = direction[free[wall]] > 0 ? high[free[wall]] : low[free[wall]]
        direction[free[wall]] = 0
        free[wall] = free[--count]
        begin = true
        continue
      }
      if (!(next > 1e-20 * start)) break
      const keep = next / square
      for (let a = 0; a < count; a++) {
        const i = free[a]
        direction[i] = keep * direction[i] - slope[i]
      }
      square = next
    }
    // The coordinates that were not free have felt the move as well.
    for (let i = 0; i < d; i++) slope[i] = sign * (g[i] + dot(G, i * d, step, 0, d))
    return gain
  }
}
