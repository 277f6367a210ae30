/** What a neural host has to say at each gate of a graft's life. Measuring changes nothing that is measured. */
import type { GraftStateName } from "../contracts/enums.ts"
import type { Figures } from "../contracts/Host.ts"
import type { Arena } from "../tensor/Arena.ts"
import { TensorError } from "../tensor/TensorError.ts"
import type { Grafts } from "./Grafts.ts"
import type { Judge } from "./Judge.ts"
import type { RunCache } from "./RunCache.ts"
import { isFinitePart } from "./vectors.ts"

/** Of a graft whose programs cannot be built, or have no room: it is culled. */
export const BROKEN: Figures = { finite: 0 }

export class HostFigures {
  private readonly arena: Arena
  private readonly grafts: Grafts
  private readonly judge: Judge
  private readonly runs: RunCache
  /** By socket: what the quarantine found. */
  readonly tried: Map<string, Figures> = new Map()
  /** By socket: words that were not zero when the slice was given back. */
  readonly leftOver: Map<string, number> = new Map()

  constructor(arena: Arena, grafts: Grafts, judge: Judge, runs: RunCache) {
    this.arena = arena
    this.grafts = grafts
    this.judge = judge
    this.runs = runs
  }

  /** The quarantine is over, or it could not be planted. */
  wasTried(socket: string, figures: Figures): void {
    this.tried.set(socket, figures)
  }

  wasPlanted(socket: string): void {
    this.leftOver.delete(socket)
  }

  /** @param head where the graft's slice was, and of how many words */
  wasRemoved(socket: string, head: number, words: number): void {
    const { u32 } = this.arena.views
    let left = 0
    for (let i = head; i < head + words; i++) if (u32[i] !== 0) left++
    this.tried.delete(socket)
    this.leftOver.set(socket, left)
  }

  /** What the gate out of this state wants to know. */
  of(socket: string, state: GraftStateName): Figures {
    try {
      return this.measured(socket, state)
    } catch (error) {
      if (!(error instanceof TensorError)) throw error
      return BROKEN
    }
  }

  private measured(socket: string, state: GraftStateName): Figures {
    const planted = this.grafts.bySocket.get(socket)
    if (state === "dormant") return this.tried.get(socket) ?? {}
    if (state === "resetting") return this.remains(socket)
    if (planted === undefined) return this.tried.get(socket) ?? {}
    if (state === "germinated") return { ready: 1 }
    const { doings, owner } = planted
    const { violations, steps, norms, clipped, finite } = doings
    const own = isFinitePart(this.arena, owner)
    const basic: Figures = { finite: finite && own ? 1 : 0, violations }
    const learning = steps === 0 ? {} : { gradientNorm: norms / steps, clippedShare: clipped / steps }
    switch (state) {
      case "training":
        return { ...basic, ...learning, ...this.judge.withAndWithout(socket, planted, 1) }
      case "blending":
        return { ...basic, ...this.judge.withAndWithout(socket, planted, planted.alpha) }
      case "shadowing":
        return {
          ...basic,
          ...this.judge.withAndWithout(socket, planted, 1),
          ...this.judge.change(socket, planted),
          resumeEqual: this.judge.resumesEqual(socket, planted) ? 1 : 0,
        }
      case "probationary":
        return { ...basic, ...learning, lossWith: this.judge.host().loss }
      default:
        return basic
    }
  }

  /** What is left of a graft that was taken out. */
  private remains(socket: string): Figures {
    const planted = this.grafts.bySocket.get(socket)
    return {
      sliceWords:
        planted === undefined ? (this.leftOver.get(socket) ?? 0) : this.arena.slice(planted.owner).words,
      registryEntries: planted === undefined ? 0 : 1,
      counters: planted === undefined ? 0 : planted.doings.steps,
      cached: this.runs.countOf(socket),
    }
  }
}
