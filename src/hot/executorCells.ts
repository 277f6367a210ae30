/**
 * Where the numbers of Tier 1 lie that must not cross calls as doubles: one block, shared by the executor with its ledgers and
 * its records.
 */

/** The latest time; the last one that was held back. */
export const NOW = 0
export const LAST_HELD = 1
export const COOLDOWN_UNTIL = 2
/** The constraint margin last noted. */
export const MARGIN = 3
export const REGRESSIONS = 4
/** Details of the last refusal. */
export const VALUE = 5
export const LIMIT = 6
export const NEXT_APPLY = 7
export const BASE_GENERATION = 8
export const EMERGENCY_MARGIN = 9
/** Time of the last rollback. */
export const ROLLED_BACK = 10
/** Updates that may still use the earned range. */
export const EARNED = 11
/** 1 once a person is asked for, though the reason of the trip would not have it. */
export const RESET_DEMANDED = 12
export const CELLS = 13
