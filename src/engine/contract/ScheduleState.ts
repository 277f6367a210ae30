/**
 * The analyses of a scheduled engine, as the rest of the engine and a caller see them. The code behind it is loaded only by engines
 * with the option `schedule`.
 */
import type { Steps } from "../../control/steps.ts"
import type { Schedule } from "../../scheduler/DeadlineExecutive.ts"
import type { ChildSpec } from "../supervision/supervise.ts"

/** What became of the analyses of one kind. */
export interface AnalysisState {
  readonly name: string
  /** What the executive said to it: `degraded` runs less often than it asked for, `rejected` never runs. */
  readonly admission: "admitted" | "degraded" | "rejected"
  readonly asked: number
  /** Results that took effect. */
  readonly delivered: number
  /** Results that were not there at the end of the next window, and were dropped. */
  readonly late: number
  /** Analyses that threw. */
  readonly failed: number
}

/** What `engine.schedule()` returns: the account of the executive (times in microseconds), and the analyses. */
export interface EngineSchedule extends Schedule {
  readonly analyses: ReadonlyArray<AnalysisState>
}

/**
 * Work that need not be done within a digest. It depends on nothing but what it was made from: when its steps run must make no
 * difference. One step takes some tens of microseconds.
 */
export interface Analysis<R> {
  /** At most one of a name is under way. */
  readonly name: string
  readonly steps: Steps<R>
  /**
   * Called when the next window has ended and everybody has seen it, whatever the clock says; with null if the work was not done
   * by then. So a decision depends on the digests and on the record of what was late.
   */
  readonly deliver: (result: R | null) => void
}

/** The schedule of one engine. */
export interface SchedulePort {
  readonly state: () => EngineSchedule
  /** False, and nothing happens, while one of that name is under way. */
  readonly ask: <R>(analysis: Analysis<R>) => boolean
  /** The fiber that does the work between digests; none in manual time, where it is done at the end of the next window. */
  readonly specs: ReadonlyArray<ChildSpec>
  /** For a replay: numbers of the analyses that were late at the next window. */
  readonly expectLate: (analyses: ReadonlyArray<number>) => void
}
