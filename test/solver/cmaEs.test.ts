import { describe, expect, it } from "vitest"
import { Draw } from "../../src/solver/Draw.ts"
import { CmaDistribution, defaultPoints } from "../../src/solver/strategies/CmaDistribution.ts"
import { CmaEs, cmaEs } from "../../src/solver/strategies/CmaEs.ts"
import { RandomSearch, random } from "../../src/solver/strategies/RandomSearch.ts"
import { checklist, circle, cube, grid, line, type Loss, Rig, spaceOf, sphereAt } from "./strategyRig.ts"

/** An ellipse turned by a random rotation: eigenvalues from 1 to `condition`, evenly in the logarithm. */
function ellipse(d: number, condition: number, seed: number): { loss: Loss; hessian: number[][] } {
  const draw = new Draw(seed, 7)
  const axes: number[][] = []
  for (let a = 0; a < d; a++) {
    const v = Array.from({ length: d }, () => draw.normal())
    for (const w of axes) {
      const along = v.reduce((sum, x, i) => sum + x * w[i], 0)
      for (let i = 0; i < d; i++) v[i] -= along * w[i]
    }
    const length = Math.hypot(...v)
    axes.push(v.map((x) => x / length))
  }
  const values = axes.map((_, a) => condition ** (a / (d - 1)))
  const hessian = Array.from({ length: d }, (_, i) =>
    Array.from({ length: d }, (_, j) =>
      axes.reduce((sum, axis, a) => sum + values[a] * axis[i] * axis[j], 0),
    ),
  )
  const loss: Loss = (unit) =>
    axes.reduce((sum, axis, a) => {
      const along = axis.reduce((s, x, i) => s + x * (unit[i] - 0.4 - 0.02 * i), 0)
      return sum + values[a] * along * along
    }, 0)
  return { loss, hessian }
}

/** Determinant of a positive definite matrix, by elimination in place. */
function determinant(matrix: number[][]): number {
  let product = 1
  for (let k = 0; k < matrix.length; k++) {
    product *= matrix[k][k]
    for (let i = k + 1; i < matrix.length; i++) {
      const factor = matrix[i][k] / matrix[k][k]
      for (let j = k; j < matrix.length; j++) matrix[i][j] -= factor * matrix[k][j]
    }
  }
  return product
}

