/** The governor: what is no number panics at once, what is far off when it stays, and neither becomes usual. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Governor, GOVERNOR, type Judgement } from "../../../src/morph/training/Governor.ts"

const judged = (governor: Governor, losses: ReadonlyArray<number>): ReadonlyArray<Judgement> =>
  losses.map((loss) => governor.observe(loss))

/** A governor with a history of losses around one. */
const seasoned = (): Governor => {
  const governor = new Governor()
  judged(
    governor,
    Array.from({ length: GOVERNOR.least }, (_, i) => 1 + 0.1 * (i % 2)),
  )
  return governor
}

describe("the governor", () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY])("panics at once at a loss of %s", (loss) => {
    expect(new Governor().observe(loss)).toBe("panic")
  })

  it("panics at the third loss in a row that is far off", () => {
    expect(judged(seasoned(), [10, 10, 10])).toEqual(["suspect", "suspect", "panic"])
  })

  it("begins to count again after a loss as usual, and after a panic", () => {
    expect(judged(seasoned(), [10, 10, 1, 10, 10, 10, 10])).toEqual([
      "suspect",
      "suspect",
      "usual",
      "suspect",
      "suspect",
      "panic",
      "suspect",
    ])
  })

  it("does not get used to losses that are far off, however many there are", () => {
    const governor = seasoned()
    judged(governor, Array<number>(201).fill(10))
    expect(governor.observe(10)).toBe("suspect")
    expect(governor.observe(1)).toBe("usual")
  })

  it("needs both: six sigma above, and three times the mean", () => {
    // Sigma is .05 here: 2.9 is far above in sigmas alone.
    expect(judged(seasoned(), [2.9, 2.9, 2.9])).toEqual(["usual", "usual", "usual"])
    // With every tenth loss a hundred times the others, three times the mean is nothing unusual.
    const wide = new Governor()
    judged(
      wide,
      Array.from({ length: 20 }, (_, i) => (i === 5 ? 100 : 1)),
    )
    expect(wide.observe(40)).toBe("usual")
  })

  it("has nothing to say before it has a history", () => {
    expect(judged(new Governor(), [1, 1e6, 1e-6, 1e9])).toEqual(["usual", "usual", "usual", "usual"])
  })

  it("never panics over losses that fall", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.5, max: 1, noNaN: true }), { maxLength: 200 }), (factors) => {
        const governor = new Governor()
        let loss = 1
        for (const factor of factors) {
          loss *= factor
          expect(governor.observe(loss)).toBe("usual")
        }
      }),
    )
  })
})
