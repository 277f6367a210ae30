/**
 * A covariate takes out of the readings what the load does to them: a great deal where load adds to the objective, nothing where it
 * has no part in it, and where it is the objective in disguise it is not believed.
 */
import { describe, expect, it } from "vitest"
import { LINEAR } from "../../src/hot/codes.ts"
import { COVARIATE_IS_LOSS, COVARIATE_MOVED } from "../../src/hot/covariateLayout.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import {
  COVARIATE_MINUS,
  COVARIATE_PLUS,
  LOSS_MINUS,
  LOSS_PLUS,
  READINGS,
  SpsaKernel,
} from "../../src/hot/SpsaKernel.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import { noiseAt } from "../../src/testing/noise.ts"

const N = 4
const CYCLES = 300
const table = new KnobTable(
  Array.from({ length: N }, () => ({ min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 })),
)
const gaussian = { kind: "gaussian", level: 1 } as const

interface Reading {
  readonly loss: number
  readonly channel: number
}

/** What a reading at `unit` shows, the i-th of a run, under a load of its own. */
type Plant = (unit: Float64Array, load: number, i: number, seed: number) => Reading

const cost = (unit: Float64Array): number => unit.reduce((sum, x) => sum + (x - 0.7) ** 2, 0) / N / 0.25

/** Load that adds 30 % of the start's cost, and a reading's own noise of 2 %. */
const loss = (unit: Float64Array, load: number, i: number, seed: number): number =>
  cost(unit) + 0.3 * load + 0.02 * noiseAt(gaussian, seed + 500, i)

interface Run {
  readonly regret: number
  readonly base: Float64Array
  readonly state: Float64Array
  readonly kernel: SpsaKernel
  /** Verdicts on the covariate that there were. */
  readonly blinded: ReadonlySet<number>
}

/** A run from far off; `memory`: how much of the load before is in the next. Regret is the mean cost of where the base was. */
function run(plant: Plant, covariate: boolean, seed: number, memory = 0): Run {
  const settings = { ...DEFAULT_SPSA, seed, covariate: covariate ? 4 : 0 }
  const kernel = new SpsaKernel(table, settings)
  let state = new Float64Array(kernel.stateLength)
  let next = new Float64Array(kernel.stateLength)
  const at = new Float64Array(N)
  const band = new Float64Array(2 * N).map((_, i) => (i % 2 === 0 ? -1 : 1))
  const readings = new Float64Array(READINGS)
  kernel.initial(state, new Float64Array(N).fill(0.2))
  let load = 0
  let i = 0
  let regret = 0
  const blinded = new Set<number>()
  const read = (): Reading => {
    load = memory * load + Math.sqrt(1 - memory ** 2) * noiseAt(gaussian, seed, i)
    return plant(at, load, i++, seed)
  }
  for (let k = 0; k < CYCLES; k++) {
    readings.fill(Number.NaN)
    kernel.base(state, at)
    regret += cost(at) / CYCLES
    if (kernel.restsLeft(state) > 0) {
      const { loss: y, channel } = read()
      readings[LOSS_PLUS] = y
      readings[COVARIATE_PLUS] = channel
      kernel.rest(state, next, readings)
    } else {
      kernel.begin(state)
      const sides = kernel.firstIsPlus(state) ? [LOSS_PLUS, LOSS_MINUS] : [LOSS_MINUS, LOSS_PLUS]
      for (const side of sides) {
        if (side === LOSS_PLUS) kernel.plusTarget(state, at, 0)
        else kernel.minusTarget(state, at, 0)
        const { loss: y, channel } = read()
        readings[side] = y
        readings[side === LOSS_PLUS ? COVARIATE_PLUS : COVARIATE_MINUS] = channel
      }
      kernel.complete(state, next, readings, band)
    }
    ;[state, next] = [next, state]
    blinded.add(kernel.covariateBlinded(state))
  }
  kernel.base(state, at)
  return { regret, base: at.slice(), state, kernel, blinded }
}

/** Regret with the covariate over that without, over the same loads. */
function ratio(plant: Plant, memory = 0, seeds = 30): number {
  let withIt = 0
  let without = 0
  for (let seed = 1; seed <= seeds; seed++) {
    withIt += run(plant, true, seed, memory).regret
    without += run(plant, false, seed, memory).regret
  }
  return withIt / without
}

