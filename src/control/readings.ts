/**
 * Which numbers count as readings of a loss or a feature. Beyond these a square is no number any more, and what was learned could
 * neither be compared nor written down. Needed wherever readings are summed.
 */

/** Larger than anything a plant measures, and small enough that sums of its squares stay finite. */
const LARGEST = 1e100

/** False for NaN, infinities, and what is too large to be squared and summed. */
export const isReading = (value: number): boolean => Math.abs(value) <= LARGEST
