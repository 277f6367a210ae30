/**
 * A saved run: the seeds' shape and our own are read, what does not fit together is refused with every reason, and what is
 * read writes itself again.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { ArtifactError, StateError } from "../../src/domain/errors.ts"
import { parseHistory } from "../../src/solver/history.ts"
import { Solver } from "../../src/solver/Solver.ts"
import { requireSolverConfig } from "../../src/solver/SolverConfig.ts"
import { type HistoryEntry, parseSolverState, type SolverState } from "../../src/solver/SolverState.ts"
import { runs } from "./documents.ts"
import { mixedRun, saved } from "./realRuns.ts"

const config = { seed: 1, budget: 5, bounds: { x: { min: -5, max: 5 } } }

const problemsOf = (input: unknown): ReadonlyArray<string> => {
  const result = parseSolverState(input)
  if (!(result instanceof StateError)) return []
  return result.problems.map(
    (p) => `${p.path}: ${p.message}${p.suggestion === undefined ? "" : ` ${p.suggestion}`}`,
  )
}

const trial = (id: number, more: object = {}): object => ({
  eval_id: id,
  params: { x: id / 10 },
  value: id,
  phase: "probe",
  decision: "probe",
  asked_after: 0,
  ...more,
})

const pending = (id: number, more: object = {}): object => ({
  eval_id: id,
  params: { x: 0 },
  phase: "refine",
  decision: "step",
  asked_after: 0,
  ...more,
})

describe("a solver's state", () => {
  it("is read in the seeds' shape, with its evaluations as unrequested readings", () => {
    const state = parseSolverState({
      run_id: "a",
      config,
      history: [
        { params: { x: 1 }, value: 2, cost: 3 },
        { params: { x: 2 }, value: null, cost: 1 },
      ],
    })
    expect((state as SolverState).history).toEqual([
      {
        eval_id: null,
        params: { x: 1 },
        value: 2,
        cost: 3,
        phase: "told",
        decision: "told",
        status: "ok",
        asked_after: null,
      },
      {
        eval_id: null,
        params: { x: 2 },
        value: null,
        cost: 1,
        phase: "told",
        decision: "told",
        status: "failed",
        asked_after: null,
      },
    ])
    expect(Solver.restore(state).counts).toMatchObject({ foreign: 2, failed: 1, asked: 0 })
  })

  it("is read as the solver writes it, bit for bit, and writes itself again", () => {
    const state = saved(mixedRun().state())
    expect(parseSolverState(state)).toEqual(state)
    expect(saved(Solver.restore(state).state())).toEqual(state)
  })

  it("is refused with all its problems, by path", () => {
    expect(
      problemsOf({
        schema_version: 1,
        run_id: " ",
        config: { ...config, budgte: 1 },
        history: [{ params: { x: [] }, value: "2", cost: -1, status: "fine" }],
        pending: [{}],
        counts: { budget: 1.5 },
      }).filter((line) => !line.startsWith("counts") && !line.startsWith("pending")),
    ).toEqual([
      'config.budgte: is not an option here. Did you mean "budget"?',
      "history[0].cost: must be a number of at least 0, got -1.",
      "history[0].params.x: must be a number or a string or true or false, got an array.",
      'history[0].status: must be "ok" or "failed", got "fine".',
      'history[0].value: must be a number or null, got "2".',
      'run_id: must be a name of 1 to 200 characters, got " ".',
    ])
  })

  it.each([
    ["nothing", null, [": must be an object, got null."]],
    ["a list", [], [": must be an object, got an array."]],
    ["no configuration", { run_id: "a", history: [] }, ["config: is missing."]],
    ["no history", { run_id: "a", config }, ["history: is missing. Give an array."]],
    [
      "a later format",
      { schema_version: 3, run_id: 5, shape: "new" },
      ["schema_version: is 3: written by a newer Arqon, this one reads up to 1. Update arqon."],
    ],
    [
      "a configuration of a later format",
      { run_id: "a", config: { schema_version: 2 }, history: [] },
      ["config.schema_version: is 2: written by a newer Arqon, this one reads up to 1. Update arqon."],
    ],
  ])("is refused with %s", (_, input, expected) => {
    expect(problemsOf(input)).toEqual(expected)
  })

  it.each([
    [
      "two evaluations of one id",
      { history: [trial(0), trial(0)] },
      [
        "history: has no trial 1. Trials are counted from 0, without a gap.",
        "history[1].eval_id: is 0, as in history[0]. No two trials share an id.",
      ],
    ],
    [
      "a trial that is told and still out",
      { history: [trial(0)], pending: [pending(0), pending(1)] },
      [
        "history: has no trial 2. Trials are counted from 0, without a gap.",
        "pending[0].eval_id: is 0, as in history[0]. No two trials share an id.",
      ],
    ],
    [
      "a parameter outside its bounds",
      { history: [trial(0, { params: { x: 5.1 } })] },
      ["history[0].params.x: must be a number from -5 to 5, got 5.1."],
    ],
    [
      "a pending parameter outside its bounds",
      { history: [], pending: [pending(0, { params: { x: -6 } })] },
      ["pending[0].params.x: must be a number from -5 to 5, got -6."],
    ],
    [
      "parameters of another run",
      { history: [trial(0, { params: { y: 1 } })] },
      [
        "history[0].params.x: is missing. Give a number from -5 to 5.",
        'history[0].params.y: is not a parameter here. Known: "x".',
      ],
    ],
    [
      "a trial asked for after it was told",
      { history: [trial(0, { asked_after: 1 })] },
      [
        "history[0].asked_after: is 1: asked for after it was told, at 0. It is the length of the history when the trial was requested.",
      ],
    ],
    [
      "a pending trial asked for in the future",
      { history: [], pending: [pending(0, { asked_after: 2 })] },
      [
        "pending[0].asked_after: is 2; the history ends at 0. It is the length of the history when the trial was requested.",
      ],
    ],
    [
      "trials asked for in another order than their ids",
      { history: [trial(1), trial(0, { asked_after: 1 })] },
      [
        "history: says that trial 1 was asked for before trial 0. It is the length of the history when the trial was requested.",
      ],
    ],
    [
      "a gap among the trials",
      { history: [trial(0), trial(2)] },
      [
        "history: has no trial 1. Trials are counted from 0, without a gap.",
        "history[1].eval_id: is 2, but 2 trials were asked for. Trials are counted from 0, without a gap.",
      ],
    ],
    [
      "a trial without an id",
      { history: [trial(0, { eval_id: null })] },
      [
        "history: has no trial 0. Trials are counted from 0, without a gap.",
        "history[0].eval_id: is missing for a trial that was asked for. Give the trial's number, or leave asked_after out.",
      ],
    ],
    [
      "a trial without a phase",
      { history: [trial(0, { phase: "told" })] },
      ['history[0].phase: must be probe, classify or refine for a trial, got "told".'],
    ],
    [
      "a value and a failure",
      { history: [trial(0, { status: "failed" }), trial(1, { status: "ok", value: null })] },
      [
        "history[0].status: is failed with a value. Write null for the value.",
        'history[1].status: is ok without a value. Write "failed".',
      ],
    ],
    [
      "more evaluations than the budget",
      { history: [0, 1, 2, 3].map((id) => trial(id)), pending: [pending(4), pending(5)] },
      [
        "history: holds 6 trials, pending ones included; the budget is 5. Raise the budget, or import the excess as a warm start.",
      ],
    ],
    [
      "counts that its history does not bear out",
      {
        history: [trial(0, { value: null })],
        pending: [pending(1)],
        counts: {
          budget: 5,
          spent: 2,
          asked: 2,
          told: 2,
          pending: 1,
          failed: 0,
          duplicates: 4,
          seeded: 0,
          foreign: 0,
        },
      },
      [
        "counts.failed: is 0; by the history it is 1. Leave counts out.",
        "counts.told: is 2; by the history it is 1. Leave counts out.",
      ],
    ],
  ])("is refused with %s", (_, run, expected) => {
    expect(problemsOf({ run_id: "a", config, ...run })).toEqual(expected)
  })

  it("holds any number of readings from before the run or without a request", () => {
    const history = Array.from({ length: 9 }, (_, i) => ({ params: { x: i / 3 }, value: i, phase: "seed" }))
    expect(problemsOf({ run_id: "a", config, history })).toEqual([])
    const told = history.map((entry) => ({ ...entry, phase: "told" }))
    expect(problemsOf({ run_id: "a", config, history: told })).toEqual([])
  })

  it("bounds the length of its message, however much is wrong", () => {
    const history = Array.from({ length: 5000 }, () => trial(3, { params: { x: 9 } }))
    expect(problemsOf({ run_id: "a", config, history })).toHaveLength(101)
  })

  it("accepts ids of any size without allocating memory for them", () => {
    const history = [trial(0), trial(Number.MAX_SAFE_INTEGER)]
    expect(problemsOf({ run_id: "a", config, history })).toHaveLength(3)
  })

  it("round-trips in any valid form", () => {
    let read = 0
    fc.assert(
      fc.property(runs, ({ state }) => {
        const first = parseSolverState(state)
        if (first instanceof StateError) return
        read++
        expect(parseSolverState(saved(first))).toEqual(first)
      }),
      { numRuns: 200, seed: 6 },
    )
    expect(read).toBeGreaterThan(150)
  })
})

describe("a history for a warm start", () => {
  const list = [{ params: { x: 1 }, value: 2 }]
  const refused = (input: unknown): ReadonlyArray<string> => {
    const result = parseHistory(input, requireSolverConfig(config).space)
    expect(result).toBeInstanceOf(ArtifactError)
    return (result as ArtifactError).problems.map((p) => `${p.path}: ${p.message}`)
  }

  it("is read from a list, a state or an artifact, the seeds' or our own", () => {
    const values = (input: unknown): ReadonlyArray<unknown> =>
      (parseHistory(input) as ReadonlyArray<HistoryEntry>).map((entry) => entry.value)
    expect(values(list)).toEqual([2])
    expect(values({ history: list })).toEqual([2])
    expect(values({ run_id: "a", seed: 1, budget: 9, history: list })).toEqual([2])
    expect(values(saved(mixedRun(4).artifact()))).toHaveLength(6)
  })

  it("is refused with the place of what is outside the space", () => {
    expect(refused([{ params: { x: 9 }, value: 2 }])).toEqual([
      "[0].params.x: must be a number from -5 to 5, got 9.",
    ])
    expect(refused({ history: [{ params: {}, value: 2 }] })).toEqual(["history[0].params.x: is missing."])
    expect(refused({})).toEqual(["history: must be a list of evaluations, got undefined."])
    expect(refused("x")).toEqual([': must be a list of evaluations, got "x".'])
  })

  it("must have the same parameters throughout if no space is known", () => {
    const result = parseHistory([...list, { params: { y: 1 }, value: 3 }])
    expect((result as ArtifactError).message).toBe(
      [
        "The history has 2 problems:",
        "  [1].params.x: is missing.",
        '  [1].params.y: is not a parameter here. Known: "x".',
      ].join("\n"),
    )
  })
})
