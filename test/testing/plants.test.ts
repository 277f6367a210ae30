import { describe, expect, it } from "vitest"
import { gaussianAt, noiseAt, uniformAt } from "../../src/testing/noise.ts"
import { driftAt, type Plant } from "../../src/testing/Plant.ts"
import {
  cliff,
  constrained,
  kink,
  optimumOf,
  phases,
  plateau,
  quadratic,
  rotated,
  valley,
} from "../../src/testing/plants.ts"
import { bestLimit, LOADS, queuePlant, queueUtility } from "../../src/testing/queue.ts"
import { taskOne, taskTwo } from "../../src/testing/tasks.ts"

const optima: ReadonlyArray<readonly [Plant, ReadonlyArray<number>]> = [
  ...[1, 4, 16].map((n) => [quadratic(n), Array.from({ length: n }, (_, i) => optimumOf(i))] as const),
  [rotated(4, 30), Array.from({ length: 4 }, (_, i) => optimumOf(i))],
  [cliff(4), Array.from({ length: 4 }, (_, i) => optimumOf(i))],
  [kink(4), Array.from({ length: 4 }, (_, i) => optimumOf(i))],
  [plateau(4), Array.from({ length: 4 }, (_, i) => optimumOf(i))],
  [valley(), [1.9 / 3, 1.29 / 3]],
  [phases(2), [0.1, 0.95]],
  [taskTwo(), [199 / 999, 799 / 999]],
]

describe("simulated plants", () => {
  it.each(optima)("$name has its lowest loss at its stated optimum", (plant, where) => {
    const at = Float64Array.from(where)
    const best = plant.loss(at, 0)
    expect(best).toBeCloseTo(plant.best(0), 6)
    for (let i = 0; i < at.length; i++) {
      for (const step of [-0.02, 0.02]) {
        const near = at.slice()
        near[i] += step
        expect(plant.loss(near, 0)).toBeGreaterThan(best)
      }
    }
    expect(plant.loss(Float64Array.from(plant.start), 0)).toBeGreaterThan(best)
  })

  it("have the stated condition number in a rotated frame", () => {
    const plant = rotated(4, 30)
    const n = 4
    const at = (offset: ReadonlyArray<number>): number =>
      plant.loss(
        Float64Array.from(offset, (x, i) => optimumOf(i) + x),
        0,
      )
    // Trace and one mixed second difference of the Hessian.
    const unit = (i: number): Array<number> => Array.from({ length: n }, (_, j) => (i === j ? 0.1 : 0))
    const trace = [0, 1, 2, 3].reduce((sum, i) => sum + at(unit(i)) / 0.01, 0)
    expect(trace).toBeCloseTo(1 + 30 ** (-1 / 3) + 30 ** (-2 / 3) + 1 / 30, 9)
    const mixed = at([0.1, 0.1, 0, 0]) - at([0.1, 0, 0, 0]) - at([0, 0.1, 0, 0])
    expect(Math.abs(mixed)).toBeGreaterThan(1e-4)
  })

  it("drift by a step or a ramp, and then stay", () => {
    expect(driftAt({ kind: "step", atUs: 10, by: 0.2 }, 9)).toBe(0)
    expect(driftAt({ kind: "step", atUs: 10, by: 0.2 }, 10)).toBe(0.2)
    const ramp = { kind: "ramp", fromUs: 10, toUs: 20, by: 0.2 } as const
    expect([0, 10, 15, 20, 99].map((t) => driftAt(ramp, t))).toEqual([0, 0, 0.1, 0.2, 0.2])
    const moved = Float64Array.from([0, 1, 2, 3], (i) => optimumOf(i) + (optimumOf(i) > 0.5 ? -0.2 : 0.2))
    expect(quadratic(4, { kind: "step", atUs: 5, by: 0.2 }).loss(moved, 6)).toBeCloseTo(0, 12)
  })

  it("have a best feasible place where a constraint cuts the optimum off", () => {
    const plant = constrained(4)
    const start = Float64Array.from(plant.start)
    const edge = start.map((x, i) => optimumOf(i) + Math.sign(x - optimumOf(i)) * 0.1)
    expect(plant.margin?.(edge, 0)).toBeCloseTo(0, 12)
    expect(plant.loss(edge, 0)).toBeCloseTo(plant.best(0), 12)
    expect(plant.margin?.(start, 0)).toBeGreaterThan(0)
  })
})

