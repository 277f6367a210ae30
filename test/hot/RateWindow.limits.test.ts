/** The ends of what a rate window can be told and asked. */
import { describe, expect, it } from "vitest"
import { RateWindow } from "../../src/hot/RateWindow.ts"

const SECOND = 1e6

describe("a rate window", () => {
  it("accepts whole counts of at least one, and reports other values", () => {
    const now = new Float64Array(1)
    for (const count of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => new RateWindow(count, SECOND, 0, now)).toThrow(
        new RangeError(`count: must be a whole number from 1, got ${count}.`),
      )
    expect(new RateWindow(1, SECOND, 0, now).allows()).toBe(true)
  })

  it("keeps no times at a million a second: the resolution of time is the limit", () => {
    const now = new Float64Array(1)
    const window = RateWindow.perSecond(1e6, 0, now)
    for (let i = 0; i < 5; i++) {
      now[0] = i
      expect(window.allows()).toBe(true)
      window.record()
      // A window without length holds nothing.
      expect(window.inWindow()).toBe(0)
    }
  })

  it("counts only what is inside its window", () => {
    const now = new Float64Array(1)
    const window = new RateWindow(3, SECOND, 0, now)
    expect(window.inWindow()).toBe(0)
    for (const [at, inside] of [
      [0, 1],
      [10, 2],
      [20, 3],
      [30, 3],
    ]) {
      now[0] = at
      window.record()
      expect(window.inWindow()).toBe(inside)
    }
    now[0] = SECOND + 20
    expect(window.inWindow()).toBe(1)
  })
})
