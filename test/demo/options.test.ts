/** How the demo's seconds are spent. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  COMPARISON_BLOCKS,
  MAX_SECONDS,
  MIN_SECONDS,
  scheduleOf,
  totalMsOf,
} from "../../examples/demo/options.ts"
import type { Stage } from "../../examples/demo/view.ts"

describe("the demo's schedule", () => {
  it("spends exactly the requested seconds, most of them on tuning", () => {
    fc.assert(
      fc.property(fc.integer({ min: MIN_SECONDS, max: MAX_SECONDS }), (seconds) => {
        const { warmUpMs, tuneMs, proofMs, blockSettleMs, blockMeasureMs } = scheduleOf(seconds)
        const spent = warmUpMs + tuneMs + proofMs + COMPARISON_BLOCKS * (blockSettleMs + blockMeasureMs)
        expect(spent).toBeCloseTo(seconds * 1_000, 6)
        expect(tuneMs).toBeGreaterThanOrEqual(seconds * 500)
        expect(blockMeasureMs).toBeGreaterThan(blockSettleMs)
      }),
    )
  })
})

describe("the demo's clock", () => {
  const schedule = scheduleOf(75)
  const block = schedule.blockSettleMs + schedule.blockMeasureMs
  /** The stages with what is planned for each. */
  const PLAN: ReadonlyArray<readonly [Stage, plannedMs: number, blocksDone: number]> = [
    ["warming up", schedule.warmUpMs, 0],
    ["tuning", schedule.tuneMs, 0],
    ["proving", schedule.proofMs, 0],
    ...Array.from({ length: COMPARISON_BLOCKS }, (_, i) => ["comparing", block, i] as const),
  ]
  const slower = fc.array(fc.integer({ min: 0, max: 60_000 }), {
    minLength: PLAN.length,
    maxLength: PLAN.length,
  })

  it("shows the requested seconds for as long as every stage takes what was planned", () => {
    let elapsedMs = 0
    let totalMs = 75_000
    for (const [stage, plannedMs, blocksDone] of PLAN) {
      elapsedMs += plannedMs
      totalMs = totalMsOf(schedule, { stage, elapsedMs, totalMs }, blocksDone)
      expect(totalMs).toBeCloseTo(75_000, 6)
    }
  })

  it("puts the end off by what each stage takes too long, and never passes it", () => {
    fc.assert(
      fc.property(slower, (lateMs) => {
        let elapsedMs = 0
        let totalMs = 75_000
        for (const [i, [stage, plannedMs, blocksDone]] of PLAN.entries()) {
          elapsedMs += plannedMs + lateMs[i]
          totalMs = totalMsOf(schedule, { stage, elapsedMs, totalMs }, blocksDone)
          const late = lateMs.slice(0, i + 1).reduce((sum, ms) => sum + ms, 0)
          expect(totalMs).toBeCloseTo(75_000 + late, 6)
        }
        expect(totalMsOf(schedule, { stage: "done", elapsedMs, totalMs }, COMPARISON_BLOCKS)).toBe(elapsedMs)
      }),
    )
  })
})
