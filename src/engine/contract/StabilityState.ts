/** What an engine shows of the stability of its own loop, and how the rest of the engine sees the watch. */
import type { StabilityFinding, StabilityPhase } from "../../control/LoopStability.ts"
import type { SeverityFinding } from "../../control/Severity.ts"

/** The state of the stability watch in a snapshot. */
export interface StabilityState {
  /** "learning" what a healthy loop is like; then "stable" or "unstable"; "unknown" while a window is missing, and after SafeMode. */
  readonly phase: StabilityPhase
  /** Closed windows seen. */
  readonly windows: number
  /** What is seen now, as a number of times the healthy deviation, an index of 0 to 1, a period and its growth. */
  readonly now: StabilityFinding
  /** What the longest look needs to call the loop unstable: a deviation alone, or a lesser one with an oscillation index. */
  readonly thresholds: { readonly alone: number; readonly swinging: number; readonly index: number }
  /** What was seen at the last trip for instability, and when; null before the first. */
  readonly last: {
    readonly finding: StabilityFinding
    readonly text: string
    readonly atUs: number
    /** Whether it was more than a swing; null for the first 20 windows after the trip, while that is found out. */
    readonly severity: SeverityFinding | null
  } | null
  /**
   * After SafeMode for instability the tuner goes calmly: for so many more windows of a loop that tunes, so many windows make one
   * reading, and steps and probes are at most this share of the guardrail's step. Null at its usual pace.
   */
  readonly calm: {
    readonly windowsLeft: number
    readonly windowsPerReading: number
    readonly stepShare: number
  } | null
}

/** The watch of one engine. */
export interface StabilityPort {
  readonly state: () => StabilityState
}
