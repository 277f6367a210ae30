import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { baselineIsFirst } from "../../src/control/pairOrder.ts"
import {
  beginWatch,
  DEFAULT_ROLLBACK,
  forgetEvidence,
  type Judgement,
  judgePair,
  judgeSilence,
  type PairReading,
  type RollbackPolicy,
  rollbackThreshold,
  type RollbackVerdict,
  type RollbackWatch,
} from "../../src/control/rollbackTest.ts"
import { gaussianAt } from "../../src/testing/noise.ts"

const SECOND_US = 1_000_000

/** The i-th pair, one a second, read just now. */
function pairAt(i: number, baseline: number, tuned: number): PairReading {
  const nowUs = (i + 1) * SECOND_US
  return {
    nowUs,
    baseline: { loss: baseline, closedUs: nowUs - 200_000 },
    tuned: { loss: tuned, closedUs: nowUs },
  }
}

function judgeAll(
  pairs: ReadonlyArray<PairReading>,
  policy: RollbackPolicy = DEFAULT_ROLLBACK,
  from: RollbackWatch = beginWatch(0),
): { readonly watch: RollbackWatch; readonly verdicts: ReadonlyArray<RollbackVerdict> } {
  let watch = from
  const verdicts = pairs.map((pair) => {
    const judged = judgePair(watch, pair, policy)
    watch = judged.watch
    return judged.verdict
  })
  return { watch, verdicts }
}

/** Pairs of windows of about 1 with 5 % of noise; from `since` on the tuned one is worse by the given share. */
function run(count: number, worse = 0, since = 0, seed = 5): ReadonlyArray<PairReading> {
  return Array.from({ length: count }, (_, i) => {
    const [first, second] = [1 + 0.05 * gaussianAt(seed, 2 * i), 1 + 0.05 * gaussianAt(seed, 2 * i + 1)]
    const [baseline, tuned] = baselineIsFirst(seed, i) ? [first, second] : [second, first]
    return pairAt(i, baseline, i >= since ? tuned * (1 + worse) : tuned)
  })
}

const saying = (verdicts: ReadonlyArray<RollbackVerdict>, verdict: string): ReadonlyArray<number> =>
  verdicts.flatMap((v, i) => (v.verdict === verdict ? [i] : []))

const watchAfter = (count: number): RollbackWatch => judgeAll(run(count)).watch

describe("a regression", () => {
  it("is not reported without a difference", () => {
    expect(saying(judgeAll(run(3000)).verdicts, "fail")).toEqual([])
  })

  it.each([0.05, 0.1, 0.3])("of %d is found, reported once, and the detector starts over", (worse) => {
    const { verdicts } = judgeAll(run(600, worse, 200))
    const [first, second] = saying(verdicts, "fail")
    expect(first).toBeGreaterThan(200)
    expect(verdicts[first]).toMatchObject({ reason: "regression", threshold: 2_000_000 })
    expect(verdicts[first].evidence).toBeGreaterThanOrEqual(2_000_000)
    expect(verdicts[first - 1].evidence).toBeLessThan(2_000_000)
    expect(verdicts[first + 1]).toMatchObject({ verdict: "hold", reason: "tooFew", pairs: 1 })
    expect(second ?? Infinity).toBeGreaterThan(first + 18)
  })

  it("is found however good earlier pairs were: the detector starts at every pair", () => {
    const better = run(2000, -0.3)
    const worse = run(2200, 0.3).slice(2000)
    const { verdicts } = judgeAll([...better, ...worse])
    const [first] = saying(verdicts, "fail")
    expect(first).toBeGreaterThanOrEqual(2000)
    expect(first).toBeLessThan(2100)
  })

  it("is not suspected in the first pair, which only measures noise", () => {
    const [first] = judgeAll([pairAt(0, 1, 9)]).verdicts
    expect(first).toMatchObject({ score: 0, evidence: 1, soundness: 1, spread: 8 })
  })

  it("does not depend on units: a loss in other units gives the same verdicts and evidence", () => {
    const pairs = run(400, 0.08, 100)
    const scaled = pairs.map((pair) => ({
      ...pair,
      baseline: pair.baseline && { ...pair.baseline, loss: pair.baseline.loss * 1024 },
      tuned: pair.tuned && { ...pair.tuned, loss: pair.tuned.loss * 1024 },
    }))
    const told = (verdicts: ReadonlyArray<RollbackVerdict>) =>
      verdicts.map(({ verdict, reason, evidence, soundness, score, share }) => [
        verdict,
        reason,
        evidence,
        soundness,
        score,
        share,
      ])
    expect(told(judgeAll(scaled).verdicts)).toEqual(told(judgeAll(pairs).verdicts))
  })

  it("is falsely found by no more sign patterns than the rate allows, whatever the readings", () => {
    const n = 10
    // A rate that ten coins can reach: the detector needs 25, so ten pairs may lead to 0.4 false rollbacks.
    const rate = { falseRollbacks: 1.6, perWindows: 20 }
    const policy = { ...DEFAULT_ROLLBACK, ...rate, minPairs: 1, criticalPairs: Infinity }
    expect(rollbackThreshold(policy)).toBe(25)
    const readings = fc.array(fc.tuple(fc.double({ min: -9, max: 9, noNaN: true }), fc.nat(9)), {
      minLength: n,
      maxLength: n,
    })
    let rolledBack = 0
    fc.assert(
      fc.property(readings, (windows) => {
        let fails = 0
        for (let coins = 0; coins < 2 ** n; coins++) {
          const pairs = windows.map(([a, b], i) => ((coins >> i) & 1 ? pairAt(i, a, b) : pairAt(i, b, a)))
          fails += saying(judgeAll(pairs, policy).verdicts, "fail").length
        }
        rolledBack += fails
        // Expected number of false rollbacks, not only the chance of one.
        expect(fails / 2 ** n).toBeLessThanOrEqual(0.4)
      }),
      { numRuns: 15 },
    )
    expect(rolledBack).toBeGreaterThan(0)
  })
})

