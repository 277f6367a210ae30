/** The left matrix profile against a search through every earlier window, with constants, gaps and samples of any size. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { LeftMatrixProfile } from "../../../src/temporal/compare/LeftMatrixProfile.ts"
import { gaussianAt } from "../../../src/testing/noise.ts"
import { sample, shapeOf, square } from "./naive.ts"

const isWhole = (window: ReadonlyArray<number>): boolean => window.every(Number.isFinite)
const isFlat = (window: ReadonlyArray<number>): boolean => Math.max(...window) === Math.min(...window)

/** By the definition: the least distance to a window at least ceil(m / 4) + 1 places back. */
function naive(series: ReadonlyArray<number>, m: number, history: number): ReadonlyArray<number> {
  const windows = Array.from({ length: series.length - m + 1 }, (_, i) => series.slice(i, i + m))
  return windows.map((window, i) => {
    if (!isWhole(window)) return Number.NaN
    let least = Number.POSITIVE_INFINITY
    for (let j = Math.max(0, i - history); j < i - Math.ceil(m / 4); j++)
      if (isWhole(windows[j])) least = Math.min(least, apart(window, windows[j]))
    return least
  })
}

function apart(a: ReadonlyArray<number>, b: ReadonlyArray<number>): number {
  if (isFlat(a) !== isFlat(b)) return Math.sqrt(a.length)
  const other = shapeOf(b)
  return Math.sqrt(shapeOf(a).reduce((sum, x, i) => sum + square(x - other[i]), 0))
}

function profileOf(series: ReadonlyArray<number>, window: number, history: number): ReadonlyArray<number> {
  const profile = new LeftMatrixProfile({ window, history })
  const out: Array<number> = []
  for (const x of series) {
    profile.push(x)
    if (out.length < profile.windows) out.push(profile.distance)
  }
  return out
}

function expectAlike(found: ReadonlyArray<number>, expected: ReadonlyArray<number>): void {
  expect(found).toHaveLength(expected.length)
  found.forEach((distance, i) => {
    if (Number.isFinite(expected[i])) expect(Math.abs(distance - expected[i])).toBeLessThan(1e-6)
    else expect(distance).toBe(expected[i])
  })
}

/** Stretches of noise, of one value, and gaps. */
const stretch = fc.oneof(
  { weight: 4, arbitrary: fc.array(sample, { minLength: 1, maxLength: 12 }) },
  {
    weight: 2,
    arbitrary: fc.tuple(sample, fc.integer({ min: 1, max: 12 })).map(([x, n]) => Array(n).fill(x)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom([Number.NaN], [Number.POSITIVE_INFINITY], [Number.NaN, Number.NaN]),
  },
)
const stream = fc
  .array(stretch, { minLength: 1, maxLength: 10 })
  .map((parts) => parts.flat() as Array<number>)

describe("the left matrix profile", () => {
  it("is that of a search through every earlier window, with constants and gaps", () => {
    fc.assert(
      fc.property(
        stream,
        fc.integer({ min: 2, max: 9 }),
        fc.integer({ min: 1, max: 60 }),
        (series, m, history) => {
          fc.pre(series.length >= m)
          expectAlike(profileOf(series, m, history), naive(series, m, history))
        },
      ),
      { numRuns: 300 },
    )
  })

  it("keeps its digits at a high level, after a spike, and in the long run", () => {
    const noisy = (n: number): number => gaussianAt(11, n)
    const high = Array.from({ length: 300 }, (_, n) => 1e6 + noisy(n))
    expectAlike(profileOf(high, 8, 200), naive(high, 8, 200))
    const spiked = Array.from({ length: 200 }, (_, n) => (n === 40 ? 1e9 : n === 90 ? -3e5 : noisy(n)))
    expectAlike(profileOf(spiked, 8, 150).slice(91), naive(spiked, 8, 150).slice(91))
    const long = Array.from({ length: 3000 }, (_, n) => noisy(n))
    expectAlike(profileOf(long, 8, 64), naive(long, 8, 64))
  })

  it("names the neighbour, and none that overlaps by three quarters", () => {
    const profile = new LeftMatrixProfile({ window: 8, history: 100 })
    expect(profile.exclusion).toBe(2)
    const pattern = [0, 3, 1, 4, 1, 5, 9, 2]
    for (const x of [...pattern, 6, 5, 3, 5, 8, ...pattern]) profile.push(x)
    expect(profile).toMatchObject({ windows: 14, neighbour: 0, distance: 0 })
    // A ramp is like its next neighbour; only those far enough back count.
    const ramp = new LeftMatrixProfile({ window: 4, history: 100 })
    for (let x = 0; x < 5; x++) ramp.push(x)
    expect(ramp).toMatchObject({ windows: 2, neighbour: -1, distance: Number.POSITIVE_INFINITY })
    ramp.push(5)
    expect(ramp.neighbour).toBe(0)
  })

  it("is unknown before the first full window", () => {
    const profile = new LeftMatrixProfile({ window: 4, history: 8 })
    for (const x of [1, 2, 3]) profile.push(x)
    expect(profile).toMatchObject({ windows: 0, neighbour: -1, distance: Number.NaN })
  })

  it("refuses options that cannot be used", () => {
    const wrong = { window: 1, history: 2.5, exclusion: 0 } as never
    expect(() => new LeftMatrixProfile(wrong)).toThrow(/exclusion(.|\n)*history(.|\n)*window/)
  })
})
