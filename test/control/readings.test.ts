/** Which numbers are readings: all that can be squared and summed for as long as an engine lives, and no others. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { isReading } from "../../src/control/readings.ts"

/** A window a millisecond for three hundred years. */
const WINDOWS = 1e13

describe("a reading", () => {
  it("can be squared and summed without overflow, and either sign is valid", () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        if (isReading(value)) expect(value * value * WINDOWS).toBeLessThan(Number.POSITIVE_INFINITY)
        else expect(Math.abs(value) < 1e100).toBe(false)
        expect(isReading(-value)).toBe(isReading(value))
      }),
    )
  })

  it("is any number up to and including the largest", () => {
    for (const value of [0, -0, Number.MIN_VALUE, 1, 1e99, 1e100]) expect(isReading(value)).toBe(true)
    for (const value of [
      1e100 * (1 + Number.EPSILON),
      Number.MAX_VALUE,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ])
      expect(isReading(value)).toBe(false)
  })
})
