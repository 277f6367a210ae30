import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Draw } from "../../src/solver/Draw.ts"
import { rotationOf } from "../../src/testing/rotation.ts"
import { BoxQuadratic } from "../../src/solver/numbers/boxQuadratic.ts"
import { MinimumNormModel } from "../../src/solver/numbers/MinimumNormModel.ts"
import { SymmetricInverse } from "../../src/solver/numbers/SymmetricInverse.ts"

const dimensions = fc.integer({ min: 2, max: 8 })
const seeds = fc.integer({ min: 0, max: 1e6 })

/** Any smooth function will do; this one is not quadratic. */
const bumpy = (z: Float64Array, from: number, d: number): number => {
  let sum = 0
  for (let i = 0; i < d; i++) sum += Math.cos(3 * z[from + i] + i) + (i + 1) * z[from + i] ** 2
  return sum + z[from] * z[from + d - 1]
}

/** A model after its start and some exchanges, always of the point that the new one is worth most for. */
function worked(d: number, seconds: number, seed: number, exchanges: number): MinimumNormModel {
  const draw = new Draw(seed, 0)
  const model = new MinimumNormModel(9)
  const a = Float64Array.from({ length: d }, () => 0.3 + 0.1 * draw.uniform())
  const b = Float64Array.from({ length: d }, () => -0.2 - 0.4 * draw.uniform())
  const losses = new Float64Array(1 + d + seconds)
  const z = new Float64Array(d)
  for (let k = 0; k < losses.length; k++) {
    z.fill(0)
    if (k > d) z[k - 1 - d] = b[k - 1 - d]
    else if (k > 0) z[k - 1] = a[k - 1]
    losses[k] = bumpy(z, 0, d)
  }
  model.start(d, seconds, a, b, losses)
  for (let e = 0; e < exchanges; e++) {
    for (let i = 0; i < d; i++) z[i] = draw.uniform() - 0.5
    model.prepare(z)
    let target = 0
    for (let k = 1; k < model.m; k++) {
      if (Math.abs(model.denominator(k)) > Math.abs(model.denominator(target))) target = k
    }
    model.replace(target, z, bumpy(z, 0, d))
  }
  return model
}

/** Largest difference between the model and the losses at its own points, relative to their spread. */
function miss(model: MinimumNormModel): number {
  const { d, m, points, losses, best } = model
  let worst = 0
  let spread = 0
  for (let k = 0; k < m; k++) {
    const expected = model.value(points, k * d) - model.value(points, best * d)
    const actual = losses[k] - losses[best]
    worst = Math.max(worst, Math.abs(expected - actual))
    spread = Math.max(spread, Math.abs(actual))
  }
  return worst / spread
}

describe("the inverse that changes row by row", () => {
  it("is the inverse of the changed matrix", () => {
    fc.assert(
      fc.property(dimensions, seeds, fc.boolean(), (n, seed, indefinite) => {
        const draw = new Draw(seed, 1)
        const matrix = new Float64Array(n * n)
        for (let i = 0; i < n; i++) {
          for (let j = 0; j <= i; j++) matrix[i * n + j] = matrix[j * n + i] = draw.normal()
          matrix[i * n + i] += (indefinite && i % 2 === 1 ? -1 : 1) * 2 * n
        }
        const inverse = new SymmetricInverse(n)
        if (!inverse.invert(matrix, n)) return false
        for (let change = 0; change < 2 * n; change++) {
          const t = draw.below(n)
          const column = Float64Array.from({ length: n }, () => draw.normal())
          const diagonal = (indefinite && t % 2 === 1 ? -1 : 1) * (2 * n + draw.normal())
          inverse.prepare(column)
          if (!inverse.replace(t, diagonal)) return false
          for (let i = 0; i < n; i++) matrix[i * n + t] = matrix[t * n + i] = column[i]
          matrix[t * n + t] = diagonal
        }
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < n; j++) {
            let sum = 0
            for (let k = 0; k < n; k++) sum += matrix[i * n + k] * inverse.values[k * n + j]
            if (Math.abs(sum - (i === j ? 1 : 0)) > 1e-8) return false
          }
        }
        return true
      }),
    )
  })

  it("reports a singular matrix, and keeps the previous inverse", () => {
    const inverse = new SymmetricInverse(2)
    expect(inverse.invert(Float64Array.of(1, 2, 2, 4), 2)).toBe(false)
    expect(inverse.invert(Float64Array.of(2, 0, 0, 4), 2)).toBe(true)
    inverse.prepare(Float64Array.of(0, 0))
    expect(inverse.replace(0, 0)).toBe(false)
    expect([...inverse.values]).toEqual([0.5, 0, 0, 0.25])
  })
})

