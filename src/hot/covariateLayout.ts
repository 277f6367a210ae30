/** Where the kernel keeps what it knows of a covariate: scalars behind those of `lookAheadLayout.ts`, in the same block. */
import { LOOK_AHEAD_END } from "./lookAheadLayout.ts"

/** W0: its first reading, 1 once there is one; what losses are referred to. */
export const C_FIRST = LOOK_AHEAD_END
export const C_HAS_FIRST = LOOK_AHEAD_END + 1
/** Mean of the last pair, of the covariate and of the loss as read, 1 once there are some. */
export const C_LAST = LOOK_AHEAD_END + 2
export const C_LAST_MEAN = LOOK_AHEAD_END + 3
export const C_HAS_LAST = LOOK_AHEAD_END + 4
/** Pairs with it so far. */
export const C_SEEN = LOOK_AHEAD_END + 5
/** V: variance of one reading of it. */
export const C_NOISE = LOOK_AHEAD_END + 6
/** Running means of its squares, of the products with the loss, and of the squares of the loss. */
export const C_SQUARES = LOOK_AHEAD_END + 7
export const C_PRODUCTS = LOOK_AHEAD_END + 8
export const C_LOSSES = LOOK_AHEAD_END + 9
/** What a unit of it does to the loss, and what that was taken for in the cycle before. */
export const C_BETA = LOOK_AHEAD_END + 10
export const C_BEFORE = LOOK_AHEAD_END + 11
/** Sum of the products of its difference and what its slope had foretold, and of their squares: forgotten slowly. */
export const C_FORETOLD = LOOK_AHEAD_END + 12
export const C_FORETOLD_SQUARES = LOOK_AHEAD_END + 13
/** Running means over the pairs as they were read: squares of its differences, products with the loss's, squares of those. */
export const C_READ_SQUARES = LOOK_AHEAD_END + 14
export const C_READ_PRODUCTS = LOOK_AHEAD_END + 15
export const C_READ_LOSSES = LOOK_AHEAD_END + 16
/** Why it is not used: one of the codes below. */
export const C_BLINDED = LOOK_AHEAD_END + 17
export const COVARIATE_END = LOOK_AHEAD_END + 18

/** It may be used; the knobs move it; it is the loss itself. */
export const COVARIATE_SOUND = 0
export const COVARIATE_MOVED = 1
export const COVARIATE_IS_LOSS = 2
