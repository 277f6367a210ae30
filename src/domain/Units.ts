/**
 * Time and number limits with their names. Time is in microseconds everywhere; one needs this to write a default or a
 * limit so that it can be read.
 */

/** Microseconds in a millisecond. */
export const MILLISECOND_US = 1_000
/** Microseconds in a second. */
export const SECOND_US = 1_000_000

/** Knob ids are dense and fit two bytes (DESIGN 3). */
export const MAX_KNOBS = 65_535
/** Seeds are whole numbers that a double holds exactly. */
export const MAX_SEED = Number.MAX_SAFE_INTEGER
/** Extra channels of a digest (DESIGN 5). */
export const MAX_EXTRAS = 4
