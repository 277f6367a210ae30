/** The Gaussian process: what it says at and away from its readings, and that growing it is the same as fitting it anew. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { GaussianModel } from "../../src/solver/numbers/GaussianModel.ts"
import { Draw } from "../../src/solver/Draw.ts"
import { choice, circle, cube, line, spaceOf } from "./strategyRig.ts"

const mixed = spaceOf([choice(3), line(), circle])

/** Points of the space with targets that depend on all dimensions. */
function points(count: number, seed: number): ReadonlyArray<readonly [Float64Array, number]> {
  const draw = new Draw(seed, 7)
  return Array.from({ length: count }, () => {
    const unit = Float64Array.from({ length: mixed.size }, () => draw.uniform())
    mixed.snap(unit)
    return [unit, Math.sin(3 * unit[1]) + Math.cos(2 * Math.PI * unit[2]) + (unit[0] > 0.5 ? 1 : 0)] as const
  })
}

function modelOf(all: ReadonlyArray<readonly [Float64Array, number]>): GaussianModel {
  const model = new GaussianModel(mixed, 64)
  for (const [unit, target] of all) model.push(unit, 0, target)
  model.fit()
  return model
}

describe("the Gaussian process", () => {
  it("reproduces its readings with certainty", () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 30 }), fc.nat(1000), (count, seed) => {
        const all = points(count, seed)
        const model = modelOf(all)
        for (const [unit, target] of all) {
          model.predict(unit)
          expect(model.height).toBeCloseTo(target, 1)
          const here = model.deviation
          model.predict(Float64Array.from(unit, (x, i) => (i === 1 ? (x + 0.5) % 1 : x)))
          expect(model.deviation).toBeGreaterThan(here)
        }
      }),
      { numRuns: 30 },
    )
  })

  it("predicts the same whether its points came at once or one by one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 30 }), fc.nat(1000), (count, seed) => {
        const all = points(count, seed)
        const grown = modelOf(all.slice(0, 2))
        for (const [unit, target] of all.slice(2)) {
          grown.push(unit, 0, target)
          grown.fit()
        }
        // Points that come and go leave nothing behind.
        for (const [unit] of points(3, seed + 1)) grown.push(unit, 0, 9)
        grown.fit()
        grown.truncate(count)
        grown.fit()
        const whole = modelOf(all)
        for (const [unit] of points(5, seed + 2)) {
          grown.predict(unit)
          whole.predict(unit)
          expect(grown.height).toBe(whole.height)
          expect(grown.deviation).toBe(whole.deviation)
        }
      }),
      { numRuns: 30 },
    )
  })

  it("uses what one value of a choice teaches only as a hint about the others", () => {
    const space = spaceOf([choice(2), line()])
    const model = new GaussianModel(space, 16)
    const at = (c: number, x: number): Float64Array => Float64Array.of(c === 0 ? 0.25 : 0.75, x)
    for (const x of [0, 0.2, 0.4, 0.6, 0.8, 1]) model.push(at(0, x), 0, (x - 0.6) ** 2)
    for (const x of [0, 1]) model.push(at(1, x), 0, 0.1 + (x - 0.6) ** 2)
    model.fit()
    model.predict(at(0, 0.5))
    const own = model.deviation
    model.predict(at(1, 0.6))
    expect(model.deviation).toBeGreaterThan(own)
    // Lower in the middle, as the other value showed, though this one was read at its ends only.
    expect(model.height).toBeLessThan(0.1 + 0.16)
  })

  it("learns that a dimension does not matter", () => {
    const space = cube(2)
    const model = new GaussianModel(space, 64)
    const draw = new Draw(3, 7)
    for (let k = 0; k < 30; k++) {
      const unit = Float64Array.of(draw.uniform(), draw.uniform())
      model.push(unit, 0, Math.sin(6 * unit[0]))
    }
    model.learn(4)
    const miss = (unit: Float64Array): number => {
      model.predict(unit)
      return Math.abs(model.height - Math.sin(6 * unit[0]))
    }
    for (let k = 0; k < 10; k++)
      expect(miss(Float64Array.of(draw.uniform(), draw.uniform()))).toBeLessThan(0.15)
  })

  it("learns the same in two sweeps at once as in two separate ones that measure all gaps again", () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 40 }), fc.nat(1000), (count, seed) => {
        const [once, twice] = [modelOf(points(count, seed)), modelOf(points(count, seed))]
        once.learn(2)
        twice.learn(1)
        twice.learn(1)
        for (const [unit] of points(5, seed + 1)) {
          once.predict(unit)
          twice.predict(unit)
          expect(once.height).toBeCloseTo(twice.height, 9)
          expect(once.deviation).toBeCloseTo(twice.deviation, 9)
        }
      }),
      { numRuns: 20 },
    )
  })

  it("predicts the mean and a bound on its deviation at once, and the deviation itself in a second step", () => {
    const all = points(20, 5)
    const model = modelOf(all)
    for (const [unit] of [...points(10, 6), ...all]) {
      model.expect(unit)
      const { height, deviation } = model
      model.doubt()
      expect(model.height).toBe(height)
      expect(model.deviation).toBeLessThanOrEqual(deviation)
      const closer = model.deviation
      model.predict(unit)
      expect([model.height, model.deviation]).toEqual([height, closer])
    }
  })

  it("smooths over readings that contradict each other where there is noise", () => {
    const model = new GaussianModel(cube(1), 8)
    model.nugget = 0.01
    for (const target of [1, 3]) model.push(Float64Array.of(0.5), 0, target)
    model.push(Float64Array.of(0), 0, 0)
    model.fit()
    model.predict(Float64Array.of(0.5))
    expect(model.height).toBeCloseTo(2, 1)
  })
})
