/**
 * The fences of a loop without actors: where its probes have led into emergencies, and for how long nothing goes there. It does what
 * `spsaCycleMachine` does with the same functions, and allocates only when an emergency puts one up or its time is over.
 */
import type { AtomicConfig } from "./AtomicConfig.ts"
import {
  baseOf,
  type Fence,
  fenceBand,
  FENCES,
  fencesAfter,
  keepPairInside,
  standingFences,
} from "./fence.ts"
import type { KnobTable } from "./KnobTable.ts"

/** Where one loop does not go again for a while. */
export class Fences {
  standing: ReadonlyArray<Fence> = []
  private readonly table: KnobTable
  private readonly probe: Float64Array
  private onProbe = false
  /** The last fence is that of the SafeMode that is open: it is not seen yet whether going back has helped. */
  private doubted = false

  /** `probe`: room for a position, its own from here on. */
  constructor(table: KnobTable, probe: Float64Array) {
    this.table = table
    this.probe = probe
  }

  /** The plant runs on what was just applied: a probe, or not. */
  applied({ block, unitsAt }: Pick<AtomicConfig, "block" | "unitsAt">, isProbe: boolean): void {
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
    keepPairInside(this.table, this.standing, state)
  }

  /** The band of the next base is kept inside too. */
  narrow(state: Float64Array, band: Float64Array): void {
    if (this.standing.length > 0) fenceBand(this.table, this.standing, baseOf(this.table, state), band)
  }

  /** An emergency: a fence goes up where the plant ran on a probe and nothing says that its base was infeasible too. */
  emergency(state: Float64Array, readings: Float64Array, untilUs: number): void {
    if (!this.onProbe) return
    const after = fencesAfter(this.table, this.standing, state, readings, this.probe, untilUs)
    if (after !== this.standing) this.doubted = true
    this.standing = after
  }

  /** A fence of the runaway guard's. */
  raise(fence: Fence): void {
    this.standing = [...this.standing, fence].slice(-FENCES)
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
}