const reported: Plant = (unit, load, i, seed) => ({
  loss: loss(unit, load, i, seed),
  channel: 500 + 80 * load,
})

describe("a covariate", () => {
  it("saves at least a quarter of the regret if a load adds to the objective, white or slow", () => {
    expect(ratio(reported)).toBeLessThan(0.6)
    expect(ratio(reported, 0.8)).toBeLessThan(0.75)
  })

  it("learns the effect of one unit", () => {
    const { kernel, state } = run(reported, true, 3)
    expect(kernel.covariateEffect(state)).toBeGreaterThan((0.5 * 0.3) / 80)
    expect(kernel.covariateEffect(state)).toBeLessThan((1.2 * 0.3) / 80)
    expect(kernel.covariateShare(state)).toBeGreaterThan(0.7)
  })

  const harmless: ReadonlyArray<readonly [string, Plant, number]> = [
    [
      "has no part in the objective",
      (unit, load, i, seed) => ({
        loss: loss(unit, load, i, seed),
        channel: noiseAt(gaussian, seed + 900, i),
      }),
      1.1,
    ],
    [
      "is a knob itself",
      (unit, load, i, seed) => ({ loss: loss(unit, load, i, seed), channel: unit[0] }),
      1.1,
    ],
    [
      "is the objective itself",
      (unit, load, i, seed) => {
        const y = loss(unit, load, i, seed)
        return { loss: y, channel: y }
      },
      1.05,
    ],
    ["is a noiseless objective itself", (unit) => ({ loss: cost(unit), channel: 3 * cost(unit) }), 1.05],
  ]
  it.each(harmless)("that %s costs at most what is stated", (_, plant, most) => {
    expect(ratio(plant)).toBeLessThan(most)
  })

  /** In how many of 15 runs there was this verdict. */
  const verdicts = (plant: Plant, code: number, memory: number): number =>
    Array.from({ length: 15 }, (_, i) => run(plant, true, i + 1, memory)).filter(({ blinded }) =>
      blinded.has(code),
    ).length

  it("is dropped if it is the objective itself", () => {
    const objective: Plant = (...given) => ({ loss: loss(...given), channel: -2 * loss(...given) })
    expect(verdicts(objective, COVARIATE_IS_LOSS, 0)).toBe(15)
    expect(run(objective, true, 3).kernel.covariateEffect(run(objective, true, 3).state)).toBe(0)
  })

  it("is dropped if the knobs move it, with and without the load", () => {
    const withLoad: Plant = (unit, load, i, seed) => ({
      loss: loss(unit, load, i, seed),
      channel: load + 5 * cost(unit),
    })
    expect(verdicts(withLoad, COVARIATE_MOVED, 0.8)).toBeGreaterThan(9)
    const knob: Plant = (unit, load, i, seed) => ({ loss: loss(unit, load, i, seed), channel: unit[0] })
    expect(verdicts(knob, COVARIATE_MOVED, 0)).toBe(15)
  })

  it("is not dropped if it is a load, or has no part in the objective", () => {
    const own: Plant = (unit, load, i, seed) => ({
      loss: loss(unit, load, i, seed),
      channel: noiseAt(gaussian, seed + 900, i),
    })
    for (const memory of [0, 0.8]) {
      for (const plant of [reported, own]) {
        expect(verdicts(plant, COVARIATE_MOVED, memory) + verdicts(plant, COVARIATE_IS_LOSS, memory)).toBe(0)
      }
    }
  })

  it("that is not reported changes no bit", () => {
    const silent: Plant = (unit, load, i, seed) => ({ loss: loss(unit, load, i, seed), channel: Number.NaN })
    expect(run(silent, true, 7).base).toEqual(run(silent, false, 7).base)
  })

  it("may have any scale", () => {
    const scaled: Plant = (...given) => ({
      loss: reported(...given).loss,
      channel: 1024 * reported(...given).channel,
    })
    expect(run(scaled, true, 7).base).toEqual(run(reported, true, 7).base)
  })

  it("leaves no NaN in the state, whatever is reported", () => {
    const wild = [Number.NaN, 1e300, -1e300, 0, Number.POSITIVE_INFINITY, 5]
    const plant: Plant = (unit, load, i, seed) => ({ loss: loss(unit, load, i, seed), channel: wild[i % 6] })
    expect(run(plant, true, 7).state.every(Number.isFinite)).toBe(true)
  })
})
