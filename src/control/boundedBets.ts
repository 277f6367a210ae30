/**
 * Evidence about the mean of a bounded measure, such as a rate of errors or of disagreements: whether it is above or below a bound,
 * looked at after every value, for as long as it takes. One needs it where a measure has limits and no spread to speak of: most pairs
 * of calls both succeed.
 *
 * Of a value x from 0 to 1 and a bound m the factor 1 + f · (x - m) / m, with a stake f below 1, is never negative, and its mean is at
 * most 1 as long as the mean of x, given everything before, is at most m. So a product of such factors is an e-value against "the mean is
 * at most m": it exceeds 1/a with a chance of at most a (Ville), whatever the values depend on. The other side is the same of 1 - x.
 * Source: Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting (J. R. Stat. Soc. B 86, 2024), the mixture
 * of constant bets of its section 5 in place of bets that follow the data: nothing has to be estimated before the first bet.
 */

/** Shares of the wealth that are staked. Small ones are for rare values far from a bound near 0, large ones for a bound far off. */
export const BOUNDED_BETS: ReadonlyArray<number> = Object.freeze([
  0.0005, 0.002, 0.008, 0.03, 0.1, 0.3, 0.6, 0.9, 0.995,
])

/** One wealth per bet. */
export type BoundedStakes = ReadonlyArray<number>

/** Before the first value: it is worth 1. */
export const FRESH_BOUNDED: BoundedStakes = Object.freeze(BOUNDED_BETS.map(() => 1))

/** Evidence that the mean is above `bound`, after one more value. Both from 0 to 1, the bound not at an end. */
export function betAbove(stakes: BoundedStakes, value: number, bound: number): BoundedStakes {
  const edge = (value - bound) / bound
  return stakes.map((stake, k) => stake * (1 + BOUNDED_BETS[k] * edge))
}

/** Evidence that the mean is below `bound`, after one more value. */
export const betBelow = (stakes: BoundedStakes, value: number, bound: number): BoundedStakes =>
  betAbove(stakes, 1 - value, 1 - bound)

/** A difference of two measures from 0 to 1 lies from -1 to 1: as a value, and as a bound on one, of the functions above. */
export const ofDifference = (difference: number): number => (difference + 1) / 2
