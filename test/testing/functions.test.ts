import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  ackley,
  beale,
  booth,
  ellipsoid,
  type Formula,
  griewank,
  levy,
  rastrigin,
  rosenbrock,
  SCHWEFEL_AT,
  schwefel,
  sphere,
  weightedSphere,
} from "../../src/testing/formulas.ts"
import { instanceOf, row, type TestFunction, testFunctions, variants } from "../../src/testing/functions.ts"
import { labelledLandscapes } from "../../src/testing/landscapes.ts"
import { rotationOf } from "../../src/testing/rotation.ts"
import { trainingFunctions } from "../../src/testing/trainingFunctions.ts"

const landscapes = labelledLandscapes(2)
const all: ReadonlyArray<TestFunction> = [
  ...testFunctions,
  ...trainingFunctions,
  ...landscapes.map((landscape) => landscape.function),
]
const anyInstance = fc
  .tuple(fc.constantFrom(...all), fc.constantFrom(...variants), fc.nat({ max: 1000 }))
  .map(([fn, variant, number]) => instanceOf(fn, variant, number))
const share = fc.double({ min: 0, max: 1, noNaN: true })
const shares = fc.array(share, { minLength: 20, maxLength: 20 })

describe("the formulas", () => {
  // Worked by hand at points where every term is a whole number or a known sine.
  const worked: ReadonlyArray<readonly [string, Formula, ReadonlyArray<number>, number]> = [
    ["sphere", sphere, [1, -2, 3], 14],
    ["weighted sphere", weightedSphere, [1, -2, 3], 1 + 2 * 4 + 3 * 9],
    ["ellipsoid", ellipsoid, [1, 1, 1], 1 + 1e3 + 1e6],
    ["rosenbrock", rosenbrock, [2, 3, 4], 100 + 1 + 100 * 25 + 4],
    ["beale", beale, [1, 2], 2.5 ** 2 + 5.25 ** 2 + 9.625 ** 2],
    ["booth", booth, [2, 1], 9],
    ["rastrigin", rastrigin, [0.5, 1], 0.25 + 20 + 1],
    ["ackley", ackley, [1, 1], 20 - 20 * Math.exp(-0.2)],
    // w = 1.5 and 2: sin² 1.5π = 1; .25 (1 + 10 sin²(1.5π + 1)); 1 (1 + sin² 4π) = 1.
    ["levy", levy, [3, 5], 1 + 0.25 * (1 + 10 * Math.cos(1) ** 2) + 1],
    ["griewank", griewank, [2 * Math.PI, 0], (4 * Math.PI ** 2) / 4000],
    ["schwefel", schwefel, [0, 0], 2 * 418.9828872724339],
    // Past the edge: its edge and .02 times the square of 100.
    ["schwefel outside", schwefel, [600], 418.9828872724339 - 500 * Math.sin(Math.sqrt(500)) + 200],
  ]
  it.each(worked)("%s has its hand-worked value", (_, formula, x, expected) => {
    expect(formula(Float64Array.from(x))).toBeCloseTo(expected, 9)
  })
})

describe("the 20 test functions", () => {
  it("are 20 of different names, in the dimensions of their names", () => {
    expect(new Set(testFunctions.map(({ name }) => name)).size).toBe(20)
    for (const { name, dimensions } of testFunctions) expect(name.endsWith(`-${dimensions}`)).toBe(true)
  })

  it("include two noisy ones", () => {
    const noisy = testFunctions.filter(({ noise, relativeNoise }) => noise > 0 || relativeNoise > 0)
    expect(noisy.map(({ name }) => name)).toEqual(["noisy-sphere-5", "stochastic-rosenbrock-2"])
  })

  it("share no name with the training functions or the labelled landscapes", () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
  })
})

