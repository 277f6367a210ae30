import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { NO_ADVANTAGE, watchAdvantage } from "../../src/control/advantage.ts"
import {
  bet,
  detect,
  FRESH_DETECTOR,
  FRESH_VALUE,
  MOST_SCORE,
  noteDifference,
  type PairNoise,
  scoreOf,
  UNKNOWN_NOISE,
  worth,
} from "../../src/control/pairEvidence.ts"
import { baselineIsFirst } from "../../src/control/pairOrder.ts"
import { SignDraw } from "../../src/hot/ChaCha8.ts"

/** Sizes that an adversary picks knowing every coin so far: a table looked up by what was thrown. */
type Adversary = ReadonlyArray<number>
const sizes = fc.oneof(
  fc.double({ min: 0, max: 1e6, noNaN: true }),
  fc.double({ min: 1, max: 2, noNaN: true }),
  fc.constantFrom(0, 1e-12, 1e12),
)
const adversaries = fc.array(sizes, { minLength: 1, maxLength: 64 })
const pick = (adversary: Adversary, step: number, coins: number): number =>
  adversary[(step * 7 + coins * 13) % adversary.length]

/** Calls back with every outcome of n coins, as differences of the adversary's choice. */
function everyOutcome(
  adversary: Adversary,
  n: number,
  visit: (differences: ReadonlyArray<number>) => void,
): void {
  for (let coins = 0; coins < 2 ** n; coins++) {
    visit(
      Array.from({ length: n }, (_, step) => {
        const thrown = coins & (2 ** step - 1)
        return (((coins >> step) & 1) * 2 - 1) * pick(adversary, step, thrown)
      }),
    )
  }
}

/** Scores as the rollback test makes them: in units of what was known before. */
function scoresOf(differences: ReadonlyArray<number>): ReadonlyArray<number> {
  let noise: PairNoise = UNKNOWN_NOISE
  return differences.map((difference) => {
    const score = scoreOf(noise, difference)
    noise = noteDifference(noise, difference)
    return score
  })
}

const PAIRS = 9

describe("evidence under signs decided by a coin", () => {
  it("averages 1 over all outcomes, whatever sizes an adversary picks", () => {
    fc.assert(
      fc.property(adversaries, (adversary) => {
        let sum = 0
        everyOutcome(adversary, PAIRS, (d) => {
          sum += worth(scoresOf(d).reduce(bet, FRESH_VALUE))
        })
        expect(sum / 2 ** PAIRS).toBeCloseTo(1, 9)
      }),
      { numRuns: 30 },
    )
  })

  it("sums in the detector to the number of pairs on average, and never more", () => {
    fc.assert(
      fc.property(adversaries, (adversary) => {
        let sum = 0
        everyOutcome(adversary, PAIRS, (d) => {
          sum += worth(scoresOf(d).reduce(detect, FRESH_DETECTOR))
        })
        expect(sum / 2 ** PAIRS).toBeCloseTo(PAIRS, 9)
      }),
      { numRuns: 30 },
    )
  })

  it("is worth less if the tuned configuration really is better", () => {
    fc.assert(
      fc.property(adversaries, fc.double({ min: 0, max: 10, noNaN: true }), (adversary, better) => {
        let value = 0
        let sum = 0
        everyOutcome(adversary, PAIRS, (d) => {
          const scores = scoresOf(d.map((x) => x - better))
          value += worth(scores.reduce(bet, FRESH_VALUE))
          sum += worth(scores.reduce(detect, FRESH_DETECTOR))
        })
        expect(value / 2 ** PAIRS).toBeLessThanOrEqual(1 + 1e-9)
        expect(sum / 2 ** PAIRS).toBeLessThanOrEqual(PAIRS + 1e-9)
      }),
      { numRuns: 30 },
    )
  })

  it("never falls below the inequality it is derived from", () => {
    fc.assert(
      fc.property(fc.double({ min: -MOST_SCORE, max: MOST_SCORE, noNaN: true }), (score) => {
        bet(FRESH_VALUE, score).forEach((factor, k) => {
          const x = [0.1, 0.2, 0.4, 0.8, 1.6][k] * score
          expect(factor).toBeGreaterThanOrEqual(Math.exp(x - (x * x) / 2) - 1e-12)
        })
      }),
    )
  })
})

