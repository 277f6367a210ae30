/**
 * The promises of asking and telling, over runs with random spaces, strategies, batches, orders and failures.
 */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { ResultError, StateError } from "../../src/domain/errors.ts"
import { createSolver } from "../../src/solver/createSolver.ts"
import { rerun } from "../../src/solver/rerun.ts"
import type { Params } from "../../src/solver/SearchSpace.ts"
import { Solver, type Trial } from "../../src/solver/Solver.ts"
import type { Strategy, StrategyContext, StrategyDefinition } from "../../src/solver/Strategy.ts"
import { random } from "../../src/solver/extra/index.ts"
import { STRATEGIES } from "../../src/solver/strategies/catalogue.ts"

const SPACES = {
  plane: { x: { min: -5, max: 10 }, y: { min: -3, max: 3 } },
  mixed: {
    angle: { min: 0, max: 360, scale: "periodic" },
    kind: { choices: ["a", "b", "c"] },
    on: { type: "boolean" },
    size: { min: 1, max: 64, scale: "log", step: 1 },
  },
  line: { x: { min: 0.001, max: 1000, scale: "log" } },
} as const

/** Any smooth-enough function of whatever the parameters are. */
const objective = (params: Params): number =>
  Object.values(params).reduce<number>((sum, value, i) => {
    if (typeof value === "number") return sum + (value / (10 + i) - 0.3) ** 2
    return sum + (value === "b" || value === true ? 0 : 0.5)
  }, 0)

const names = STRATEGIES.map((one) => one.name)

