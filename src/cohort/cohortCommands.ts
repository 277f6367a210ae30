import {
  COMMAND_PAUSE,
  COMMAND_RESET,
  COMMAND_ROLLBACK,
  COMMAND_SET_BASELINE,
  COMMAND_STOP,
  COMMAND_TRIP,
} from "../hot/codes.ts"

/** What a person can ask of a loop: the name of its method, and the code of its record. */
export const COHORT_COMMANDS = {
  trip: COMMAND_TRIP,
  reset: COMMAND_RESET,
  rollback: COMMAND_ROLLBACK,
  setBaseline: COMMAND_SET_BASELINE,
  pause: COMMAND_PAUSE,
  stop: COMMAND_STOP,
} as const
export type CohortCommand = keyof typeof COHORT_COMMANDS

/** The command of a record's code; undefined for a code of something else. */
export const cohortCommandOf = (code: number): CohortCommand | undefined =>
  (Object.keys(COHORT_COMMANDS) as ReadonlyArray<CohortCommand>).find(
    (name) => COHORT_COMMANDS[name] === code,
  )
