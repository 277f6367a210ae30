/** A thread in virtual time: work takes as long as the test says, and nothing else takes any. */
import { DeadlineExecutive, type ExecutiveOptions } from "../../src/scheduler/DeadlineExecutive.ts"
import type { Work } from "../../src/scheduler/tasks.ts"

export class Thread {
  nowUs = 0
  /** What ran, and when it began, microseconds. */
  readonly ran: Array<readonly [string, number]> = []
  readonly executive: DeadlineExecutive

  constructor(options: Omit<ExecutiveOptions, "nowNs"> = {}) {
    this.executive = new DeadlineExecutive({ ...options, nowNs: () => Math.round(this.nowUs * 1_000) })
  }

  /** One step that takes so long. */
  takes(name: string, us: number): Work {
    return () => {
      this.ran.push([name, this.nowUs])
      this.nowUs += us
    }
  }

  /** Steps that take so long, one after another. */
  steps(name: string, ...us: ReadonlyArray<number>): Work {
    const oneStep = (long: number): void => {
      this.ran.push([name, this.nowUs])
      this.nowUs += long
    }
    return function* steps() {
      for (const [i, long] of us.entries()) {
        oneStep(long)
        if (i < us.length - 1) yield
      }
    }
  }

  /** Runs what is due until `us`, and sleeps in between. */
  until(us: number): void {
    for (;;) {
      this.executive.runDue()
      const next = this.executive.nextNs / 1_000
      if (next > us) break
      this.nowUs = Math.max(this.nowUs, next)
    }
    this.nowUs = Math.max(this.nowUs, us)
  }

  account(name: string) {
    const found = this.executive.schedule().tasks.find((task) => task.name === name)
    if (found === undefined) throw new Error(`no task ${name}`)
    return found
  }
}
