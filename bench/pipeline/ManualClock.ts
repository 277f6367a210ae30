/** A clock that stands still until it is told to go: what a call costs is measured without the system's clock. */
import type { PipelineClock } from "../../src/morph/pipeline/PipelineClock.ts"

export class ManualClock implements PipelineClock {
  private time = 0
  private timers: Array<{ readonly at: number; readonly act: () => void }> = []
  readonly now = (): number => this.time
  readonly after = (ms: number, act: () => void): (() => void) => {
    const timer = { at: this.time + ms, act }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((one) => one !== timer)
    }
  }
  readonly soon = (act: () => void): void => void this.after(0, act)

  /** Lets so many milliseconds pass, one timer after the other. */
  pass(ms: number): void {
    const end = this.time + ms
    for (;;) {
      const next = this.timers.reduce<{ at: number; act: () => void } | null>(
        (first, one) => (first === null || one.at < first.at ? one : first),
        null,
      )
      if (next === null || next.at > end) break
      this.timers = this.timers.filter((one) => one !== next)
      this.time = Math.max(this.time, next.at)
      next.act()
    }
    this.time = Math.max(this.time, end)
  }

  /** A function takes its time, and nothing else runs meanwhile. */
  spend(ms: number): void {
    this.time += ms
  }
}
