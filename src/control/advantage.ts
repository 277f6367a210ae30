/**
 * When the tuned configuration has earned to be the baseline: pairs of windows showed that it is better, and then a second
 * block of pairs, none of which had a part in choosing it, showed it again. The best of many readings is lucky: TUNA
 * found that up to 63 % of "best" configurations lose 30 % or more when they are measured again.
 *
 * Fed with the scores of `rollbackTest.ts`, and like it a pure function over a plain record.
 */
import { bet, FRESH_VALUE, type Stakes, worth } from "./pairEvidence.ts"

export interface AdvantagePolicy {
  /** Chance that a block finds an advantage where there is none, however often it is looked at. */
  readonly falseAdvantage: number
  /** Pairs after which a block that found nothing begins anew. */
  readonly blockPairs: number
  /** Pairs that a block has at least. */
  readonly minPairs: number
}

export const DEFAULT_ADVANTAGE: AdvantagePolicy = Object.freeze({
  falseAdvantage: 0.05,
  blockPairs: 200,
  minPairs: 8,
})

export interface AdvantageWatch {
  readonly evidence: Stakes
  readonly pairs: number
  /** The advantage was seen once and is being measured again. */
  readonly confirming: boolean
}

export const NO_ADVANTAGE: AdvantageWatch = Object.freeze({
  evidence: FRESH_VALUE,
  pairs: 0,
  confirming: false,
})

/** Folds in a pair by its score, positive where the tuned configuration was worse. `promote`: it has been seen twice. */
export function watchAdvantage(
  watch: AdvantageWatch,
  score: number,
  policy: AdvantagePolicy,
): { readonly watch: AdvantageWatch; readonly promote: boolean } {
  const evidence = bet(watch.evidence, -score)
  const pairs = watch.pairs + 1
  if (pairs >= policy.minPairs && worth(evidence) >= 1 / policy.falseAdvantage) {
    return watch.confirming
      ? { watch: NO_ADVANTAGE, promote: true }
      : { watch: { ...NO_ADVANTAGE, confirming: true }, promote: false }
  }
  // A block that comes to nothing takes a first sight of an advantage with it.
  if (pairs >= policy.blockPairs) return { watch: NO_ADVANTAGE, promote: false }
  return { watch: { ...watch, evidence, pairs }, promote: false }
}
