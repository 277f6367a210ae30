/** The promise is an expectation, so it is proved over every outcome of small runs; what it is for is seen by a change in a long one. */
import { describe, expect, it } from "vitest"
import { laidIn, notLaidIn } from "../../src/control/lateEvidence.ts"
import { bet, BETS, type Stakes, worth } from "../../src/control/pairEvidence.ts"

const EMPTY: Stakes = BETS.map(() => 0)

/** Stakes and what is kept, after pairs with these scores. */
const valueOf = (scores: ReadonlyArray<number>): number =>
  worth(scores.reduce<Stakes>((stakes, score, i) => bet(laidIn(stakes, i + 1), score), EMPTY)) +
  notLaidIn(scores.length)

describe("evidence that is laid in by degrees", () => {
  it("averages 1 over all outcomes of the coins, for sizes from tiny to wild", () => {
    for (const size of [0.01, 0.7, 3]) {
      const pairs = 10
      let sum = 0
      for (let coins = 0; coins < 2 ** pairs; coins++)
        sum += valueOf(Array.from({ length: pairs }, (_, i) => (((coins >> i) & 1) * 2 - 1) * size))
      expect(sum / 2 ** pairs).toBeCloseTo(1, 9)
    }
  })

  it("is worth 1 before the first pair, and stays 1 where nothing differs", () => {
    expect(valueOf([])).toBe(1)
    expect(valueOf(Array.from({ length: 500 }, () => 0))).toBeCloseTo(1, 9)
  })

  it("sees within 80 pairs what begins after 3,000 good ones, where a plain product never does", () => {
    const good = Array.from({ length: 3_000 }, (_, i) => (i % 3 === 0 ? 1 : -1))
    const scores = [...good, ...Array.from({ length: 80 }, (_, i) => (i % 6 === 0 ? -1 : 1))]
    expect(valueOf(scores)).toBeGreaterThan(100)
    expect(
      worth(
        scores.reduce<Stakes>(
          bet,
          BETS.map(() => 1),
        ),
      ),
    ).toBeLessThan(1e-3)
  })

  it("stays a number, whatever is won", () => {
    expect(valueOf(Array.from({ length: 5_000 }, () => 3))).toBeLessThan(Number.MAX_VALUE)
  })
})
