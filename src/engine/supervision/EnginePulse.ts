/**
 * What the watchdog looks at, read off an engine where it is asked for: a tick with nothing due allocates nothing.
 */
import { NOT_TRIPPED } from "../../hot/codes.ts"
import type { HotPath } from "../../hot/HotPath.ts"
import type { ActorTree } from "../ActorTree.ts"
import { cycleAnswers, safeModeState } from "../contract/EngineSnapshot.ts"
import type { Pulse } from "./Watchdog.ts"

interface Beating {
  readonly hot: HotPath
  readonly tree: ActorTree
  readonly counts: { readonly windows: number }
}

export class EnginePulse implements Pulse {
  private readonly hot: HotPath
  private readonly engine: Beating

  constructor(engine: Beating) {
    this.hot = engine.hot
    this.engine = engine
  }

  get nowUs(): number {
    return this.hot.nowCell[0]
  }

  get nextApplyUs(): number {
    return this.hot.executor.nextApplyUs
  }

  get generation(): number {
    return this.hot.config.generation
  }

  get windowDone(): boolean {
    const { window } = this.hot
    return window.closed || window.expired
  }

  get due(): number {
    return this.engine.tree.beats.due
  }

  get answered(): number {
    return this.engine.tree.beats.answered
  }

  /** While the base is taken elsewhere, or measured before a stop, the cycle stands still, as in SafeMode. */
  get latchOpen(): boolean {
    if (Atomics.load(this.hot.executor.latch, 0) !== NOT_TRIPPED) return true
    // Compared by hand: `matches` takes both apart, at a kilobyte a tick. A state without parts is a string, which has no such field.
    const { running } = this.engine.tree.root.getSnapshot().value as { readonly running?: unknown }
    return running === "relocating" || running === "proving"
  }

  get windows(): number {
    return this.engine.counts.windows
  }

  get cycle(): Pulse["cycle"] {
    return cycleAnswers(this.engine.tree.root)
  }

  get latchDeadlineUs(): number | null {
    return safeModeState(this.engine.tree.root, this.hot)?.deadlineUs ?? null
  }
}
