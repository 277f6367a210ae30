/** Where the kernel keeps what it knows of a level that falls: scalars behind those of `excursionLayout.ts`, in the same block. */

/** Running level of the cycle mean, and cycles it was learned from. */
export const E_LEVEL = 76
export const E_SEEN = 77
/** The level after each of the last cycles, a ring of `E_CYCLES`. */
export const E_PAST = 78
export const E_CYCLES = 8
/** 1 when the completed cycle has shown that the level falls. */
export const E_EARNED = 86
export const EARNING_END = 87
