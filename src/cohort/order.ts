/**
 * The order of everything that an owner says: by epoch, and within an epoch by generation. Each owner of a tuner has an epoch of its
 * own, higher than every one before, so whatever an owner said that has lost its place is older than what its successor says.
 */

/** An epoch and a generation within it. */
export type Pair = readonly [epoch: number, generation: number]

/** Older than everything that an owner says: epochs begin at 1. What a replica reports while nothing that it was told is in place. */
export const BEFORE_ALL: Pair = Object.freeze([0, 0] as const)

/** Below 0 where `a` is older than `b`, 0 where they are the same, above 0 where `a` is newer. */
export const comparePairs = (a: Pair, b: Pair): number => (a[0] === b[0] ? a[1] - b[1] : a[0] - b[0])

/** Whether two pairs are the same. */
export const samePair = (a: Pair, b: Pair): boolean => a[0] === b[0] && a[1] === b[1]
