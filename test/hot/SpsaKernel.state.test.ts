/** What stands in the state block before the first cycle and after the base was moved from outside, slot by slot. */
import { describe, expect, it } from "vitest"
import { LINEAR, LOG, PERIODIC } from "../../src/hot/codes.ts"
import { type KnobNumbers, KnobTable } from "../../src/hot/KnobTable.ts"
import { SpsaKernel } from "../../src/hot/SpsaKernel.ts"
import {
  S_AGE,
  S_BLOCKS,
  S_CYCLE,
  S_ETA,
  S_FIRST,
  S_HAS_MARGIN_MEAN,
  S_HAS_MEAN,
  S_LAST_MEAN,
  S_LEVEL,
  S_MARGIN_PREDICTED,
  S_MEAN,
  S_NOISE,
  S_PREDICTED,
  S_PROBE,
  S_REGRESSIONS,
  S_REHEATS,
  S_STEP,
  SCALARS,
  V_AVERAGE_SLOPE,
  V_BASE,
  V_INNER,
  V_MARGIN_SLOPE,
  V_MINUS,
  V_MOVE,
  V_PLUS,
  V_PREVIOUS,
  V_PREVIOUS_INNER,
  V_SIGN,
  V_END,
  V_HOME,
  V_LAST_MEAN_BASE,
  V_STRETCH,
  V_STRETCH_WAY,
  V_SUM,
} from "../../src/hot/spsaLayout.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"

const knobs: ReadonlyArray<KnobNumbers> = [
  { min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 },
  { min: 0, max: 10, scale: LINEAR, step: 1, maxStep: 0 },
  { min: 0, max: 360, scale: PERIODIC, step: 0, maxStep: 0 },
]
const table = new KnobTable(knobs)
const n = knobs.length
const placed = [V_BASE, V_INNER, V_PLUS, V_MINUS, V_PREVIOUS, V_PREVIOUS_INNER]
const vector = (state: Float64Array, v: number): ReadonlyArray<number> => [
  ...state.subarray(SCALARS + v * n, SCALARS + (v + 1) * n),
]

describe("a state block", () => {
  it("begins with every vector at the base's grid point, and with nothing known", () => {
    const kernel = new SpsaKernel(table, DEFAULT_SPSA)
    const state = new Float64Array(kernel.stateLength).fill(7)
    kernel.initial(state, Float64Array.of(0.25, 0.52, 0.75))
    for (const v of [...placed, V_HOME, V_STRETCH]) expect(vector(state, v)).toEqual([0.25, 0.5, 0.75])
    const empty = [
      V_SIGN,
      V_MOVE,
      V_MARGIN_SLOPE,
      V_AVERAGE_SLOPE,
      V_SUM,
      V_END,
      V_STRETCH_WAY,
      V_LAST_MEAN_BASE,
    ]
    for (const v of empty) expect(vector(state, v)).toEqual([0, 0, 0])
    const scalars = [...state.subarray(0, SCALARS)]
    const set = scalars.flatMap((value, at) => (value === 0 ? [] : [[at, value]]))
    expect(set).toEqual([
      [S_PROBE, DEFAULT_SPSA.probe],
      [S_STEP, DEFAULT_SPSA.firstStep],
    ])
    expect(state.length).toBe(SCALARS + 20 * n)
  })

  it("begins with a probe whose two sides fit into one apply, however small that is", () => {
    const maxStep = 0.02
    for (const mode of ["trustRatio", "spall"] as const) {
      const kernel = new SpsaKernel(table, { ...DEFAULT_SPSA, maxStep, mode })
      const state = new Float64Array(kernel.stateLength)
      kernel.initial(state, Float64Array.of(0.5, 0.5, 0.5))
      expect(kernel.probe(state)).toBeLessThan(maxStep / 2)
      expect(kernel.probe(state)).toBeGreaterThan((maxStep / 2) * (1 - 1e-8))
    }
    const wide = new SpsaKernel(table, { ...DEFAULT_SPSA, mode: "spall" })
    const state = new Float64Array(wide.stateLength)
    wide.initial(state, Float64Array.of(0.5, 0.5, 0.5))
    expect(wide.probe(state)).toBe(Math.min(DEFAULT_SPSA.c0, (DEFAULT_SPSA.maxStep * (1 - 1e-9)) / 2))
  })

  it("keeps Spall's probes slightly within one apply at every age", () => {
    const maxStep = 0.04
    const kernel = new SpsaKernel(table, { ...DEFAULT_SPSA, maxStep, mode: "spall" })
    let state = new Float64Array(kernel.stateLength)
    let next = new Float64Array(kernel.stateLength)
    kernel.initial(state, Float64Array.of(0.5, 0.5, 0.5))
    const band = Float64Array.of(-1, 1, -1, 1, -1, 1)
    for (let k = 0; k < 5; k++) {
      kernel.begin(state)
      kernel.complete(state, next, Float64Array.of(1, 1.001, Number.NaN, Number.NaN), band)
      ;[state, next] = [next, state]
      expect(2 * kernel.probe(state)).toBeLessThan(maxStep)
      expect(2 * kernel.probe(state)).toBeGreaterThan(maxStep * (1 - 1e-8))
    }
  })

  it("has every vector at a moved base, no cycle in flight and nothing to compare with", () => {
    const kernel = new SpsaKernel(table, DEFAULT_SPSA)
    const state = new Float64Array(kernel.stateLength).fill(3)
    const next = new Float64Array(kernel.stateLength)
    kernel.rebase(state, next, Float64Array.of(0.125, 0.31, 0.875))
    for (const v of placed) expect(vector(next, v)).toEqual([0.125, 0.3, 0.875])
    expect(vector(next, V_MOVE)).toEqual([0, 0, 0])
    expect(vector(next, V_MARGIN_SLOPE)).toEqual([3, 3, 3])
    const void_ = [S_HAS_MEAN, S_MEAN, S_PREDICTED, S_REGRESSIONS, S_HAS_MARGIN_MEAN, S_MARGIN_PREDICTED]
    for (const at of void_) expect(next[at]).toBe(0)
    expect(next[S_CYCLE]).toBe(4)
    for (const kept of [S_AGE, S_ETA, S_PROBE, S_NOISE, S_LEVEL, S_LAST_MEAN, S_BLOCKS])
      expect(next[kept]).toBe(3)
  })

  it("reports its contents", () => {
    const kernel = new SpsaKernel(table, DEFAULT_SPSA)
    const state = Float64Array.from({ length: kernel.stateLength }, (_, at) => at + 100)
    expect(kernel.k(state)).toBe(S_AGE + 100)
    expect(kernel.cycles(state)).toBe(S_CYCLE + 100)
    expect(kernel.eta(state)).toBe(S_ETA + 100)
    expect(kernel.probe(state)).toBe(S_PROBE + 100)
    expect(kernel.noise(state)).toBe(Math.sqrt(S_NOISE + 100))
    expect(kernel.level(state)).toBe(S_LEVEL + 100)
    expect(kernel.loss(state)).toBe(S_LAST_MEAN + 100)
    expect(kernel.reheats(state)).toBe(S_REHEATS + 100)
    expect(kernel.blocks(state)).toBe(S_BLOCKS + 100)
    expect(kernel.regressions(state)).toBe(S_REGRESSIONS + 100)
    const out = new Float64Array(n + 2).fill(-1)
    kernel.plusTarget(state, out, 1)
    expect([...out]).toEqual([-1, ...vector(state, V_PLUS), -1])
    kernel.base(state, out)
    expect([...out]).toEqual([...vector(state, V_BASE), out[n], -1])
    state[S_FIRST] = -1
    expect(kernel.firstIsPlus(state)).toBe(false)
    state[S_FIRST] = 1
    expect(kernel.firstIsPlus(state)).toBe(true)
  })
})