/** What a run is driven by: which space, how many to ask, and where in the pile of open trials the next answer comes from. */
const runs = fc.record({
  space: fc.constantFrom(...(Object.keys(SPACES) as ReadonlyArray<keyof typeof SPACES>)),
  strategy: fc.constantFrom(...names),
  seed: fc.nat(1000),
  budget: fc.integer({ min: 1, max: 60 }),
  steps: fc.array(
    fc.record({
      ask: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
      answers: fc.integer({ min: 0, max: 6 }),
      pick: fc.nat(100),
      fails: fc.boolean(),
      twice: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  ),
})

type Run = typeof runs extends fc.Arbitrary<infer T> ? T : never

const begin = ({ space, strategy, seed, budget }: Run): Solver =>
  createSolver({ seed, budget, strategy, bounds: SPACES[space] })

/** Drives a solver until its budget is spent and everything was answered; calls `look` after every ask and tell. */
function drive(run: Run, solver: Solver, look: (solver: Solver) => void = () => {}): ReadonlyArray<Trial> {
  const asked: Array<Trial> = []
  const open: Array<Trial> = []
  for (let round = 0; ; round++) {
    const step = run.steps[round % run.steps.length]
    const batch = solver.askTrials(step.ask)
    look(solver)
    if (batch === null && open.length === 0) return asked
    asked.push(...(batch ?? []))
    open.push(...(batch ?? []))
    const count = batch === null ? open.length : step.answers
    for (let k = 0; k < count && open.length > 0; k++) {
      const [trial] = open.splice((step.pick + k) % open.length, 1)
      const value = step.fails && k === 0 ? Number.NaN : objective(trial.params)
      solver.tell({ id: trial.id, value })
      if (step.twice) solver.tell({ id: trial.id, value: value + 1 })
      look(solver)
    }
  }
}

const text = (solver: Solver): string => JSON.stringify(solver.state())

describe("a run", () => {
  it("spends exactly its budget, answers nothing twice and loses nothing, whatever the order", () => {
    fc.assert(
      fc.property(runs, (run) => {
        const solver = begin(run)
        const asked = drive(run, solver)
        expect(asked.map(({ id }) => id)).toEqual(asked.map((_, i) => i))
        expect(solver.ask()).toBeNull()
        expect(solver.phase).toBe("done")
        const { counts, history } = solver
        expect(counts).toMatchObject({ asked: run.budget, told: run.budget, spent: run.budget, pending: 0 })
        expect(new Set(history.map((entry) => entry.eval_id)).size).toBe(run.budget)
        expect(history.filter((entry) => entry.status === "failed").length).toBe(counts.failed)
        expect(history.every((entry) => (entry.value === null) === (entry.status === "failed"))).toBe(true)
      }),
      { numRuns: 150 },
    )
  })

  it("stays inside its bounds and on its grids", () => {
    fc.assert(
      fc.property(runs, (run) => {
        const solver = begin(run)
        const { space } = solver.settings
        for (const { params } of drive(run, solver)) {
          space.names.forEach((name, i) => {
            const unit = space.encodeOne(i, params[name])
            expect(unit).not.toBeNaN()
            const again = space.decodeOne(i, unit)
            // A continuous number comes back to within rounding, anything else exactly.
            if (space.choices[i] === 0 && space.table.step[i] === 0)
              expect(Number(again)).toBeCloseTo(Number(params[name]), 9)
            else expect(again).toBe(params[name])
          })
        }
      }),
      { numRuns: 60 },
    )
  })

  it("goes through every phase in order, however small the budget", () => {
    fc.assert(
      fc.property(runs, (run) => {
        const solver = begin(run)
        const order = ["probe", "classify", "refine", "done"]
        let last = 0
        drive(run, solver, ({ phase, classification }) => {
          expect(order.indexOf(phase)).toBeGreaterThanOrEqual(last)
          last = order.indexOf(phase)
          expect(classification !== null).toBe(last >= 2)
        })
        expect(last).toBe(3)
      }),
      { numRuns: 60 },
    )
  })

  it("is the same run bit for bit when driven the same way", () => {
    fc.assert(
      fc.property(runs, (run) => {
        const [a, b] = [begin(run), begin(run)]
        drive(run, a)
        drive(run, b)
        expect(text(a)).toBe(text(b))
      }),
      { numRuns: 40 },
    )
  })

  it("can be saved and restored after any ask and any tell, and continues bit for bit", () => {
    fc.assert(
      fc.property(runs, fc.nat(80), (run, at) => {
        const plain = begin(run)
        drive(run, plain)
        const saved = begin(run)
        let looks = 0
        let copy: Solver | null = null
        drive(run, saved, (now) => {
          if (looks++ === at) copy = Solver.restore(JSON.parse(text(now)))
          if (copy !== null && looks === at + 1) {
            expect(text(copy)).toBe(text(now))
            expect(copy.phase).toBe(now.phase)
            expect(copy.best).toEqual(now.best)
            const next = Solver.restore(JSON.parse(text(now)))
            expect(copy.askTrials(3)).toEqual(next.askTrials(3))
          }
        })
        expect(text(saved)).toBe(text(plain))
      }),
      { numRuns: 60 },
    )
  })

  it("does not depend on the sign of the objective: maximising is minimising the negative", () => {
    fc.assert(
      fc.property(runs, (run) => {
        const { space, strategy, seed, budget } = run
        const config = { seed, budget, strategy, bounds: SPACES[space] }
        const low = createSolver(config)
        const high = createSolver({ ...config, objective: "maximize" })
        for (let batch; (batch = low.askTrials()) !== null; ) {
          expect(high.askTrials()).toEqual(batch)
          low.tell(batch.map(({ id, params }) => ({ id, value: objective(params) })))
          high.tell(batch.map(({ id, params }) => ({ id, value: -objective(params) })))
        }
        expect(high.best?.params).toEqual(low.best?.params)
        expect(high.best?.value).toBe(0 - (low.best?.value ?? Number.NaN))
      }),
      { numRuns: 40 },
    )
  })
})

const plane = (budget = 40): Solver<{ readonly x: number; readonly y: number }> =>
  createSolver({ seed: 3, budget, bounds: SPACES.plane })

describe("telling", () => {
  it("accepts the requested parameters, and copies of them, by their values", () => {
    const solver = plane()
    const [a, b] = solver.askTrials(2)!
    expect(solver.tell({ params: a.params, value: 1 })).toEqual({
      accepted: 1,
      duplicates: 0,
      failed: 0,
      foreign: 0,
    })
    expect(solver.tell({ params: { ...b.params }, value: 2 })).toEqual({
      accepted: 1,
      duplicates: 0,
      failed: 0,
      foreign: 0,
    })
    expect(solver.history.map((entry) => entry.eval_id)).toEqual([a.id, b.id])
  })

  it("ignores duplicates, by id with any value and by parameters with the same value", () => {
    const solver = plane()
    const [{ id, params }] = solver.askTrials(1)!
    solver.tell({ id, value: 1 })
    const before = solver.history.length
    expect(solver.tell({ id, value: 2 }).duplicates).toBe(1)
    expect(solver.tell({ params: { ...params }, value: 1 }).duplicates).toBe(1)
    expect(solver.tell({ params, value: Number.NaN, id }).duplicates).toBe(1)
    expect(solver.history.length).toBe(before)
    expect(solver.counts.duplicates).toBe(3)
  })

  it("counts another value at a known point as a repeat, which costs budget", () => {
    const solver = plane()
    const [{ id, params }] = solver.askTrials(1)!
    solver.tell({ id, value: 1 })
    expect(solver.tell({ params: { ...params }, value: 1.5 })).toMatchObject({ accepted: 1, foreign: 1 })
    expect(solver.counts.spent).toBe(2)
  })

  it("counts an unrequested reading, and learns from it", () => {
    const solver = plane(30)
    solver.tell({ params: { x: 1, y: 1 }, value: -100 })
    expect(solver.best).toMatchObject({ params: { x: 1, y: 1 }, value: -100, id: null })
    let asked = 0
    for (let batch; (batch = solver.askTrials()) !== null; asked += batch.length)
      solver.tell(batch.map(({ id, params }) => ({ id, value: objective(params) })))
    expect(asked).toBe(29)
  })

  it("accepts unrequested readings even when the budget is spent, and can still be saved", () => {
    const solver = plane(3)
    for (let batch; (batch = solver.askTrials()) !== null; )
      solver.tell(batch.map(({ id, params }) => ({ id, value: objective(params) })))
    solver.tell([
      { params: { x: 0, y: 0 }, value: -3 },
      { params: { x: 1, y: 0 }, value: -4 },
    ])
    expect(solver.counts).toMatchObject({ budget: 3, asked: 3, foreign: 2 })
    expect(Solver.restore(solver.state()).best).toEqual(solver.best)
    expect(solver.ask(1)).toBeNull()
  })

  it("returns trials with only their documented fields", () => {
    expect(Object.keys(plane().askTrials(1)![0]).sort()).toEqual(["id", "move", "params", "phase"])
  })

  it("accepts a warm start outside the budget, and starts from its best point", () => {
    const solver = plane(30)
    expect(solver.seed([{ params: { x: 2, y: 1 }, value: -50 }])).toMatchObject({ accepted: 1, foreign: 0 })
    expect(solver.counts).toMatchObject({ spent: 0, seeded: 1 })
    expect(solver.best?.value).toBe(-50)
    let asked = 0
    for (let batch; (batch = solver.askTrials()) !== null; asked += batch.length)
      solver.tell(batch.map(({ id, params }) => ({ id, value: objective(params) })))
    expect(asked).toBe(30)
  })

  it("treats a missing value as a mistake, not as a failed evaluation", () => {
    const solver = plane()
    solver.ask(4)
    const before = text(solver)
    const remedy = "Give the number that was measured, or null (or failed) for an evaluation that failed."
    for (const [result, message] of [
      // What a function that forgot its return leaves behind.
      [{ id: 0, value: undefined }, "is undefined, which is not a measurement."],
      [{ id: 0 }, "is missing."],
      [{ id: 0, failed: false }, "is missing."],
    ] as const) {
      const tell = (results: unknown) => () => solver.tell(results as { id: number })
      expect(tell(result)).toThrow(
        new ResultError({ problems: [{ path: "value", message, suggestion: remedy }] }),
      )
      expect(tell([{ id: 1, value: 2 }, result])).toThrow(/\[1\]\.value/)
    }
    expect(text(solver)).toBe(before)
    // Each of these says it.
    solver.tell([
      { id: 0, value: null },
      { id: 1, value: Number.NaN },
      { id: 2, failed: true },
      { id: 3, failed: "no such file" },
    ])
    expect(solver.counts).toMatchObject({ told: 4, failed: 4 })
  })

  it("reports how many evaluations failed last, why, and whether any ever returned a value", () => {
    const solver = plane()
    solver.seed({ params: { x: 1, y: 1 }, value: 3 })
    expect(solver.failing).toEqual({ inARow: 0, reason: null, succeeded: false })
    solver.ask(5)
    solver.tell([
      { id: 0, failed: "no such file" },
      { id: 1, value: null },
    ])
    expect(solver.failing).toEqual({ inARow: 2, reason: null, succeeded: false })
    solver.tell({ id: 2, failed: "no such host" })
    expect(solver.failing).toEqual({ inARow: 3, reason: "no such host", succeeded: false })
    solver.tell({ id: 3, value: 1 })
    expect(solver.failing).toEqual({ inARow: 0, reason: null, succeeded: true })
    solver.tell({ id: 4, failed: true })
    expect(solver.failing).toEqual({ inARow: 1, reason: null, succeeded: true })
    expect(Solver.restore(solver.state()).failing).toEqual(solver.failing)
  })

  it("refuses a batch whole, names every problem and changes nothing", () => {
    const solver = plane()
    solver.ask(3)
    const before = text(solver)
    const bad: ReadonlyArray<unknown> = [
      { id: 0, value: 1 },
      { id: 7, value: 1 },
      { params: { x: 99, y: 0 }, value: 1 },
      { params: { x: 1, z: 0 }, value: 1 },
      { id: 1, value: "2" },
      { id: 1, value: 1, cost: -1 },
      { id: 1, valu: 1 },
      {},
      null,
    ]
    let error: unknown
    try {
      solver.tell(bad as ReadonlyArray<{ id: number }>)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(ResultError)
    const { problems } = error as ResultError
    expect(problems.map(({ path }) => path)).toEqual([
      "[1].id",
      "[2].params.x",
      "[3].params.y",
      "[3].params.z",
      "[4].value",
      "[5].cost",
      "[6].valu",
      "[7]",
      "[7].value",
      "[8]",
    ])
    expect(problems.find(({ path }) => path === "[6].valu")?.suggestion).toBe('Did you mean "value"?')
    expect(text(solver)).toBe(before)
  })

  it("refuses to ask for less than one point", () => {
    for (const n of [0, -1, 1.5, Number.NaN]) expect(() => plane().ask(n)).toThrow(RangeError)
  })
})

describe("asking", () => {
  it("without a number returns all points that need no answer, at most batch_size", () => {
    const all = createSolver({ budget: 100, bounds: SPACES.plane }).ask()
    // The probe without its last reading, which repeats the best of the others.
    expect(all?.length).toBe(9)
    expect(createSolver({ budget: 100, batch_size: 4, bounds: SPACES.plane }).ask()?.length).toBe(4)
  })

  it("returns as many as there are workers, without waiting", () => {
    const solver = plane(100)
    for (let k = 0; k < 5; k++) expect(solver.ask(20)?.length).toBe(20)
    expect(solver.ask(1)).toBeNull()
    expect(solver.pending.length).toBe(100)
  })

  it("still returns a point if an answer never comes", () => {
    const solver = plane(60)
    const lost = solver.askTrials()!
    solver.tell(lost.slice(1).map(({ id, params }) => ({ id, value: objective(params) })))
    for (let k = 0; k < 20; k++) {
      const batch = solver.askTrials()!
      expect(batch.length).toBeGreaterThan(0)
      solver.tell(batch.map(({ id, params }) => ({ id, value: objective(params) })))
    }
    expect(solver.pending.map(({ id }) => id)).toEqual([0])
  })

  it("lets no phase or strategy wait for answers that never come", () => {
    for (const strategy of names) {
      // Every fifth answer is lost, from the probe on.
      const solver = createSolver({ seed: 1, budget: 200, strategy, bounds: SPACES.plane })
      for (let batch; (batch = solver.askTrials()) !== null; ) {
        const kept = batch.filter(({ id }) => id % 5 !== 2)
        solver.tell(kept.map(({ id, params }) => ({ id, value: objective(params) })))
      }
      expect(solver.phase).toBe("refine")
      const fills = solver.history.filter(({ decision }) => decision === "fill").length
      expect(fills).toBeLessThan(130)
      // What comes at last is taken after all.
      const [late] = solver.pending
      expect(solver.tell({ id: late.id, value: -7 }).accepted).toBe(1)
      expect(solver.best).toMatchObject({ id: late.id, value: -7 })
    }
  })
})

describe("a space with few points", () => {
  const bounds = { a: { min: 0, max: 3, step: 1 }, b: { type: "boolean" } } as const
  const at = (p: Params): number => (Number(p.a) - 2) ** 2 + (p.b === true ? 0 : 1)

  it("is asked for until every point is known; then the run is done", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.nat(1000),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(7),
        (strategy, seed, workers, failing) => {
          const solver = createSolver({ seed, budget: 300, bounds, strategy })
          const asked = new Set<string>()
          for (let batch; (batch = solver.askTrials(workers)) !== null; ) {
            for (const { id, params } of batch) {
              const key = JSON.stringify(params)
              asked.add(key)
              solver.tell({ id, value: key === [...asked][failing] ? null : at(params) })
            }
          }
          expect(asked.size).toBe(8)
          expect(solver.phase).toBe("done")
          expect(solver.counts.pending).toBe(0)
          expect(solver.counts.spent).toBeLessThan(300)
          const saved = JSON.parse(JSON.stringify(solver.artifact()))
          expect(saved.notes.join()).toMatch(/Every one of the 8 points/)
          expect(rerun(saved).identical).toBe(true)
          expect(Solver.restore(solver.state()).phase).toBe("done")
        },
      ),
      { numRuns: 40 },
    )
  })

  it("is read repeatedly under noise", () => {
    const solver = createSolver({ budget: 40, bounds })
    let n = 0
    for (let batch; (batch = solver.ask()) !== null; )
      solver.tell(batch.map((params) => ({ params, value: at(params) + 0.3 * Math.sin(77 * n++) })))
    expect(solver.counts.spent).toBe(40)
    expect(solver.artifact().notes.join()).not.toMatch(/Every one/)
  })

  it("waits for outstanding points, and accepts them", () => {
    const solver = createSolver({ budget: 60, bounds, strategy: "random" }, { strategies: [random] })
    const open: Array<Trial> = []
    for (let batch; (batch = solver.askTrials(1)) !== null; ) {
      open.push(...batch)
      if (open.length > 2) solver.tell({ id: open[0].id, value: at(open.splice(0, 1)[0].params) })
    }
    expect(solver.phase).not.toBe("done")
    for (const { id, params } of open) solver.tell({ id, value: at(params) })
    expect(solver.phase).toBe("done")
    expect(solver.best?.value).toBe(0)
  })
})

