/**
 * From a gradient to a step that Tier 1 accepts: scaled to one apply, clipped knob by knob to the step limit, the
 * budgets and the bounds, and put on the grid. The tuner clips itself, so that a refusal always means a fault.
 */
import { CIRCLE, type ProbeTable } from "./probes.ts"
import {
  SCALARS,
  V_BASE,
  V_GRADIENT,
  V_INNER,
  V_MINUS,
  V_MOVE,
  V_PLUS,
  V_PREVIOUS,
  V_PREVIOUS_INNER,
  V_TARGET,
} from "./spsaLayout.ts"

export class Mover {
  private readonly probes: ProbeTable
  /** Offsets of the applied base in the last step taken, by knob. */
  readonly taken: Float64Array

  constructor(probes: ProbeTable) {
    this.probes = probes
    this.taken = new Float64Array(probes.table.size)
  }

  /** A step down the gradient, its largest component at most `room`. */
  wish(b: Float64Array, eta: number, room: number): void {
    const n = this.probes.table.size
    const gradient = SCALARS + V_GRADIENT * n
    const move = SCALARS + V_MOVE * n
    for (let i = 0; i < n; i++) b[move + i] = -eta * b[gradient + i]
    this.shrink(b, room)
  }

  /** Scales the step in the block so that its largest component is at most `room`; its direction stays. */
  shrink(b: Float64Array, room: number): void {
    const n = this.probes.table.size
    const move = SCALARS + V_MOVE * n
    let largest = 0
    for (let i = 0; i < n; i++) {
      const size = b[move + i] < 0 ? -b[move + i] : b[move + i]
      if (size > largest) largest = size
    }
    if (largest <= room) return
    const scale = room / largest
    for (let i = 0; i < n; i++) b[move + i] *= scale
  }

  /** A step back to where the base was before the last move. */
  wishBack(b: Float64Array): void {
    const table = this.probes.table
    const n = table.size
    for (let i = 0; i < n; i++) {
      b[SCALARS + V_MOVE * n + i] = table.difference(
        i,
        b[SCALARS + V_INNER * n + i],
        b[SCALARS + V_PREVIOUS_INNER * n + i],
      )
    }
  }

  /**
   * Takes the step in the block as far as limits, budgets and bounds allow; base, target and previous base are written.
   * Returns the root mean square of the step.
   *
   * Bounds: both sides of the pair lie within `reach` of each other, so a base moved by at most reach minus the larger
   * probe offset is within reach of whichever side was read last.
   */
  take(b: Float64Array, band: Float64Array): number {
    const n = this.probes.table.size
    const base = SCALARS + V_BASE * n
    const inner = SCALARS + V_INNER * n
    const plus = SCALARS + V_PLUS * n
    const minus = SCALARS + V_MINUS * n
    const target = SCALARS + V_TARGET * n
    const previous = SCALARS + V_PREVIOUS * n
    const previousInner = SCALARS + V_PREVIOUS_INNER * n
    const move = SCALARS + V_MOVE * n
    const taken = this.taken
    const kinds = this.probes.kind
    const limits = this.probes.limit
    let squares = 0
    for (let i = 0; i < n; i++) {
      const kind = kinds[i]
      if (kind !== 0) {
        const s = kind === CIRCLE ? this.takeOnCircle(b, band, i) : this.takeOnGrid(b, band, i)
        squares += s * s
        continue
      }
      const x = b[base + i]
      const up = b[plus + i] - x
      const down = b[minus + i] - x
      const sideUp = up < 0 ? -up : up
      const sideDown = down < 0 ? -down : down
      const room = limits[i] - (sideUp > sideDown ? sideUp : sideDown)
      let s = b[move + i]
      if (s > room) s = room
      else if (s < -room) s = -room
      if (s < band[2 * i]) s = band[2 * i]
      else if (s > band[2 * i + 1]) s = band[2 * i + 1]
      let to = x + s
      to = to < 0 ? 0 : to > 1 ? 1 : to
      s = to - x
      b[move + i] = s
      taken[i] = s
      b[previous + i] = x
      b[previousInner + i] = x
      b[base + i] = to
      b[inner + i] = to
      b[target + i] = to
      squares += s * s
    }
    return Math.sqrt(squares / n)
  }

