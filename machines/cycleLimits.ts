/** How patient a cycle is: how often it asks again, when it gives up, and at which pace it goes. */

/** When a cycle gives up and asks for help. All count occurrences in a row. */
export interface CycleLimits {
  readonly timeoutsToTrip: number
  readonly refusalsToTrip: number
  readonly rollbackRegressions: number
  readonly regressionsToTrip: number
  /** For how long nothing goes where a probe has led into an emergency, microseconds; 0: it is tried again at once. */
  readonly fenceUs: number
}

/** How calmly a cycle goes: the windows that make one reading, and its largest step as a share of the guardrail's. */
export interface Pace {
  readonly windows: number
  /** A power of two, so that the guardrail's own step comes back to the last bit. */
  readonly step: number
}

export const USUAL_PACE: Pace = Object.freeze({ windows: 1, step: 1 })

/** Limits of a balanced engine, in events in a row. */
export const DEFAULT_CYCLE_LIMITS: CycleLimits = Object.freeze({
  timeoutsToTrip: 3,
  refusalsToTrip: 3,
  rollbackRegressions: 3,
  regressionsToTrip: 5,
  fenceUs: 900_000_000,
})
