import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { RateWindow } from "../../src/hot/RateWindow.ts"

const SECOND = 1e6

const limited = (rate: number, intervalUs: number) => {
  const now = new Float64Array(1)
  const window = RateWindow.perSecond(rate, intervalUs, now)
  const next = new Float64Array(1)
  return {
    window,
    at: (us: number) => {
      now[0] = us
      return window
    },
    next: () => {
      window.nextInto(next, 0)
      return next[0]
    },
  }
}

describe("RateWindow", () => {
  it("allows its count in any window, and not one more", () => {
    const { at, next } = limited(2, 0)
    at(0).record()
    at(600_000).record()
    expect(at(999_999).allows()).toBe(false)
    expect(next()).toBe(SECOND)
    expect(at(SECOND).allows()).toBe(true)
  })

  it("rolls: the end of one second and the start of the next are one window", () => {
    const { at } = limited(2, 0)
    at(900_000).record()
    at(950_000).record()
    expect(at(1_000_001).allows()).toBe(false)
    expect(at(1_900_000).allows()).toBe(true)
  })

  it("keeps the interval even if the count would allow more", () => {
    const { at, next } = limited(10, 100_000)
    at(0).record()
    expect(at(99_999).allows()).toBe(false)
    expect(next()).toBe(100_000)
    expect(at(100_000).allows()).toBe(true)
  })

  it("restarts the interval when touched, without counting", () => {
    const { at } = limited(1, 100_000)
    at(500_000).touch()
    expect(at(599_999).allows()).toBe(false)
    expect(at(600_000).allows()).toBe(true)
  })

  it("treats a fraction of one per second as one in several seconds", () => {
    const { at } = limited(0.5, 0)
    at(0).record()
    expect(at(2 * SECOND - 1).allows()).toBe(false)
    expect(at(2 * SECOND).allows()).toBe(true)
  })

  it("limits nothing at an infinite rate", () => {
    const { at } = limited(Number.POSITIVE_INFINITY, 0)
    for (let i = 0; i < 100; i++) {
      expect(at(5).allows()).toBe(true)
      at(5).record()
    }
  })

  it("agrees with a list of all times, whatever the sequence", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 200_000 }),
        fc.array(fc.integer({ min: 0, max: 400_000 }), { maxLength: 200 }),
        (rate, interval, gaps) => {
          const { at, next } = limited(rate, interval)
          const taken: Array<number> = []
          let now = 0
          for (const gap of gaps) {
            now += gap
            const recent = taken.filter((time) => time > now - SECOND).length
            const allowed = recent < rate && (taken.length === 0 || now - taken[taken.length - 1] >= interval)
            expect(at(now).allows()).toBe(allowed)
            expect(next() <= now).toBe(allowed)
            expect(at(now).inWindow()).toBe(recent)
            if (allowed) {
              at(now).record()
              taken.push(now)
            }
          }
        },
      ),
    )
  })
})
