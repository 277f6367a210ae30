/** Programs that are placed in memory, by what they are for. What an epoch did not use gives its memory back. */
import { TensorError } from "../tensor/TensorError.ts"
import type { Run } from "./runs.ts"

export class RunCache {
  /** Products of dense layers so far. */
  products = 0
  private readonly runs = new Map<string, Run>()
  private readonly used = new Set<string>()
  /** Words of what was used since the epoch began, by name. */
  private readonly needed = new Map<string, number>()

  /** An epoch begins. */
  begin(): void {
    this.needed.clear()
  }

  /** Words that this epoch and its boundary need, whatever else is still placed. */
  get words(): number {
    return [...this.needed.values()].reduce((sum, words) => sum + words, 0)
  }

  /** The run of this name, made where there is none. A name says everything that its program depends on. */
  obtain(name: string, make: () => Run): Run {
    let run = this.runs.get(name)
    if (run === undefined) this.runs.set(name, (run = this.placed(make)))
    this.used.add(name)
    this.needed.set(name, run.plan.words)
    return run
  }

  /** Where there is no room, what this epoch has not used makes some. */
  private placed(make: () => Run): Run {
    try {
      return make()
    } catch (error) {
      if (!(error instanceof TensorError)) throw error
      this.release((name) => !this.needed.has(name))
      return make()
    }
  }

  forward(run: Run): void {
    run.plan.forward()
    this.products += run.products
  }

  /** At the end of an epoch: what was not used since the last one goes. */
  sweep(): void {
    this.release((name) => !this.used.has(name))
    this.used.clear()
  }

  private release(isOver: (name: string) => boolean): void {
    for (const [name, run] of this.runs)
      if (isOver(name)) {
        run.plan.release()
        this.runs.delete(name)
      }
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