describe("an instance", () => {
  it.each(all)("of $name has the stated value at its optimum, in every variant", (fn) => {
    for (const variant of variants) {
      for (const number of [0, 1, 50]) {
        const instance = instanceOf(fn, variant, number)
        expect(instance.trueValue(instance.optimumAt) - instance.optimum).toBeLessThan(1e-11)
        expect(instance.trueValue(instance.optimumAt)).toBeGreaterThanOrEqual(instance.optimum)
      }
    }
  })

  it("has no point below its optimum, anywhere in the box or close by", () => {
    fc.assert(
      fc.property(anyInstance, shares, fc.constantFrom(1, 0.3, 1e-2, 1e-4), (instance, at, scale) => {
        const { min, max } = instance.function
        const lowest = instance.trueValue(instance.optimumAt)
        const anywhere = Float64Array.from(instance.optimumAt, (_, i) => min + (max - min) * at[i])
        const near = Float64Array.from(instance.optimumAt, (centre, i) =>
          Math.min(max, Math.max(min, centre + (max - min) * scale * (2 * at[i] - 1))),
        )
        expect(instance.trueValue(anywhere)).toBeGreaterThanOrEqual(lowest)
        expect(instance.trueValue(near)).toBeGreaterThanOrEqual(lowest)
      }),
      { numRuns: 5000 },
    )
  })

  it("keeps its optimum a tenth of the box away from every bound when shifted or rotated", () => {
    fc.assert(
      fc.property(anyInstance, (instance) => {
        const { min, max } = instance.function
        const margin = instance.variant === "o" ? 0 : 0.1 * (max - min)
        for (const x of instance.optimumAt) {
          expect(x).toBeGreaterThanOrEqual(min + margin - 1e-9)
          expect(x).toBeLessThanOrEqual(max - margin + 1e-9)
        }
      }),
    )
  })

  it("moves the optimum when shifted, differently for every number and function", () => {
    const places = new Set<string>()
    for (const fn of testFunctions) {
      for (const number of [0, 1, 2]) {
        const shifted = instanceOf(fn, "s", number)
        const width = fn.max - fn.min
        const moved = shifted.optimumAt.map((x, i) => Math.abs(x - fn.optimumAt[i]) / width)
        // Only an optimum that was nearer than the margin to begin with is moved further.
        const outside = fn.name === "schwefel-2" ? 2 * (SCHWEFEL_AT / 1000 + 0.5 - 0.9) : 0
        expect(Math.max(...moved)).toBeLessThanOrEqual(0.3 + outside + 1e-9)
        expect(Math.max(...moved)).toBeGreaterThan(0.01)
        places.add(shifted.optimumAt.map((x) => (x - fn.min) / width).join(" "))
      }
    }
    expect(places.size).toBe(3 * testFunctions.length)
  })

  it("has the same depth as the original function when only shifted", () => {
    const shifted = instanceOf(row("weighted", 3, -5, 5, 0, weightedSphere), "s", 4)
    const [a, b, c] = shifted.optimumAt
    expect(shifted.trueValue([a + 1, b, c])).toBeCloseTo(1, 12)
    expect(shifted.trueValue([a, b + 1, c])).toBeCloseTo(2, 12)
    expect(shifted.trueValue([a, b, c - 2])).toBeCloseTo(12, 12)
  })

  it("mixes the axes when rotated: no step along one leaves the others alone", () => {
    const rotated = instanceOf(row("weighted", 3, -5, 5, 0, weightedSphere), "r", 4)
    const [a, b, c] = rotated.optimumAt
    const along = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ].map(([x, y, z]) => rotated.trueValue([a + x, b + y, c + z]))
    // The trace of the curvature stays, what each axis has of it does not.
    expect(along[0] + along[1] + along[2]).toBeCloseTo(1 + 2 + 3, 9)
    for (const [i, value] of along.entries()) expect(Math.abs(value - (i + 1))).toBeGreaterThan(1e-3)
  })

  it("is the same each time it is created", () => {
    fc.assert(
      fc.property(anyInstance, shares, fc.nat(), fc.nat(), (instance, at, seed, evaluation) => {
        const again = instanceOf(instance.function, instance.variant, instance.number)
        const { min, max } = instance.function
        const x = Float64Array.from(instance.optimumAt, (_, i) => min + (max - min) * at[i])
        expect(again.name).toBe(instance.name)
        expect(again.reading(x, seed, evaluation)).toBe(instance.reading(x, seed, evaluation))
      }),
    )
  })

  it("names its coordinates so that sorting keeps their order", () => {
    const instance = instanceOf(testFunctions.find(({ name }) => name === "quadratic-20")!, "o")
    const names = Object.keys(instance.bounds)
    expect(names.toSorted()).toEqual(names)
    const params = Object.fromEntries(names.map((name, i) => [name, i / 10]))
    expect([...instance.pointOf(params)]).toEqual(names.map((_, i) => i / 10))
  })
})

