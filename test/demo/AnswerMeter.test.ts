/** Readings belong to the generation under which their requests started, and to no other. */
import { describe, expect, it } from "vitest"
import { AnswerMeter } from "../../examples/demo/AnswerMeter.ts"
import { AGE_PRICE, REFUSAL_PRICE_MS } from "../../examples/demo/knobs.ts"

describe("the answer meter", () => {
  it("takes the mean cost of waiting, age and refusals, each at its price", () => {
    const meter = new AnswerMeter()
    meter.add(3, 10, 100, false)
    meter.add(3, 2, 0, true)
    const reading = meter.take(3)
    expect(reading?.answers).toBe(2)
    expect(reading?.costMs).toBeCloseTo((10 + 100 * AGE_PRICE + 2 + REFUSAL_PRICE_MS) / 2, 12)
    expect(reading?.refusedShare).toBe(0.5)
    expect(reading?.p99Ms).toBeCloseTo(10, 1)
  })

  it("reports nothing for a slice without answers", () => {
    const meter = new AnswerMeter()
    expect(meter.take(1)).toBeNull()
    meter.add(1, 1, 0, false)
    expect(meter.take(1)).not.toBeNull()
    expect(meter.take(1)).toBeNull()
  })

  it("leaves out requests that started before the last apply, and counts them", () => {
    const meter = new AnswerMeter()
    meter.add(1, 100, 0, false)
    meter.add(2, 5, 0, false)
    meter.add(1, 100, 0, false)
    expect(meter.take(2)?.costMs).toBe(5)
    expect(meter.late).toBe(1)
  })

  it("drops its answers when the configuration changes", () => {
    const meter = new AnswerMeter()
    meter.add(1, 100, 0, false)
    expect(meter.take(2)).toBeNull()
    meter.add(1, 100, 0, false)
    meter.add(2, 5, 0, false)
    expect(meter.take(2)?.costMs).toBe(5)
  })
})
