/**
 * Where a probe has led into an emergency nothing is tried again for a while. An emergency ends a window before it is read, so the tuner
 * would learn nothing from it and ask for the same probe after every SafeMode, until a person is called each time. Fences are
 * JSON-safe values in unit space; only an emergency makes one.
 */
import type { GuardrailNumbers } from "./Guardrails.ts"
import type { KnobTable } from "./KnobTable.ts"
import { MARGIN_MINUS, MARGIN_PLUS } from "./SpsaKernel.ts"
import { S_HAS_MARGIN_MEAN, S_MARGIN_MEAN, SCALARS, V_BASE, V_MINUS, V_PLUS } from "./spsaLayout.ts"

/** A way that is closed to every knob that had moved, from half the way to the emergency on. */
export interface Fence {
  readonly untilUs: number
  /** By knob: 1 closed above its edge, -1 closed below, 0 open. */
  readonly sides: ReadonlyArray<number>
  readonly edges: ReadonlyArray<number>
}

const HOUR_US = 3_600_000_000

/** How long a fence stands under a policy: one way into an emergency then costs no more rollbacks than it forgives. */
export const fenceUsOf = ({ rollbacksPerHour }: Pick<GuardrailNumbers, "rollbacksPerHour">): number =>
  HOUR_US / Math.max(1, rollbacksPerHour)

/** So many are kept, the latest ones. */
export const FENCES = 16

/** The fence between a base and a probe of it that led into an emergency. */
export function fenceBetween(
  table: KnobTable,
  base: Float64Array,
  probe: Float64Array,
  untilUs: number,
): Fence {
  const ways = Array.from(base, (from, i) => table.difference(i, from, probe[i]))
  return {
    untilUs,
    sides: ways.map(Math.sign),
    edges: ways.map((way, i) => table.contain(i, base[i] + way / 2)),
  }
}

/** A view of one vector of a kernel's block. */
const vectorOf = (table: KnobTable, block: Float64Array, vector: number): Float64Array =>
  block.subarray(SCALARS + vector * table.size, SCALARS + (vector + 1) * table.size)

/** A view of the base in a kernel's block. */
export const baseOf = (table: KnobTable, block: Float64Array): Float64Array => vectorOf(table, block, V_BASE)

/**
 * The fences after an emergency under `probe`: one more, between it and the base in the kernel's `block`. The very same where none
 * goes up, because the base was infeasible too.
 */
export function fencesAfter(
  table: KnobTable,
  fences: ReadonlyArray<Fence>,
  block: Float64Array,
  readings: Float64Array,
  probe: Float64Array,
  untilUs: number,
): ReadonlyArray<Fence> {
  const baseIsBad = block[S_HAS_MARGIN_MEAN] === 1 && block[S_MARGIN_MEAN] < 0
  if (baseIsBad || readings[MARGIN_PLUS] < 0 || readings[MARGIN_MINUS] < 0) return fences
  const fence = fenceBetween(table, baseOf(table, block), probe, untilUs)
  return [...fences, fence].slice(-FENCES)
}

/** Those that still stand. */
export function standingFences(fences: ReadonlyArray<Fence>, nowUs: number): ReadonlyArray<Fence> {
  return fences.some(({ untilUs }) => untilUs <= nowUs)
    ? fences.filter(({ untilUs }) => untilUs > nowUs)
    : fences
}

/** The position lies on the closed side. */
function isBeyond(table: KnobTable, { sides, edges }: Fence, i: number, unit: number): boolean {
  return table.difference(i, edges[i], unit) * sides[i] > 0
}

/**
 * Takes back the components of `probe` at `at` that would go beyond a fence: to its edge, or on a grid to the last
 * point before it, which may be the base.
 * A base that lies beyond itself shows that the fence has nothing to say there any more.
 */
export function keepInside(
  table: KnobTable,
  fences: ReadonlyArray<Fence>,
  base: Float64Array,
  probe: Float64Array,
): void {
  for (const fence of fences) {
    for (let i = 0; i < base.length; i++) {
      if (!isBeyond(table, fence, i, probe[i]) || isBeyond(table, fence, i, base[i])) continue
      const room = table.difference(i, base[i], fence.edges[i])
      probe[i] =
        table.step[i] > 0 ? table.snap(i, base[i] + table.gridOffset(i, base[i], room)) : fence.edges[i]
    }
  }
}

/** `keepInside` for both sides of the pair in a kernel's block. */
export function keepPairInside(table: KnobTable, fences: ReadonlyArray<Fence>, block: Float64Array): void {
  if (fences.length === 0) return
  const base = baseOf(table, block)
  keepInside(table, fences, base, vectorOf(table, block, V_PLUS))
  keepInside(table, fences, base, vectorOf(table, block, V_MINUS))
}

/** Takes out of `band`, the 2n offsets down and up by knob that the next base may take, what lies beyond a fence. */
export function fenceBand(
  table: KnobTable,
  fences: ReadonlyArray<Fence>,
  base: Float64Array,
  band: Float64Array,
): void {
  for (const fence of fences) {
    for (let i = 0; i < base.length; i++) {
      if (fence.sides[i] === 0 || isBeyond(table, fence, i, base[i])) continue
      // A hair short of it, or rounding would put the base beyond.
      const room = table.difference(i, base[i], fence.edges[i]) * (1 - 1e-9)
      if (fence.sides[i] > 0) band[2 * i + 1] = Math.min(band[2 * i + 1], room)
      else band[2 * i] = Math.max(band[2 * i], room)
    }
  }
}