describe("the distribution of CMA-ES", () => {
  it("has the published settings, seen in one step from one generation", () => {
    // n = 2, lambda = 4, mu = 2: weights ln 2.5 and ln 1.25, made to add up to one.
    const distribution = new CmaDistribution(2)
    distribution.begin(Float64Array.of(0, 0), 0.5, 4)
    const points = Float64Array.of(0.5, 0, 0, 0.5, -0.5, 0, 0, -0.5)
    distribution.update(points, Int32Array.of(0, 1, 2, 3))
    const raw = [0, 1, 2, 3].map((k) => Math.log(2.5) - Math.log(k + 1))
    const plus = raw[0] + raw[1]
    const weights = raw.map((w) => w / plus)
    expect(distribution.mean[0]).toBeCloseTo(0.5 * weights[0], 12)
    expect(distribution.mean[1]).toBeCloseTo(0.5 * weights[1], 12)

    const mueff = 1 / (weights[0] ** 2 + weights[1] ** 2)
    const mueffMinus = (raw[2] + raw[3]) ** 2 / (raw[2] ** 2 + raw[3] ** 2)
    const cSigma = (mueff + 2) / (2 + mueff + 5)
    const dSigma = 1 + 2 * Math.max(0, Math.sqrt((mueff - 1) / 3) - 1) + cSigma
    const chi = Math.sqrt(2) * (1 - 1 / 8 + 1 / 84)
    const push = Math.sqrt(cSigma * (2 - cSigma) * mueff)
    const length = push * Math.hypot(weights[0], weights[1])
    expect(distribution.sigma).toBeCloseTo(0.5 * Math.exp((cSigma / dSigma) * (length / chi - 1)), 12)

    const c1 = 2 / (3.3 * 3.3 + mueff)
    const cMu = Math.min(1 - c1, (2 * (0.25 + mueff + 1 / mueff - 2)) / (16 + mueff))
    const cC = (4 + mueff / 2) / (6 + mueff)
    const share = Math.min(1 + c1 / cMu, 1 + (2 * mueffMinus) / (mueff + 2), (1 - c1 - cMu) / (2 * cMu))
    const negative = [2, 3].map((k) => (raw[k] / -(raw[2] + raw[3])) * share)
    // All steps have length one, so a negative weight counts n = 2 times.
    const path = weights.slice(0, 2).map((w) => Math.sqrt(cC * (2 - cC) * mueff) * w)
    const keep = 1 - c1 - cMu * (1 + negative[0] + negative[1])
    const c00 = keep + c1 * path[0] ** 2 + cMu * (weights[0] + 2 * negative[0])
    const c11 = keep + c1 * path[1] ** 2 + cMu * (weights[1] + 2 * negative[1])
    expect(distribution.covariance[0]).toBeCloseTo(c00, 12)
    expect(distribution.covariance[3]).toBeCloseTo(c11, 12)
    expect(distribution.covariance[1]).toBeCloseTo(c1 * path[0] * path[1], 12)
    expect(distribution.covariance[2]).toBe(distribution.covariance[1])
    expect([1, 2, 5, 16].map(defaultPoints)).toEqual([4, 6, 8, 12])
  })

  it("draws with the covariance it has learnt", () => {
    const distribution = new CmaDistribution(3)
    const draw = new Draw(3, 1)
    distribution.begin(Float64Array.of(0.1, 0.2, 0.3), 0.7, 8)
    const points = new Float64Array(8 * 3)
    const one = new Float64Array(3)
    for (let generation = 0; generation < 30; generation++) {
      const order = Int32Array.from({ length: 8 }, (_, k) => k)
      for (let k = 0; k < 8; k++) {
        distribution.sample(draw, one)
        points.set(one, 3 * k)
      }
      const value = (k: number): number => points[3 * k] ** 2 + 50 * (points[3 * k + 1] + points[3 * k]) ** 2
      distribution.update(
        points,
        order.sort((a, b) => value(a) - value(b)),
      )
    }
    const draws = 20000
    const sums = new Float64Array(9)
    for (let k = 0; k < draws; k++) {
      distribution.sample(draw, one)
      for (let i = 0; i < 3; i++) {
        for (let j = 0; j < 3; j++) {
          sums[i * 3 + j] += (one[i] - distribution.mean[i]) * (one[j] - distribution.mean[j])
        }
      }
    }
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        const told = distribution.sigma ** 2 * distribution.covariance[i * 3 + j]
        const scale = distribution.deviation(i) * distribution.deviation(j)
        expect(Math.abs(sums[i * 3 + j] / draws - told)).toBeLessThan(0.04 * scale)
      }
    }
    expect(Math.abs(distribution.covariance[1])).toBeGreaterThan(0.1 * distribution.covariance[0])
  })
})

describe("a point from an older distribution", () => {
  it("pulls no further than a current one could", () => {
    const distribution = new CmaDistribution(2)
    distribution.begin(Float64Array.of(0, 0), 0.01, 4)
    // Ten thousand deviations away: without a limit the mean would follow by most of that.
    distribution.update(Float64Array.of(100, 0, 0, 0.001, -0.001, 0, 0, -0.001), Int32Array.of(0, 1, 2, 3))
    expect(distribution.mean[0]).toBeGreaterThan(0.01)
    expect(distribution.mean[0]).toBeLessThan(0.1)
    expect(distribution.sound).toBe(true)
  })
})

