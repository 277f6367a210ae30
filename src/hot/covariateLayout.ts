/** Where the kernel keeps what it knows of a covariate: scalars behind those of `lookAheadLayout.ts`, in the same block. */

/** W0: its first reading, 1 once there is one; what losses are referred to. */
export const C_FIRST = 123
export const C_HAS_FIRST = 124
/** Mean of the last pair, of the covariate and of the loss as read, 1 once there are some. */
export const C_LAST = 125
export const C_LAST_MEAN = 126
export const C_HAS_LAST = 127
/** Pairs with it so far. */
export const C_SEEN = 128
/** V: variance of one reading of it. */
export const C_NOISE = 129
/** Running means of its squares, of the products with the loss, and of the squares of the loss. */
export const C_SQUARES = 130
export const C_PRODUCTS = 131
export const C_LOSSES = 132
/** What a unit of it does to the loss, and what that was taken for in the cycle before. */
export const C_BETA = 133
export const C_BEFORE = 134
/** Sum of the products of its difference and what its slope had foretold, and of their squares: forgotten slowly. */
export const C_FORETOLD = 135
export const C_FORETOLD_SQUARES = 136
/** Running means over the pairs as they were read: squares of its differences, products with the loss's, squares of those. */
export const C_READ_SQUARES = 137
export const C_READ_PRODUCTS = 138
export const C_READ_LOSSES = 139
/** Why it is not used: one of the codes below. */
export const C_BLINDED = 140

/** It may be used; the knobs move it; it is the loss itself. */
export const COVARIATE_SOUND = 0
export const COVARIATE_MOVED = 1
export const COVARIATE_IS_LOSS = 2
