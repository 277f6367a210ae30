import { describe, expect, it } from "vitest"
import { classify } from "../../src/solver/classify.ts"
import { Draw } from "../../src/solver/Draw.ts"
import {
  dispersion,
  distanceCorrelation,
  fitQuadratic,
  residualDecay,
  spreadOf,
  variance,
} from "../../src/solver/features.ts"
import { Readings } from "../../src/solver/Readings.ts"
import { requireSolverConfig } from "../../src/solver/SolverConfig.ts"
import { Solver } from "../../src/solver/Solver.ts"
import { instanceOf } from "../../src/testing/functions.ts"
import { labelledLandscapes, type LabelledLandscape } from "../../src/testing/landscapes.ts"
import { cube, type Loss } from "./strategyRig.ts"

function sample(d: number, n: number, loss: Loss, seed = 1): Readings {
  const draw = new Draw(seed, 8)
  const readings = new Readings(d)
  const unit = new Float64Array(d)
  for (let r = 0; r < n; r++) {
    for (let i = 0; i < d; i++) unit[i] = draw.uniform()
    readings.add(r, unit, loss(unit))
  }
  return readings
}

const lossesOf = (losses: ReadonlyArray<number>): Readings => {
  const readings = new Readings(1)
  losses.forEach((loss, r) => readings.add(r, Float64Array.of(r / losses.length), loss))
  return readings
}

const bowl: Loss = (x) => x.reduce((sum, v, i) => sum + (i + 1) * (v - 0.4) ** 2, 0)
const askew: Loss = (x) => 10 * (x[0] + x[1] - 1) ** 2 + 0.1 * bowl(x)
const rough: Loss = (x) => x.reduce((sum, v, i) => sum + Math.sin(400 * v * (i + 1)), 0)

describe("the features", () => {
  it("measure spread and variance", () => {
    const readings = lossesOf([4, 1, 2, 3, 100])
    expect(spreadOf(readings)).toBe(3)
    expect(variance(readings)).toBe((18 ** 2 + 21 ** 2 + 20 ** 2 + 19 ** 2 + 78 ** 2) / 4)
  })

  it("take the decay of the residual from the descent, not from a sample's gaps", () => {
    const halving = Array.from({ length: 12 }, (_, k) => 2 ** -k)
    // What is left to gain halves with each reading, the last level aside, which is only known to be lowest.
    expect(residualDecay(lossesOf([...halving, 0]))).toBeCloseTo(-Math.LN2, 12)
    const shuffled = [0.5, 0, ...halving]
    expect(residualDecay(lossesOf(shuffled))).toBeNaN()
    const early = lossesOf([8, 4, 2, 1, ...Array.from({ length: 8 }, () => 9), 0.5, 0])
    expect(residualDecay(early)).toBeGreaterThan(residualDecay(lossesOf([...halving, 0])))
  })

  it("distinguish a funnel from a heap of needles", () => {
    const d = 3
    const smooth = sample(d, 80, bowl)
    const needles = sample(d, 80, rough)
    expect(fitQuadratic(smooth, cube(d)).fit).toBeCloseTo(1, 9)
    expect(fitQuadratic(needles, cube(d)).fit).toBeLessThan(0.3)
    expect(dispersion(smooth, cube(d))).toBeLessThan(0.7)
    expect(dispersion(needles, cube(d))).toBeGreaterThan(0.75)
    expect(distanceCorrelation(smooth, cube(d))).toBeGreaterThan(0.6)
    expect(Math.abs(distanceCorrelation(needles, cube(d)))).toBeLessThan(0.35)
  })

  it("detect a rotated valley", () => {
    expect(fitQuadratic(sample(2, 60, bowl), cube(2)).separability).toBeCloseTo(1, 9)
    expect(fitQuadratic(sample(2, 60, askew), cube(2)).separability).toBeLessThan(0.9)
  })

  it("report when they are undecided", () => {
    const few = sample(4, 5, bowl)
    expect(fitQuadratic(few, cube(4)).fit).toBeNaN()
    expect(residualDecay(new Readings(2))).toBeNaN()
    expect(distanceCorrelation(sample(2, 2, bowl), cube(2))).toBeNaN()
    expect(fitQuadratic(sample(1, 9, bowl), cube(1)).separability).toBeNaN()
  })

  it("do not depend on constants and factors, except for the variance's units", () => {
    const plain = sample(3, 50, rough, 5)
    const changed = sample(3, 50, (x) => 7 + 8 * rough(x), 5)
    expect(dispersion(changed, cube(3))).toBeCloseTo(dispersion(plain, cube(3)), 12)
    expect(distanceCorrelation(changed, cube(3))).toBeCloseTo(distanceCorrelation(plain, cube(3)), 12)
    expect(fitQuadratic(changed, cube(3)).fit).toBeCloseTo(fitQuadratic(plain, cube(3)).fit, 9)
    expect(residualDecay(changed)).toBeCloseTo(residualDecay(plain), 9)
    const shape = (r: Readings): number => classify(r, cube(3), 0, null).features.variance
    expect(shape(changed)).toBeCloseTo(shape(plain), 9)
  })
})

