/** The search with bounds against one that tries everything, by the definition of the distance. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { ExemplarSearch } from "../../../src/temporal/compare/ExemplarSearch.ts"
import { of, sample, shapeOf, square, warped } from "./naive.ts"

const LEAST = 0.125
const meanOf = (xs: ReadonlyArray<number>): number => xs.reduce((sum, x) => sum + x, 0) / xs.length

function spreadOf(xs: ReadonlyArray<number>): number {
  const spread = Math.sqrt(meanOf(xs.map((x) => square(x - meanOf(xs)))))
  return spread > LEAST ? spread : 0
}

const differences = (xs: ReadonlyArray<number>): ReadonlyArray<number> => xs.slice(1).map((x, i) => x - xs[i])

/** Median size of the second or the fourth differences, over what that is for normal noise of spread 1. */
function noiseOf(xs: ReadonlyArray<number>): number {
  const second = differences(differences(xs))
  const middle = (all: ReadonlyArray<number>) => all.map(Math.abs).sort((a, b) => a - b)[all.length >> 1]
  const fourth = differences(differences(second))
  return Math.max(LEAST, Math.min(middle(second) / Math.sqrt(6), middle(fourth) / Math.sqrt(70)) / 0.6745)
}

/** Of one channel: the window, and a place in a trace. */
function apart(
  window: ReadonlyArray<number>,
  trace: ReadonlyArray<number>,
  place: number,
  band: number,
): number {
  const there = trace.slice(place, place + window.length)
  const unit = Math.hypot(noiseOf(window), noiseOf(trace))
  const [a, b] = [spreadOf(window), spreadOf(there)]
  const level = Math.abs(meanOf(window) - meanOf(there)) / Math.hypot(unit, 0.25 * (a + b))
  const size = Math.abs(a - b) / (2 * unit)
  const bent = Math.sqrt(warped(shapeOf(there), shapeOf(window), band, square) / window.length)
  return Math.max(level, size, a === 0 || b === 0 ? 0 : (bent * Math.min(a, b)) / unit)
}

interface Remembered {
  readonly label: number
  readonly channels: ReadonlyArray<ReadonlyArray<number>>
}

const CHANNELS = 2
const WINDOW = 8
const TRACE = 12
const BAND = 1
const RADIUS = 4

const channelsOf = (length: number) =>
  fc
    .array(fc.array(sample, { minLength: length, maxLength: length }), {
      minLength: CHANNELS,
      maxLength: CHANNELS,
    })
    // A tenth of the size, so that some are alike.
    .map((rows) => rows.map((row) => row.map((x) => x / 8)))
const exemplar: fc.Arbitrary<Remembered> = fc.record({
  label: fc.integer({ min: 0, max: 2 }),
  channels: channelsOf(TRACE),
})

const flat = (channels: ReadonlyArray<ReadonlyArray<number>>): Float64Array => of(...channels.flat())
const searchOf = (remembered: ReadonlyArray<Remembered>): ExemplarSearch => {
  const search = new ExemplarSearch({
    channels: CHANNELS,
    window: WINDOW,
    trace: TRACE,
    band: BAND,
    least: LEAST,
    radius: RADIUS,
    capacity: 6,
  })
  remembered.forEach(({ label, channels }, slot) => search.put(slot, label, flat(channels)))
  return search
}

/** Distance of each remembered trace, and of each place in it. */
const distances = (window: ReadonlyArray<ReadonlyArray<number>>, remembered: ReadonlyArray<Remembered>) =>
  remembered.map(({ label, channels }) => {
    const places = Array.from({ length: TRACE - WINDOW + 1 }, (_, place) =>
      Math.max(...channels.map((trace, c) => apart(window[c], trace, place, BAND))),
    )
    return { label, places, distance: Math.min(...places) }
  })

const least = (all: ReadonlyArray<{ readonly distance: number }>): number =>
  Math.min(Number.POSITIVE_INFINITY, ...all.map(({ distance }) => distance).filter((one) => one <= RADIUS))

