/** Several workers at once: none is ever idle, none repeats another, and the readings of all make the search better. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { createSolver } from "../../src/solver/createSolver.ts"

const bounds = (d: number) =>
  Object.fromEntries(Array.from({ length: d }, (_, i) => [`x${i}`, { min: -5, max: 5 }]))
type Point = Readonly<Record<string, unknown>>
const coordinates = (params: Point): ReadonlyArray<number> => Object.values(params).map(Number)

/** A bowl that leans, each way so many times steeper than the one before. */
const leaningBy =
  (times: number) =>
  (params: Point): number => {
    const x = coordinates(params)
    return x.reduce((sum, v, i) => sum + times ** i * (v - 1 + (i > 0 ? 0.7 * (x[i - 1] - 1) : 0)) ** 2, 0)
  }
const leaning = leaningBy(10)
/** A bent valley. */
const bent = (params: Point): number => {
  const x = coordinates(params)
  return x.slice(1).reduce((sum, v, i) => sum + 10 * (v - x[i] * x[i]) ** 2 + (1 - x[i]) ** 2, 0)
}

interface Run {
  readonly best: number
  readonly points: ReadonlyArray<string>
}

/** A run in which so many evaluations are always out; answers come in the order of the asks. */
function run(value: (params: Point) => number, d: number, workers: number, budget: number, seed = 1): Run {
  const solver = createSolver({ seed, budget, bounds: bounds(d) })
  const out: Array<{ readonly id: number; readonly value: number }> = []
  const points: Array<string> = []
  while (solver.phase !== "done") {
    while (out.length < workers && points.length < budget) {
      const trials = solver.askTrials(1)
      if (trials === null) throw new Error(`a worker was refused a point after ${points.length}`)
      for (const { id, params } of trials) {
        out.push({ id, value: value(params) })
        points.push(coordinates(params).join())
      }
    }
    solver.tell(out.shift()!)
  }
  return { best: solver.best!.value, points }
}

describe("several workers", () => {
  it("always get a point, and never the same one, up to the end of the budget", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 6 }),
        fc.integer({ min: 2, max: 24 }),
        fc.nat(1000),
        fc.constantFrom(leaning, bent),
        (d, workers, seed, value) => {
          const { points } = run(value, d, workers, 120, seed)
          // The probe repeats its best point once. At the end of a descent points differ in their last digits, if at all.
          return points.length === 120 && new Set(points.slice(0, 60)).size >= 59
        },
      ),
      { numRuns: 25 },
    )
  })

  /** Mean of the logarithm of the error over eight runs with five workers. */
  const error = (value: (params: Point) => number, d: number, budget: number): number => {
    let sum = 0
    for (let seed = 0; seed < 8; seed++)
      sum += Math.log10(Math.max(1e-12, run(value, d, 5, budget, seed).best))
    return sum / 8
  }

  it("improve the search by what they read beside its steps", () => {
    // One evaluation of five is a step: with those alone it came to -5 and to -1.
    expect(error(leaning, 4, 100)).toBeLessThan(-8)
    expect(error(bent, 4, 200)).toBeLessThan(-1.5)
  })

  it("follow a bent valley by steps that they take while another step is out", () => {
    // With points around the pending step alone it came to -2.3 and to -2.2.
    expect(error(bent, 3, 120)).toBeLessThan(-2.8)
    expect(error(bent, 4, 200)).toBeLessThan(-3)
  })

  it("fill a larger model in ten dimensions, except in a bend", () => {
    // A model of 36 points, as one evaluation at a time has it, came to -7.5 in the bowl.
    expect(error(leaningBy(2), 10, 400)).toBeLessThan(-9)
    // One that grows in a bend too came to 0 there.
    expect(error(bent, 10, 500)).toBeLessThan(-0.5)
  })
})
