/**
 * Evidence from pairs of windows, one under the baseline and one under the tuned configuration, in an order that a coin
 * decided. One needs it wherever two configurations are compared for as long as it takes, with a look after every pair.
 *
 * Under no difference the coin alone decides the sign of the paired difference d, whatever the noise looks like: given
 * everything before and |d|, d is +|d| or -|d| with equal chances. For every scale s that was known before the pair and
 * every bet b the factor exp(b d/s) / cosh(b d/s) = 1 + tanh(b d/s) therefore has mean 1. Since cosh(x) <= exp(x²/2) it is
 * never below the factor exp(x - x²/2) of de la Peña (A general class of exponential inequalities for martingales and
 * ratios, 1999). It rises with d, so a tuned configuration that is truly better only lowers its mean.
 *
 * - A product of such factors is an e-value: it exceeds 1/a with a chance of at most a, looked at as often as one likes (Ville).
 * - The sum R = (R + 1) · factor is a Shiryaev-Roberts detector: R - n has mean at most 0, so R reaches c within n pairs with a
 *   chance of at most n/c, wherever the regression would begin (Shin, Ramdas, Rinaldo: E-detectors, 2022).
 *
 * Both are mixed over `BETS`, because nobody knows how large the difference will be.
 */

/** The bets that are mixed, in units of the score: the k-th is best for a difference of about that many spreads. */
export const BETS: ReadonlyArray<number> = Object.freeze([0.1, 0.2, 0.4, 0.8, 1.6])

/** A score counts for at most this: one wild pair may neither convince nor unconvince. */
export const MOST_SCORE = 3

/** One number per bet: the wealth of an e-value, or the sum of a detector. */
export type Stakes = ReadonlyArray<number>

/** An e-value before the first pair: it is worth 1. */
export const FRESH_VALUE: Stakes = Object.freeze(BETS.map(() => 1))
/** A detector before the first pair. */
export const FRESH_DETECTOR: Stakes = Object.freeze(BETS.map(() => 0))

/** An e-value after a pair with this score. */
export function bet(stakes: Stakes, score: number): Stakes {
  return stakes.map((stake, k) => stake * (1 + Math.tanh(BETS[k] * score)))
}

/** A detector after a pair with this score. */
export function detect(stakes: Stakes, score: number): Stakes {
  return stakes.map((stake, k) => (stake + 1) * (1 + Math.tanh(BETS[k] * score)))
}

/** What an e-value or a detector says now: the mean over the bets. */
export function worth(stakes: Stakes): number {
  let sum = 0
  for (const stake of stakes) sum += stake
  return sum / stakes.length
}

/** How paired differences scatter, learned from their sizes alone and never from their signs. */
export interface PairNoise {
  readonly pairs: number
  /** Mean size of a difference, wild ones capped: what scores are measured in. */
  readonly spread: number
  /** Mean square, capped higher: its root counts the wild ones and is what a critical effect is measured in. */
  readonly square: number
}

export const UNKNOWN_NOISE: PairNoise = Object.freeze({ pairs: 0, spread: 0, square: 0 })

/** The newest pair weighs this much once there are enough: about fifty pairs are remembered. */
const WEIGHT = 0.02
/** The first ones are averaged plainly and without a cap. */
const PLAIN = 10
/** Later ones count for at most three spreads, and for 25 times the mean square. */
const MOST_SPREADS = 3
const MOST_SQUARES = 25

/** Adds one difference. The score of a pair is to be taken before this, or the scale would know the pair. */
export function noteDifference(noise: PairNoise, difference: number): PairNoise {
  const pairs = noise.pairs + 1
  const weight = Math.max(1 / pairs, WEIGHT)
  const capped = pairs > PLAIN && noise.spread > 0
  const size = Math.abs(difference)
  const squared = size * size
  const spread = capped ? Math.min(size, MOST_SPREADS * noise.spread) : size
  const square = capped ? Math.min(squared, MOST_SQUARES * noise.square) : squared
  return {
    pairs,
    spread: noise.spread + weight * (spread - noise.spread),
    square: noise.square + weight * (square - noise.square),
  }
}

/** A difference in spreads of the pairs before it; 0 while there were none. Where nothing ever scattered any difference is the most. */
export function scoreOf(noise: PairNoise, difference: number): number {
  if (noise.pairs === 0) return 0
  if (noise.spread === 0) return MOST_SCORE * Math.sign(difference)
  return Math.max(-MOST_SCORE, Math.min(MOST_SCORE, difference / noise.spread))
}