describe("the minimum norm model", () => {
  it("passes through all its points after any number of exchanges", () => {
    fc.assert(
      fc.property(dimensions, seeds, fc.integer({ min: 0, max: 60 }), (d, seed, exchanges) => {
        for (const seconds of [d, d - 1]) expect(miss(worked(d, seconds, seed, exchanges))).toBeLessThan(1e-9)
      }),
    )
  })

  it("grows to a full quadratic, which it then reproduces exactly", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 6 }), seeds, (d, seed) => {
        const draw = new Draw(seed, 4)
        const most = ((d + 1) * (d + 2)) / 2
        const square = (z: Float64Array): number =>
          z.reduce((sum, v, i) => sum + (i + 1) * v * v + v * z[(i + 1) % d] - 0.3 * v, 0)
        const a = new Float64Array(d).fill(0.3)
        const b = new Float64Array(d).fill(-0.3)
        const z = new Float64Array(d)
        const losses = Float64Array.from({ length: 2 * d + 1 }, (_, k) => {
          z.fill(0)
          if (k > 0) z[(k - 1) % d] = k > d ? -0.3 : 0.3
          return square(z)
        })
        const model = new MinimumNormModel(d, most)
        model.start(d, d, a, b, losses)
        for (let k = 2 * d + 1; k < most; k++) {
          for (let i = 0; i < d; i++) z[i] = draw.uniform() - 0.5
          model.prepare(z)
          expect(model.grow(z, square(z))).toBe(true)
        }
        model.prepare(z)
        expect(model.grow(z, 0)).toBe(false)
        for (let i = 0; i < d; i++) z[i] = 2 * draw.uniform()
        expect(model.value(z)).toBeCloseTo(square(z), 4)
      }),
      { numRuns: 50 },
    )
  })

  it("has Lagrange functions that are 1 at their own point and 0 at the others", () => {
    fc.assert(
      fc.property(dimensions, seeds, (d, seed) => {
        const model = worked(d, d, seed, 20)
        for (let k = 0; k < model.m; k++) {
          model.prepare(model.points.slice(k * d, k * d + d))
          for (let j = 0; j < model.m; j++) expect(model.lagrange(j)).toBeCloseTo(j === k ? 1 : 0, 7)
        }
      }),
      { numRuns: 30 },
    )
  })

  it("is the same function after its base has moved, and continues as before", () => {
    fc.assert(
      fc.property(dimensions, seeds, (d, seed) => {
        const model = worked(d, d - 1, seed, 25)
        const before = model.inverse.values.slice(0, model.inverse.size ** 2)
        const shift = model.points.slice(model.best * d, model.best * d + d)
        const z = Float64Array.from({ length: d }, (_, i) => 0.1 * i - 0.2)
        const atZ = model.value(z) - model.value(shift)
        model.rebase()
        const moved = z.map((v, i) => v - shift[i])
        expect(model.value(moved)).toBeCloseTo(atZ, 8)
        // Inverting from scratch around the new base gives what moving gave.
        const byMoving = model.inverse.values.slice(0, model.inverse.size ** 2)
        expect(model.rebuild()).toBe(true)
        const largest = Math.max(...byMoving.map(Math.abs))
        for (let i = 0; i < byMoving.length; i++) {
          expect(Math.abs(byMoving[i] - model.inverse.values[i]) / largest).toBeLessThan(1e-9)
        }
        expect(before.length).toBe(byMoving.length)
      }),
      { numRuns: 50 },
    )
  })

  it("detects that it has drifted, and fits its points again", () => {
    fc.assert(
      fc.property(dimensions, seeds, (d, seed) => {
        const model = worked(d, d, seed, 15)
        model.gradient[0] += 0.5
        const before = miss(model)
        expect(before).toBeGreaterThan(1e-4)
        // A point on its way out shows it.
        const target = (model.best + 1) % model.m
        const z = Float64Array.from({ length: d }, (_, i) => 0.05 * (i + 1))
        model.prepare(z)
        expect(model.replace(target, z, bumpy(z, 0, d))).toBe(true)
        expect(model.drift).toBeGreaterThan(0)
        expect(model.settle()).toBeGreaterThan(0)
        expect(model.drift).toBe(0)
        expect(miss(model)).toBeLessThan(1e-8)
      }),
      { numRuns: 50 },
    )
  })

  it("drops excess curvature, and still passes through all its points", () => {
    const norm = (model: MinimumNormModel): number =>
      Math.hypot(...model.curvature.subarray(0, model.d * model.d))
    fc.assert(
      fc.property(dimensions, seeds, (d, seed) => {
        const model = worked(d, d, seed, 15)
        const before = norm(model)
        model.refit()
        expect(norm(model)).toBeLessThan(before)
        expect(miss(model)).toBeLessThan(1e-8)
      }),
      { numRuns: 50 },
    )
  })

  it("finds a separable quadratic exactly from its first points", () => {
    const d = 3
    const f = (x: number, y: number, z: number): number =>
      2 * (x - 0.1) ** 2 + (y + 0.2) ** 2 - 0.5 * z * z + z
    const losses = Float64Array.of(
      f(0, 0, 0),
      f(0.3, 0, 0),
      f(0, 0.3, 0),
      f(0, 0, 0.3),
      f(-0.3, 0, 0),
      f(0, 0.6, 0),
      f(0, 0, -0.1),
    )
    const model = new MinimumNormModel(d)
    model.start(d, d, Float64Array.of(0.3, 0.3, 0.3), Float64Array.of(-0.3, 0.6, -0.1), losses)
    for (const [x, y, z] of [
      [0.1, -0.2, 0.4],
      [1, 2, -3],
    ])
      expect(model.value(Float64Array.of(x, y, z))).toBeCloseTo(f(x, y, z) - f(0, 0, 0), 10)
  })
})

