/** The verdict over alternating blocks: which block belongs to whom, what the ratio means and when the demo has failed. */
import { describe, expect, it } from "vitest"
import { compare, exitCodeOf, outcomeOf, unrest } from "../../examples/demo/comparison.ts"
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
  it("gives odd blocks to the start and even ones to the tuned configuration", () => {
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

  it("keeps the tuned configuration only if every pair of blocks finds it better", () => {
    const outcome = (costs: ReadonlyArray<number>, unchanged = false) =>
      outcomeOf(compare(costs.map((cost) => block(cost))), unchanged)
    expect(outcome([10, 5, 10, 6, 10, 9.9])).toBe("better")
    expect(outcome([10, 5, 10, 6, 10, 10.1])).toBe("undecided")
    expect(outcome([10, 11, 10, 12, 10, 9])).toBe("undecided")
    expect(outcome([10, 11, 10, 12, 10, 10])).toBe("worse")
    expect(outcome([10, 5, 10, 5, 10, 5], true)).toBe("unchanged")
    expect(outcome([10, Number.NaN, 10, Number.NaN])).toBe("undecided")
  })

  it("fails a run that made the service worse, or that read a knob outside its bounds", () => {
    for (const outcome of ["better", "unchanged", "undecided"] as const) {
      expect(exitCodeOf(outcome, 0)).toBe(0)
      expect(exitCodeOf(outcome, 1)).toBe(1)
    }
    expect(exitCodeOf("worse", 0)).toBe(1)
  })

  it("estimates the machine's noise from blocks of one configuration alone", () => {
    expect(unrest([10, 1, 12, 99, 15, 2].map((cost) => block(cost)))).toBe(1.5)
    expect(unrest([10, 1, 10, 99].map((cost) => block(cost)))).toBe(1)
  })
})
