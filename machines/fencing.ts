/**
 * What a cycle knows of its fences (src/hot/fence.ts): the probe that the plant is on, where probes have led into emergencies,
 * and whether the last of these is still in doubt. One value of the cycle's context, and each thing that happens to it as a
 * pure function.
 */
import { type Fence, FENCES, fencesAfter, keepPairInside, standingFences } from "../src/hot/fence.ts"
import type { KnobTable } from "../src/hot/KnobTable.ts"

export interface Fencing {
  /** Where the plant is while it runs on a probe, unit space; null while it does not. */
  readonly probe: Float64Array | null
  /** Where probes have led into emergencies. */
  readonly fences: ReadonlyArray<Fence>
  /** The last fence is that of the SafeMode that is open: it is not seen yet whether going back has helped. */
  readonly doubted: boolean
}

export const NO_FENCES: Fencing = Object.freeze({ probe: null, fences: [], doubted: false })

/** The plant runs on `probe`, or with null on no probe any more. */
export function onProbe(fencing: Fencing, probe: Float64Array | null): Fencing {
  return fencing.probe === probe ? fencing : { ...fencing, probe }
}

/** SafeMode is over, and nothing has shown that the last fence was wrong. */
export function believed(fencing: Fencing): Fencing {
  return fencing.doubted ? { ...fencing, doubted: false } : fencing
}

/** The pair just drawn into `block`, which is written, is kept inside the fences that stand now. */
export function keptInside(fencing: Fencing, table: KnobTable, block: Float64Array, nowUs: number): Fencing {
  const fences = standingFences(fencing.fences, nowUs)
  keepPairInside(table, fences, block)
  return fences === fencing.fences ? fencing : { ...fencing, fences }
}

/** An emergency: where it was under a probe a fence goes up, and stays while going back helps; see `fenceDown`. */
export function fenceUp(
  fencing: Fencing,
  table: KnobTable,
  block: Float64Array,
  readings: Float64Array,
  untilUs: number,
): Fencing {
  const { probe } = fencing
  if (probe === null) return fencing
  const fences = fencesAfter(table, fencing.fences, block, readings, probe, untilUs)
  return fences === fencing.fences ? fencing : { probe, fences, doubted: true }
}

/** One that somebody else has found. */
export function fenceRaised(fencing: Fencing, fence: Fence): Fencing {
  return { ...fencing, fences: [...fencing.fences, fence].slice(-FENCES) }
}

/** Back from the probe the constraint is broken all the same: it was not the probe. */
export function fenceDown(fencing: Fencing): Fencing {
  const { probe, fences, doubted } = fencing
  return doubted ? { probe, fences: fences.slice(0, -1), doubted: false } : fencing
}
