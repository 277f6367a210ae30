/** Phases of a loop without actors: the states of the cycle's chart, by number. */
export const READY = 0
export const APPLYING_PLUS = 1
export const WAITING_PLUS = 2
export const APPLYING_MINUS = 3
export const WAITING_MINUS = 4
export const COMPUTING = 5
export const FROZEN = 6
export const RESTING = 7