describe("notes", () => {
  const plane = { x: { min: -5, max: 5 }, y: { min: -5, max: 5 } }
  const notesOf = (value: number | null): string => {
    const solver = createSolver({ budget: 30, bounds: plane })
    for (let batch; (batch = solver.ask()) !== null; ) solver.tell(batch.map((params) => ({ params, value })))
    return solver.artifact().notes.join()
  }

  it("mark a label as no finding if all readings were equal or failed", () => {
    expect(notesOf(3)).toMatch(/label "\w+" is a default and no finding/)
    expect(notesOf(null)).toMatch(/label "\w+" is a default and no finding/)
  })

  it("mention that the budget had no room for a stencil, but not after a real descent", () => {
    const notes = (budget: number, d: number): string => {
      const bounds = Object.fromEntries(Array.from({ length: d }, (_, i) => [`x${i}`, { min: -5, max: 5 }]))
      const solver = createSolver({ budget, bounds })
      for (let batch; (batch = solver.ask()) !== null; )
        solver.tell(
          batch.map((params) => ({
            params,
            value: Object.values(params).reduce((sum: number, x) => sum + (x - 1) ** 2, 0),
          })),
        )
      return solver.artifact().notes.join()
    }
    expect(notes(20, 30)).toMatch(/too small for the quadratic model.*local surrogate/)
    expect(notes(60, 2)).toBe("")
  })
})

