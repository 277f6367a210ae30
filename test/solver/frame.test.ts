import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Draw } from "../../src/solver/Draw.ts"
import { eigenvectors } from "../../src/solver/numbers/eigenvectors.ts"
import { MinimumNormModel } from "../../src/solver/numbers/MinimumNormModel.ts"
import { Frame } from "../../src/solver/strategies/Frame.ts"

const dimensions = fc.integer({ min: 2, max: 8 })
const seeds = fc.nat(1000)
const symmetric = (d: number, draw: Draw): Float64Array => {
  const matrix = new Float64Array(d * d)
  for (let i = 0; i < d; i++)
    for (let j = 0; j <= i; j++) matrix[i * d + j] = matrix[j * d + i] = draw.normal()
  return matrix
}

/** A model of `f` through the 2 d + 1 points of a stencil with this radius. */
function modelOf(d: number, radius: number, f: (z: Float64Array) => number): MinimumNormModel {
  const model = new MinimumNormModel(d)
  const points = Array.from({ length: 2 * d + 1 }, (_, k) => {
    const z = new Float64Array(d)
    if (k > 0) z[(k - 1) % d] = k <= d ? radius : -radius
    return z
  })
  const reach = (by: number): Float64Array => new Float64Array(d).fill(by * radius)
  model.start(d, d, reach(1), reach(-1), Float64Array.from(points, f))
  return model
}
/** Curvatures along the axes from 1 to 1e4. */
const long = (z: Float64Array): number =>
  z.reduce((sum, v, i) => sum + 10 ** ((4 * i) / (z.length - 1)) * (v - 0.01 * i) ** 2, 0)

describe("the principal axes of a symmetric matrix", () => {
  it("are orthonormal and reproduce the matrix", () => {
    fc.assert(
      fc.property(dimensions, seeds, (d, seed) => {
        const matrix = symmetric(d, new Draw(seed, 1))
        const values = matrix.slice()
        const vectors = new Float64Array(d * d)
        eigenvectors(d, values, vectors)
        for (let i = 0; i < d; i++) {
          for (let j = 0; j < d; j++) {
            let again = 0
            let product = 0
            for (let k = 0; k < d; k++) {
              again += vectors[i * d + k] * values[k * d + k] * vectors[j * d + k]
              product += vectors[k * d + i] * vectors[k * d + j]
            }
            expect(again).toBeCloseTo(matrix[i * d + j], 10)
            expect(product).toBeCloseTo(i === j ? 1 : 0, 10)
          }
        }
      }),
    )
  })

  it("do not change a diagonal matrix or a matrix of zeros", () => {
    for (const diagonal of [
      [3, -1, 0],
      [0, 0, 0],
    ]) {
      const matrix = Float64Array.from({ length: 9 }, (_, k) => (k % 4 === 0 ? diagonal[k / 4] : 0))
      const vectors = new Float64Array(9)
      eigenvectors(3, matrix, vectors)
      expect([...vectors]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1])
      expect([0, 4, 8].map((k) => matrix[k])).toEqual(diagonal)
    }
  })
})

describe("the frame of a trust region", () => {
  const begun = (d: number): Frame => {
    const frame = new Frame(d)
    frame.begin(d)
    return frame
  }
  const inCubeOf = (frame: Frame, z: Float64Array): Float64Array =>
    Float64Array.from(z, (_, a) => frame.component(a, z))

  it("carries a model over: it predicts the same at the same place", () => {
    fc.assert(
      fc.property(dimensions, seeds, (d, seed) => {
        const draw = new Draw(seed, 2)
        const model = modelOf(d, 0.1, long)
        const frame = begun(d)
        const places = Array.from({ length: 5 }, () => Float64Array.from({ length: d }, () => draw.normal()))
        const before = places.map((z) => model.value(z))
        expect(frame.follow(model, 0.01)).toBe(true)
        expect(frame.follow(model, 0.01)).toBe(true)
        const z = new Float64Array(d)
        places.forEach((place, k) => {
          frame.locate(place, z)
          expect(model.value(z) / before[k]).toBeCloseTo(1, 8)
          inCubeOf(frame, z).forEach((x, i) => expect(x).toBeCloseTo(place[i], 10))
        })
        expect(model.rebuild()).toBe(true)
        frame.locate(places[0], z)
        expect(model.value(z) / before[0]).toBeCloseTo(1, 6)
      }),
    )
  })

  it("makes the flattest axis three times as long at a time, and does not change the steepest", () => {
    const model = modelOf(2, 0.1, long)
    const frame = begun(2)
    frame.follow(model, 0.01)
    const lengths = [0, 1].map((a) => Math.hypot(...inCubeOf(frame, Float64Array.from([a === 0 ? 1 : 0, a]))))
    expect(lengths[0]).toBeCloseTo(3, 10)
    expect(lengths[1]).toBeCloseTo(1, 10)
  })

  it("stops when the model is round, and never starts without information", () => {
    const model = modelOf(3, 0.1, long)
    const frame = begun(3)
    let changes = 0
    while (frame.follow(model, 1e-6)) changes++
    // A hundredfold difference in length takes five times three, and one more for what is left.
    expect(changes).toBeGreaterThan(3)
    expect(changes).toBeLessThan(8)
    for (const dull of [
      () => 7,
      (z: Float64Array) => z[0],
      (z: Float64Array) => -z[0] * z[0] - z[1] * z[1],
    ]) {
      const still = begun(3)
      expect(still.follow(modelOf(3, 0.1, dull), 0.01)).toBe(false)
      expect(still.turned).toBe(false)
    }
  })

  it("limits the box to half the cube", () => {
    const model = modelOf(2, 0.1, long)
    const frame = begun(2)
    const reach = 0.3
    while (frame.follow(model, reach));
    for (const z of [Float64Array.of(reach, 0), Float64Array.of(0, reach)])
      for (const x of inCubeOf(frame, z)) expect(Math.abs(x)).toBeLessThanOrEqual(0.5 + 1e-12)
    expect(frame.turned).toBe(true)
  })

  it("is that of the cube again when a descent begins", () => {
    const frame = begun(2)
    frame.follow(modelOf(2, 0.1, long), 0.01)
    frame.begin(2)
    expect(frame.turned).toBe(false)
    expect([...inCubeOf(frame, Float64Array.of(0.1, 0.2))]).toEqual([0.1, 0.2])
  })
})