  private takeOnCircle(b: Float64Array, band: Float64Array, i: number): number {
    const table = this.probes.table
    const n = table.size
    const x = b[SCALARS + V_BASE * n + i]
    const room = this.probes.limit[i] - this.widest(b, i)
    const s = clip(clip(b[SCALARS + V_MOVE * n + i], -room, room), band[2 * i], band[2 * i + 1])
    this.write(b, i, table.contain(i, x + s), table.contain(i, x + s), s)
    return s
  }

  /**
   * The continuous position takes the step and the base follows on the grid. Where rounding would leave the allowed
   * interval, the base stops one gap short and the continuous position with it.
   */
  private takeOnGrid(b: Float64Array, band: Float64Array, i: number): number {
    const table = this.probes.table
    const n = table.size
    const x = b[SCALARS + V_BASE * n + i]
    const from = b[SCALARS + V_INNER * n + i]
    const up = table.difference(i, x, b[SCALARS + V_PLUS * n + i])
    const down = table.difference(i, x, b[SCALARS + V_MINUS * n + i])
    // Either side may be the live one, and grid gaps differ: measured from both, a neighbour stays in reach. The hair
    // keeps up - (up + down) from missing the neighbour by rounding.
    const reach = this.probes.reach(i, x) + 1e-12
    const low = Math.max(Math.max(up, down) - reach, band[2 * i])
    const high = Math.min(Math.min(up, down) + reach, band[2 * i + 1])
    const wished = table.difference(i, x, from) + b[SCALARS + V_MOVE * n + i]
    let to = table.contain(i, x + wished)
    let applied = table.snap(i, to)
    let offset = table.difference(i, x, applied)
    if (offset < low || offset > high) {
      const side = offset < low ? -1 : 1
      const edge = side < 0 ? low : high
      const at = table.gridIndex(i, x + edge)
      applied = table.gridUnit(i, at)
      offset = table.difference(i, x, applied)
      if (offset < low || offset > high) {
        applied = table.gridUnit(i, at - side)
        offset = table.difference(i, x, applied)
      }
      // A grid so coarse that even this leaves the interval (a circle of two points) keeps its base.
      if (offset < low || offset > high) {
        applied = x
        offset = 0
      }
      to = applied
    }
    const s = table.difference(i, from, to)
    this.write(b, i, applied, to, offset)
    return s
  }

  /** Larger of the two probe offsets of a knob. */
  private widest(b: Float64Array, i: number): number {
    const table = this.probes.table
    const n = table.size
    const x = b[SCALARS + V_BASE * n + i]
    const up = Math.abs(table.difference(i, x, b[SCALARS + V_PLUS * n + i]))
    const down = Math.abs(table.difference(i, x, b[SCALARS + V_MINUS * n + i]))
    return up > down ? up : down
  }

  private write(b: Float64Array, i: number, applied: number, inner: number, offset: number): void {
    const n = this.probes.table.size
    b[SCALARS + V_PREVIOUS * n + i] = b[SCALARS + V_BASE * n + i]
    b[SCALARS + V_PREVIOUS_INNER * n + i] = b[SCALARS + V_INNER * n + i]
    b[SCALARS + V_BASE * n + i] = applied
    b[SCALARS + V_INNER * n + i] = inner
    b[SCALARS + V_TARGET * n + i] = applied
    b[SCALARS + V_MOVE * n + i] = offset
    this.taken[i] = offset
  }
}

function clip(x: number, low: number, high: number): number {
  return x < low ? low : x > high ? high : x
}
