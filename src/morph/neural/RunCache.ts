/** Programs that are placed in memory, by what they are for. What an epoch did not use gives its memory back. */
import type { Run } from "./runs.ts"

export class RunCache {
  /** Products of dense layers so far. */
  products = 0
  private readonly runs = new Map<string, Run>()
  private readonly used = new Set<string>()

  /** The run of this name, made where there is none. A name says everything that its program depends on. */
  obtain(name: string, make: () => Run): Run {
    let run = this.runs.get(name)
    if (run === undefined) this.runs.set(name, (run = make()))
    this.used.add(name)
    return run
  }

  forward(run: Run): void {
    run.plan.forward()
    this.products += run.products
  }

  /** At the end of an epoch: what was not used since the last one goes. */
  sweep(): void {
    for (const [name, run] of this.runs)
      if (!this.used.has(name)) {
        run.plan.release()
        this.runs.delete(name)
      }
    this.used.clear()
  }

  releaseAll(): void {
    for (const run of this.runs.values()) run.plan.release()
    this.runs.clear()
    this.used.clear()
  }

  /** How many runs are for this socket. */
  countOf(socket: string): number {
    return [...this.runs.keys()].filter((name) => name.includes(`|${socket}|`)).length
  }
}
