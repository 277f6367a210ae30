/**
 * Where the kernel keeps what it knows of the plant's memory: scalars behind those of `earningLayout.ts`, in the same block. No slot
 * ever holds NaN or an infinity.
 */

/** LOOK_OFF .. LOOK_ON. */
export const L_MODE = 87
/** Pairs seen since the start, and the cycle of the last one. */
export const L_SEEN = 88
export const L_LAST_CYCLE = 89
/** P: variance of one digest about the line through its window; 1 once there is one. */
export const L_NOISE = 90
export const L_HAS_NOISE = 91
/** f: how much noisier slopes are than white noise makes them; 1 once there is one. */
export const L_FACTOR = 92
export const L_HAS_FACTOR = 93
/** Mean level of the last pair, and the quick and the slow mean of levels; 1 once there are any. */
export const L_LEVEL = 94
export const L_QUICK = 95
export const L_SLOW = 96
export const L_HAS_LEVEL = 97
/** D: variance of a level, from neighbours; 1 once there is one. */
export const L_SPREAD = 98
export const L_HAS_SPREAD = 99
/** g: recent mean slope inside windows; 1 once there is one. */
export const L_SLOPE = 100
export const L_HAS_SLOPE = 101
/** Cycles for which a rise inside windows still counts as lately seen. */
export const L_LATELY = 102
/** Windows before the next trial may begin, and trials in a row that found no proof. */
export const L_WAIT = 103
export const L_FAILS = 104
/** k: pairs of this trial and of what follows. V: variance of the surprise of a slope; S: variance of a component of b; q: evidence. */
export const L_PAIRS = 105
export const L_SURPRISE = 106
export const L_ERROR = 107
export const L_EVIDENCE = 108
/** Pairs running that rose beyond doubt, and pairs running without evidence. */
export const L_RISING = 109
export const L_QUIET = 110
/** H: how far readings are projected, in windows of the configured length; and in microseconds, 0 while they are not. */
export const L_HORIZON = 111
export const L_HORIZON_US = 112
/** 1: proof came while the level was rising, so the base has to go back to the baseline. */
export const L_BACK = 113
/** Mean slope of the last pair of a trial. */
export const L_COMMON = 114
/** Windows after an apply that are not read, because what was applied shows only behind them. */
export const L_LATE = 115
/** 1: the pair before came right before this one; its last reading. */
export const L_HAS_BEFORE = 116
export const L_READ = 117
/** Pairs read a window later as well, their squared widths, and the variance of the sums by what a late effect leaves unexplained. */
export const L_LATE_PAIRS = 118
export const L_LATE_SQUARE = 119
export const L_LATE_LEFT = 120
/** The longest H since the proof, in windows and in microseconds; 0 before there is one. */
export const L_FARTHEST = 121
export const L_FARTHEST_US = 122

/** Modes. */
export const LOOK_OFF = 0
export const LOOK_TRIAL = 1
export const LOOK_ON = 2