describe("the scale of a score", () => {
  it("never depends on the pair it scales", () => {
    const known = [1, -2, 3].reduce(noteDifference, UNKNOWN_NOISE)
    expect(scoreOf(UNKNOWN_NOISE, 5)).toBe(0)
    expect(scoreOf(known, 2)).toBe(1)
    expect(scoreOf(known, -2)).toBe(-1)
  })

  it("depends on sizes, not on signs", () => {
    fc.assert(
      fc.property(fc.array(sizes, { maxLength: 40 }), fc.infiniteStream(fc.boolean()), (all, coins) => {
        const thrown = all.map((size) => (coins.next().value === true ? size : -size))
        expect(thrown.reduce(noteDifference, UNKNOWN_NOISE)).toEqual(
          all.reduce(noteDifference, UNKNOWN_NOISE),
        )
      }),
    )
  })

  it("counts one wild pair as at most three spreads", () => {
    const calm = Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? 1 : -1)).reduce(
      noteDifference,
      UNKNOWN_NOISE,
    )
    expect(calm.spread).toBe(1)
    expect(scoreOf(calm, 1e9)).toBe(MOST_SCORE)
    const shaken = noteDifference(calm, 1e9)
    expect(shaken.spread).toBeCloseTo(1 + 0.02 * 2, 12)
    expect(shaken.square).toBeCloseTo(1 + 0.02 * 24, 12)
  })

  it("treats any difference as the largest without earlier noise", () => {
    const still = [0, 0, 0].reduce(noteDifference, UNKNOWN_NOISE)
    expect([1e-9, 0, -1e-9].map((d) => scoreOf(still, d))).toEqual([MOST_SCORE, 0, -MOST_SCORE])
  })
})

describe("the order of a pair", () => {
  const coins = (seed: number, from: number, n: number): ReadonlyArray<number> =>
    Array.from({ length: n }, (_, i) => (baselineIsFirst(seed, from + i) ? 1 : -1))

  it("is drawn fairly and independently for each pair", () => {
    const n = 8192
    const drawn = coins(42, 0, n)
    const sum = (values: ReadonlyArray<number>): number => values.reduce((a, b) => a + b, 0)
    // Four standard deviations of a sum of n coins.
    const far = 4 * Math.sqrt(n)
    expect(Math.abs(sum(drawn))).toBeLessThan(far)
    for (const lag of [1, 2, 3, 16, 32, 512]) {
      expect(Math.abs(sum(drawn.slice(lag).map((coin, i) => coin * drawn[i])))).toBeLessThan(far)
    }
  })

  it("is a function of every digit of seed and pair", () => {
    const first = coins(7, 0, 256)
    expect(coins(7, 0, 256)).toEqual(first)
    expect(coins(8, 0, 256)).not.toEqual(first)
    expect(coins(7 + 2 ** 32, 0, 256)).not.toEqual(first)
    expect(coins(7, 512, 256)).not.toEqual(first)
    expect(coins(7, 512 * 2 ** 32, 256)).not.toEqual(first)
  })

  it("is independent of the order in which the tuner reads its two sides", () => {
    const draw = new SignDraw(7)
    const sides = Array.from({ length: 4096 }, (_, cycle) => draw.draw(cycle, 1, new Float64Array(1), 0))
    const together = coins(7, 0, 4096).reduce((sum, coin, i) => sum + coin * sides[i], 0)
    expect(Math.abs(together)).toBeLessThan(4 * 64)
  })
})

describe("an advantage", () => {
  const policy = { falseAdvantage: 0.05, blockPairs: 200, minPairs: 8 }
  const promotedAt = (scores: ReadonlyArray<number>): ReadonlyArray<number> => {
    let watch = NO_ADVANTAGE
    return scores.flatMap((score, i) => {
      const step = watchAdvantage(watch, score, policy)
      watch = step.watch
      return step.promote ? [i + 1] : []
    })
  }

  it("is earned when a second block of pairs confirms it, of the same length for the same scores", () => {
    const [at] = promotedAt(Array.from({ length: 100 }, () => -1))
    let evidence = FRESH_VALUE
    let block = 0
    for (; block < policy.minPairs || worth(evidence) < 20; block++) evidence = bet(evidence, 1)
    expect(at).toBe(2 * block)
  })

  it("is not earned by one lucky block", () => {
    const lucky = Array.from({ length: 12 }, () => -2)
    const after = Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 1 : -1))
    expect(promotedAt([...lucky, ...after])).toEqual([])
  })

  it("is not earned by two lucky blocks with an inconclusive one in between", () => {
    const good = Array.from({ length: 12 }, () => -2)
    const nothing = Array.from({ length: policy.blockPairs }, () => 0)
    expect(promotedAt([...good, ...good])).toHaveLength(1)
    expect(promotedAt([...good, ...nothing, ...good])).toEqual([])
  })

  it("is not earned by a worse or equal configuration", () => {
    expect(promotedAt(Array.from({ length: 300 }, () => 1))).toEqual([])
    expect(promotedAt(Array.from({ length: 300 }, () => 0))).toEqual([])
  })

  it("is found by chance at most at the product of both blocks' rates", () => {
    const often = { falseAdvantage: 0.5, blockPairs: 100, minPairs: 1 }
    const n = 12
    let promoted = 0
    everyOutcome([1], n, (d) => {
      let watch = NO_ADVANTAGE
      let found = false
      for (const score of d) {
        const step = watchAdvantage(watch, 3 * score, often)
        watch = step.watch
        found ||= step.promote
      }
      if (found) promoted++
    })
    // Promotions can come more than once in a row of pairs; the first of them is what is bounded.
    expect(promoted / 2 ** n).toBeLessThanOrEqual(0.25)
    expect(promoted).toBeGreaterThan(0)
  })
})
