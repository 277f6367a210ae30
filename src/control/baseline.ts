/**
 * When a configuration has earned the name of baseline: it stayed put and good for the stable time, and its advantage
 * over the present baseline was found again in a second block of cycles that had no part in choosing it (a winner's
 * first measurement flatters it). Pure functions over a small JSON-safe state; fed once per completed cycle.
 */

/** What one completed cycle says. */
export interface CycleReading {
  readonly nowUs: number
  /** Mean loss of the pair. */
  readonly mean: number
  /** Estimated variance of one reading; 0 while unknown. */
  readonly noise: number
  /** The base the pair was taken around, unit space. */
  readonly base: ReadonlyArray<number>
  /** Counts the changes of the plant that the tuner noticed: after one, old levels say nothing. */
  readonly reheats: number
}

export interface BaselinePolicy {
  /** How long each of the two blocks lasts at least. */
  readonly minStableUs: number
  /** How far the base may wander from the block's first one and still count as the same configuration, unit space. */
  readonly radius: number
  /** True for knobs on a circle: their distance is the short way round. */
  readonly periodic: ReadonlyArray<boolean>
}

/** Cycles that make a block, at least: with fewer the standard error means nothing. */
const MIN_CYCLES = 3
/** An advantage counts from so many standard errors. */
const SIGMAS = 2

/** Level of a finished block: mean and its squared standard error. */
export interface Level {
  readonly mean: number
  readonly variance: number
}

interface Block {
  readonly sinceUs: number
  readonly cycles: number
  readonly sum: number
}

export interface BaselineWatch {
  /** Level of the present baseline, null until it has been measured under the present load. */
  readonly reference: Level | null
  /** Where the candidate stands, null before the first reading. */
  readonly anchor: ReadonlyArray<number> | null
  readonly block: Block | null
  /** True in the second block: the advantage was seen once and is being measured again. */
  readonly confirming: boolean
  readonly reheats: number
}

export const EMPTY_WATCH: BaselineWatch = Object.freeze({
  reference: null,
  anchor: null,
  block: null,
  confirming: false,
  reheats: 0,
})

/** Forgets the candidate, keeps the reference: after a rollback, a trip or any pause. */
export function forgetCandidate(watch: BaselineWatch): BaselineWatch {
  return { ...watch, anchor: null, block: null, confirming: false }
}

/** Forgets everything: the baseline was set by hand, or another plant begins. */
export function forgetReference(watch: BaselineWatch): BaselineWatch {
  return { ...forgetCandidate(watch), reference: null }
}

/** Whether the base has left the neighbourhood of the anchor. */
export function wandered(
  anchor: ReadonlyArray<number>,
  base: ReadonlyArray<number>,
  policy: Pick<BaselinePolicy, "radius" | "periodic">,
): boolean {
  return base.some((unit, i) => {
    const d = Math.abs(unit - anchor[i])
    return (policy.periodic[i] ? Math.min(d, 1 - d) : d) > policy.radius
  })
}

function begin(watch: BaselineWatch, reading: CycleReading, confirming: boolean): BaselineWatch {
  return {
    ...watch,
    anchor: confirming ? watch.anchor : reading.base,
    block: { sinceUs: reading.nowUs, cycles: 0, sum: 0 },
    confirming,
  }
}

/** Folds one cycle in. `promote` says that the base has now earned it. */
export function watchCycle(
  watch: BaselineWatch,
  reading: CycleReading,
  policy: BaselinePolicy,
): { readonly watch: BaselineWatch; readonly promote: boolean } {
  if (!Number.isFinite(reading.mean)) return { watch, promote: false }
  const known = reading.reheats === watch.reheats ? watch : { ...EMPTY_WATCH, reheats: reading.reheats }
  if (known.anchor === null || known.block === null) {
    return { watch: add(begin(known, reading, false), reading), promote: false }
  }
  if (wandered(known.anchor, reading.base, policy)) {
    // The first block is measured at the baseline itself: what was read before the base left it is the reference.
    const reference = known.reference ?? levelOf(known.block, reading.noise)
    return { watch: add(begin({ ...known, reference }, reading, false), reading), promote: false }
  }
  const next = add(known, reading)
  const block = next.block
  if (block === null || block.cycles < MIN_CYCLES || reading.nowUs - block.sinceUs < policy.minStableUs) {
    return { watch: next, promote: false }
  }
  const level = levelOf(block, reading.noise)
  if (next.reference === null) {
    return { watch: { ...forgetCandidate(next), reference: level }, promote: false }
  }
  const gain = next.reference.mean - level.mean
  const better = gain > SIGMAS * Math.sqrt(level.variance + next.reference.variance)
  if (!better) return { watch: forgetCandidate(next), promote: false }
  if (!next.confirming) return { watch: begin(next, reading, true), promote: false }
  return { watch: { ...forgetCandidate(next), reference: level }, promote: true }
}

/** The mean of a pair has half the variance of one reading. */
function levelOf(block: Block, noise: number): Level {
  return { mean: block.sum / block.cycles, variance: Math.max(0, noise) / (2 * block.cycles) }
}

function add(watch: BaselineWatch, reading: CycleReading): BaselineWatch {
  const block = watch.block
  if (block === null) return watch
  return { ...watch, block: { ...block, cycles: block.cycles + 1, sum: block.sum + reading.mean } }
}
