/**
 * The short form of `node bench/fuzz/main.ts`: broken configurations, states and artifacts, every one answered, and every
 * answer whole.
 */
import { describe, expect, it } from "vitest"
import { fuzz } from "../../bench/fuzz/fuzz.ts"

describe("broken files of the solver", () => {
  it("all give a complete document or a tagged error", () => {
    const report = fuzz({ seed: 20261121, inputs: 6_000 })
    expect(report.failures).toEqual([])
    expect(report.failed).toBe(0)
    // The inputs reach all doors, valid ones included; else there would be nothing to hold.
    expect(report.valid).toBeGreaterThan(600)
    expect(report.refused).toBeGreaterThan(2400)
    expect(report.notJson).toBeGreaterThan(600)
    expect(report.restored).toBeGreaterThan(150)
    expect(report.notRestored).toBeGreaterThan(6)
  })

  it("are the same for the same seed and number, alone or in a series", () => {
    const whole = fuzz({ seed: 5, inputs: 40 })
    const parts = [fuzz({ seed: 5, inputs: 15 }), fuzz({ seed: 5, from: 15, inputs: 25 })]
    for (const key of ["texts", "notJson", "valid", "refused", "problems", "restored"] as const) {
      expect(parts[0][key] + parts[1][key]).toBe(whole[key])
    }
    expect(fuzz({ seed: 6, inputs: 40 })).not.toEqual({ ...whole, seed: 6 })
  })
})
