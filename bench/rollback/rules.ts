/**
 * The rules that are compared: ours, two other tests on the same pairs, the t-test as it is usually done, and the rule that
 * counts consecutive regressions. Each is told one pair after another and says when it would roll back.
 */
import {
  BETS,
  noteDifference,
  type PairNoise,
  scoreOf,
  UNKNOWN_NOISE,
} from "../../src/control/pairEvidence.ts"
import { judgeRegressions } from "../../src/control/regression.ts"
import {
  beginWatch,
  judgePair,
  type RollbackPolicy,
  rollbackThreshold,
} from "../../src/control/rollbackTest.ts"
import { LINEAR } from "../../src/hot/codes.ts"
import { GUARDRAILS } from "../../src/domain/guardrailPresets.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { READINGS, SpsaKernel } from "../../src/hot/SpsaKernel.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import { tCritical } from "./student.ts"

/** True when the pair leads to a rollback; the rule then begins anew. */
export type Rule = (baseline: number, tuned: number) => boolean

/** Time between two windows: any, as long as no pair is stale. */
const WINDOW_US = 100_000

function ours(policy: RollbackPolicy): Rule {
  let watch = beginWatch(0)
  let nowUs = 0
  return (baseline, tuned) => {
    nowUs += 2 * WINDOW_US
    const judged = judgePair(
      watch,
      {
        nowUs,
        baseline: { loss: baseline, closedUs: nowUs - WINDOW_US },
        tuned: { loss: tuned, closedUs: nowUs },
      },
      policy,
    )
    watch = judged.watch
    return judged.verdict.verdict === "fail"
  }
}

/** The same detector over other factors, none of which has a mean above 1 under no difference. */
function detector(factor: (bet: number, score: number) => number, policy: RollbackPolicy): Rule {
  let noise: PairNoise = UNKNOWN_NOISE
  let sums = BETS.map(() => 0)
  const threshold = rollbackThreshold(policy)
  return (baseline, tuned) => {
    const difference = tuned - baseline
    const score = scoreOf(noise, difference)
    noise = noteDifference(noise, difference)
    sums = sums.map((sum, k) => (sum + 1) * factor(BETS[k], score))
    if (sums.reduce((a, b) => a + b) / sums.length < threshold) return false
    sums = BETS.map(() => 0)
    return true
  }
}

/** One-sided paired t-test over blocks of pairs; with `peek`, after every pair of them. */
function tTest(critical: ReadonlyArray<number>, peek: boolean): Rule {
  const horizon = critical.length - 1
  let n = 0
  let mean = 0
  let squares = 0
  return (baseline, tuned) => {
    n++
    const from = tuned - baseline - mean
    mean += from / n
    squares += from * (tuned - baseline - mean)
    const looks = peek ? n >= 5 : n === horizon
    const found = looks && mean / Math.sqrt(squares / (n - 1) / n) > critical[n]
    if (found || n === horizon) {
      n = 0
      mean = 0
      squares = 0
    }
    return found
  }
}

/** What the engine does without baseline windows: it compares each cycle with the one before. Both windows are the tuner's. */
function consecutive(): Rule {
  const policy = GUARDRAILS.balanced
  const table = new KnobTable([{ min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 }])
  const kernel = new SpsaKernel(table, { ...DEFAULT_SPSA, seed: 7 })
  let block = new Float64Array(kernel.stateLength)
  let next = new Float64Array(kernel.stateLength)
  kernel.initial(block, Float64Array.of(0.5))
  const readings = new Float64Array(READINGS).fill(Number.NaN)
  const band = Float64Array.of(-1, 1)
  let count = 0
  return (first, second) => {
    kernel.begin(block)
    readings[0] = first
    readings[1] = second
    kernel.complete(block, next, readings, band)
    const after = kernel.regressions(next) > 0 ? count + 1 : 0
    const verdict = judgeRegressions(count, after, policy)
    count = after
    const kept = block
    block = next
    next = kept
    return verdict !== "carryOn"
  }
}

export interface NamedRule {
  readonly name: string
  /** It measures no baseline: both of its windows are the tuned configuration's. */
  readonly tunedOnly: boolean
  /** Its rate of false rollbacks follows the policy. */
  readonly follows: boolean
  readonly make: () => Rule
}

/** Pairs of a block of the t-tests. */
const HORIZON = 50

/** What t must exceed after n pairs. */
const criticalValues = (chance: number): ReadonlyArray<number> =>
  Array.from({ length: HORIZON + 1 }, (_, n) => (n < 5 ? 0 : tCritical(n - 1, chance)))

export function rulesFor(policy: RollbackPolicy): ReadonlyArray<NamedRule> {
  const perWindow = policy.falseRollbacks / policy.perWindows
  const atEnd = criticalValues(2 * HORIZON * perWindow)
  const peeking = criticalValues(0.01)
  const bare = { ...policy, criticalPairs: Number.POSITIVE_INFINITY }
  const paired = (name: string, make: () => Rule): NamedRule => ({
    name,
    tunedOnly: false,
    follows: true,
    make,
  })
  return [
    paired("this rule", () => ours(policy)),
    paired("without the critical effect", () => ours(bare)),
    paired("de la Pena's factor", () =>
      detector((b, score) => Math.exp(b * score - (b * score) ** 2 / 2), policy),
    ),
    paired("signs only", () => detector((b, score) => 1 + Math.tanh(b) * Math.sign(score), policy)),
    paired("t-test at the end of 50 pairs", () => tTest(atEnd, false)),
    { ...paired("t-test at 1 %, a look after every pair", () => tTest(peeking, true)), follows: false },
    { name: "consecutive regressions", tunedOnly: true, follows: false, make: consecutive },
  ]
}
