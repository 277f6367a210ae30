/** The verdict over alternating blocks: which block belongs to whom, what the ratio means and when the demo has failed. */
import { describe, expect, it } from "vitest"
import { compare, exitCodeOf } from "../../examples/demo/comparison.ts"
import type { Measurement } from "../../examples/demo/protocol.ts"

const block = (costMs: number, answers = 100): Measurement => ({
  answers,
  refused: 1,
  errors: 2,
  perSecond: 1_000,
  costMs,
  latencyMs: costMs / 2,
  ageMs: 10,
  p50Ms: 1,
  p99Ms: 9,
})

describe("the comparison", () => {
  it("gives odd blocks to the start, even ones to the tuned configuration", () => {
    const { start, tuned, ratio, pairRatios } = compare([10, 5, 20, 12, 30, 13].map((cost) => block(cost)))
    expect(start.costMs).toBe(20)
    expect(tuned.costMs).toBe(10)
    expect(start.latencyMs).toBe(10)
    expect(ratio).toBe(0.5)
    expect(pairRatios).toEqual([0.5, 0.6, 13 / 30])
    expect([start.refused, start.errors]).toEqual([3, 6])
  })

  it("needs pairs of blocks with answers", () => {
    expect(() => compare([])).toThrow("pairs")
    expect(() => compare([block(1)])).toThrow("pairs")
    expect(() => compare([block(1), block(Number.NaN, 0)])).toThrow("no answers")
  })

  it("fails a run that ended worse, or that read a knob outside its bounds", () => {
    expect(exitCodeOf(0.5, 0, false)).toBe(0)
    expect(exitCodeOf(1, 0, false)).toBe(0)
    expect(exitCodeOf(1.01, 0, false)).toBe(1)
    expect(exitCodeOf(0.5, 1, false)).toBe(1)
    expect(exitCodeOf(1.01, 0, true)).toBe(0)
    expect(exitCodeOf(1.01, 1, true)).toBe(1)
    expect(exitCodeOf(Number.NaN, 0, false)).toBe(1)
  })
})