describe("restoring", () => {
  const recorded = (): ReturnType<Solver["artifact"]> => {
    const solver = plane(40)
    for (let batch; (batch = solver.askTrials()) !== null; )
      solver.tell(batch.map(({ id, params }) => ({ id, value: objective(params) })))
    return JSON.parse(JSON.stringify(solver.artifact({ node: "v24" })))
  }

  it("finds an artifact identical to its repetition, except for circumstances", () => {
    const artifact = recorded()
    expect(rerun(artifact)).toMatchObject({ identical: true, difference: null })
    expect(rerun({ ...artifact, environment: null }).identical).toBe(true)
  })

  it("locates a change in an artifact: a foreign result leads elsewhere", () => {
    const artifact = recorded()
    const changed = { ...artifact, best: { ...artifact.best!, value: -1 } }
    expect(rerun(changed)).toMatchObject({ identical: false, difference: "best.value", recorded: -1 })
    const history = artifact.history.map((entry, i) => (i === 0 ? { ...entry, value: -5 } : entry))
    expect(() => rerun({ ...artifact, history })).toThrow(StateError)
  })

  it("accepts the seeds' state: its points count as evaluated", () => {
    const state = {
      config: { seed: 42, budget: 10, probe_ratio: 0.5, bounds: { x: { min: 0, max: 1, scale: "Linear" } } },
      history: [{ params: { x: 0.5 }, value: 0.25, cost: 1 }],
      run_id: "test",
    }
    const solver = Solver.restore(state)
    expect(solver.counts).toMatchObject({ budget: 10, spent: 1, foreign: 1 })
    expect(solver.ask(20)?.length).toBe(9)
    expect(solver.runId).toBe("test")
  })
})

