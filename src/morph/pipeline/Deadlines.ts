/** Deadlines of calls in flight over one timer: they come in the order in which they run out, nearly, and most of them never do. */
import type { PipelineClock } from "./PipelineClock.ts"

export interface Deadline {
  readonly at: number
  /** Cleared where the call is over. */
  act: (() => void) | null
}

export class Deadlines {
  private readonly clock: PipelineClock
  private waiting: Array<Deadline> = []
  private armed: { readonly at: number; readonly cancel: () => void } | null = null

  constructor(clock: PipelineClock) {
    this.clock = clock
  }

  add(ms: number, act: () => void): Deadline {
    const deadline: Deadline = { at: this.clock.now() + ms, act }
    this.waiting.push(deadline)
    if (this.armed === null || deadline.at < this.armed.at) this.arm(deadline.at, ms)
    return deadline
  }

  /** Forgets all of them. */
  close(): void {
    this.armed?.cancel()
    this.armed = null
    this.waiting = []
  }

  private arm(at: number, ms: number): void {
    this.armed?.cancel()
    this.armed = { at, cancel: this.clock.after(Math.max(0, ms), () => this.due()) }
  }

  private due(): void {
    this.armed = null
    const now = this.clock.now()
    const over: Array<Deadline> = []
    let next = Number.POSITIVE_INFINITY
    this.waiting = this.waiting.filter((one) => {
      if (one.act === null) return false
      if (one.at <= now) return void over.push(one)
      next = Math.min(next, one.at)
      return true
    })
    if (next < Number.POSITIVE_INFINITY) this.arm(next, next - now)
    for (const { act } of over) act?.()
  }
}