describe("the search among remembered traces", () => {
  it("finds the nearest, and the nearest of another label, as a search without bounds does", () => {
    const some = fc.array(exemplar, { maxLength: 6 })
    let found = 0
    fc.assert(
      fc.property(channelsOf(WINDOW), some, fc.integer({ min: 0, max: 5 }), (other, remembered, which) => {
        // Half of the windows are a piece of what is remembered, a little off.
        const known = remembered.at(which)
        const window =
          known === undefined
            ? other
            : known.channels.map((row) => row.slice(2, 2 + WINDOW).map((x, i) => x + (i % 3) / 16))
        const all = distances(window, remembered)
        const search = searchOf(remembered)
        const hit = search.find(flat(window))
        expect(hit).toBe(least(all) <= RADIUS)
        expect(search.distance).toBeCloseTo(least(all), 9)
        if (!hit) return
        found++
        expect(all[search.slot].distance).toBeCloseTo(search.distance, 9)
        expect(all[search.slot].places[search.place]).toBeCloseTo(search.distance, 9)
        expect(search.label).toBe(remembered[search.slot].label)
        const others = all.filter(({ label }) => label !== search.label)
        expect(search.otherDistance).toBeCloseTo(least(others), 9)
        if (search.otherLabel < 0) return
        const places = others
          .filter(({ label }) => label === search.otherLabel)
          .map((one) => one.places[search.otherPlace])
        expect(Math.min(...places)).toBeCloseTo(search.otherDistance, 9)
      }),
      { numRuns: 200 },
    )
    expect(found).toBeGreaterThan(50)
  })

  it("warps only a few of many traces", () => {
    const wave = (phase: number, size: number) =>
      Float64Array.from({ length: 64 }, (_, i) => size * Math.sin((2 * Math.PI * (i + phase)) / 16))
    const search = new ExemplarSearch({ window: 32, trace: 64, least: 0.05 })
    for (let slot = 0; slot < 64; slot++) expect(search.put(slot, slot, wave(slot, 1 + slot / 4))).toBe(true)
    expect(search.find(wave(3, 5).subarray(0, 32))).toBe(true)
    expect(search).toMatchObject({ slot: 16, label: 16 })
    expect(search.distance).toBeLessThan(0.01)
    expect(search.warped).toBeLessThan(0.1 * 64 * 33)
  })

  it("distinguishes one shape at two levels, and at two sizes", () => {
    const wave = (level: number, size: number, length: number) =>
      Float64Array.from({ length }, (_, i) => level + size * Math.sin((2 * Math.PI * i) / 8))
    const search = new ExemplarSearch({ window: 16, trace: 24, least: 0.05 })
    search.put(0, 0, wave(0, 1, 24))
    expect(search.find(wave(0, 1, 16))).toBe(true)
    expect(search.find(wave(2, 1, 16))).toBe(false)
    expect(search.find(wave(0, 2, 16))).toBe(false)
  })

  it("finds nothing for gaps and other lengths, and nothing that was removed", () => {
    const search = new ExemplarSearch({ window: 4, trace: 5, capacity: 2 })
    expect(search.put(0, 7, of(1, 2, 3, Number.NaN, 5))).toBe(false)
    expect(search.put(0, 7, of(1, 2, 3, 4))).toBe(false)
    expect(search.find(of(1, 2, 3, 4))).toBe(false)
    expect(search.distance).toBe(Number.POSITIVE_INFINITY)
    expect(search.put(1, 7, of(1, 2, 3, 4, 5))).toBe(true)
    expect(search.find(of(1, 2, 3, 4))).toBe(true)
    expect(search).toMatchObject({ slot: 1, label: 7, place: 0, distance: 0, otherLabel: -1 })
    for (const window of [of(1, 2, Number.POSITIVE_INFINITY, 4), of(1, 2, 3)]) {
      expect(search.find(window)).toBe(false)
      expect(search.distance).toBeNaN()
    }
    search.remove(1)
    expect(search.find(of(1, 2, 3, 4))).toBe(false)
  })

  it("refuses options that cannot be used", () => {
    expect(() => new ExemplarSearch({ window: 3, capacity: 65, radius: 0 })).toThrow(
      /capacity(.|\n)*radius(.|\n)*window/,
    )
  })
})
