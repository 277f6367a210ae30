/** Where the kernel keeps what it knows of a level that falls: scalars behind those of `excursionLayout.ts`, in the same block. */
import { EXCURSION_END } from "./excursionLayout.ts"

/** Running level of the cycle mean, and cycles it was learnt from. */
export const E_LEVEL = EXCURSION_END
export const E_SEEN = EXCURSION_END + 1
/** The level after each of the last cycles, a ring of `E_CYCLES`. */
export const E_PAST = EXCURSION_END + 2
export const E_CYCLES = 8
/** 1 when the completed cycle has shown that the level falls. */
export const E_EARNED = E_PAST + E_CYCLES
export const EARNING_END = E_EARNED + 1
