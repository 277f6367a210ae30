import { describe, expect, it } from "vitest"
import { STABILITY, StabilityWatch } from "../../../src/temporal/attractor/index.ts"
import { gaussianAt, uniformAt } from "../../../src/testing/noise.ts"

const RUNS = 100
const HEALTHY = 256
const LENGTH = 1_500

/** Residuals of a run: healthy first, then what `fault` adds, `since` values after the fault. */
type Plant = (seed: number) => (i: number) => number

const white: Plant = (seed) => (i) => gaussianAt(seed, i)
const correlated =
  (memory: number): Plant =>
  (seed) => {
    let level = 0
    return (i) => (level = memory * level + Math.sqrt(1 - memory * memory) * gaussianAt(seed, i))
  }
const heavy: Plant = (seed) => (i) => gaussianAt(seed, i) / Math.sqrt(0.25 + uniformAt(seed + 7_000, i))
const withFault =
  (fault: (since: number, seed: number) => number, noise: Plant = white): Plant =>
  (seed) => {
    const healthy = noise(seed)
    return (i) => healthy(i) + (i < HEALTHY ? 0 : fault(i - HEALTHY, seed))
  }
const chaotic: Plant = (seed) => {
  let x = 0.1 + 0.8 * uniformAt(seed, 1e6)
  return (i) => {
    x = 3.99 * x * (1 - x)
    return gaussianAt(seed, i) + (i < HEALTHY ? 0 : 9 * (x - 0.5))
  }
}

/** Values after the fault until the watch says unstable; null if it never does. */
function alarmIn(plant: Plant, seed: number): number | null {
  const watch = new StabilityWatch()
  const residual = plant(seed)
  for (let i = 0; i < LENGTH; i++) {
    watch.observe(residual(i))
    if (watch.state === STABILITY.unstable) return i - HEALTHY
  }
  return null
}
const alarms = (plant: Plant): ReadonlyArray<number> =>
  Array.from({ length: RUNS }, (_, seed) => alarmIn(plant, seed + 1)).filter((at) => at !== null)

describe("the stability watch", () => {
  it.each([
    ["white noise", white],
    ["noise with a memory of half", correlated(0.5)],
    ["noise with heavy tails", heavy],
  ])("never calls %s unstable", (_, plant) => {
    expect(alarms(plant)).toEqual([])
  })

  it.each([
    ["a limit cycle", withFault((since) => 4 * Math.sin(since / 3))],
    ["a slow limit cycle", withFault((since) => 4 * Math.sin(since / 6))],
    ["a growing oscillation", withFault((since) => 0.2 * 1.01 ** Math.min(since, 500) * Math.sin(since / 3))],
    [
      "two loops that disturb each other",
      withFault((since) => 3 * Math.sin(since / 3) + 3 * Math.sin(since / 3.7)),
    ],
    ["a chaotic plant", chaotic],
    ["noise that becomes four times as loud", withFault((since, seed) => 4 * gaussianAt(seed + 500, since))],
  ])("finds %s in at least 98 of 100 runs", (_, plant) => {
    const found = alarms(plant).filter((at) => at >= 0)
    expect(found.length).toBeGreaterThanOrEqual(98)
  })

  it("finds a limit cycle in the middle after at most 116 values", () => {
    const found = alarms(withFault((since) => 4 * Math.sin(since / 3))).toSorted((a, b) => a - b)
    expect(found[RUNS / 2]).toBeLessThanOrEqual(116)
  })

  it("says how long a swing's period is, and how fast it grows", () => {
    const watch = new StabilityWatch()
    const growing = withFault((since) => 1.005 ** since * Math.sin((2 * Math.PI * since) / 14))(3)
    for (let i = 0; i < HEALTHY + 600; i++) watch.observe(growing(i))
    expect(watch.state).toBe(STABILITY.unstable)
    expect(watch.oscillation.period).toBe(14)
    // 0.5 % a value over 14 values.
    expect(Math.abs(watch.growth - (1.005 ** 14 - 1))).toBeLessThan(0.01)
  })

  it("does not depend on scale and offset", () => {
    const plant = withFault((since) => 4 * Math.sin(since / 3))
    const moved: Plant = (seed) => {
      const residual = plant(seed)
      return (i) => 1_000 + 0.001 * residual(i)
    }
    expect(alarms(moved)).toEqual(alarms(plant))
  })

  it("is learning until it has seen enough of a healthy loop, and unknown while a value is missing", () => {
    const watch = new StabilityWatch()
    for (let i = 0; i < HEALTHY - 1; i++) watch.observe(gaussianAt(1, i))
    expect([watch.state, watch.healthy]).toEqual([STABILITY.learning, Number.NaN])
    for (let i = 0; i < 5; i++) watch.observe(gaussianAt(2, i))
    expect(watch.state).toBe(STABILITY.stable)
    watch.observe(Number.NaN)
    for (let i = 0; i < 127; i++) {
      expect(watch.state).toBe(STABILITY.unknown)
      watch.observe(gaussianAt(3, i))
    }
    for (let i = 0; i < 4; i++) watch.observe(gaussianAt(4, i))
    expect(watch.state).toBe(STABILITY.stable)
  })

  it("asks a loud series to turn, and a swing to be no shorter, where it is told so", () => {
    const at = (values: (i: number) => number, look: object): boolean => {
      const watch = new StabilityWatch(128, { window: 24, confirmations: 2, ...look })
      let found = false
      for (let i = 0; i < 400; i++) {
        watch.observe(gaussianAt(5, i) + (i < 300 ? 0 : values(i - 300)))
        found ||= watch.state === STABILITY.unstable
      }
      return found
    }
    const ramp = (since: number): number => 4 * since
    expect([at(ramp, {}), at(ramp, { turns: 3 })]).toEqual([true, false])
    const fast = (since: number): number => (since % 2 === 0 ? 2.5 : -2.5)
    const swings = { loud: Number.POSITIVE_INFINITY, periodic: 0.4 }
    expect([at(fast, swings), at(fast, { ...swings, shortest: 4 })]).toEqual([true, false])
  })

  it("starts over when it is cleared", () => {
    const watch = new StabilityWatch()
    const plant = withFault((since) => 4 * Math.sin(since / 3))(1)
    for (let i = 0; i < LENGTH; i++) watch.observe(plant(i))
    watch.clear()
    expect(watch.state).toBe(STABILITY.learning)
    const fresh = new StabilityWatch()
    for (let i = 0; i < 400; i++) {
      watch.observe(gaussianAt(9, i))
      fresh.observe(gaussianAt(9, i))
    }
    expect([watch.state, watch.ratio, watch.healthy]).toEqual([fresh.state, fresh.ratio, fresh.healthy])
  })
})
