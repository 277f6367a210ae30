/**
 * What is left when the baseline itself is in an emergency: the configuration a person wrote down. A baseline that was earned under one
 * load may be a bad one under the next, and going back to it over and over would be a trap. So while SafeMode is open and the emergency goes on
 * there, the start takes its place; and if that proves to be worse still, the baseline has it back, and that is the end of it.
 * Never worse for long than having no tuner, then, and never a third try.
 */
import { beside } from "./beside.ts"
import { NOT_TRIPPED, ROLLBACK, TRIP_CONSTRAINT_EMERGENCY } from "./codes.ts"
import type { SafetyExecutor } from "./SafetyExecutor.ts"

/** The baseline is in doubt; the start is; neither may be left any more. */
const BASELINE = 0
const START = 1
const SETTLED = 2

export class Fallback {
  private readonly executor: SafetyExecutor
  /** Where a person wanted it to begin, unit space, on the grid. */
  readonly start: Float64Array
  /** The baseline that was left. */
  private readonly former: Float64Array
  /** [0]: the margin under which it was left. */
  private readonly margin: Float64Array
  private turn = BASELINE

  /** `startUnit`: positions inside [0,1], snapped here. */
  constructor(executor: SafetyExecutor, startUnit: Float64Array) {
    const { table } = executor
    this.executor = executor
    const [snapped, former, margin] = beside(2 * table.size, table.size, 1)
    table.place(startUnit, 0, snapped, 0, table.size)
    this.start = snapped.subarray(0, table.size)
    this.former = former
    this.margin = margin
  }

  /** SafeMode opens anew: the baseline has its chance again. */
  begin(): void {
    this.turn = BASELINE
  }

  /**
   * An emergency with the margin at `source[at]` was measured on the baseline: where to go, unit space, or null. Unless it `counts`,
   * null changes nothing here: the next one is asked the same.
   */
  next(source: Float64Array, at: number, counts: boolean): Float64Array | null {
    const { executor, former, margin, start } = this
    if (this.turn === BASELINE) {
      executor.config.readUnits(former)
      margin[0] = source[at]
      const there = isSame(former, start)
      if (counts || !there) this.turn = there ? SETTLED : START
      return there ? null : start
    }
    const worse = this.turn === START && source[at] < margin[0]
    if (counts || worse) this.turn = SETTLED
    return worse ? former : null
  }

  /**
   * A window closed, with its mean margin at `means[at]`: where to go, or null. Below 0 and above the emergency margin the baseline is
   * unfit as well, but no single digest will ever say so, and nothing else is tried for as long as SafeMode is open.
   */
  afterWindow(means: Float64Array, at: number): Float64Array | null {
    const { executor } = this
    const latch = Atomics.load(executor.latch, 0)
    if (latch === NOT_TRIPPED) this.begin()
    const unfit = latch === TRIP_CONSTRAINT_EMERGENCY && executor.lastKind === ROLLBACK && means[at] < 0
    return unfit ? this.next(means, at, true) : null
  }
}

function isSame(a: Float64Array, b: Float64Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
