/**
 * Where the kernel keeps what it knows of the plant's memory: scalars behind those of `earningLayout.ts`, in the same block. No slot
 * ever holds NaN or an infinity.
 */
import { EARNING_END } from "./earningLayout.ts"

/** LOOK_OFF .. LOOK_ON. */
export const L_MODE = EARNING_END
/** Pairs seen since the start, and the cycle of the last one. */
export const L_SEEN = L_MODE + 1
export const L_LAST_CYCLE = L_MODE + 2
/** P: variance of one digest about the line through its window; 1 once there is one. */
export const L_NOISE = L_MODE + 3
export const L_HAS_NOISE = L_MODE + 4
/** f: how much noisier slopes are than white noise makes them; 1 once there is one. */
export const L_FACTOR = L_MODE + 5
export const L_HAS_FACTOR = L_MODE + 6
/** Mean level of the last pair, and the quick and the slow mean of levels; 1 once there are any. */
export const L_LEVEL = L_MODE + 7
export const L_QUICK = L_MODE + 8
export const L_SLOW = L_MODE + 9
export const L_HAS_LEVEL = L_MODE + 10
/** D: variance of a level, from neighbours; 1 once there is one. */
export const L_SPREAD = L_MODE + 11
export const L_HAS_SPREAD = L_MODE + 12
/** g: recent mean slope inside windows; 1 once there is one. */
export const L_SLOPE = L_MODE + 13
export const L_HAS_SLOPE = L_MODE + 14
/** Cycles for which a rise inside windows still counts as lately seen. */
export const L_LATELY = L_MODE + 15
/** Windows before the next trial may begin, and trials in a row that found no proof. */
export const L_WAIT = L_MODE + 16
export const L_FAILS = L_MODE + 17
/** k: pairs of this trial and of what follows. V: variance of the surprise of a slope; S: variance of a component of b; q: evidence. */
export const L_PAIRS = L_MODE + 18
export const L_SURPRISE = L_MODE + 19
export const L_ERROR = L_MODE + 20
export const L_EVIDENCE = L_MODE + 21
/** Pairs running that rose beyond doubt, and pairs running without evidence. */
export const L_RISING = L_MODE + 22
export const L_QUIET = L_MODE + 23
/** H: how far readings are projected, in windows of the configured length; and in microseconds, 0 while they are not. */
export const L_HORIZON = L_MODE + 24
export const L_HORIZON_US = L_MODE + 25
/** 1: proof came while the level was rising, so the base has to go back to the baseline. */
export const L_BACK = L_MODE + 26
/** Mean slope of the last pair of a trial. */
export const L_COMMON = L_MODE + 27
/** Windows after an apply that are not read, because what was applied shows only behind them. */
export const L_LATE = L_MODE + 28
/** 1: the pair before came right before this one; its last reading. */
export const L_HAS_BEFORE = L_MODE + 29
export const L_READ = L_MODE + 30
/** Pairs read a window later as well, their squared widths, and the variance of the sums by what a late effect leaves unexplained. */
export const L_LATE_PAIRS = L_MODE + 31
export const L_LATE_SQUARE = L_MODE + 32
export const L_LATE_LEFT = L_MODE + 33
/** The longest H since the proof, in windows and in microseconds; 0 before there is one. */
export const L_FARTHEST = L_MODE + 34
export const L_FARTHEST_US = L_MODE + 35
export const LOOK_AHEAD_END = L_MODE + 36

/** Modes. */
export const LOOK_OFF = 0
export const LOOK_TRIAL = 1
export const LOOK_ON = 2
