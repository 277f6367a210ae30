/**
 * Evidence that stays able to see what begins late. A product of bets on "worse" sinks while the candidate is better, and after a
 * thousand good pairs a thousand bad ones are needed before it says anything: a leak would be found an hour after it began.
 *
 * So the wealth is laid in by degrees: before pair n the share w(n) = 1 / ln(e + n - 1) - 1 / ln(e + n) joins the stakes, and what has not
 * been laid in yet, 1 / ln(e + n), is kept. The shares add up to 1 and every bet has mean at most 1, so stakes and the rest together are
 * an e-value as before (a mixture over the pair at which the difference begins). The price: a factor of about 4 in the wealth of the
 * first hundred pairs, of about 900 for what begins at the ten thousandth.
 */

/** Wealth beyond this is put aside: it convinces anybody, and a sum of numbers has to stay a number. */
const MOST = 1e15

/** The stakes before pair `n`, from 1, with what is laid in for it. Begin with stakes of 0. */
export function laidIn(stakes: ReadonlyArray<number>, n: number): ReadonlyArray<number> {
  const share = notLaidIn(n - 1) - notLaidIn(n)
  return stakes.map((stake) => Math.min(stake, MOST) + share)
}

/** What is kept after `n` pairs; all of it before the first. */
export const notLaidIn = (n: number): number => 1 / Math.log(Math.E + n)
