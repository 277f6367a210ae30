import { describe, expect, it } from "vitest"
import {
  beginAnew,
  beginComparison,
  type Comparison,
  type ComparisonOutcome,
  type ComparisonPolicy,
  comparePair,
  compareSilence,
  DEFAULT_COMPARISON,
} from "../../src/control/comparison.ts"

const SECOND_US = 1_000_000
const policy: ComparisonPolicy = { ...DEFAULT_COMPARISON, radius: 0.1, periodic: [false] }

/** Pairs a second apart whose tuned loss is so much above 1, give or take a little, around bases. */
function outcomes(
  count: number,
  worse: number,
  base: (i: number) => number = () => 0.5,
): { readonly all: ReadonlyArray<ComparisonOutcome>; readonly comparison: Comparison } {
  let comparison = beginComparison(0)
  const all = Array.from({ length: count }, (_, i) => {
    const nowUs = (i + 1) * SECOND_US
    const jitter = i % 2 === 0 ? 0.05 : -0.05
    const compared = comparePair(
      comparison,
      { nowUs, baseline: { loss: 1, closedUs: nowUs }, tuned: { loss: 1 + worse + jitter, closedUs: nowUs } },
      [base(i)],
      policy,
    )
    comparison = compared.comparison
    return compared.outcome
  })
  return { all, comparison }
}

describe("a comparison", () => {
  it("asks for a rollback when the base is worse, and starts over", () => {
    const { all, comparison } = outcomes(60, 0.2)
    const at = all.indexOf("rollBack")
    expect(at).toBeGreaterThan(15)
    expect(all.slice(0, at)).not.toContain("promote")
    expect(comparison.counts.fail).toBe(all.filter((one) => one === "rollBack").length)
    expect(comparison.watch.pairs).toBe(all.length - 1 - all.lastIndexOf("rollBack"))
  })

  it("promotes a base that is better and stays put, and starts over", () => {
    const { all } = outcomes(80, -0.2)
    const at = all.indexOf("promote")
    expect(at).toBeGreaterThan(2 * policy.advantage.minPairs - 2)
    expect(outcomes(at + 1, -0.2).comparison).toMatchObject({ anchor: null, watch: { pairs: 0 } })
  })

  it("does not promote a moving base: evidence for one base does not count for another", () => {
    expect(outcomes(200, -0.2, (i) => 0.03 * (i % 20)).all).not.toContain("promote")
  })

  it("neither promotes nor rolls back without a difference", () => {
    const { all, comparison } = outcomes(500, 0)
    expect(new Set(all)).toEqual(new Set(["carryOn"]))
    expect(comparison.counts.pass + comparison.counts.hold).toBe(500)
    expect(comparison.verdict?.verdict).toBe("pass")
  })

  it("holds during silence until the deadline, then asks for a rollback", () => {
    const { comparison } = outcomes(10, 0)
    expect(compareSilence(comparison, 70 * SECOND_US, policy)).toBeNull()
    const late = compareSilence(comparison, 71 * SECOND_US, policy)
    expect(late).toMatchObject({ outcome: "rollBack", verdict: { reason: "holdDeadline" } })
    expect(late?.comparison.counts.fail).toBe(1)
  })

  it("keeps only the noise and the counts when it starts over", () => {
    const { comparison } = outcomes(50, -0.01)
    const anew = beginAnew(comparison, 500 * SECOND_US)
    expect(anew.watch).toMatchObject({ noise: comparison.watch.noise, pairs: 0, usableUs: 500 * SECOND_US })
    expect(anew.counts).toEqual(comparison.counts)
    expect(anew.advantage.pairs).toBe(0)
  })

  it("ignores an unusable pair for the advantage", () => {
    const { comparison } = outcomes(5, -0.2)
    const nowUs = 6 * SECOND_US
    const missing = { nowUs, baseline: { loss: 1, closedUs: nowUs }, tuned: null }
    const compared = comparePair(comparison, missing, [0.5], policy)
    expect(compared.comparison.advantage).toEqual(comparison.advantage)
    expect(compared.verdict).toMatchObject({ verdict: "hold", reason: "missing" })
  })
})
