/** How the demo's seconds are spent. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { COMPARISON_BLOCKS, MAX_SECONDS, MIN_SECONDS, scheduleOf } from "../../examples/demo/options.ts"

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
