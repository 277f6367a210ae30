/**
 * Knobs that must be equal on all replicas, beside others that may differ. The tuning rule takes turns: in one cycle it tries a pair of the
 * shared ones, on all replicas in turns, in the next a pair of the others, in halves, with the shared ones on the base. Each of the two has a state of its own, because gains and noise learned in halves are wrong by far in turns. They have one base.
 */
import { S_CYCLE, SCALARS, V_BASE, V_INNER, V_MINUS, V_PLUS } from "../hot/spsaLayout.ts"
import type { SpsaKernel } from "../hot/SpsaKernel.ts"

export class SharedKnobs {
  /** The cycle under way is of the shared knobs. */
  turn = true
  private readonly shared: ReadonlyArray<boolean>
  private readonly kernel: SpsaKernel
  /** The state of the cycles that have not the turn; null before the first. */
  private other: Float64Array | null = null
  private cycles = 0
  /** The plant was put elsewhere: what the other state expects of its last move is void. */
  private moved = false

  /** `shared`: by knob. */
  constructor(kernel: SpsaKernel, shared: ReadonlyArray<boolean>) {
    this.kernel = kernel
    this.shared = shared
  }

  /** The next cycle is to begin from this state: the state that it has to begin from instead. */
  next(state: Float64Array, base: Float64Array): Float64Array {
    const turn = this.cycles++ % 2 === 0
    if (turn === this.turn) return state
    this.turn = turn
    const other = this.taken(state, base)
    this.other = state
    return other
  }

  /** The plant was put elsewhere than a cycle has led it. */
  plantMoved(): void {
    this.moved = true
  }

  /** Puts both probes of the knobs that have not the turn on the base, in a state whose cycle has begun. */
  hold(state: Float64Array, base: Float64Array): void {
    const n = this.shared.length
    for (let i = 0; i < n; i++) {
      if (this.shared[i] === this.turn) continue
      state[SCALARS + V_PLUS * n + i] = base[i]
      state[SCALARS + V_MINUS * n + i] = base[i]
    }
  }

  private taken(state: Float64Array, base: Float64Array): Float64Array {
    const { kernel, moved } = this
    this.moved = false
    const n = this.shared.length
    const fresh = new Float64Array(kernel.stateLength)
    if (this.other === null) kernel.initial(fresh, base)
    else if (moved) kernel.rebase(this.other, fresh, base)
    else fresh.set(this.other)
    for (const vector of [V_BASE, V_INNER]) {
      const at = SCALARS + vector * n
      fresh.set(state.subarray(at, at + n), at)
    }
    // Signs are drawn by the number of the cycle.
    fresh[S_CYCLE] = state[S_CYCLE]
    return fresh
  }
}
