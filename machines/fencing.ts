/**
 * What a cycle knows of its fences (src/hot/fence.ts): the probe that the plant is on, where probes have led into emergencies,
 * and whether the last of these is still in doubt. One value of the cycle's context, and each thing that happens to it as a
 * pure function.
 */
import { type Fence, fenceBetween, FENCES, keepInside, standingFences } from "../src/hot/fence.ts"
import type { KnobTable } from "../src/hot/KnobTable.ts"
import { MARGIN_MINUS, MARGIN_PLUS } from "../src/hot/SpsaKernel.ts"
import { S_HAS_MARGIN_MEAN, S_MARGIN_MEAN, SCALARS, V_BASE, V_MINUS, V_PLUS } from "../src/hot/spsaLayout.ts"

export interface Fencing {
  /** Where the plant is while it runs on a probe, unit space; null while it does not. */
  readonly probe: Float64Array | null
  /** Where probes have led into emergencies. */
  readonly fences: ReadonlyArray<Fence>
  /** The last fence is that of the SafeMode that is open: it is not seen yet whether going back has helped. */
  readonly doubted: boolean
}

export const NO_FENCES: Fencing = Object.freeze({ probe: null, fences: [], doubted: false })

/** A view of one vector of a kernel's block. */
const vectorOf = (table: KnobTable, block: Float64Array, vector: number): Float64Array =>
  block.subarray(SCALARS + vector * table.size, SCALARS + (vector + 1) * table.size)

export const baseOf = (table: KnobTable, block: Float64Array): Float64Array => vectorOf(table, block, V_BASE)

/** The plant runs on `probe`, or with null on no probe any more. */
export function onProbe(fencing: Fencing, probe: Float64Array | null): Fencing {
  return fencing.probe === probe ? fencing : { ...fencing, probe }
}

/** SafeMode is over, and nothing has shown that the last fence was wrong. */
export function believed(fencing: Fencing): Fencing {
  return fencing.doubted ? { ...fencing, doubted: false } : fencing
}

/** The pair just drawn into `block`, which is written, is kept inside the fences that stand now. */
export function keepPairInside(
  fencing: Fencing,
  table: KnobTable,
  block: Float64Array,
  nowUs: number,
): Fencing {
  const fences = standingFences(fencing.fences, nowUs)
  if (fences.length > 0) {
    const base = baseOf(table, block)
    keepInside(table, fences, base, vectorOf(table, block, V_PLUS))
    keepInside(table, fences, base, vectorOf(table, block, V_MINUS))
  }
  return fences === fencing.fences ? fencing : { ...fencing, fences }
}

/**
 * An emergency under a probe: a fence goes up between the base and the probe, unless the base was infeasible too. It stays
 * while going back helps; see `fenceDown`.
 */
export function fenceUp(
  fencing: Fencing,
  table: KnobTable,
  block: Float64Array,
  readings: Float64Array,
  untilUs: number,
): Fencing {
  const { probe, fences } = fencing
  const baseIsBad = block[S_HAS_MARGIN_MEAN] === 1 && block[S_MARGIN_MEAN] < 0
  if (probe === null || baseIsBad || readings[MARGIN_PLUS] < 0 || readings[MARGIN_MINUS] < 0) return fencing
  const fence = fenceBetween(table, baseOf(table, block), probe, untilUs)
  return { probe, fences: [...fences, fence].slice(-FENCES), doubted: true }
}

/** Back from the probe the constraint is broken all the same: it was not the probe. */
export function fenceDown(fencing: Fencing): Fencing {
  const { probe, fences, doubted } = fencing
  return doubted ? { probe, fences: fences.slice(0, -1), doubted: false } : fencing
}
