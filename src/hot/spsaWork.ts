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
export const WORK_CELLS = 6
