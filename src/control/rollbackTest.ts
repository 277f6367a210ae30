/**
 * Whether the tuned configuration is worse than the baseline, judged after every pair of windows for as long as the engine
 * runs. Three verdicts: fail (roll back), pass (found not to be worse), hold (no basis for either). Needed wherever interleaved
 * baseline windows are measured; `pairEvidence.ts` says why the stated rate of false rollbacks holds for any noise.
 *
 * Pure functions over a record of plain numbers: kept, restored and replayed as it is. Time comes with the pairs.
 */
import type { Verdict, VerdictReason } from "../domain/words.ts"
import {
  bet,
  detect,
  FRESH_DETECTOR,
  FRESH_VALUE,
  noteDifference,
  type PairNoise,
  scoreOf,
  type Stakes,
  UNKNOWN_NOISE,
  worth,
} from "./pairEvidence.ts"

export interface RollbackPolicy {
  /** Expected false rollbacks in `perWindows` windows of the test, when tuned and baseline do not differ. */
  readonly falseRollbacks: number
  readonly perWindows: number
  /** Pairs before anything is concluded. */
  readonly minPairs: number
  /** A difference above both of these, `criticalPairs` times running, is rolled back without further evidence: in standard
   * deviations of the pairs' noise, and as a share of the baseline's reading. */
  readonly criticalDeviations: number
  readonly criticalShare: number
  readonly criticalPairs: number
  /** A pass says that the tuned configuration is not worse by this many spreads (a spread is the mean size of a difference) ... */
  readonly tolerance: number
  /** ... with at most this chance of saying so wrongly, each time it is said. */
  readonly falsePass: number
  /** Pairs within which a pass must be renewed. */
  readonly passPairs: number
  /** A pair is stale when one of its windows closed longer ago than this. */
  readonly staleUs: number
  /** Time without a usable pair after which holding becomes a rollback. */
  readonly holdUs: number
}

export const DEFAULT_ROLLBACK: RollbackPolicy = Object.freeze({
  falseRollbacks: 0.01,
  perWindows: 10_000,
  minPairs: 8,
  criticalDeviations: 6,
  criticalShare: 0.25,
  criticalPairs: 3,
  tolerance: 0.5,
  falsePass: 0.05,
  passPairs: 400,
  staleUs: 10_000_000,
  holdUs: 60_000_000,
})

/** The part of the stated rate that the detector may spend. The rest is for the critical effect, which no theorem bounds. */
const DETECTOR_PART = 0.25

/** What the detector must reach: n/c for n pairs, and two windows to a pair, is its part of the stated rate. */
export function rollbackThreshold(policy: RollbackPolicy): number {
  return policy.perWindows / (2 * policy.falseRollbacks * DETECTOR_PART)
}

/** One side of a pair. */
export interface SideReading {
  /** Lower is better. */
  readonly loss: number
  readonly closedUs: number
}

/** A pair that was asked for; a side is null when its window expired. */
export interface PairReading {
  readonly nowUs: number
  readonly baseline: SideReading | null
  readonly tuned: SideReading | null
}

export interface RollbackWatch {
  readonly noise: PairNoise
  /** Usable pairs since the comparison began or began anew. */
  readonly pairs: number
  readonly detector: Stakes
  /** Evidence that the tuned configuration is not worse, and the pairs it is made of. */
  readonly soundness: Stakes
  readonly soundPairs: number
  readonly passed: boolean
  /** Critical differences running. */
  readonly critical: number
  /** When the last usable pair came, or the comparison began. */
  readonly usableUs: number
}

type FailReason = Extract<VerdictReason, "regression" | "criticalEffect" | "holdDeadline">
type HoldReason = Exclude<VerdictReason, FailReason | "sound">

/** What is concluded, with the numbers that it was concluded from. */
export interface RollbackVerdict {
  readonly verdict: Verdict
  readonly reason: VerdictReason
  readonly pairs: number
  /** The detector, and what it must reach for a rollback. */
  readonly evidence: number
  readonly threshold: number
  /** The evidence of not being worse, and what it must reach for a pass. */
  readonly soundness: number
  readonly soundnessThreshold: number
  /** Tuned less baseline: of this pair, in spreads (capped), and as a share of the baseline's reading; null without a usable pair. */
  readonly difference: number | null
  readonly score: number | null
  readonly share: number | null
  /** Critical differences running. */
  readonly critical: number
  readonly spread: number
  readonly deviation: number
  /** Time since the last usable pair. */
  readonly heldUs: number
}

export function beginWatch(nowUs: number, noise: PairNoise = UNKNOWN_NOISE): RollbackWatch {
  return {
    noise,
    pairs: 0,
    detector: FRESH_DETECTOR,
    soundness: FRESH_VALUE,
    soundPairs: 0,
    passed: false,
    critical: 0,
    usableUs: nowUs,
  }
}

