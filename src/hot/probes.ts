/**
 * Where the two readings of a cycle are taken. Probes are relative to the base, on the grid, inside bounds, and never
 * further from each other than Tier 1 lets one apply go, so that no probe is ever refused.
 */
import { LOG, PERIODIC } from "./codes.ts"
import type { KnobTable } from "./KnobTable.ts"
import { S_PROBE, SCALARS, V_BASE, V_INNER, V_MINUS, V_PLUS, V_SIGN } from "./spsaLayout.ts"
import { W_LARGEST, W_SQUARE } from "./spsaWork.ts"

/** How a knob is probed: a plain interval, a circle, or a grid (a grid on a circle is a grid). */
export const PLAIN = 0
export const CIRCLE = 1
export const GRID = 2

// Imported bindings are looked up at every use, constants of the module's own are compiled in.
const IS_GRID = GRID
const IS_CIRCLE = CIRCLE

/** Grids of at most so many points have their positions written out. */
const LISTED_POINTS = 4096

/**
 * What is fixed about probing each knob, worked out once; and the grid arithmetic that placing and moving share. Doubles
 * pass through `x`, indices through the calls, because a double that crosses a call is allocated.
 */
export class ProbeTable {
  readonly table: KnobTable
  /** Number of knobs. Loops end at this and not at the length of an array, which the compiler takes for a wide number. */
  readonly size: number
  readonly kind: Uint8Array
  /** Step limit by knob, a hair inside the guardrail's, or x + c - (x - c) would exceed it by rounding. */
  readonly limit: Float64Array
  /** 1 where positions wrap. */
  readonly wraps: Uint8Array
  /** No knob has a grid or a circle. */
  readonly plain: boolean
  /** In and out of `indexAt` and `unitOf`. */
  readonly x = new Float64Array(1)
  private readonly origin: Float64Array
  private readonly span: Float64Array
  private readonly listed: Float64Array
  private readonly listedAt: Int32Array

  constructor(table: KnobTable, maxStep: number) {
    const n = table.size
    this.table = table
    this.size = n
    this.kind = new Uint8Array(n)
    this.limit = new Float64Array(n)
    this.wraps = new Uint8Array(n)
    this.origin = new Float64Array(n)
    this.span = new Float64Array(n)
    this.listedAt = new Int32Array(n).fill(-1)
    let points = 0
    for (let i = 0; i < n; i++) {
      const periodic = table.scale[i] === PERIODIC
      this.wraps[i] = periodic ? 1 : 0
      this.kind[i] = table.step[i] > 0 ? GRID : periodic ? CIRCLE : PLAIN
      const own = table.maxStep[i] > 0 && table.maxStep[i] < maxStep ? table.maxStep[i] : maxStep
      this.limit[i] = own * (1 - 1e-9)
      const log = table.scale[i] === LOG
      this.origin[i] = log ? Math.log(table.min[i]) : table.min[i]
      this.span[i] = log ? Math.log(table.max[i]) - this.origin[i] : table.max[i] - table.min[i]
      if (this.kind[i] === GRID && table.lastGridIndex[i] < LISTED_POINTS) {
        this.listedAt[i] = points
        points += table.lastGridIndex[i] + 1
      }
    }
    this.plain = this.kind.every((kind) => kind === PLAIN)
    this.listed = new Float64Array(points)
    for (let i = 0; i < n; i++) {
      if (this.listedAt[i] < 0) continue
      for (let k = 0; k <= table.lastGridIndex[i]; k++)
        this.listed[this.listedAt[i] + k] = table.gridUnit(i, k)
    }
  }

  /** Index of the grid point nearest to the position in `x`, which may lie outside [0, 1]. */
  indexAt(i: number): number {
    const { table, x } = this
    let unit = x[0]
    // Beyond an end of a line is beyond the end of its grid, which `containIndex` sees to.
    if (this.wraps[i] === 1) unit -= Math.floor(unit)
    const raw = this.origin[i] + unit * this.span[i]
    const value = table.scale[i] === LOG ? Math.exp(raw) : raw
    // A hair below the first point is -0, which lies on the heap where 0 does not.
    return this.containIndex(i, Math.round((value - table.min[i]) / table.step[i]) + 0)
  }

  /** Puts the position of a grid point into `x`. */
  unitOf(i: number, index: number): void {
    const at = this.listedAt[i]
    this.x[0] = at >= 0 ? this.listed[at + index] : this.table.gridUnit(i, index)
  }

