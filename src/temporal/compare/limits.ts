/** Bounds that the kernels of this room share. */

/** The longest series that a kernel takes. */
export const LONGEST = 1_048_576

/** Four units in the last place. */
const HAIR = 2 ** -50

/** The square of a limit, a hair larger: a distance that is the limit itself must not be rounded out of it. */
export const squaredLimit = (limit: number): number => limit * limit * (1 + HAIR)