/** The comparison begins anew, of another baseline or after a rollback or a pause; how the plant scatters stays known. */
export function forgetEvidence(watch: RollbackWatch, nowUs: number): RollbackWatch {
  return beginWatch(Math.max(watch.usableUs, nowUs), watch.noise)
}

export interface Judgement {
  readonly watch: RollbackWatch
  readonly verdict: RollbackVerdict
}

/** Beyond this a square is no number any more. */
const LARGEST = 1e150

function unusable(pair: PairReading, policy: RollbackPolicy): HoldReason | null {
  const { baseline, tuned, nowUs } = pair
  if (baseline === null || tuned === null) return "missing"
  if (!(Math.abs(tuned.loss) < LARGEST && Math.abs(baseline.loss) < LARGEST)) return "nonFinite"
  const first = Math.min(baseline.closedUs, tuned.closedUs)
  const last = Math.max(baseline.closedUs, tuned.closedUs)
  // Written so that a stamp which is no number is stale.
  return nowUs - first <= policy.staleUs && last <= nowUs ? null : "stale"
}

/** Judges a pair. The watch after a fail has begun anew, so that one regression is one rollback. */
export function judgePair(watch: RollbackWatch, pair: PairReading, policy: RollbackPolicy): Judgement {
  const reason = unusable(pair, policy)
  const { baseline, tuned, nowUs } = pair
  if (reason !== null || baseline === null || tuned === null)
    return held(watch, nowUs, policy, reason ?? "missing")
  const difference = tuned.loss - baseline.loss
  const score = scoreOf(watch.noise, difference)
  const isCritical =
    watch.noise.pairs >= policy.minPairs &&
    difference > policy.criticalDeviations * deviationOf(watch.noise) &&
    difference > policy.criticalShare * Math.abs(baseline.loss)
  const begun = watch.soundPairs >= policy.passPairs ? renewed(watch, false) : watch
  // A pair without a scale yet is no evidence of anything.
  const soundness = watch.noise.pairs === 0 ? begun.soundness : bet(begun.soundness, policy.tolerance - score)
  const next: RollbackWatch = {
    noise: noteDifference(watch.noise, difference),
    pairs: watch.pairs + 1,
    detector: detect(watch.detector, score),
    soundness,
    soundPairs: begun.soundPairs + 1,
    passed: begun.passed,
    critical: isCritical ? watch.critical + 1 : 0,
    usableUs: Math.max(watch.usableUs, nowUs),
  }
  const size = Math.abs(baseline.loss)
  const share = size > 0 ? difference / size : null
  const say = (verdict: Verdict, why: VerdictReason): RollbackVerdict => ({
    ...numbersOf(next, policy, nowUs),
    verdict,
    reason: why,
    difference,
    score,
    share,
  })
  const fail = (why: FailReason): Judgement => ({
    watch: forgetEvidence(next, nowUs),
    verdict: say("fail", why),
  })
  if (next.critical >= policy.criticalPairs) return fail("criticalEffect")
  if (next.pairs < policy.minPairs) return { watch: next, verdict: say("hold", "tooFew") }
  if (worth(next.detector) >= rollbackThreshold(policy)) return fail("regression")
  if (worth(soundness) >= 1 / policy.falsePass)
    return { watch: renewed(next, true), verdict: say("pass", "sound") }
  return { watch: next, verdict: next.passed ? say("pass", "sound") : say("hold", "undecided") }
}

/** Judges that time has passed without a pair. */
export function judgeSilence(watch: RollbackWatch, nowUs: number, policy: RollbackPolicy): Judgement {
  return held(watch, nowUs, policy, "missing")
}

/** A pair that cannot be used changes nothing but the patience. */
function held(watch: RollbackWatch, nowUs: number, policy: RollbackPolicy, reason: HoldReason): Judgement {
  const numbers = { ...numbersOf(watch, policy, nowUs), difference: null, score: null, share: null }
  if (numbers.heldUs > policy.holdUs) {
    return {
      watch: forgetEvidence(watch, nowUs),
      verdict: { ...numbers, verdict: "fail", reason: "holdDeadline" },
    }
  }
  return { watch: { ...watch, critical: 0 }, verdict: { ...numbers, verdict: "hold", reason } }
}

/** The evidence of soundness is gathered afresh; `passed` says how the block before it ended. */
function renewed(watch: RollbackWatch, passed: boolean): RollbackWatch {
  return { ...watch, soundness: FRESH_VALUE, soundPairs: 0, passed }
}

function deviationOf(noise: PairNoise): number {
  return Math.sqrt(noise.square)
}

function numbersOf(watch: RollbackWatch, policy: RollbackPolicy, nowUs: number) {
  return {
    pairs: watch.pairs,
    evidence: worth(watch.detector),
    threshold: rollbackThreshold(policy),
    soundness: worth(watch.soundness),
    soundnessThreshold: 1 / policy.falsePass,
    critical: watch.critical,
    spread: watch.noise.spread,
    deviation: deviationOf(watch.noise),
    heldUs: Math.max(0, nowUs - watch.usableUs),
  }
}
