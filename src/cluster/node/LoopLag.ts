/** How far the event loop of this process is behind. A runner whose loop lags sheds reports, so that its locks are refreshed in time. */

/** How often it looks. */
const LOOK_MS = 100
/** Behind by more than this, reports are refused. */
const MOST_LAG_MS = 200
/** For how long after that. */
const SHED_MS = 1000

export class LoopLag {
  /** The last reading, and the largest so far, milliseconds. */
  lagMs = 0
  mostMs = 0
  private untilMs = 0
  private timer: ReturnType<typeof setInterval> | null = null

  start(): void {
    let dueMs = performance.now() + LOOK_MS
    this.timer = setInterval(() => {
      this.note(performance.now() - dueMs, performance.now())
      dueMs = performance.now() + LOOK_MS
    }, LOOK_MS)
    this.timer.unref()
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer)
  }

  /** A look came late by so much. */
  note(lateMs: number, nowMs: number): void {
    this.lagMs = Math.max(0, lateMs)
    this.mostMs = Math.max(this.mostMs, this.lagMs)
    if (this.lagMs > MOST_LAG_MS) this.untilMs = nowMs + SHED_MS
  }

  /** For how long reports are refused; 0: they are taken. */
  shedsForMs(nowMs: number): number {
    return Math.max(0, this.untilMs - nowMs)
  }
}
