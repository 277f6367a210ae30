/** When each phase of a run began, for the timings of its artifact. No decision depends on it. */
import type { SolverPhase } from "./Course.ts"
import type { PhaseTiming } from "./RunArtifact.ts"
import type { RunPhase } from "./TrialLog.ts"

const PHASES: ReadonlyArray<RunPhase> = ["probe", "classify", "refine"]

export class PhaseTimes {
  private readonly nowMs: () => number
  private readonly startedMs: Partial<Record<SolverPhase, number>> = {}

  /** @param nowMs milliseconds from any fixed point; without it no time is known */
  constructor(nowMs: () => number = () => Number.NaN) {
    this.nowMs = nowMs
  }

  has(phase: SolverPhase): boolean {
    return this.startedMs[phase] !== undefined
  }

  begin(phase: SolverPhase): void {
    this.startedMs[phase] = this.nowMs()
  }

  /** @param askedIn trials that a phase asked for */
  timings(askedIn: (phase: RunPhase) => number): ReadonlyArray<PhaseTiming> {
    const nowMs = this.nowMs()
    return PHASES.map((phase, i) => {
      const began = this.startedMs[phase]
      const ended = ([...PHASES, "done"] as const)
        .slice(i + 1)
        .map((later) => this.startedMs[later])
        .find((at) => at !== undefined)
      const elapsed = began === undefined ? 0 : (ended ?? nowMs) - began
      return {
        phase,
        evaluations: askedIn(phase),
        elapsed_ms: Number.isFinite(elapsed) ? elapsed : null,
      }
    })
  }
}
