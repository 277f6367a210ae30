/**
 * Evidence that a paired difference stays below a margin, from bets sized for a difference of 0. One needs it where most candidates are
 * as good as what they replace: a mixture over many sizes of bets pays for all of them, and this pays for one.
 *
 * A bet that is known before its pair keeps the mean of a factor at most 1, however it was chosen. The size that lets the wealth grow
 * fastest is about the mean of what is bet on over its mean square (Kelly). Where the difference is 0 what is bet on has the mean
 * `margin`, so only the scatter of the differences is left to be learned, and their sizes tell it without their signs.
 * Source: Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting (J. R. Stat. Soc. B 86, 2024), the
 * approximate GRAPA bet of its appendix, with the mean put where the alternative has it.
 */
import { type PairNoise, scoreOf } from "./pairEvidence.ts"

/** Wealth beyond this is put aside: it convinces anybody, and a product of numbers has to stay a number. */
const MOST = 1e15
/** The largest bet on a score; it is for differences that scatter less than the margin. */
const MOST_BET = 1.6
/** At most so much of the wealth is staked on a bounded difference. */
const MOST_STAKE = 0.9

/** Wealth after one more pair; begin with 1. `noise` is what was known of the differences before it. */
export function sizedWithin(wealth: number, noise: PairNoise, difference: number, margin: number): number {
  if (noise.pairs === 0) return wealth
  const bet = noise.square === 0 ? MOST_BET : Math.min(MOST_BET, (margin * noise.spread) / noise.square)
  return Math.min(MOST, wealth * (1 + Math.tanh(bet * scoreOf(noise, margin - difference))))
}

/** Evidence about a difference from -1 to 1, and what sizes the next bet: begin with `FRESH_SIZED`. */
export interface SizedBounded {
  readonly wealth: number
  readonly pairs: number
  readonly squares: number
}

export const FRESH_SIZED: SizedBounded = Object.freeze({ wealth: 1, pairs: 0, squares: 0 })

/** As if a hundred pairs with one difference had come before the first: a single early one is not yet a rate. */
const BEFORE = { pairs: 100, squares: 1 } as const

/** After one more difference, such as that of two errors: evidence that its mean is below `margin`, above 0 and below 1. */
export function sizedBelow(
  { wealth, pairs, squares }: SizedBounded,
  difference: number,
  margin: number,
): SizedBounded {
  const square = (squares + BEFORE.squares) / (pairs + BEFORE.pairs)
  // At the worst difference, 1, the factor is 1 - stake · (1 - margin).
  const stake = Math.min(MOST_STAKE / (1 - margin), margin / (square + margin * margin))
  return {
    wealth: Math.min(MOST, wealth * (1 + stake * (margin - difference))),
    pairs: pairs + 1,
    squares: squares + difference * difference,
  }
}
