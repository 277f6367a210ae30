/** Options of a loop without actors, besides its hot path and its tuner. */

/** When a loop gives up, and which way is down. Counts are occurrences in a row. */
export interface CycleOptions {
  readonly timeoutsToTrip: number
  readonly refusalsToTrip: number
  /** -1 when the objective is maximised. */
  readonly sign: 1 | -1
  /** How long SafeMode holds when a timer may end it. */
  readonly safeModeUs: number
  /** For how long nothing goes where a probe has led into an emergency, microseconds; 0: it is tried again at once. */
  readonly fenceUs: number
  /** Whether the configuration at the start is the first baseline. */
  readonly startIsBaseline: boolean
  /** Whether the runaway guard watches over what comes of tuning. */
  readonly guard: boolean
}

/** A balanced loop that minimises. */
export const DEFAULT_CYCLE: CycleOptions = Object.freeze({
  timeoutsToTrip: 3,
  refusalsToTrip: 3,
  sign: 1,
  safeModeUs: 30_000_000,
  fenceUs: 900_000_000,
  startIsBaseline: true,
  guard: true,
})
