/**
 * The timer over followed keys: it looks at their leases, sends what waits and asks for them. After its end it goes on until every key has
 * gone to its base and to its baseline, so that none stands on a perturbation that nobody answers for. It holds no process open.
 */
import { FOLLOW_MS, type FollowedKeys } from "./FollowedKeys.ts"

const TICK_MS = 100

export class FollowLoop {
  private readonly keys: FollowedKeys
  private timer: ReturnType<typeof setInterval> | null = null
  private ticks = 0
  private ended = false

  constructor(keys: FollowedKeys) {
    this.keys = keys
  }

  begin(): void {
    if (this.timer !== null || this.ended) return
    const timer: ReturnType<typeof setInterval> & { unref?: () => void } = setInterval(this.look, TICK_MS)
    timer.unref?.()
    this.timer = timer
  }

  /** Resolves once what waited is sent and counted. */
  end(): Promise<void> {
    this.ended = true
    return this.keys.end()
  }

  private readonly look = (): void => {
    const { keys } = this
    keys.tick()
    if (!this.ended) {
      void keys.flush()
      if (++this.ticks % (FOLLOW_MS / TICK_MS) === 0) void keys.refresh()
    } else if (keys.left && this.timer !== null) clearInterval(this.timer)
  }
}
