/** Fingerprints of a context by the plain formulas over the list of its windows. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  distanceOf,
  type Features,
  type Fingerprint,
  fingerprintOf,
  isSettled,
  mergedFingerprint,
} from "../../src/control/fingerprint.ts"

const sum = (values: ReadonlyArray<number>): number => values.reduce((all, one) => all + one, 0)
const mean = (values: ReadonlyArray<number>): number => sum(values) / values.length
/** Rates are compared by ratio, shares by difference. */
const scaleOf = (name: string, value: number): number => (name === "errorRate" ? value : Math.asinh(value))
const leastOf = (name: string): number => (name === "errorRate" ? 0.01 : 0.05)

const rate = fc.integer({ min: 0, max: 1_000_000 }).map((k) => k / 100)
const share = fc.integer({ min: 0, max: 1000 }).map((k) => k / 1000)
const window_ = fc.record({ throughput: rate, errorRate: share })

describe("a fingerprint", () => {
  it("is the mean and deviation of each feature that every window has, by name", () => {
    fc.assert(
      fc.property(fc.array(window_, { minLength: 1, maxLength: 12 }), (windows) => {
        const { windows: count, features } = fingerprintOf(windows)
        expect(count).toBe(windows.length)
        expect(features.map(({ name }) => name)).toEqual(["errorRate", "throughput"])
        for (const { name, mean: got, spread } of features) {
          const values = windows.map((one) => scaleOf(name, one[name as keyof typeof one]))
          expect(got).toBeCloseTo(mean(values), 9)
          const freedom = windows.length > 1 ? windows.length - 1 : 1
          expect(spread ** 2).toBeCloseTo(sum(values.map((x) => (x - mean(values)) ** 2)) / freedom, 8)
        }
      }),
    )
  })

  it("leaves out a feature that one window lacks", () => {
    const full = { a: 1, b: 2, c: 3 }
    for (const nothing of [undefined, null, Number.NaN, Number.POSITIVE_INFINITY]) {
      const names = fingerprintOf([full, { ...full, b: nothing }, full]).features.map(({ name }) => name)
      expect(names).toEqual(["a", "c"])
    }
    expect(fingerprintOf([])).toEqual({ windows: 0, features: [] })
    expect(fingerprintOf([{ c: 0, a: 0, b: 0 }]).features.map(({ name }) => name)).toEqual(["a", "b", "c"])
  })
})

describe("the distance of two contexts", () => {
  const print = (...features: ReadonlyArray<readonly [string, number, number]>): Fingerprint => ({
    windows: 10,
    features: features.map(([name, at, spread]) => ({ name, mean: at, spread })),
  })

  it("is that of the feature that separates them best, in spreads of both with a minimum", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(share, share, share, share), { minLength: 1, maxLength: 3 }), (rows) => {
        const names = ["errorRate", "latency", "throughput"]
        const a = print(...rows.map(([at, , spread], i) => [names[i], at, spread] as const))
        const b = print(...rows.map(([, at, , spread], i) => [names[i], at, spread] as const))
        const each = rows.map(
          ([x, y, s, t], i) => Math.abs(x - y) / Math.sqrt(s ** 2 + t ** 2 + leastOf(names[i]) ** 2),
        )
        expect(distanceOf(a, b)).toBeCloseTo(Math.max(...each), 9)
        expect(distanceOf(b, a)).toBeCloseTo(distanceOf(a, b), 12)
      }),
    )
  })

  it("is infinite if their features differ, or there are none", () => {
    const one = print(["a", 1, 1])
    expect(distanceOf(one, print(["b", 1, 1]))).toBe(Number.POSITIVE_INFINITY)
    expect(distanceOf(one, print(["a", 1, 1], ["b", 1, 1]))).toBe(Number.POSITIVE_INFINITY)
    expect(distanceOf(print(["a", 1, 1], ["b", 1, 1]), one)).toBe(Number.POSITIVE_INFINITY)
    expect(distanceOf(print(), print())).toBe(Number.POSITIVE_INFINITY)
    expect(distanceOf(one, one)).toBe(0)
  })
})

describe("a context", () => {
  /** Halves apart by at most two standard errors and the least spread; the error from how the windows bend. */
  const settledBy = (name: string, values: ReadonlyArray<number>): boolean => {
    const half = Math.floor(values.length / 2)
    const bends: Array<number> = []
    for (let i = 1; i + 1 < values.length; i++)
      bends.push((values[i - 1] - 2 * values[i] + values[i + 1]) ** 2 / 6)
    const error = Math.sqrt((2 * mean(bends)) / half)
    const apart = Math.abs(mean(values.slice(values.length - half)) - mean(values.slice(0, half)))
    return apart <= 2 * error + leastOf(name)
  }

  it("is settled when no feature has moved further than its noise explains", () => {
    let yes = 0
    let no = 0
    const noise = fc.integer({ min: -10, max: 10 })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(noise, noise), { minLength: 4, maxLength: 15 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 40 }),
        (noises, drift, shift) => {
          const windows: ReadonlyArray<Features> = noises.map(([x, y], i) => ({
            throughput: 500 + 20 * x + (drift * 10 * i) / noises.length,
            errorRate: 0.2 + y / 200 + (i * 2 > noises.length ? shift / 400 : 0),
          }))
          const expected =
            settledBy(
              "throughput",
              windows.map((one) => scaleOf("throughput", one["throughput"] ?? 0)),
            ) &&
            settledBy(
              "errorRate",
              windows.map((one) => one["errorRate"] ?? 0),
            )
          expect(isSettled(windows)).toBe(expected)
          if (expected) yes++
          else no++
        },
      ),
      { numRuns: 300 },
    )
    expect(Math.min(yes, no)).toBeGreaterThan(20)
  })

  it("is never settled with fewer than four windows, and is with four equal ones", () => {
    const still = { throughput: 10 }
    expect(isSettled([still, still, still])).toBe(false)
    expect(isSettled([still, still, still, still])).toBe(true)
  })
})

describe("a context met again", () => {
  it("has the pooled mean and variance of both visits, the earlier one with a bounded weight", () => {
    const meeting = fc.record({ windows: fc.integer({ min: 1, max: 40 }), mean: share, spread: share })
    fc.assert(
      fc.property(meeting, meeting, fc.integer({ min: 1, max: 50 }), (a, b, most) => {
        const print = ({ windows, ...feature }: typeof a): Fingerprint => ({
          windows,
          features: [{ name: "x", ...feature }],
        })
        const merged = mergedFingerprint(print(a), print(b), most)
        const before = Math.min(a.windows, most)
        expect(merged.windows).toBe(before + b.windows)
        const weigh = (x: number, y: number): number => (before * x + b.windows * y) / (before + b.windows)
        const [{ name, mean: at, spread }] = merged.features
        expect(name).toBe("x")
        expect(at).toBeCloseTo(weigh(a.mean, b.mean), 9)
        // By second moments: E x² less the square of the mean.
        const second = weigh(a.spread ** 2 + a.mean ** 2, b.spread ** 2 + b.mean ** 2)
        expect(spread ** 2).toBeCloseTo(second - at ** 2, 9)
      }),
    )
  })
})