describe("the M/M/c/K queue", () => {
  it("has the published best limits and utilities", () => {
    const found = LOADS.map((load) => bestLimit(load))
    expect(found.map(({ limit }) => limit)).toEqual([23, 4, 32])
    expect(found.map(({ utility }) => Number(utility.toFixed(4)))).toEqual([0.9517, 0.8819, 0.889])
  })

  it("agrees with a plain sum over the states of a small system", () => {
    const load = { lambda: 3, mu: 2, servers: 2 }
    const weights = [1, 1.5, 1.125, 0.84375]
    const total = weights.reduce((sum, w) => sum + w, 0)
    const goodput = 3 * (1 - weights[3] / total)
    const inSystem = weights.reduce((sum, w, k) => sum + k * w, 0) / total
    expect(queueUtility(load, 3)).toBeCloseTo(goodput / 4 - 0.1 * ((inSystem / goodput) * 2 - 1), 12)
  })

  it("changes its load over time", () => {
    const plant = queuePlant(LOADS, 100)
    expect([0, 99, 100, 250, 1e9].map((t) => Number((1 - plant.best(t)).toFixed(4)))).toEqual([
      0.9517, 0.9517, 0.8819, 0.889, 0.889,
    ])
  })
})

describe("the tasks of the literature", () => {
  it("start at the published rewards", () => {
    const one = taskOne()
    expect(one.loss(Float64Array.from(one.start), 0)).toBeCloseTo(
      (40 ** 2 + 30 ** 2 + 40 ** 2 + 50 ** 2 + 70 ** 2) / 1e4,
      9,
    )
    const two = taskTwo()
    expect(two.loss(Float64Array.from(two.start), 0)).toBeCloseTo(0.6, 9)
  })
})

describe("noise by counter", () => {
  it("is the same at the same counter, whatever was drawn before", () => {
    const spec = { kind: "heavy", level: 1 } as const
    const once = Array.from({ length: 50 }, (_, i) => noiseAt(spec, 3, i))
    expect(Array.from({ length: 50 }, (_, i) => noiseAt(spec, 3, 49 - i)).toReversed()).toEqual(once)
  })

  it("is standard normal to the fourth moment, and different by seed", () => {
    const n = 20_000
    const moments = [0, 0, 0, 0]
    for (let i = 0; i < n; i++) {
      const x = gaussianAt(9, i)
      for (let m = 0; m < 4; m++) moments[m] += x ** (m + 1) / n
    }
    expect(moments[0]).toBeCloseTo(0, 1)
    expect(moments[1]).toBeCloseTo(1, 1)
    expect(Math.abs(moments[2])).toBeLessThan(0.15)
    expect(Math.abs(moments[3] - 3)).toBeLessThan(0.3)
    expect(gaussianAt(10, 0)).not.toBe(gaussianAt(9, 0))
  })

  it("has uniforms that are never 0, and heavy tails with an upward spike one time in twenty", () => {
    const spikes = Array.from({ length: 4000 }, (_, i) => noiseAt({ kind: "heavy", level: 1 }, 2, i)).filter(
      (x) => x > 4.5,
    )
    expect(spikes.length).toBeGreaterThan(120)
    expect(spikes.length).toBeLessThan(280)
    for (let i = 0; i < 1000; i++) expect(uniformAt(0, i)).toBeGreaterThan(0)
  })
})