describe("a custom strategy", () => {
  const seen: Array<string> = []
  const halving: StrategyDefinition = {
    name: "halving",
    summary: "Walks from the best point to the origin in halves.",
    params: ["rate"],
    make: (context: StrategyContext): Strategy => ({
      move: "halve",
      ask: (_id, out) => {
        context.readings.read(context.readings.lowest, out)
        for (let i = 0; i < out.length; i++) out[i] *= context.params["rate"] ?? 0.5
        return true
      },
      tell: (id) => void seen.push(`tell ${id}`),
      fail: (id) => void seen.push(`fail ${id}`),
      classified: ({ label }) => void seen.push(label),
    }),
  }

  it("is selected by name, receives every result, and is restored like any other", () => {
    const solver = createSolver(
      { budget: 30, strategy: "halving", strategy_params: { rate: 0.25 }, bounds: SPACES.plane },
      { strategies: [halving] },
    )
    for (let batch; (batch = solver.askTrials(1)) !== null; )
      solver.tell(batch.map(({ id, params }) => ({ id, value: id === 9 ? null : objective(params) })))
    expect(seen).toContain("fail 9")
    expect(seen).toContain("tell 29")
    expect(seen.filter((word) => word === "quadratic" || word === "curved" || word === "noisy").length).toBe(
      1,
    )
    const copy = Solver.restore(solver.state(), { strategies: [halving] })
    expect(copy.state()).toEqual(solver.state())
  })
})
