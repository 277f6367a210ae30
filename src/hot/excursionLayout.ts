/**
 * Where the kernel keeps what it knows of the excursion it is on: scalars behind those of `spsaLayout.ts`, in the same block. No slot
 * ever holds NaN or an infinity.
 */

/** EXCURSION .. IDLE. */
export const X_MODE = 32
/** Cycles of this excursion, and whether it has shown a lower level than home. */
export const X_CYCLES = 33
export const X_PROVEN = 34
/** h and N_h: level of home when the excursion began, and how many readings' worth it is known by. */
export const X_HOME_LEVEL = 35
export const X_HOME_READINGS = 36
/** m: recent level of the cycle mean; 1 once there is one. */
export const X_RECENT = 37
export const X_HAS_RECENT = 38
/** Excursions in a row that went home unproven, as far as they count. */
export const X_FAILS = 39
/** Level and its variance where the last excursion ended; 1 while a second look at it is due. */
export const X_END_LEVEL = 40
export const X_END_VARIANCE = 41
export const X_SECOND_LOOK = 42
/** r_p: variance of one reading from differences of pairs alone, and pairs it was learned from while there are few. */
export const X_PAIR_NOISE = 43
export const X_PAIRS = 44
/** Cycles of this stretch, the sum of means of each half, and of d²/U. */
export const X_STRETCH = 45
export const X_FIRST_HALF = 46
export const X_SECOND_HALF = 47
export const X_SQUARES = 48
/** 1 when the mean base of the stretch before is known. */
export const X_HAS_LAST = 49
/** Plain windows left before the next pair, and H, how many come between two pairs. */
export const X_RESTS_LEFT = 50
export const X_RESTS_BETWEEN = 51
/** B and b: sum and number of squared differences of neighbouring rests. */
export const X_REST_SQUARES = 52
export const X_REST_TERMS = 53
/** The last rest's reading, 1 when the window before was a rest. */
export const X_LAST_REST = 54
export const X_HAS_LAST_REST = 55
/** Rests since idling began, and their sum less the first while a second look is due. */
export const X_RESTS = 56
export const X_FIRST_REST = 57
export const X_REST_SUM = 58
/** R, S, C: level, variance and evidence of the watch. */
export const X_WATCH_LEVEL = 59
export const X_WATCH_VARIANCE = 60
export const X_WATCH_ALARM = 61
/** Pairs of the slope test, not more than its memory, and the sum of their squared differences. */
export const X_TEST_PAIRS = 62
export const X_TEST_SQUARES = 63
/** The probe that tuning goes on with. */
export const X_PROBE = 64
/** 1: the excursion was begun by an alarm. Rests before which no other may begin. */
export const X_ALARMED = 65
export const X_LOCKED_UNTIL = 66
/** How the walk that is under way ends: WALK_HOME, WALK_ARRIVED or WALK_BACK. */
export const X_WALK = 67
/** Rests there ever were. */
export const X_RESTS_EVER = 68
/** Squared slope per knob of the last cycles of tuning beyond their noise: what was met long before is no news while it rests. */
export const X_IDLE_SLOPE = 69
/** Of the rests by sixteens: the sum of the sixteen being read, level, the last mean, squares of the steps between means, evidence. */
export const X_BLOCK_SUM = 70
export const X_BLOCK_LEVEL = 71
export const X_LAST_BLOCK = 72
export const X_BLOCK_SQUARES = 73
export const X_BLOCK_ALARM = 74
/** 1 once the runaway guard has blamed what was tuned. */
export const X_BLAMED = 75

/** Modes. */
export const EXCURSION = 0
export const WALKING = 1
export const IDLE = 2

/** Ends of a walk: at home, unproven; at the mean of a stretch, having arrived; back where an excursion had ended. */
export const WALK_HOME = 0
export const WALK_ARRIVED = 1
export const WALK_BACK = 2
