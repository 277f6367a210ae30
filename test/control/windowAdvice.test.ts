/** What is said of windows: only where they are too short, never to make them much longer, and in whole sentences. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { adviceOf, isShort, windowAdvice } from "../../src/control/windowAdvice.ts"
import type { EngineSettings } from "../../src/domain/Config.ts"
import type { Resumption } from "../../src/domain/Resumption.ts"
import { spanText } from "../../src/domain/spanText.ts"

const five = { windowDigests: 5, windowUs: 500_000 }
const memoryOf = (windows: number, windowUs = 100_000) => ({ horizonUs: windows * windowUs, windowUs })

describe("advice on windows", () => {
  it("is given once readings are projected over more than forty windows, and not before", () => {
    expect(windowAdvice(five, null)).toEqual([])
    expect(windowAdvice(five, memoryOf(40))).toEqual([])
    expect(isShort(memoryOf(40))).toBe(false)
    expect(isShort(memoryOf(41))).toBe(true)
    expect(windowAdvice(five, memoryOf(80))).toEqual([
      "This plant remembers for about 8 seconds, and a window of 0.1 seconds shows too little of that. Use window: { digests: 25, us: 2500000 }.",
    ])
  })

  it("never asks for windows more than five times as long, nor for ones that are not longer", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 1000 }),
        fc.integer({ min: 1, max: 1e9 }),
        fc.double({ min: 40.1, max: 1e6, noNaN: true }),
        (windowDigests, windowUs, windows) => {
          const [text] = windowAdvice({ windowDigests, windowUs }, memoryOf(windows))
          const [, digests, us] = /digests: (\d+), us: (\d+) }\.$/.exec(text) ?? []
          for (const [now, asked] of [
            [windowDigests, Number(digests)],
            [windowUs, Number(us)],
          ]) {
            expect(asked).toBeGreaterThan(2.4 * now)
            expect(asked).toBeLessThanOrEqual(5 * now)
          }
        },
      ),
    )
  })

  it("makes the horizon sixteen windows if that is less than five times as long", () => {
    expect(windowAdvice({ windowDigests: 10, windowUs: 1_000_000 }, memoryOf(48))[0]).toContain(
      "{ digests: 30, us: 3000000 }",
    )
  })

  it("says that windows of one or two digests show no trend, whatever is known", () => {
    for (const [windowDigests, what] of [
      [1, "1 digest show"],
      [2, "2 digests show"],
    ] as const)
      for (const memory of [null, memoryOf(500)]) {
        const advice = windowAdvice({ windowDigests, windowUs: 1 }, memory)
        expect(advice).toHaveLength(1)
        expect(advice[0]).toContain(`Windows of ${what}`)
      }
    expect(windowAdvice({ windowDigests: 3, windowUs: 1 }, null)).toEqual([])
  })
})

describe("advice for an engine", () => {
  const settings = (lookAhead?: boolean): Pick<EngineSettings, "window" | "gains"> => ({
    window: five as EngineSettings["window"],
    gains: lookAhead === undefined ? {} : { lookAhead },
  })
  /** A digest every tenth of a second in the run before. */
  const before = (horizonUs: number) => ({ memory: { horizonUs, digestUs: 100_000 } }) as Resumption

  it("uses what this run has found, and the previous run until then", () => {
    expect(adviceOf(settings(), memoryOf(80), null)).toEqual(windowAdvice(five, memoryOf(80)))
    // Five digests make half a second: 41 windows are 20.5 seconds.
    expect(adviceOf(settings(), null, before(20_500_000))).toEqual(
      windowAdvice(five, { horizonUs: 20_500_000, windowUs: 500_000 }),
    )
    expect(adviceOf(settings(), null, before(20_500_000))).toHaveLength(1)
    expect(adviceOf(settings(), null, before(20_000_000))).toEqual([])
    expect(adviceOf(settings(), memoryOf(20), before(90_000_000))).toEqual([])
  })

  it("is empty if neither run has found that the plant remembers", () => {
    expect(adviceOf(settings(true), null, null)).toEqual([])
    expect(adviceOf(settings(), null, {} as Resumption)).toEqual([])
  })

  it("is empty if look-ahead is switched off, which is all that windows are judged for", () => {
    expect(adviceOf(settings(false), memoryOf(80), null)).toEqual([])
    expect(adviceOf(settings(true), memoryOf(80), null)).toHaveLength(1)
  })
})

describe("a span of time", () => {
  it("is written in seconds below a minute and a half, and in minutes from there", () => {
    expect([12_345, 8.1e6, 89.9e6, 90e6, 240e6].map(spanText)).toEqual([
      "0.012 seconds",
      "8.1 seconds",
      "90 seconds",
      "2 minutes",
      "4 minutes",
    ])
  })
})
