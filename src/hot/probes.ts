/**
 * Where the two readings of a cycle are taken. Probes are relative to the base, on the grid, inside bounds, and never
 * further from each other than Tier 1 lets one apply go, so that no probe is ever refused.
 */
import { PERIODIC } from "./codes.ts"
import type { KnobTable } from "./KnobTable.ts"
import { S_PROBE, SCALARS, V_BASE, V_INNER, V_MINUS, V_PLUS, V_SIGN } from "./spsaLayout.ts"

/** How a knob is probed: a plain interval, a circle, or a grid (a grid on a circle is a grid). */
export const PLAIN = 0
export const CIRCLE = 1
export const GRID = 2

/** Knob kinds and step limits, worked out once. */
export class ProbeTable {
  readonly table: KnobTable
  readonly kind: Uint8Array
  /** Step limit by knob, a hair inside the guardrail's, or x + c - (x - c) would exceed it by rounding. */
  readonly limit: Float64Array
  readonly plain: boolean

  constructor(table: KnobTable, maxStep: number) {
    const n = table.size
    this.table = table
    this.kind = new Uint8Array(n)
    this.limit = new Float64Array(n)
    let plain = true
    for (let i = 0; i < n; i++) {
      this.kind[i] = table.step[i] > 0 ? GRID : table.scale[i] === PERIODIC ? CIRCLE : PLAIN
      const own = table.maxStep[i] > 0 && table.maxStep[i] < maxStep ? table.maxStep[i] : maxStep
      this.limit[i] = own * (1 - 1e-9)
      plain &&= this.kind[i] === PLAIN
    }
    this.plain = plain
  }

  /** Largest distance of one apply at a base: the step limit, or as far as the grid neighbours lie apart. */
  reach(i: number, base: number): number {
    const limit = this.limit[i]
    if (this.kind[i] !== GRID) return limit
    const span = this.table.neighbourSpan(i, base)
    return span > limit ? span : limit
  }
}

/** Writes the plus and minus targets of the cycle whose signs are in the block. */
export function placeProbes(b: Float64Array, probes: ProbeTable): void {
  const table = probes.table
  const n = table.size
  const sign = SCALARS + V_SIGN * n
  const plus = SCALARS + V_PLUS * n
  const minus = SCALARS + V_MINUS * n
  const inner = SCALARS + V_INNER * n
  const c = b[S_PROBE]
  for (let i = 0; i < n; i++) {
    const kind = probes.kind[i]
    if (kind === GRID) {
      placeOnGrid(b, probes, i)
      continue
    }
    const half = probes.limit[i] / 2
    const offset = b[sign + i] * (c < half ? c : half)
    const x = b[inner + i]
    const up = x + offset
    const down = x - offset
    b[plus + i] = kind === CIRCLE ? table.contain(i, up) : up < 0 ? 0 : up > 1 ? 1 : up
    b[minus + i] = kind === CIRCLE ? table.contain(i, down) : down < 0 ? 0 : down > 1 ? 1 : down
  }
}

/**
 * On a grid a probe that would round back to the base goes to the neighbour instead; where there is none (a bound)
 * that side stays at the base. Probing from the continuous position lets rounding dither over the grid, so that a
 * slope is seen on the average even when neighbours are far apart.
 */
function placeOnGrid(b: Float64Array, probes: ProbeTable, i: number): void {
  const table = probes.table
  const n = table.size
  const base = b[SCALARS + V_BASE * n + i]
  const x = b[SCALARS + V_INNER * n + i]
  const sign = b[SCALARS + V_SIGN * n + i]
  const half = probes.limit[i] / 2
  const c = b[S_PROBE] < half ? b[S_PROBE] : half
  const at = table.gridIndex(i, base)
  const reach = probes.reach(i, base)
  let plus = table.snap(i, x + sign * c)
  let minus = table.snap(i, x - sign * c)
  if (plus === base) plus = table.gridUnit(i, at + sign)
  if (minus === base) minus = table.gridUnit(i, at - sign)
  // Rounding can push the sides a gap too far apart; the neighbours of the base always fit.
  if (Math.abs(table.difference(i, minus, plus)) > reach) {
    plus = table.gridUnit(i, at + sign)
    minus = table.gridUnit(i, at - sign)
  }
  b[SCALARS + V_PLUS * n + i] = plus
  b[SCALARS + V_MINUS * n + i] = minus
}
