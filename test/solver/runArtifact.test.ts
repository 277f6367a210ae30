/**
 * The record of a run: the seeds' artifacts as they are, our own bit for bit, and nothing that contradicts itself.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { ArtifactError } from "../../src/domain/errors.ts"
import { describeClassification, parseRunArtifact, type RunArtifact } from "../../src/solver/RunArtifact.ts"
import { runs } from "./documents.ts"
import { mixedRun, saved } from "./realRuns.ts"

const seeds = {
  run_id: "2025-12-13T10:00:00",
  seed: 42,
  budget: 3,
  history: [
    { eval_id: 0, params: { x: 1.5 }, value: 2.25, cost: 1 },
    { eval_id: 1, params: { x: 0.5 }, value: null, cost: 0.5 },
  ],
}

const problemsOf = (input: unknown): ReadonlyArray<string> => {
  const result = parseRunArtifact(input)
  if (!(result instanceof ArtifactError)) return []
  return result.problems.map(
    (p) => `${p.path}: ${p.message}${p.suggestion === undefined ? "" : ` ${p.suggestion}`}`,
  )
}

describe("a run artifact", () => {
  it("is read in the seeds' shape, without a configuration", () => {
    const artifact = parseRunArtifact(seeds) as RunArtifact
    expect(artifact).toMatchObject({ run_id: seeds.run_id, seed: 42, budget: 3, config: null, best: null })
    expect(artifact.history.map(({ eval_id, value, status }) => [eval_id, value, status])).toEqual([
      [0, 2.25, "ok"],
      [1, null, "failed"],
    ])
  })

  it("is read as the solver writes it, bit for bit", () => {
    const artifact = saved(mixedRun(30).artifact({ arqon: "0.1.0", cpus: 2, container: false, host: null }))
    expect(artifact.classification).not.toBeNull()
    expect(artifact.best).not.toBeNull()
    expect(artifact.notes).toHaveLength(1)
    expect(parseRunArtifact(artifact)).toEqual(artifact)
  })

  it("can come from a run that has not begun", () => {
    const artifact = saved(mixedRun(0).artifact())
    expect(parseRunArtifact(artifact)).toEqual(artifact)
  })

  it.each([
    ["nothing", null, [": must be an object, got null."]],
    [
      "a seed that is not its configuration's",
      { ...seeds, config: { seed: 1, budget: 3, bounds: { x: { min: 0, max: 2 } } } },
      ["seed: is 42; in the configuration it is 1. Make them the same."],
    ],
    [
      "a budget that is not its configuration's",
      { ...seeds, config: { seed: 42, budget: 4, bounds: { x: { min: 0, max: 2 } } } },
      ["budget: is 3; in the configuration it is 4. Make them the same."],
    ],
    [
      "more trials than its budget",
      {
        ...seeds,
        budget: 1,
        history: seeds.history.map((entry) => ({ ...entry, asked_after: 0, phase: "probe" })),
      },
      [
        "history: holds 2 trials, pending ones included; the budget is 1. Raise the budget, or import the excess as a warm start.",
      ],
    ],
    [
      "an id twice",
      { ...seeds, history: [seeds.history[0], seeds.history[0]] },
      ["history[1].eval_id: is 0, as in history[0]. No two trials share an id."],
    ],
    [
      "parameters that change",
      { ...seeds, history: [...seeds.history, { eval_id: 2, params: { z: 1 }, value: 1, cost: 1 }] },
      ["history[2].params.x: is missing.", 'history[2].params.z: is not a parameter here. Known: "x".'],
    ],
    [
      "a best point outside the bounds",
      {
        ...seeds,
        config: { seed: 42, budget: 3, bounds: { x: { min: 0, max: 2 } } },
        best: { params: { x: 3 }, value: 1, standard_error: null, eval_id: 0, readings: 1 },
      },
      ["best.params.x: must be a number from 0 to 2, got 3."],
    ],
    [
      "problems in its configuration and elsewhere",
      { ...seeds, budget: 0, config: { budget: 3, bounds: { x: { min: 2, max: 2 } } } },
      [
        "budget: must be a whole number from 1 to 1000000, got 0.",
        "config.bounds.x.min: must be below max, got min 2 and max 2. A knob needs room to move; leave a fixed value out.",
      ],
    ],
    [
      "a field that nobody knows",
      { ...seeds, enviroment: {} },
      ['enviroment: is not an option here. Did you mean "environment"?'],
    ],
    [
      "an environment that is not flat",
      { ...seeds, environment: { cpu: { model: "x" } } },
      ["environment.cpu: must be a string or a number or true or false or null, got an object."],
    ],
    [
      "a later format",
      { schema_version: 2 },
      ["schema_version: is 2: written by a newer Arqon, this one reads up to 1. Update arqon."],
    ],
  ])("is refused with %s", (_, input, expected) => {
    expect(problemsOf(input)).toEqual(expected)
  })

  it("writes null for what could not be measured", () => {
    const features = {
      keptPromises: Number.NaN,
      variance: 1,
      residualDecay: Number.NEGATIVE_INFINITY,
      quadraticFit: 0,
      dispersion: 0.5,
      distanceCorrelation: Number.NaN,
      separability: 1,
      noise: 0,
    }
    const found = { label: "curved", score: Number.NaN, readings: 9, stencil: false, features } as const
    expect(describeClassification(found)).toEqual({
      ...found,
      changes: [],
      score: null,
      features: { ...features, keptPromises: null, residualDecay: null, distanceCorrelation: null },
    })
    expect(describeClassification(null)).toBeNull()
  })

  it("round-trips in any valid form", () => {
    let read = 0
    fc.assert(
      fc.property(runs, ({ artifact }) => {
        const first = parseRunArtifact(artifact)
        if (first instanceof ArtifactError) return
        read++
        expect(parseRunArtifact(saved(first))).toEqual(first)
      }),
      { numRuns: 200, seed: 9 },
    )
    expect(read).toBeGreaterThan(150)
  })
})