describe("the noise of a reading", () => {
  const exact = testFunctions.find(({ name }) => name === "sphere-5")!
  const relative = testFunctions.find(({ name }) => name === "noisy-sphere-5")!
  const absolute = testFunctions.find(({ name }) => name === "stochastic-rosenbrock-2")!

  it("is zero for an exact function", () => {
    const instance = instanceOf(exact, "r", 1)
    expect(instance.reading([1, 2, 3, 4, 5], 9, 9)).toBe(instance.trueValue([1, 2, 3, 4, 5]))
  })

  const deviations = (fn: TestFunction, x: ReadonlyArray<number>): ReadonlyArray<number> => {
    const instance = instanceOf(fn, "o")
    return Array.from(
      { length: 4000 },
      (_, k) => instance.reading(x, k % 40, Math.floor(k / 40)) - instance.trueValue(x),
    )
  }
  const mean = (values: ReadonlyArray<number>): number =>
    values.reduce((sum, x) => sum + x, 0) / values.length
  const deviation = (values: ReadonlyArray<number>): number => Math.sqrt(mean(values.map((x) => x * x)))

  it("has mean 0 and the stated deviation, relative or absolute", () => {
    // The sphere is 9 here: a tenth of it. 4,000 draws give a deviation to about 1 %, the mean to 1/63 of it.
    const proportional = deviations(relative, [3, 0, 0, 0, 0])
    expect(deviation(proportional)).toBeCloseTo(0.9, 1)
    expect(Math.abs(mean(proportional))).toBeLessThan(0.9 / 15)
    expect(deviation(deviations(absolute, [0, 0]))).toBeCloseTo(0.1, 2)
    expect(deviation(deviations(absolute, [5, 5]))).toBeCloseTo(0.1, 2)
  })

  it("differs by seed and by evaluation", () => {
    expect(new Set(deviations(absolute, [1, 1])).size).toBe(4000)
  })
})

describe("rotations", () => {
  it("are orthogonal to rounding", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(), fc.nat({ max: 1000 }), (d, seed, number) => {
        const rows = rotationOf(d, seed, number)
        for (let i = 0; i < d; i++) {
          for (let j = 0; j <= i; j++) {
            let product = 0
            for (let k = 0; k < d; k++) product += rows[i * d + k] * rows[j * d + k]
            expect(Math.abs(product - (i === j ? 1 : 0))).toBeLessThan(1e-12)
          }
        }
      }),
    )
  })

  it("differ by seed and by number", () => {
    const [one, other, third] = [rotationOf(4, 1, 0), rotationOf(4, 1, 1), rotationOf(4, 2, 0)]
    expect(one).not.toEqual(other)
    expect(one).not.toEqual(third)
  })
})

describe("functions for choosing settings", () => {
  it("number more than a dozen, from 2 to 16 dimensions, some of them noisy", () => {
    expect(trainingFunctions.length).toBeGreaterThan(12)
    const dimensions = trainingFunctions.map((fn) => fn.dimensions)
    expect(Math.min(...dimensions)).toBe(2)
    expect(Math.max(...dimensions)).toBe(16)
    expect(trainingFunctions.some(({ noise, relativeNoise }) => noise + relativeNoise > 0)).toBe(true)
  })
})

describe("labelled landscapes", () => {
  it("cover every label, and have noise exactly if they are labelled noisy", () => {
    expect(new Set(landscapes.map(({ label }) => label))).toEqual(new Set(["quadratic", "curved", "noisy"]))
    for (const { label, function: fn } of landscapes) expect(fn.relativeNoise > 0).toBe(label === "noisy")
  })

  it("rise all the way from the optimum to the far corner if labelled quadratic; rippled ones do not", () => {
    const descents = (name: string): number => {
      const { function: fn } = landscapes.find((one) => one.function.name === name)!
      const instance = instanceOf(fn, "r", 3)
      const from = instance.optimumAt
      const to = from.map((x) => (x > 0 ? -5 : 5))
      let falls = 0
      let before = 0
      for (let k = 1; k <= 200; k++) {
        const value = instance.trueValue(from.map((x, i) => x + (k / 200) * (to[i] - x)))
        if (value < before) falls++
        before = value
      }
      return falls
    }
    for (const name of ["bowl-5-0", "long-bowl-8-1", "thin-bowl-3-0", "soft-bowl-12-0"])
      expect(descents(name)).toBe(0)
    for (const name of ["rippled-2-0", "rippled-3-1"]) expect(descents(name)).toBeGreaterThan(0)
  })
})
