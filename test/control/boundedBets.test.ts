/**
 * Betting on a bounded mean. The promise is an inequality over all distributions, so it is proved exactly over every path of small trees,
 * with probabilities an adversary picks knowing the past, and then counted in simulations of the rates that a duel sees.
 */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  betAbove,
  betBelow,
  BOUNDED_BETS,
  type BoundedStakes,
  FRESH_BOUNDED,
  ofDifference,
} from "../../src/control/boundedBets.ts"
import { worth } from "../../src/control/pairEvidence.ts"
import { chacha8Block } from "../../src/hot/ChaCha8.ts"

const share = fc.double({ min: 0.001, max: 0.999, noNaN: true })

/** Uniform numbers from 0 to 1, a function of the seed. */
function uniforms(seed: number): () => number {
  const key = Uint32Array.of(seed, 0x626f756e, 0x64656400, 0, 0, 0, 0, 0)
  const words = new Uint32Array(16)
  let drawn = 0
  return () => {
    if (drawn % 16 === 0) chacha8Block(key, drawn / 16, 0, 0, 0, words)
    return words[drawn++ % 16] / 2 ** 32
  }
}

/** The expected worth after `steps` values of 0 or 1, whose chances of 1 an adversary picks by the path so far. */
function expectedWorth(
  chances: ReadonlyArray<number>,
  step: (stakes: BoundedStakes, value: number) => BoundedStakes,
  steps: number,
): number {
  const visit = (stakes: BoundedStakes, depth: number, path: number): number => {
    if (depth === steps) return worth(stakes)
    const chance = chances[(depth * 5 + path) % chances.length]
    return (
      chance * visit(step(stakes, 1), depth + 1, path * 2 + 1) +
      (1 - chance) * visit(step(stakes, 0), depth + 1, path * 2)
    )
  }
  return visit(FRESH_BOUNDED, 0, 0)
}

describe("evidence that a bounded mean is above a bound", () => {
  it("expects at most 1 whatever chances up to the bound an adversary picks", () => {
    fc.assert(
      fc.property(share, fc.array(share, { minLength: 1, maxLength: 12 }), (bound, parts) => {
        const chances = parts.map((part) => part * bound)
        expect(expectedWorth(chances, (stakes, x) => betAbove(stakes, x, bound), 7)).toBeLessThanOrEqual(
          1 + 1e-9,
        )
      }),
      { numRuns: 60 },
    )
  })

  it("expects exactly 1 at the bound", () => {
    for (const bound of [0.001, 0.01, 0.5, 0.999])
      expect(expectedWorth([bound], (stakes, x) => betAbove(stakes, x, bound), 8)).toBeCloseTo(1, 9)
  })

  it("never has a negative wealth", () => {
    fc.assert(
      fc.property(
        share,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }),
        (m, values) => {
          for (const step of [betAbove, betBelow])
            for (const stake of values.reduce<BoundedStakes>(
              (stakes, x) => step(stakes, x, m),
              FRESH_BOUNDED,
            ))
              expect(stake).toBeGreaterThanOrEqual(0)
        },
      ),
      { numRuns: 60 },
    )
  })

  it("mirrors the evidence for below", () => {
    const above = [0.2, 0.9, 0.5].reduce<BoundedStakes>(
      (stakes, x) => betAbove(stakes, x, 0.3),
      FRESH_BOUNDED,
    )
    const below = [0.8, 0.1, 0.5].reduce<BoundedStakes>(
      (stakes, x) => betBelow(stakes, x, 0.7),
      FRESH_BOUNDED,
    )
    below.forEach((stake, k) => expect(stake).toBeCloseTo(above[k], 12))
  })
})

/** Share of runs whose evidence reaches the threshold within so many pairs, with these rates of errors. */
function reached(
  candidate: number,
  incumbent: number,
  step: (stakes: BoundedStakes, difference: number) => BoundedStakes,
  { threshold, pairs, runs }: { threshold: number; pairs: number; runs: number },
): { readonly share: number; readonly median: number } {
  const stops: Array<number> = []
  for (let run = 0; run < runs; run++) {
    const next = uniforms(run)
    let stakes = FRESH_BOUNDED
    let stop = Number.POSITIVE_INFINITY
    for (let pair = 1; pair <= pairs && stop === Number.POSITIVE_INFINITY; pair++) {
      const difference = (next() < candidate ? 1 : 0) - (next() < incumbent ? 1 : 0)
      stakes = step(stakes, difference)
      if (worth(stakes) >= threshold) stop = pair
    }
    stops.push(stop)
  }
  const found = stops.filter(Number.isFinite)
  return { share: found.length / runs, median: stops.toSorted((a, b) => a - b)[runs >> 1] }
}

const worse = (stakes: BoundedStakes, d: number): BoundedStakes => betAbove(stakes, ofDifference(d), 0.5)
const within = (stakes: BoundedStakes, d: number): BoundedStakes =>
  betBelow(stakes, ofDifference(d), ofDifference(0.005))

describe("errors of two sides of a duel", () => {
  it("reaches 20 by chance in at most a twentieth of the runs without a difference", () => {
    const { share } = reached(0.05, 0.05, worse, { threshold: 20, pairs: 2_000, runs: 400 })
    expect(share).toBeLessThanOrEqual(0.05)
    expect(share).toBeGreaterThan(0)
  })

  it("says within the margin by chance in at most a twentieth of the runs at the margin", () => {
    const { share } = reached(0.015, 0.01, within, { threshold: 20, pairs: 4_000, runs: 200 })
    expect(share).toBeLessThanOrEqual(0.05)
  })

  it("finds three times the errors, and sooner where there are ten times as many", () => {
    const three = reached(0.03, 0.01, worse, { threshold: 100, pairs: 6_000, runs: 60 })
    const ten = reached(0.1, 0.01, worse, { threshold: 100, pairs: 6_000, runs: 60 })
    expect(three.share).toBe(1)
    expect(ten.median).toBeLessThan(three.median / 2)
  })

  it("finds a candidate without errors to be within half a point", () => {
    const { share, median } = reached(0, 0, within, { threshold: 20, pairs: 3_000, runs: 1 })
    expect(share).toBe(1)
    // The largest stakes alone would need ln 20 / .005 = 600 pairs; the mixture pays for not having known that.
    expect(median).toBeGreaterThan(600)
    expect(median).toBeLessThan(1_400)
  })
})

describe("the stakes", () => {
  it("are shares of the wealth, so that no value loses all of it", () => {
    for (const share of BOUNDED_BETS) {
      expect(share).toBeGreaterThan(0)
      expect(share).toBeLessThan(1)
    }
  })
})
