/**
 * Scratch cells of one completed cycle. Doubles that pass between the sections of the kernel travel in these cells,
 * because a double handed to a function that is not inlined is allocated (16 bytes).
 */

/** Loss at plus less loss at minus. */
export const W_DIFFERENCE = 0
export const W_MEAN = 1
/** Squared length of the displacement between the two sides as applied. */
export const W_SQUARE = 2
/** Largest component of that displacement. */
export const W_LARGEST = 3
export const W_MARGIN = 4
export const W_MARGIN_DIFFERENCE = 5
/** n times the difference over the squared length: what the gradient is a multiple of. */
export const W_SLOPE = 6
/** Factors from the displacement of the pair, and from the averaged slope, to the step. */
export const W_FACTOR = 7
/** Largest component a step may have. */
export const W_ROOM = 8
/** Squared length of the step taken, and its product with the displacement. */
export const W_SQUARES = 9
export const W_ALONG = 10
/** An age and the sixth root its probe schedule divides by: drawn up before the readings come, never a different answer. */
export const W_FORESEEN = 11
export const W_ROOT = 12
/** r_d: variance of one reading as the difference of a pair has it; drifting load is none of it. */
export const W_PAIR_NOISE = 13
/** Windows of configured length that each reading of this pair was made of. */
export const W_WINDOWS = 14
/** Noise, level, spread and count of surprises before a pair of a trial. */
export const W_KEPT_NOISE = 15
export const W_KEPT_LEVEL = 16
export const W_KEPT_SPREAD = 17
export const W_KEPT_SURPRISES = 18
/** Difference of the slopes of the two sides, their mean, and the variance of the former. */
export const W_APART = 19
export const W_COMMON = 20
export const W_APART_NOISE = 21
/** Mean square of the digests of a side about the line through them. */
export const W_RESIDUAL = 22
export const W_MEMORY = 23
/** What a slope that was learned makes of the pair's difference. */
export const W_FORETOLD = 24
/** The covariate of this pair: its difference, the part of it that the knobs have not made, its mean, and the loss's surprise beside it. */
export const W_COVARIATE_APART = 25
export const W_COVARIATE_OWN = 26
export const W_COVARIATE_LEVEL = 27
export const W_COVARIATE_SURPRISE = 28
/** What chance makes of the evidence that an effect is late, and that probes change the trend: functions of the number of knobs alone. */
export const W_LATE_CHANCE = 29
export const W_TREND_CHANCE = 30
/** How far a rest lay from the level of the rests. */
export const W_REST_AWAY = 31
/** Deviation of the mean of half a stretch. */
export const W_HALF_NOISE = 32
/** Largest component of the gradient estimate. */
export const W_GRADIENT = 33
export const WORK_CELLS = 34