describe("the stated rate", () => {
  it("of one in a hundred per ten thousand windows gives the detector a threshold of two million, with a quarter of the rate", () => {
    expect(rollbackThreshold(DEFAULT_ROLLBACK)).toBe(2_000_000)
  })
})

describe("a critical effect", () => {
  const worse = (i: number): PairReading => pairAt(i, 1, 3)

  it("is rolled back after as many pairs as the policy says, without further evidence", () => {
    const known = watchAfter(100)
    const { verdicts } = judgeAll([100, 101, 102].map(worse), DEFAULT_ROLLBACK, known)
    expect(verdicts.map((v) => v.critical)).toEqual([1, 2, 3])
    expect(verdicts.map((v) => v.verdict === "fail")).toEqual([false, false, true])
    expect(verdicts[2]).toMatchObject({ reason: "criticalEffect", difference: 2, share: 2 })
    expect(verdicts[2].evidence).toBeLessThan(verdicts[2].threshold)
  })

  it("needs consecutive pairs: an ordinary or unusable pair restarts the count", () => {
    const known = watchAfter(100)
    const ordinary = pairAt(102, 1, 1.01)
    const missing = { ...worse(102), tuned: null }
    for (const between of [ordinary, missing]) {
      const { verdicts } = judgeAll(
        [worse(100), worse(101), between, worse(103), worse(104)],
        DEFAULT_ROLLBACK,
        known,
      )
      expect(saying(verdicts, "fail")).toEqual([])
    }
  })

  it("must be large both in units of noise and as a share of the loss", () => {
    const known = watchAfter(100)
    // The noise of a pair is 0.07: 0.4 is below six of them; 2 is above, but a small share of 101.
    const within = [100, 101, 102, 103].map((i) => pairAt(i, 1, 1.4))
    const small = [100, 101, 102, 103].map((i) => pairAt(i, 101, 103))
    for (const pairs of [within, small]) {
      expect(judgeAll(pairs, DEFAULT_ROLLBACK, known).verdicts.map((v) => v.critical)).toEqual([0, 0, 0, 0])
    }
  })

  it("is not concluded while the noise is unknown", () => {
    const { verdicts } = judgeAll(Array.from({ length: 7 }, (_, i) => worse(i)))
    expect(verdicts.map((v) => v.reason)).toEqual(Array.from({ length: 7 }, () => "tooFew"))
  })
})

