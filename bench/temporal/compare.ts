/**
 * What recognising a load costs: one warping, and a look-up among 64 remembered traces of the engine's sizes, for windows that come
 * back and for windows of loads that nobody has met. Levels differ from load to load; or all loads share one, which is harder.
 */
import { BandedDtw, ExemplarSearch } from "../../src/temporal/index.ts"
import { gaussianAt, uniformAt } from "../../src/testing/noise.ts"
import type { Row, Section } from "../../scripts/section.ts"

/** As `src/control/pattern.ts` has them. */
const TRACE = 48
const WINDOW = 12
const EXEMPLARS = 64
const STRANGERS = 32
const PERIOD = 16
/** Samples are in units of what counts as noise at least. */
const NOISE = 0.6
const SIZE = 4
const LEVEL = 92
const LEVELS = 56
const ROUNDS = 40
const HARMONICS = [1, 2, 3, 4]

/** A load of its own shape, four waves of random size and phase; at its own level or at that of all. */
function loadOf(which: number, levels: boolean): (at: number) => number {
  const waves = HARMONICS.map((h) => [
    gaussianAt(900 + which, 2 * h) / h,
    gaussianAt(900 + which, 2 * h + 1) / h,
  ])
  const level = LEVEL + (levels ? LEVELS * uniformAt(5, which) : 0)
  return (at) =>
    waves.reduce((sum, [a, b], i) => {
      const turn = (2 * Math.PI * HARMONICS[i] * at) / PERIOD
      return sum + SIZE * (a * Math.sin(turn) + b * Math.cos(turn))
    }, level)
}

const seen = (load: (at: number) => number, seed: number, from: number, count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => load(from + i) + NOISE * gaussianAt(seed, from + i))

const rounded = (x: number): number => Number(x.toPrecision(3))

/** Least mean time of a call over rounds, microseconds. */
function leastUs(calls: number, call: (i: number) => void): number {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    for (let i = 0; i < calls; i++) call(i)
    least = Math.min(least, ((performance.now() - start) * 1_000) / calls)
  }
  return rounded(least)
}

function lookUpRows(levels: boolean): ReadonlyArray<Row> {
  const search = new ExemplarSearch({ window: WINDOW, trace: TRACE, least: 1 })
  const loads = Array.from({ length: EXEMPLARS + STRANGERS }, (_, i) => loadOf(i, levels))
  for (let slot = 0; slot < EXEMPLARS; slot++) search.put(slot, slot, seen(loads[slot], 10 + slot, 0, TRACE))
  const where = levels ? "levels of their own" : "one level"
  const looked = (what: string, windows: ReadonlyArray<Float64Array>): ReadonlyArray<Row> => {
    let warped = 0
    const us = leastUs(windows.length, (i) => {
      search.find(windows[i])
      warped += search.warped
    })
    const places = EXEMPLARS * (TRACE - WINDOW + 1)
    const share = (100 * warped) / (ROUNDS * windows.length * places)
    return [
      { what: `look-up of ${what}, ${where}`, value: us, unit: "us", most: 500 },
      { what: "places of these that were warped", value: rounded(share), unit: "%", most: 15 },
    ]
  }
  const back = loads.slice(0, EXEMPLARS).map((load, i) => seen(load, 500 + i, 1_000 + 3 * i, WINDOW))
  const strangers = loads.slice(EXEMPLARS).map((load, i) => seen(load, 700 + i, 3 * i, WINDOW))
  return [...looked("a load that comes back", back), ...looked("a load nobody has met", strangers)]
}

function warpingUs(): number {
  const dtw = new BandedDtw({ length: 128, band: 13 })
  const [a, b] = [1, 2].map((seed) => seen((at) => SIZE * Math.sin(at / 9 + seed), seed, 0, 128))
  return leastUs(200, () => dtw.distance(a, b))
}

export const compareSection: Section = {
  name: "compare",
  title: `Recognising a load: ${EXEMPLARS} traces of ${TRACE}, windows of ${WINDOW}`,
  measure: () =>
    Promise.resolve([
      { what: "warping, 128 samples, band 13", value: warpingUs(), unit: "us", most: 100 },
      ...lookUpRows(true),
      ...lookUpRows(false),
    ]),
}
