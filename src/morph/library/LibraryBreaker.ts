/** Keeps a library from asking a store that fails: open after some failures in a row, one attempt after a while. Time is an argument. */
import type { BreakerName } from "../contracts/enums.ts"

export interface LibraryBreakerOptions {
  /** Failures in a row after which the store is left alone. */
  readonly failures: number
  /** How long, until one attempt is made, ms. */
  readonly restMs: number
}

export class LibraryBreaker {
  private readonly options: LibraryBreakerOptions
  private failures = 0
  private openedMs: number | null = null
  private attempting = false

  constructor(options: LibraryBreakerOptions) {
    this.options = options
  }

  state(nowMs: number): Exclude<BreakerName, "unknown"> {
    if (this.openedMs === null) return "closed"
    return nowMs - this.openedMs >= this.options.restMs ? "halfOpen" : "open"
  }

  /** Whether the store may be asked. Of those that ask after the rest, one is let through until its outcome is known. */
  admits(nowMs: number): boolean {
    const state = this.state(nowMs)
    if (state !== "halfOpen") return state === "closed"
    if (this.attempting) return false
    this.attempting = true
    return true
  }

  succeeded(): void {
    this.failures = 0
    this.openedMs = null
    this.attempting = false
  }

  failed(nowMs: number): void {
    this.failures++
    if (this.attempting || this.failures >= this.options.failures) this.openedMs = nowMs
    this.attempting = false
  }
}