describe("cmaEs", () => {
  checklist(cmaEs)

  it("solves a rotated ellipse of condition one million to 1e-8", () => {
    for (const seed of [1, 2, 3]) {
      const { loss } = ellipse(5, 1e6, seed)
      const rig = new Rig(cube(5), cmaEs.make, { seed, budget: 4000 })
      rig.descend(loss, 4000)
      expect(rig.best).toBeLessThan(1e-8)
    }
  })

  it("learns the shape of the inverse Hessian", () => {
    const { loss, hessian } = ellipse(4, 100, 5)
    const rig = new Rig(cube(4), (context) => new CmaEs(context), { budget: 2000 })
    const { distribution } = rig.strategy as CmaEs
    // The arithmetic over the geometric mean of the product's eigenvalues: 1 when it is a multiple of the identity.
    const unlike = (): number => {
      const product = hessian.map((_, i) =>
        hessian.map((_, j) =>
          hessian.reduce((sum, row, k) => sum + distribution.covariance[i * 4 + k] * row[j], 0),
        ),
      )
      return product.reduce((sum, row, i) => sum + row[i], 0) / 4 / determinant(product) ** 0.25
    }
    expect(unlike()).toBeGreaterThan(3)
    rig.descend(loss, 8 * 60)
    expect(distribution.generation).toBe(60)
    expect(unlike()).toBeLessThan(1.3)
  })

  it("finds a minimum on a bound and one across the seam of a circle", () => {
    const bound = new Rig(cube(3), cmaEs.make)
    bound.descend((unit) => unit[0] + (unit[1] - 1) ** 2 + (unit[2] - 0.3) ** 2, 700)
    expect(bound.best).toBeLessThan(1e-6)
    const space = spaceOf([circle, line()])
    const seam = new Rig(space, cmaEs.make, { history: [[[0.85, 0.5], 9]] })
    seam.descend((unit) => space.difference(0, 0.02, unit[0]) ** 2 + (unit[1] - 0.3) ** 2, 400)
    expect(seam.best).toBeLessThan(1e-8)
  })

  it("restarts elsewhere with more points when there is nothing more to learn", () => {
    const rig = new Rig(cube(2), (context) => new CmaEs(context), { budget: 4000 })
    const trap: Loss = (unit) => Math.min(0.2 + sphereAt(0.5)(unit), 6 * sphereAt(0.92)(unit))
    rig.descend(trap, 4000)
    expect(rig.best).toBeLessThan(1e-10)
    expect((rig.strategy as CmaEs).distribution.lambda).toBeGreaterThanOrEqual(12)
  })

  it("ends a run when its best values differ only by rounding, or its points coincide", () => {
    const rounding = new Rig(cube(2), (context) => new CmaEs(context))
    let odd = 0
    const flat: Loss = (unit) => Math.max(0.05, sphereAt(0.5)(unit)) + (odd++ % 2) * 1e-15
    rounding.descend(flat, 400)
    expect((rounding.strategy as CmaEs).distribution.lambda).toBeGreaterThan(6)
    const pit = new Rig(cube(2), (context) => new CmaEs(context))
    // Never the same, however near.
    pit.descend((unit) => Math.log(sphereAt(0.3)(unit)), 900)
    expect((pit.strategy as CmaEs).distribution.lambda).toBeGreaterThan(6)
  })

  it("leaves a plateau after one generation", () => {
    const rig = new Rig(cube(2), (context) => new CmaEs(context))
    rig.descend(() => 3, 6)
    expect((rig.strategy as CmaEs).distribution.lambda).toBe(12)
  })

  it("learns from answers of any generation, and reports when it would rather wait", () => {
    const rig = new Rig(cube(2), (context) => new CmaEs(context))
    const { distribution } = rig.strategy as CmaEs
    for (let k = 0; k < 6; k++) {
      expect(rig.strategy.wantsAnswer?.()).toBe(false)
      rig.ask()
    }
    expect(rig.strategy.wantsAnswer?.()).toBe(true)
    for (let k = 0; k < 6; k++) rig.ask()
    for (let k = 11; k >= 6; k--) rig.tell(k, sphereAt(0.3)(rig.asked[k]))
    expect(distribution.generation).toBe(1)
    for (let k = 0; k < 6; k++) rig.tell(k, sphereAt(0.3)(rig.asked[k]))
    expect(distribution.generation).toBe(2)
  })

  it("does not treat a failed trial as a good one", () => {
    const rig = new Rig(cube(2), cmaEs.make, { budget: 600 })
    // The unconstrained minimum at .2 lies where nothing can be read.
    rig.descend((unit) => (unit[0] < 0.4 ? Number.NaN : sphereAt(0.2)(unit)), 600)
    expect(rig.best).toBeLessThan(0.2 * 0.2 + 1e-3)
  })

  it("works on a grid of whole numbers", () => {
    const space = spaceOf([grid(40), grid(40), grid(40)])
    const rig = new Rig(space, cmaEs.make, { budget: 400 })
    rig.descend((unit) => (unit[0] - 0.3) ** 2 + (unit[1] - 0.7) ** 2 + (unit[2] - 0.45) ** 2, 400)
    expect(rig.best).toBe(0)
  })
})

describe("random", () => {
  checklist(random, { learns: false })

  it("covers every part of the cube equally", () => {
    const rig = new Rig(cube(1), (context) => new RandomSearch(context))
    rig.descend(() => 0, 2000)
    for (let bin = 0; bin < 10; bin++) {
      const inBin = rig.asked.filter((unit) => Math.floor(unit[0] * 10) === bin).length
      expect(Math.abs(inBin - 200)).toBeLessThan(60)
    }
  })
})
