/**
 * Bets sized for no difference. That they hold for any candidate is an inequality, proved exactly over every path of small trees; that
 * they are worth having is counted: fewer pairs than the mixture needs until a candidate that is as good has passed.
 */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { betBelow, BOUNDED_BETS, ofDifference } from "../../src/control/boundedBets.ts"
import {
  bet,
  FRESH_VALUE,
  noteDifference,
  type PairNoise,
  scoreOf,
  UNKNOWN_NOISE,
  worth,
} from "../../src/control/pairEvidence.ts"
import { FRESH_SIZED, sizedBelow, type SizedBounded, sizedWithin } from "../../src/control/sizedBets.ts"
import { gaussianAt, uniformAt } from "../../src/testing/noise.ts"

const margin = fc.double({ min: 0.001, max: 0.5, noNaN: true })
const share = fc.double({ min: 0, max: 1, noNaN: true })
const ENOUGH = 20
const MOST = 60_000

/** Pairs until the evidence is enough. */
function pairsUntil(step: (pair: number) => number): number {
  for (let pair = 0; pair < MOST; pair++) if (step(pair) >= ENOUGH) return pair + 1
  return MOST
}

const median = (all: ReadonlyArray<number>): number => all.toSorted((a, b) => a - b)[all.length >> 1]
const over = (runs: number, one: (seed: number) => number): number =>
  median(Array.from({ length: runs }, (_, run) => one(7_919 * (run + 1))))

describe("evidence that a difference of error rates is below a margin", () => {
  it("expects at most 1 where the mean is at the margin, whatever chances an adversary picks by the path so far", () => {
    fc.assert(
      fc.property(margin, fc.array(share, { minLength: 1, maxLength: 12 }), (edge, parts) => {
        const visit = (state: SizedBounded, depth: number, path: number): number => {
          if (depth === 6) return state.wealth
          // Of 1 and -1 with a mean of at least the margin: the rest is 0.
          const up = edge + parts[(depth * 5 + path) % parts.length] * (1 - edge)
          const down = Math.min(up - edge, 1 - up)
          return (
            up * visit(sizedBelow(state, 1, edge), depth + 1, path * 3 + 2) +
            down * visit(sizedBelow(state, -1, edge), depth + 1, path * 3 + 1) +
            (1 - up - down) * visit(sizedBelow(state, 0, edge), depth + 1, path * 3)
          )
        }
        expect(visit(FRESH_SIZED, 0, 0)).toBeLessThanOrEqual(1 + 1e-9)
      }),
      { numRuns: 60 },
    )
  })

  it("is never negative, whatever comes", () => {
    fc.assert(
      fc.property(
        margin,
        fc.array(fc.constantFrom(-1, 0, 1), { minLength: 1, maxLength: 200 }),
        (edge, all) => {
          let state = FRESH_SIZED
          for (const one of all) expect((state = sizedBelow(state, one, edge)).wealth).toBeGreaterThan(0)
        },
      ),
      { numRuns: 60 },
    )
  })

  it("passes an equal candidate in two thirds of the pairs that a mixture of bets takes", () => {
    const difference = (seed: number, pair: number): number =>
      Number(uniformAt(seed, pair) < 0.01) - Number(uniformAt(seed ^ 0x5555555, pair) < 0.01)
    const sized = over(40, (seed) => {
      let state = FRESH_SIZED
      return pairsUntil((pair) => (state = sizedBelow(state, difference(seed, pair), 0.005)).wealth)
    })
    const mixed = over(40, (seed) => {
      let stakes: ReadonlyArray<number> = BOUNDED_BETS.map(() => 1)
      return pairsUntil((pair) =>
        worth((stakes = betBelow(stakes, ofDifference(difference(seed, pair)), ofDifference(0.005)))),
      )
    })
    expect(sized).toBeLessThan((2 / 3) * mixed)
  })
})

describe("evidence that a ratio of times is below a margin", () => {
  it("expects at most 1 where a coin decides on which side of the margin the difference lies", () => {
    const size = fc.double({ min: 0.001, max: 5, noNaN: true })
    fc.assert(
      fc.property(margin, fc.array(size, { minLength: 1, maxLength: 12 }), (edge, sizes) => {
        const visit = (wealth: number, noise: PairNoise, depth: number, path: number): number => {
          if (depth === 7) return wealth
          const off = sizes[(depth * 5 + path) % sizes.length]
          const after = (difference: number, next: number): number =>
            visit(
              sizedWithin(wealth, noise, difference, edge),
              noteDifference(noise, difference),
              depth + 1,
              next,
            )
          return 0.5 * after(edge + off, 2 * path + 1) + 0.5 * after(edge - off, 2 * path)
        }
        expect(visit(1, UNKNOWN_NOISE, 0, 0)).toBeLessThanOrEqual(1 + 1e-9)
      }),
      { numRuns: 60 },
    )
  })

  it("passes an equal candidate in two thirds of the pairs that a mixture of bets takes", () => {
    const edge = Math.log(1.05)
    const until = (seed: number, step: (noise: PairNoise, difference: number) => number): number => {
      let noise = UNKNOWN_NOISE
      return pairsUntil((pair) => {
        const difference = 0.7 * gaussianAt(seed, pair)
        const found = step(noise, difference)
        noise = noteDifference(noise, difference)
        return found
      })
    }
    const sized = over(40, (seed) => {
      let wealth = 1
      return until(seed, (noise, difference) => (wealth = sizedWithin(wealth, noise, difference, edge)))
    })
    const mixed = over(40, (seed) => {
      let stakes = FRESH_VALUE
      return until(seed, (noise, difference) =>
        worth((stakes = bet(stakes, scoreOf(noise, edge - difference)))),
      )
    })
    expect(sized).toBeLessThan((2 / 3) * mixed)
  })
})
