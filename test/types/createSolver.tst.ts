/** The types of the public solver: a point's parameters have the types of their bounds, and bounds that are none are refused. */
import { describe, expect, test } from "tstyche"
import { type Best, createSolver, restoreSolver, type Solver, type Trial } from "../../src/index.ts"

const solver = createSolver({
  seed: 1,
  budget: 50,
  bounds: {
    rate: { min: 1e-5, max: 1, scale: "log" },
    layers: { min: 1, max: 8, step: 1 },
    activation: { choices: ["tanh", "relu"] },
    warm: { type: "boolean" },
  },
})

interface Point {
  readonly rate: number
  readonly layers: number
  readonly activation: "tanh" | "relu"
  readonly warm: boolean
}

describe("a solver", () => {
  test("asks for points typed by their bounds", () => {
    expect(solver.ask()).type.toBe<ReadonlyArray<Point> | null>()
    expect(solver.askTrials(2)).type.toBe<ReadonlyArray<Trial<Point>> | null>()
    expect(solver.best).type.toBe<Best<Point> | null>()
  })

  test("takes results by id or by parameters, and failures", () => {
    expect(solver.tell).type.toBeCallableWith({ id: 3, value: 1 })
    expect(solver.tell).type.toBeCallableWith([
      { id: 3, value: null },
      { id: 4, failed: "out of memory" },
    ])
    expect(solver.tell).type.not.toBeCallableWith({ id: "3", value: 1 })
    expect(solver.tell).type.not.toBeCallableWith({ id: 3, value: undefined })
    expect(solver.tell).type.not.toBeCallableWith({ id: 3, value: "1" })
  })

  test("is not created from invalid bounds", () => {
    expect(createSolver).type.not.toBeCallableWith({ budget: 5, bounds: { x: { min: 0 } } })
    expect(createSolver).type.not.toBeCallableWith({ bounds: { x: { min: 0, max: 1 } } })
    expect(createSolver).type.not.toBeCallableWith({
      budget: 5,
      bounds: { x: { min: 0, max: 1, scale: "logarithmic" } },
    })
  })

  test("gives no way to write into a trial", () => {
    const [trial] = solver.askTrials()!
    expect(trial.params).type.toBe<Point>()
    // @ts-expect-error: read-only
    trial.params.rate = 1
  })

  test("is restored to the given type", () => {
    expect(restoreSolver<Point>({})).type.toBe<Solver<Point>>()
  })
})
