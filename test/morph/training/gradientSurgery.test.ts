/** Gradients that conflict are merged so that none works against another. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { mergeGradients } from "../../../src/morph/training/gradientSurgery.ts"

const merged = (gradients: ReadonlyArray<Float32Array>, step = 0): Float32Array => {
  const out = new Float32Array(gradients[0].length)
  mergeGradients(gradients, 1, step, new Float32Array(out.length), out)
  return out
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, x, i) => sum + x * b[i], 0)
const gradient = fc.array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: 3, maxLength: 3 })

describe("merged gradients", () => {
  it("are the sum where nothing conflicts", () => {
    expect(merged([Float32Array.of(1, 0), Float32Array.of(1, 2)])).toEqual(Float32Array.of(2, 2))
  })

  it("lose what points against the other one", () => {
    // (1, 1) without its part along (-1, 0) is (0, 1); (-1, 0) without its part along (1, 1) is (-.5, .5).
    expect(merged([Float32Array.of(1, 1), Float32Array.of(-1, 0)])).toEqual(Float32Array.of(-0.5, 1.5))
  })

  it("of two never point against either", () => {
    fc.assert(
      fc.property(gradient, gradient, (a, b) => {
        const both = [Float32Array.from(a), Float32Array.from(b)]
        const out = merged(both)
        for (const one of both) expect(dot(out, one)).toBeGreaterThanOrEqual(-1e-3)
      }),
    )
  })

  it("leave the gradients as they were, and keep a NaN in sight", () => {
    const [a, b] = [Float32Array.of(1, Number.NaN), Float32Array.of(-1, 0)]
    expect(merged([a, b])[1]).toBeNaN()
    expect(a).toEqual(Float32Array.of(1, Number.NaN))
    expect(b).toEqual(Float32Array.of(-1, 0))
  })

  it("depend on seed and step alone", () => {
    const three = [Float32Array.of(1, 1, 0), Float32Array.of(-1, 0, 1), Float32Array.of(0, -1, -1)]
    const steps = Array.from({ length: 8 }, (_, step) => merged(three, step).join())
    expect(Array.from({ length: 8 }, (_, step) => merged(three, step).join())).toEqual(steps)
    expect(new Set(steps).size).toBeGreaterThan(1)
  })
})
