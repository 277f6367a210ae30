/** How patient a cycle is: how often it asks again, and when it gives up. */

/** When a cycle gives up and asks for help. All count occurrences in a row. */
export interface CycleLimits {
  readonly timeoutsToTrip: number
  readonly refusalsToTrip: number
  readonly rollbackRegressions: number
  readonly regressionsToTrip: number
  /** For how long nothing goes where a probe has led into an emergency, microseconds; 0: it is tried again at once. */
  readonly fenceUs: number
}

/** Limits of a balanced engine, in events in a row. */
export const DEFAULT_CYCLE_LIMITS: CycleLimits = Object.freeze({
  timeoutsToTrip: 3,
  refusalsToTrip: 3,
  rollbackRegressions: 3,
  regressionsToTrip: 5,
  fenceUs: 900_000_000,
})
