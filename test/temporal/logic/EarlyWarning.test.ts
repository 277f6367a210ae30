import { describe, expect, it } from "vitest"
import { EarlyWarning } from "../../../src/temporal/logic/EarlyWarning.ts"
import { gaussianAt } from "../../../src/testing/noise.ts"
import { problemsOf } from "../../problemsOf.ts"

/** A margin that swings with the load, once in 377 digests, with noise that has a memory. */
function swinging(seed: number, scale = 1): (t: number) => number {
  let x = 0
  return (t) => {
    x = 0.8 * x + 0.1 * gaussianAt(seed, t)
    return scale * (0.6 + Math.sin(t / 60) + x)
  }
}
const taught = (margin: (t: number) => number, digests: number, horizon = 20): EarlyWarning => {
  const warning = new EarlyWarning({ horizon })
  for (let t = 0; t < digests; t++) warning.observe(margin(t))
  return warning
}

describe("an early warning", () => {
  it("gives probabilities that come true as often as they say, and is worth more than the mean share", () => {
    for (const seed of [1, 2, 3]) {
      const { brier, reference, error, count } = taught(swinging(seed), 8_000).calibration
      expect(count).toBe(8_000 - 20 - 15)
      expect(brier).toBeLessThan(reference / 2)
      expect(error).toBeLessThan(0.05)
    }
  })

  it("learns nothing false from noise that has no past: no better and hardly worse than the mean share", () => {
    for (const seed of [1, 2, 3]) {
      const { brier, reference } = taught((t) => 2 + gaussianAt(seed, t), 8_000).calibration
      expect(brier).toBeLessThan(1.05 * reference)
    }
  })

  it("warns well before a margin that falls steadily is gone", () => {
    // Up to the top of a swing, where the margin is 1.6; from there it is gone within 80 digests.
    const warning = taught(swinging(4), 3_864)
    let warned = 0
    for (let t = 0; t < 200 && !warning.warns; t++) {
      const margin = 1.6 - 0.02 * t + 0.02 * gaussianAt(5, t)
      expect(margin).toBeGreaterThan(0)
      warning.observe(margin)
      warned = t
    }
    expect(warned).toBeGreaterThan(40)
    expect(warned).toBeLessThan(79)
  })

  it("is the same at any scale", () => {
    const [one, other] = [taught(swinging(6), 1_000), taught(swinging(6, 1024), 1_000)]
    expect(other.probability).toBe(one.probability)
    expect(other.calibration).toEqual(one.calibration)
  })

  it("counts each probability against the digests after it, by the definition", () => {
    const margin = swinging(7)
    const margins = Array.from({ length: 400 }, (_, t) => margin(t))
    const warning = new EarlyWarning({ horizon: 5 })
    const given = margins.map((one) => (warning.observe(one), warning.probability))
    const scores = given
      .map((p, t) => ({ p, happened: margins.slice(t + 1, t + 6).some((one) => one < 0) ? 1 : 0, t }))
      .filter(({ p, t }) => !Number.isNaN(p) && t < 395)
    const { brier, count, bins } = warning.calibration
    expect(count).toBe(scores.length)
    expect(brier).toBeCloseTo(
      scores.reduce((sum, { p, happened }) => sum + (p - happened) ** 2, 0) / count,
      12,
    )
    const last = scores.filter(({ p }) => p >= 0.9)
    expect(bins[9].count).toBe(last.length)
    expect(bins[9].happened).toBeCloseTo(
      last.reduce((sum, { happened }) => sum + happened, 0) / last.length,
      12,
    )
  })

  it("says nothing of a missing margin, and counts nothing whose outcome is missing", () => {
    const warning = taught(() => 3, 100, 5)
    const before = warning.calibration.count
    warning.observe(Number.NaN)
    expect(warning.probability).toBeNaN()
    expect(warning.warns).toBe(false)
    for (let t = 0; t < 3; t++) warning.observe(3)
    expect(warning.calibration.count).toBe(before)
    // A margin below zero has happened whatever the missing one was.
    warning.observe(-1)
    expect(warning.calibration.count).toBe(before + 1)
  })

  it("has nothing to say before it knows a scale", () => {
    expect(taught(() => 1, 15).probability).toBeNaN()
    expect(taught(() => 1, 16).probability).toBeLessThan(0.01)
    expect(taught(() => -1, 16).probability).toBeGreaterThan(0.9)
  })

  it("stays a number whatever comes", () => {
    const warning = new EarlyWarning({ horizon: 3 })
    const odd = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300, -1e300, 0, -0, 5e-324, Number.NaN]
    for (let t = 0; t < 2_000; t++) {
      warning.observe(odd[(t * 7 + (t >> 3)) % odd.length])
      if (Number.isNaN(odd[(t * 7 + (t >> 3)) % odd.length]) || t < 40) continue
      expect(warning.probability).toBeGreaterThanOrEqual(0)
      expect(warning.probability).toBeLessThanOrEqual(1)
    }
  })

  it.each([
    ["horizon", { horizon: 0 }],
    ["horizon", { horizon: 2.5 }],
    ["warnFrom", { warnFrom: 1 }],
  ])("refuses a %s that cannot be used", (path, options) => {
    expect(problemsOf(() => new EarlyWarning(options))[0].path).toBe(path)
  })
})
