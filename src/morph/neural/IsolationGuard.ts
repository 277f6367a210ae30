/**
 * Shows that a graft's step has changed nothing but the graft. All words of every other owner are copied before it and compared after it:
 * parameters, gradients that were zeroed before and have to be zero still, moments. What was changed is put back, so a breach costs the
 * host not a single bit.
 */
import type { Arena } from "../tensor/Arena.ts"

export class IsolationGuard {
  private readonly copies = new Map<number, Uint32Array>()

  /** Before the step of `own`. */
  before(arena: Arena, own: number): void {
    for (const owner of arena.owners) {
      if (owner === own) continue
      const copy = this.copies.get(owner)
      const { words } = arena.slice(owner)
      this.copies.set(owner, arena.snapshot(owner, copy?.length === words ? copy : new Uint32Array(words)))
    }
  }

  /** After it: true where nothing else has changed. Else everything is as it was before. */
  holds(arena: Arena, own: number): boolean {
    let intact = true
    for (const owner of arena.owners) {
      const copy = this.copies.get(owner)
      if (owner === own || copy === undefined) continue
      const { u32 } = arena.views
      const { head } = arena.slice(owner)
      for (let i = 0; i < copy.length; i++) {
        if (u32[head + i] === copy[i]) continue
        intact = false
        arena.restore(owner, copy)
        break
      }
    }
    return intact
  }

  forget(owner: number): void {
    this.copies.delete(owner)
  }
}
