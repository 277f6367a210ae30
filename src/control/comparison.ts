/**
 * What follows from a pair of windows for the plant: back to the baseline, on as before, or the tuned configuration becomes
 * the baseline. Combines the rollback test and the advantage over measured pairs; pure functions over a plain
 * record, as both are.
 *
 * Cost: a pair takes two windows and at most three applies, every `everyCycles` cycles of two windows and three applies each. With 4
 * that is one window in five for the comparison, and one in ten under the baseline.
 */
import { DEFAULT_ROLLBACK } from "./rollbackTest.ts"
import {
  type AdvantagePolicy,
  type AdvantageWatch,
  DEFAULT_ADVANTAGE,
  NO_ADVANTAGE,
  watchAdvantage,
} from "./advantage.ts"
import {
  beginWatch,
  forgetEvidence,
  judgePair,
  judgeSilence,
  type Judgement,
  type PairReading,
  type RollbackPolicy,
  type RollbackVerdict,
  type RollbackWatch,
} from "./rollbackTest.ts"

export interface ComparisonPolicy extends RollbackPolicy {
  /** Completed cycles between two pairs. */
  readonly everyCycles: number
  readonly advantage: AdvantagePolicy
  /** How far the base may wander while its advantage is shown and still count as the same configuration, unit space. */
  readonly radius: number
  /** True for knobs on a circle. */
  readonly periodic: ReadonlyArray<boolean>
}

export const DEFAULT_COMPARISON: Omit<ComparisonPolicy, "radius" | "periodic"> = Object.freeze({
  ...DEFAULT_ROLLBACK,
  everyCycles: 4,
  advantage: DEFAULT_ADVANTAGE,
})

export interface Comparison {
  readonly watch: RollbackWatch
  readonly advantage: AdvantageWatch
  /** The base whose advantage is being shown; null before the first pair. */
  readonly anchor: ReadonlyArray<number> | null
  /** The last verdict; null before the first. */
  readonly verdict: RollbackVerdict | null
  /** Verdicts so far, by their word. */
  readonly counts: { readonly pass: number; readonly fail: number; readonly hold: number }
}

/** What a verdict means for the plant. */
export type ComparisonOutcome = "carryOn" | "rollBack" | "promote"

export interface Compared {
  readonly comparison: Comparison
  readonly verdict: RollbackVerdict
  readonly outcome: ComparisonOutcome
}

/** Whether the base has left the neighbourhood of the anchor. */
function wandered(
  anchor: ReadonlyArray<number>,
  base: ReadonlyArray<number>,
  policy: Pick<ComparisonPolicy, "radius" | "periodic">,
): boolean {
  return base.some((unit, i) => {
    const d = Math.abs(unit - anchor[i])
    return (policy.periodic[i] ? Math.min(d, 1 - d) : d) > policy.radius
  })
}

export function beginComparison(nowUs: number): Comparison {
  return {
    watch: beginWatch(nowUs),
    advantage: NO_ADVANTAGE,
    anchor: null,
    verdict: null,
    counts: { pass: 0, fail: 0, hold: 0 },
  }
}

/** Another baseline, a rollback or a pause: what was learned of the two configurations is void, the noise stays known. */
export function beginAnew(comparison: Comparison, nowUs: number): Comparison {
  return {
    ...comparison,
    watch: forgetEvidence(comparison.watch, nowUs),
    advantage: NO_ADVANTAGE,
    anchor: null,
  }
}

/** Judges a pair that was measured around `base`, unit space. */
export function comparePair(
  comparison: Comparison,
  pair: PairReading,
  base: ReadonlyArray<number>,
  policy: ComparisonPolicy,
): Compared {
  const judged = judgePair(comparison.watch, pair, policy)
  const noted = note(comparison, judged)
  const { verdict } = judged
  if (verdict.verdict === "fail") return failed(noted, pair.nowUs, verdict)
  const { anchor } = comparison
  const same = anchor !== null && !wandered(anchor, base, policy)
  const known = same ? comparison.advantage : NO_ADVANTAGE
  const { watch, promote } =
    verdict.score === null
      ? { watch: known, promote: false }
      : watchAdvantage(known, verdict.score, policy.advantage)
  if (promote) return { comparison: beginAnew(noted, pair.nowUs), verdict, outcome: "promote" }
  return {
    comparison: { ...noted, advantage: watch, anchor: same ? anchor : base },
    verdict,
    outcome: "carryOn",
  }
}

/** Judges that no pair has come: a rollback once the deadline is over, else nothing. */
export function compareSilence(
  comparison: Comparison,
  nowUs: number,
  policy: ComparisonPolicy,
): Compared | null {
  const judged = judgeSilence(comparison.watch, nowUs, policy)
  if (judged.verdict.verdict !== "fail") return null
  return failed(note(comparison, judged), nowUs, judged.verdict)
}

function note(comparison: Comparison, { watch, verdict }: Judgement): Comparison {
  const { counts } = comparison
  return {
    ...comparison,
    watch,
    verdict,
    counts: { ...counts, [verdict.verdict]: counts[verdict.verdict] + 1 },
  }
}

function failed(comparison: Comparison, nowUs: number, verdict: RollbackVerdict): Compared {
  return { comparison: beginAnew(comparison, nowUs), verdict, outcome: "rollBack" }
}