describe("a hold", () => {
  const bad: Record<string, PairReading> = {
    "a window that expired": { ...pairAt(50, 1, 1), tuned: null },
    "a baseline that expired": { ...pairAt(50, 1, 1), baseline: null },
    "a reading that is no number": pairAt(50, 1, Number.NaN),
    "an infinite reading": pairAt(50, Number.POSITIVE_INFINITY, 1),
    "windows far apart": { ...pairAt(50, 1, 1), baseline: { loss: 1, closedUs: 39 * SECOND_US } },
    "an old pair": { ...pairAt(50, 1, 1), nowUs: 70 * SECOND_US },
    "a window from the future": { ...pairAt(50, 1, 1), tuned: { loss: 1, closedUs: 52 * SECOND_US } },
    "a stamp that is no number": { ...pairAt(50, 1, 1), tuned: { loss: 1, closedUs: Number.NaN } },
  }
  const reasons = ["missing", "missing", "nonFinite", "nonFinite", "stale", "stale", "stale", "stale"]

  it("is the verdict for missing, stale and non-finite readings, never a pass, and they change no evidence", () => {
    const passed = watchAfter(200)
    expect(passed.passed).toBe(true)
    const watch = { ...passed, usableUs: 50 * SECOND_US }
    const judged = Object.values(bad).map((pair) => judgePair(watch, pair, DEFAULT_ROLLBACK))
    expect(judged.map((j) => j.verdict.verdict)).toEqual(judged.map(() => "hold"))
    expect(judged.map((j) => j.verdict.reason)).toEqual(reasons)
    for (const { watch: after } of judged) expect(after).toEqual(watch)
  })

  it("is the verdict for too few pairs, whatever they show", () => {
    const { verdicts } = judgeAll(run(DEFAULT_ROLLBACK.minPairs + 1))
    expect(verdicts.map((v) => v.reason === "tooFew")).toEqual(
      verdicts.map((_, i) => i < DEFAULT_ROLLBACK.minPairs - 1),
    )
  })

  it("becomes a rollback without a usable pair by the deadline, and then waits equally long again", () => {
    const watch = watchAfter(100)
    const lastUs = 100 * SECOND_US
    const at = (seconds: number, from: RollbackWatch): Judgement =>
      judgeSilence(from, lastUs + seconds * SECOND_US, DEFAULT_ROLLBACK)
    expect(at(60, watch).verdict).toMatchObject({
      verdict: "hold",
      reason: "missing",
      heldUs: 60 * SECOND_US,
    })
    const late = at(61, watch)
    expect(late.verdict).toMatchObject({ verdict: "fail", reason: "holdDeadline", heldUs: 61 * SECOND_US })
    expect(at(62, late.watch).verdict.verdict).toBe("hold")
    expect(at(122, late.watch).verdict.verdict).toBe("fail")
  })

  it("becomes a rollback under unusable pairs too", () => {
    const pairs = Array.from({ length: 70 }, (_, i) => pairAt(100 + i, 1, Number.NaN))
    const { verdicts } = judgeAll(pairs, DEFAULT_ROLLBACK, watchAfter(100))
    expect(saying(verdicts, "fail")).toEqual([60])
  })

  it("does not age if the clock goes back", () => {
    const watch = watchAfter(100)
    const back = judgeSilence(watch, 0, DEFAULT_ROLLBACK)
    expect(back.verdict).toMatchObject({ verdict: "hold", heldUs: 0 })
    expect(back.watch.usableUs).toBe(100 * SECOND_US)
    expect(judgePair(watch, pairAt(4, 1, 1), DEFAULT_ROLLBACK).watch.usableUs).toBe(100 * SECOND_US)
    expect(forgetEvidence(watch, 0).usableUs).toBe(100 * SECOND_US)
  })
})

describe("a pass", () => {
  it("means that the tuned configuration is not worse, and lasts while it is renewed", () => {
    const { verdicts } = judgeAll(run(1000))
    const [first] = saying(verdicts, "pass")
    expect(first).toBeGreaterThanOrEqual(DEFAULT_ROLLBACK.minPairs)
    expect(verdicts[first].soundness).toBeGreaterThanOrEqual(20)
    expect(new Set(verdicts.slice(first).map((v) => v.verdict))).toEqual(new Set(["pass"]))
  })

  it("lapses when not renewed: the loss is too small for a regression, and too large for a pass", () => {
    const policy = { ...DEFAULT_ROLLBACK, falseRollbacks: 1e-300 }
    // Half a spread of 0.056: the tolerance itself.
    const { verdicts } = judgeAll(run(1200, 0.056, 200), policy)
    expect(verdicts[199].verdict).toBe("pass")
    expect(verdicts[1199]).toMatchObject({ verdict: "hold", reason: "undecided" })
  })

  it("is rarely given to a configuration worse by the tolerance", () => {
    const policy = { ...DEFAULT_ROLLBACK, falseRollbacks: 1e-300, passPairs: 1_000_000 }
    const runs = Array.from({ length: 100 }, (_, seed) => judgeAll(run(200, 0.0285, 0, 100 + seed), policy))
    const wrong = runs.filter(({ verdicts }) => saying(verdicts, "pass").length > 0).length
    // 5 of 100 are allowed; three deviations of that.
    expect(wrong).toBeLessThanOrEqual(5 + 3 * Math.sqrt(5))
  })
})

describe("a watch", () => {
  it("is plain data: restored from JSON after any pair, it continues unchanged", () => {
    const pairs = run(150, 0.3, 100)
    const whole = judgeAll(pairs)
    fc.assert(
      fc.property(fc.nat(pairs.length), (cut) => {
        const before = judgeAll(pairs.slice(0, cut))
        const restored = JSON.parse(JSON.stringify(before.watch)) as RollbackWatch
        const after = judgeAll(pairs.slice(cut), DEFAULT_ROLLBACK, restored)
        expect(after.watch).toEqual(whole.watch)
        expect([...before.verdicts, ...after.verdicts]).toEqual(whole.verdicts)
      }),
      { numRuns: 20 },
    )
  })

  it("stays finite for any readings", () => {
    const loss = fc.oneof(fc.double(), fc.double({ min: -1, max: 1, noNaN: true }))
    fc.assert(
      fc.property(fc.array(fc.tuple(loss, loss), { maxLength: 200 }), (readings) => {
        const { watch, verdicts } = judgeAll(readings.map(([b, t], i) => pairAt(i, b, t)))
        const numbers = [watch.noise.spread, watch.noise.square, ...watch.detector, ...watch.soundness]
        expect(numbers.every((x) => Number.isFinite(x) && x >= 0)).toBe(true)
        expect(verdicts.every((v) => Number.isFinite(v.evidence) && Number.isFinite(v.soundness))).toBe(true)
      }),
    )
  })
})
