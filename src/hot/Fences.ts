/**
 * The fences of a loop without actors: where its probes have led into emergencies, and for how long nothing goes there. It does what
 * `spsaCycleMachine` does with the same functions, and allocates only when an emergency puts one up or its time is over.
 */
import type { AtomicConfig } from "./AtomicConfig.ts"
import { type Fence, fenceBand, fenceBetween, FENCES, keepInside, standingFences } from "./fence.ts"
import type { KnobTable } from "./KnobTable.ts"
import { MARGIN_MINUS, MARGIN_PLUS } from "./SpsaKernel.ts"
import { S_HAS_MARGIN_MEAN, S_MARGIN_MEAN, SCALARS, V_BASE, V_MINUS, V_PLUS } from "./spsaLayout.ts"

/** Where one loop does not go again for a while. */
export class Fences {
  standing: ReadonlyArray<Fence> = []
  private readonly table: KnobTable
  private readonly probe: Float64Array
  private onProbe = false
  /** The last fence is that of the SafeMode that is open: it is not seen yet whether going back has helped. */
  private doubted = false

  constructor(table: KnobTable) {
    this.table = table
    this.probe = new Float64Array(table.size)
  }

  /** The plant runs on what was just applied: a probe, or not. */
  applied({ block, unitsAt }: AtomicConfig, isProbe: boolean): void {
    this.onProbe = isProbe
    if (isProbe) for (let i = 0; i < this.probe.length; i++) this.probe[i] = block[unitsAt + i]
  }

  /** The cycle in flight is void. */
  ended(): void {
    this.onProbe = false
  }

  /** A new pair was drawn into `state`: it is kept inside. `now[0]` is the present. */
  drawn(state: Float64Array, now: Float64Array): void {
    if (this.standing.length === 0) return
    this.standing = standingFences(this.standing, now[0])
    const base = this.vectorOf(state, V_BASE)
    keepInside(this.table, this.standing, base, this.vectorOf(state, V_PLUS))
    keepInside(this.table, this.standing, base, this.vectorOf(state, V_MINUS))
  }

  /** The band of the next base is kept inside too. */
  narrow(state: Float64Array, band: Float64Array): void {
    if (this.standing.length > 0) fenceBand(this.table, this.standing, this.vectorOf(state, V_BASE), band)
  }

  /** An emergency: a fence goes up where the plant ran on a probe and nothing says that its base was infeasible too. */
  emergency(state: Float64Array, readings: Float64Array, untilUs: number): void {
    const baseIsBad = state[S_HAS_MARGIN_MEAN] === 1 && state[S_MARGIN_MEAN] < 0
    if (!this.onProbe || baseIsBad || readings[MARGIN_PLUS] < 0 || readings[MARGIN_MINUS] < 0) return
    const fence = fenceBetween(this.table, this.vectorOf(state, V_BASE), this.probe, untilUs)
    this.standing = [...this.standing, fence].slice(-FENCES)
    this.doubted = true
  }

  /** Back from the probe the constraint is broken all the same: it was not the probe. */
  stillBroken(): void {
    if (this.doubted) this.standing = this.standing.slice(0, -1)
    this.doubted = false
  }

  /** SafeMode is over. */
  resumed(): void {
    this.doubted = false
  }

  private vectorOf(state: Float64Array, vector: number): Float64Array {
    const { size } = this.table
    return state.subarray(SCALARS + vector * size, SCALARS + (vector + 1) * size)
  }
}
