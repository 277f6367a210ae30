/**
 * Where everything lies in the cells of a `MetaTuner`: scalars first, then vectors of one double per tuned scalar, the snapshot of the
 * level below, and the scores of the block. No cell ever holds NaN or an infinity, so the cells survive JSON.
 */

/** Scores in the block so far, and blocks so far. */
export const C_COUNT = 0
export const C_BLOCKS = 1
/** Mean and variance of the block that the next one is judged against, and whether there is one. */
export const C_REFERENCE = 2
export const C_REFERENCE_VARIANCE = 3
export const C_HAS_REFERENCE = 4
/** How the mean changed in the last block: what is to be expected of the next one if nothing is changed. */
export const C_TREND = 5
/** Level of the last proven improvement. */
export const C_ANCHOR = 6
/** One more than the scalar on trial; 0: none. */
export const C_TRIED = 7
/** One more than the scalar whose change waits for `commit`; 0: none. */
export const C_ASKED = 8
/** The scalar whose turn it is. */
export const C_TURN = 9
export const C_FROZEN = 10
/** Evidence that the level rises while frozen. */
export const C_ALARM = 11
/** 1 once the kill switch was used. */
export const C_KILLED = 12
/** Sizes of changes of the recent and of the earlier half of the guard's memory, in logarithms; their levels; changes counted. */
export const C_CHANGE = 13
export const C_EARLIER_CHANGE = 14
export const C_LEVEL = 15
export const C_EARLIER_LEVEL = 16
export const C_CHANGES = 17
export const C_HAS_EARLIER = 18
/** The preset in force, the one before a trial of it, and whether one is on trial. */
export const C_PRESET = 19
export const C_LAST_PRESET = 20
export const C_PRESET_TRIED = 21
/** Blocks of the stay under this preset, their sum and their squares; the same of the stay before; presets tried in a row. */
export const C_STAY = 22
export const C_STAY_SUM = 23
export const C_STAY_SQUARES = 24
export const C_STAY_REFERENCE = 25
export const C_STAY_VARIANCE = 26
export const C_PRESETS_TRIED = 27
/** Scalars written in this block. */
export const C_WRITTEN = 28
/** 1 while the level is about as good as the best one: the state below is worth keeping. */
export const C_GOOD = 29
export const CELLS = 30

/** Vectors. */
export const V_VALUE = 0
/** Before the trial. */
export const V_SNAPSHOT = 1
/** Size of the next change, in logarithms, and its direction: 1 is bold, -1 is calm. */
export const V_STEP = 2
export const V_DIRECTION = 3
export const V_ASKED = 4
export const VECTORS = 5
