/**
 * When a lane is too full: conservative from one depth on, until it has fallen to a lower one and some time has passed, so that a lane
 * that drains for a moment does not switch back and forth. What is admitted depends on the priority. Time is an argument.
 */
import type { BusMessage, BusOptions } from "./Bus.ts"

/** Up to which depth a message of a priority is admitted, as a multiple of the conservative depth. Nothing grows without bound. */
const ADMITTED: Readonly<Record<BusMessage["priority"], number>> = {
  low: 1,
  normal: 1.5,
  high: 2,
  critical: 4,
}

export class Pressure {
  private readonly options: BusOptions
  private since: number | null = null

  constructor(options: BusOptions) {
    this.options = options
  }

  /** Takes the depth of the lane at a time and returns whether it is conservative. */
  observe(depth: number, nowMs: number): boolean {
    const { conservativeAt, calmAt, dwellMs } = this.options
    if (this.since === null) {
      if (depth >= conservativeAt) this.since = nowMs
    } else if (depth <= calmAt && nowMs - this.since >= dwellMs) this.since = null
    return this.since !== null
  }

  /** Whether a message of this priority may join a lane of this depth. A conservative lane takes none of low priority. */
  admits(priority: BusMessage["priority"], depth: number): boolean {
    if (priority === "low" && this.since !== null) return false
    return depth < ADMITTED[priority] * this.options.conservativeAt
  }
}