describe("kernels that share their tables", () => {
  it("must be alike in knobs and step limit", () => {
    const kernel = new SpsaKernel(table, DEFAULT_SPSA)
    const wrong = new RangeError(
      "alike: must be a kernel over the same knob table and step limit, got another one.",
    )
    expect(() => new SpsaKernel(new KnobTable(knobs), DEFAULT_SPSA, kernel)).toThrow(wrong)
    expect(() => new SpsaKernel(table, { ...DEFAULT_SPSA, maxStep: 0.2 }, kernel)).toThrow(wrong)
  })

  it("decide as if each had its own tables, whatever the other did in between", () => {
    const settings = { ...DEFAULT_SPSA, seed: 9 }
    const first = new SpsaKernel(table, DEFAULT_SPSA)
    const lent = new SpsaKernel(table, settings, first)
    const own = new SpsaKernel(table, settings)
    const band = Float64Array.of(-1, 1, -1, 1, -1, 1)
    const start = Float64Array.of(0.2, 0.7, 0.4)
    const drive = (kernel: SpsaKernel) => {
      let state = new Float64Array(kernel.stateLength)
      let next = new Float64Array(kernel.stateLength)
      kernel.initial(state, start)
      return (k: number): Float64Array => {
        kernel.begin(state)
        kernel.complete(state, next, Float64Array.of(Math.sin(k), Math.cos(3 * k), 0.1, 0.2), band)
        ;[state, next] = [next, state]
        return state
      }
    }
    const drives = [first, lent, own].map(drive)
    for (let k = 0; k < 20; k++) {
      const [, one, other] = drives.map((step, i) => step(i === 0 ? k + 50 : k))
      expect(one).toEqual(other)
    }
  })
})

describe("a kernel", () => {
  it("treats a log knob as plain, but not a circle without a grid", () => {
    const way = (scale: number, start: number): number => {
      const kernel = new SpsaKernel(
        new KnobTable([{ min: 1, max: 100, scale, step: 0, maxStep: 0 }]),
        DEFAULT_SPSA,
      )
      const state = new Float64Array(kernel.stateLength)
      kernel.initial(state, Float64Array.of(start))
      kernel.begin(state)
      const [plus, minus] = [V_PLUS, V_MINUS].map((v) => state[SCALARS + v])
      return Math.max(plus, minus)
    }
    // At the seam a circle goes round, a line ends.
    expect(way(PERIODIC, 0)).toBeCloseTo(1 - DEFAULT_SPSA.probe, 12)
    for (const scale of [LINEAR, LOG]) expect(way(scale, 0)).toBeCloseTo(DEFAULT_SPSA.probe, 12)
  })
})
