/** The closing proof as a value: what three of four pairs say decides, the order alternates, and what is not proved does not stay. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  beginProof,
  type ClosingProof,
  judgeProof,
  nextSideIsBaseline,
  pairVoided,
  proofIsRead,
  type ProofReading,
  sideProved,
} from "../../src/control/closingProof.ts"

const level = (loss: number, breach = 0): ProofReading => ({ loss, breach })

/** A proof whose pairs were read one after the other, each side in its turn. */
function proved(
  wanted: number,
  pairs: ReadonlyArray<readonly [base: ProofReading, baseline: ProofReading]>,
): ClosingProof {
  let proof = beginProof(wanted)
  for (const [base, baseline] of pairs)
    for (let side = 0; side < 2; side++)
      proof = sideProved(proof, nextSideIsBaseline(proof) ? baseline : base)
  return proof
}
const differences = (...values: ReadonlyArray<number>) =>
  values.map((difference) => [level(50 + difference), level(50)] as const)

describe("a closing proof", () => {
  it("alternates which side comes first, so that a drift changes sign with every pair", () => {
    let proof = beginProof(4)
    const order: Array<boolean> = []
    for (let side = 0; side < 8; side++) {
      order.push(nextSideIsBaseline(proof))
      proof = sideProved(proof, level(side))
    }
    expect(order).toEqual([false, true, true, false, false, true, true, false])
    // A load that rises by one with each window: base less baseline is -1 and 1 in turn.
    expect(proof.pairs.map(({ loss }) => loss)).toEqual([-1, 1, -1, 1])
  })

  it("passes only if three of four pairs find the base lower", () => {
    const verdict = (...values: ReadonlyArray<number>) => judgeProof(proved(4, differences(...values)))
    expect(verdict(-1, -2, 3, -4)).toMatchObject({ verdict: "pass", wanted: 4, read: 4, difference: -1 })
    expect(verdict(-1, 2, 3, -4)).toMatchObject({ verdict: "fail", difference: 2 })
    // Equal is not lower.
    expect(verdict(0, -2, 3, -4)).toMatchObject({ verdict: "fail", difference: 0 })
  })

  it("is decided by the constraint before the cost", () => {
    const pairs = (base: number, baseline: number, cost: number) =>
      Array.from({ length: 4 }, () => [level(50 + cost, base), level(50, baseline)] as const)
    // The base costs more and breaks less, and the other way round.
    expect(judgeProof(proved(4, pairs(0.1, 0.3, 9)))).toMatchObject({ verdict: "pass" })
    expect(judgeProof(proved(4, pairs(0.3, 0.1, -9)))).toMatchObject({ verdict: "fail" })
    expect(judgeProof(proved(4, pairs(0.2, 0.2, -9)))).toMatchObject({ verdict: "pass", breach: 0 })
  })

  it("is open until its last pair is read, whatever the earlier pairs found", () => {
    const open = proved(5, differences(-9, -9, -9, -9))
    expect(proofIsRead(open)).toBe(false)
    expect(judgeProof(open)).toMatchObject({ verdict: "hold", read: 4, wanted: 5, difference: -9 })
    expect(judgeProof(beginProof(0))).toMatchObject({ verdict: "hold", difference: null, breach: null })
    const whole = proved(5, differences(-9, -9, -9, -9, -9))
    expect([proofIsRead(whole), judgeProof(whole).verdict]).toEqual([true, "pass"])
  })

  it("repeats an interrupted pair in the same order", () => {
    const before = proved(4, differences(-1))
    const amid = sideProved(before, level(7))
    expect(amid.half).toEqual(level(7))
    expect(nextSideIsBaseline(amid)).not.toBe(nextSideIsBaseline(before))
    expect(pairVoided(amid)).toEqual(before)
  })

  it("judges by the lowest number that three of four pairs do not exceed", () => {
    const values = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(values, (drawn) => {
        const { difference } = judgeProof(proved(drawn.length, differences(...drawn)))
        const below = (limit: number) => drawn.filter((x) => x <= limit).length / drawn.length
        expect(below(difference ?? Number.NaN)).toBeGreaterThanOrEqual(0.75)
        expect(below((difference ?? Number.NaN) - 1)).toBeLessThan(0.75)
      }),
    )
  })
})