describe("the quadratic in a box", () => {
  it("stays in the box, and no single coordinate could do better", () => {
    fc.assert(
      fc.property(dimensions, seeds, fc.constantFrom(1, -1), (d, seed, sign) => {
        const draw = new Draw(seed, 2)
        const G = new Float64Array(d * d)
        for (let i = 0; i < d; i++) for (let j = 0; j <= i; j++) G[i * d + j] = G[j * d + i] = draw.normal()
        const g = Float64Array.from({ length: d }, () => draw.normal())
        const low = Float64Array.from({ length: d }, () => -draw.uniform())
        const high = Float64Array.from({ length: d }, () => draw.uniform())
        const step = new Float64Array(d)
        const value = new BoxQuadratic(d).minimise(d, sign, g, G, low, high, step)
        const at = (s: Float64Array): number => {
          let sum = 0
          for (let i = 0; i < d; i++) {
            sum += g[i] * s[i]
            for (let j = 0; j < d; j++) sum += 0.5 * s[i] * G[i * d + j] * s[j]
          }
          return sign * sum
        }
        expect(value).toBeLessThanOrEqual(0)
        expect(at(step)).toBeCloseTo(value, 9)
        for (let i = 0; i < d; i++) {
          expect(step[i]).toBeGreaterThanOrEqual(low[i])
          expect(step[i]).toBeLessThanOrEqual(high[i])
          for (const to of [low[i], high[i]]) {
            const other = step.slice()
            other[i] = to
            expect(at(other)).toBeGreaterThan(value - 0.05 * Math.abs(value) - 1e-9)
          }
        }
      }),
    )
  })

  /**
   * Root cause held here: a coordinate whose slope was exactly 0, as the last one's is after a cycle, was taken for one that
   * the box holds, and the conjugate gradients ran in too few dimensions: a quarter of the reachable gain in the median.
   */
  it("reaches the bottom of a rotated narrow valley, however narrow", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(2, 3, 5, 10),
        seeds,
        fc.constantFrom(1e2, 1e4, 1e6),
        (d, seed, condition) => {
          const axes = rotationOf(d, seed, 5)
          const G = new Float64Array(d * d)
          for (let k = 0; k < d; k++) {
            const weight = condition ** (k / (d - 1))
            for (let i = 0; i < d; i++)
              for (let j = 0; j < d; j++) G[i * d + j] += weight * axes[k * d + i] * axes[k * d + j]
          }
          // Along the longest axis lies the bottom, and along the others something near it: the gains of all count.
          const bottom = new Float64Array(d)
          for (let k = 0; k < d; k++)
            for (let i = 0; i < d; i++) bottom[i] += condition ** (-0.5 * (k / (d - 1))) * axes[k * d + i]
          const g = new Float64Array(d)
          for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) g[i] -= G[i * d + j] * bottom[j]
          let lowest = 0
          for (let i = 0; i < d; i++) lowest += 0.5 * g[i] * bottom[i]
          const value = new BoxQuadratic(d).minimise(
            d,
            1,
            g,
            G,
            new Float64Array(d).fill(-5),
            new Float64Array(d).fill(5),
            new Float64Array(d),
          )
          return value < 0.99 * lowest
        },
      ),
    )
  })

  it("comes within a ten-thousandth of the bottom of rotated narrow valleys", () => {
    const d = 6
    for (let seed = 0; seed < 5; seed++) {
      const draw = new Draw(seed, 3)
      // Sums of squared projections with condition 1e4.
      const G = new Float64Array(d * d)
      for (let k = 0; k < d; k++) {
        const v = Float64Array.from({ length: d }, () => draw.normal())
        const weight = 10 ** (-4 * (k / (d - 1)))
        for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) G[i * d + j] += weight * v[i] * v[j]
      }
      const bottom = Float64Array.from({ length: d }, () => 0.4 * draw.uniform() - 0.2)
      const g = new Float64Array(d)
      for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) g[i] -= G[i * d + j] * bottom[j]
      let lowest = 0
      for (let i = 0; i < d; i++) lowest += 0.5 * g[i] * bottom[i]
      const high = new Float64Array(d).fill(5)
      const low = new Float64Array(d).fill(-5)
      const value = new BoxQuadratic(d).minimise(d, 1, g, G, low, high, new Float64Array(d))
      expect(value).toBeGreaterThanOrEqual(lowest - 1e-12)
      expect(value).toBeLessThan(0.9999 * lowest)
    }
  })
})
