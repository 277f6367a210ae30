/** How long the last boundaries took, in milliseconds: what a gate and a risk rule ask. */

/** Boundaries whose times count, and the time that one may take. */
const TIMED = 50
const BUDGET_MS = 18

export class BoundaryTimes {
  private readonly times: Array<number> = []
  private running = 0

  add(ms: number): void {
    this.running = ms > BUDGET_MS ? this.running + 1 : 0
    this.times.push(ms)
    if (this.times.length > TIMED) this.times.shift()
  }

  /** Boundaries in a row that took too long. */
  get late(): number {
    return this.running
  }

  get p95Ms(): number {
    if (this.times.length === 0) return 0
    const sorted = this.times.toSorted((a, b) => a - b)
    return sorted[Math.floor(0.95 * (sorted.length - 1))]
  }
}
