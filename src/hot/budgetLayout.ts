/**
 * Where things lie in the ledgers of `BudgetWindow`: a row for each knob, and sixteen buckets of four seconds each. Apart from it,
 * so that what only shows the ledgers can read them too.
 */

export const BUCKETS = 16
export const BUCKET_US = 4_000_000

/** What a knob keeps: two cache lines of doubles. */
export const ROW = 16
/**
 * Where the base may go without a change to what is allowed: inside what the window has seen, not beyond the running
 * extreme, and no retrace. Most updates stay there. Always empty for a knob on a circle.
 */
export const QUIET_LOW = 0
export const QUIET_HIGH = 1
/** Way (in units) and turns left in the window, and how much was left when the running bucket began. */
export const PATH_LEFT = 2
export const PATH_BEFORE = 3
export const TURNS_LEFT = 10
export const TURNS_BEFORE = 11
/** Over all buckets. */
export const HIGH = 8
export const LOW = 9
/** Running extreme in the direction of travel. Before there is a direction: the highest position so far. */
export const EXTREME = 12
/** +1 or -1; 0 until the base has come further than a retrace from its start. */
export const DIRECTION = 13
/** Before there is a direction: the lowest position so far. */
export const LOWEST = 14
/** Of the running bucket. */
export const BUCKET_HIGH = 5
export const BUCKET_LOW = 6
/** Whole turns that the unwrapped position is ahead of the base; 0 off a circle. */
export const LAPS = 7
/** The move being judged: its way in units, and, where it is not quiet, the unwrapped position it ends at. */
export const WAY = 4
export const NEXT = 15

/** Blocks of sixteen per knob: extremes of each bucket, path and turns spent in it. */
export const B_HIGH = 0
export const B_LOW = BUCKETS
export const B_PATH = 2 * BUCKETS
export const B_TURNS = 3 * BUCKETS
export const BUCKET_ROW = 4 * BUCKETS

/** Paths are counted in whole units of 2^-40, rounded up: sums and differences are exact. */
export const PATH_UNIT = 2 ** 40

/** Distance kept from every limit by `band`. */
export const BAND_HAIR = 1e-9
/** A knob's own neighbours stay reachable through `band` after its hair and the rounding of a snapped position. */
export const NEIGHBOUR_SLACK = 2 * BAND_HAIR

/** Positions in `details`, behind knob, value and limit of a refusal: the end of the running bucket. */
export const EDGE = 3
/** Limits: maxStep and range in unit space, turns, path in units. */
export const STEP = 4
export const RANGE = 5
export const TURNS = 6
export const PATH = 7
/** Until then a knob may have a wider range behind it than it is allowed now: such a knob stays where it is. */
export const STRICT_UNTIL = 8
/** Range and turns as allowed now: the policy's, or twice that while earned. */
export const RANGE_NOW = 9
export const MORE_TURNS = 10