  /** An index moved back onto the grid: to its end, or round the circle. */
  containIndex(i: number, index: number): number {
    const last = this.table.lastGridIndex[i]
    if (index >= 0 && index <= last) return index
    if (this.wraps[i] === 0) return index < 0 ? 0 : last
    const period = last + 1
    return index - Math.floor(index / period) * period
  }

  /** Puts the largest distance of one apply at a grid point into `x`: the step limit, or as far as its neighbours lie apart. */
  reachOf(i: number, index: number): void {
    const { table, x } = this
    let span: number
    if (this.wraps[i] === 1) span = Math.min(1, (2 * table.step[i]) / this.span[i])
    else {
      this.unitOf(i, this.containIndex(i, index - 1))
      const below = x[0]
      this.unitOf(i, this.containIndex(i, index + 1))
      span = x[0] - below
    }
    x[0] = span > this.limit[i] ? span : this.limit[i]
  }
}

/** Writes the plus and minus targets of the cycle whose signs are in the block. */
export function placeProbes(b: Float64Array, probes: ProbeTable): void {
  const { kind, limit, size: n, x, wraps } = probes
  const sign = SCALARS + V_SIGN * n
  const plus = SCALARS + V_PLUS * n
  const minus = SCALARS + V_MINUS * n
  const base = SCALARS + V_BASE * n
  const inner = SCALARS + V_INNER * n
  const c = b[S_PROBE]
  if (probes.plain) {
    for (let i = 0; i < n; i++) {
      const at = b[base + i]
      const half = limit[i] / 2
      const offset = b[sign + i] * (c < half ? c : half)
      const up = at + offset
      const down = at - offset
      b[plus + i] = up < 0 ? 0 : up > 1 ? 1 : up
      b[minus + i] = down < 0 ? 0 : down > 1 ? 1 : down
    }
    return
  }
  for (let i = 0; i < n; i++) {
    const offset = b[sign + i] * Math.min(c, limit[i] / 2)
    if (kind[i] !== IS_GRID) {
      const at = b[base + i]
      let up = at + offset
      let down = at - offset
      if (kind[i] === IS_CIRCLE) {
        up -= Math.floor(up)
        down -= Math.floor(down)
        // A hair below 0 wraps to 1, which is 0.
        if (up === 1) up = 0
        if (down === 1) down = 0
      }
      b[plus + i] = Math.min(1, Math.max(0, up))
      b[minus + i] = Math.min(1, Math.max(0, down))
      continue
    }
    // A probe that would round back to the base goes to the neighbour instead; where there is none (a bound) that side
    // stays at the base. Probing from the continuous position lets rounding dither over the grid, so that a slope is
    // seen on the average even when neighbours are far apart.
    x[0] = b[base + i]
    const at = probes.indexAt(i)
    const towards = b[sign + i]
    x[0] = b[inner + i] + offset
    let p = probes.indexAt(i)
    x[0] = b[inner + i] - offset
    let m = probes.indexAt(i)
    const next = probes.containIndex(i, at + towards)
    const other = probes.containIndex(i, at - towards)
    if (p === at) p = next
    if (m === at) m = other
    probes.reachOf(i, at)
    const reach = x[0]
    probes.unitOf(i, p)
    b[plus + i] = x[0]
    probes.unitOf(i, m)
    b[minus + i] = x[0]
    let apart = b[plus + i] - b[minus + i]
    if (wraps[i] === 1) apart -= Math.round(apart)
    if (apart <= reach && apart >= -reach) continue
    // Rounding pushed the sides a gap too far apart; the neighbours of the base always fit.
    probes.unitOf(i, next)
    b[plus + i] = x[0]
    probes.unitOf(i, other)
    b[minus + i] = x[0]
  }
}

/** How far the plus side lies from the minus side, by knob; the squared length of that and its largest component. */
export function measurePair(
  b: Float64Array,
  probes: ProbeTable,
  displacement: Float64Array,
  work: Float64Array,
): void {
  const { plain, size: n, table } = probes
  const plus = SCALARS + V_PLUS * n
  const minus = SCALARS + V_MINUS * n
  let square = 0
  let largest = 0
  if (plain) {
    for (let i = 0; i < n; i++) {
      const u = b[plus + i] - b[minus + i]
      const size = Math.abs(u)
      displacement[i] = u
      square += u * u
      if (size > largest) largest = size
    }
  } else {
    for (let i = 0; i < n; i++) {
      const u = table.difference(i, b[minus + i], b[plus + i])
      const size = Math.abs(u)
      displacement[i] = u
      square += u * u
      if (size > largest) largest = size
    }
  }
  work[W_SQUARE] = square
  work[W_LARGEST] = largest
}