describe("the classification", () => {
  const readings = sample(3, 40, bowl)

  it("puts noise before all other findings", () => {
    const found = classify(readings, cube(3), 1e-9, { keptPromises: 1, steps: 9 })
    expect(found).toMatchObject({ label: "noisy", score: 1e-9, stencil: true })
    expect(found.features.noise).toBe(1e-9)
    expect(classify(readings, cube(3), 0, { keptPromises: 1, steps: 9 }).label).toBe("quadratic")
  })

  it("uses the accuracy of predictions", () => {
    const found = classify(readings, cube(3), 0, { keptPromises: 0.25, steps: 8 })
    expect(found).toMatchObject({ label: "curved", score: 0.25, readings: 40, stencil: true })
    expect(classify(readings, cube(3), 0, { keptPromises: 0.5, steps: 8 }).label).toBe("quadratic")
  })

  it("uses the fit if there were no steps, and reports that there was no stencil", () => {
    for (const evidence of [null, { keptPromises: Number.NaN, steps: 0 }]) {
      expect(classify(readings, cube(3), 0, evidence)).toMatchObject({ label: "quadratic", stencil: false })
      expect(classify(sample(3, 40, rough), cube(3), 0, evidence).label).toBe("curved")
    }
    expect(classify(new Readings(2), cube(2), 0, null).stencil).toBe(false)
  })

  it("uses a bounded number of a long warm start's readings", () => {
    const long = sample(2, 20_000, bowl)
    const found = classify(long, cube(2), 0, null)
    expect(found.readings).toBe(20_000)
    expect(found.features.quadraticFit).toBeCloseTo(1, 9)
  })

  // The thresholds come from training functions; these landscapes were drawn from families that say what they are.
  it("is mostly right on labelled landscapes that no threshold was tuned on", () => {
    const all = labelledLandscapes(1)
    const labelOf = ({ function: fn }: LabelledLandscape): string | undefined => {
      const instance = instanceOf(fn, "r", 1)
      const solver = new Solver<Record<string, number>>(
        requireSolverConfig({ seed: 3, budget: 100, bounds: instance.bounds }),
      )
      for (let k = 0; solver.classification === null; k++) {
        const [trial] = solver.askTrials(1) ?? []
        solver.tell({ id: trial.id, value: instance.reading(instance.pointOf(trial.params), 3, k) })
      }
      return solver.classification.label
    }
    const right = (label: string): number => {
      const those = all.filter((one) => one.label === label)
      return those.filter((one) => labelOf(one) === label).length / those.length
    }
    expect(right("noisy")).toBe(1)
    expect(right("quadratic")).toBeGreaterThan(0.75)
    expect(right("curved")).toBeGreaterThan(0.65)
  })
})
