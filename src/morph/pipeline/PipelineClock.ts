/** The time that a piece of a service lives in. A service has the system's, a test its own. */

/** A clock with its timers. */
export interface PipelineClock {
  /** Milliseconds; only differences count. */
  readonly now: () => number
  /** Calls back once, so many milliseconds later, unless the function that it returns is called first. */
  readonly after: (ms: number, act: () => void) => () => void
  /** Calls back when what runs now, and what it promised, is over: not before a caller has its answer. */
  readonly soon: (act: () => void) => void
}
