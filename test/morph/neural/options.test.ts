/** The door of a neural host: every problem at once, and both shapes where they do not fit. */
import { describe, expect, it } from "vitest"
import { misfits, neuralHost, type NeuralHostOptions } from "../../../src/morph/neural/options.ts"
import { tasks } from "../../../src/morph/training/tasks.ts"
import { problemsOf } from "../../problemsOf.ts"

const small: NeuralHostOptions = { inputs: 2, hidden: [8], classes: 2 }

describe("a neural host", () => {
  it("has what is left out filled in", () => {
    expect(neuralHost({ inputs: [5, 3], hidden: [4], outputs: 2 }).options).toEqual({
      shape: [5, 3],
      hidden: [{ units: 4, window: 0, stride: 1 }],
      classes: 0,
      outputs: 2,
      activation: "tanh",
      loss: "mse",
      batch: 128,
      optimiser: "adam",
      momentum: 0.9,
      graftPath: "branch",
      learning: { rate: 0.004, graftShare: 0.6 },
    })
  })

  it.each<[string, Readonly<Record<string, unknown>>, string, string]>([
    ["no columns", { inputs: 0 }, "host.inputs", "must be a number of columns"],
    ["no layers", { hidden: [] }, "host.hidden", "must be a list of 1 to 16 layers"],
    ["one class", { classes: 1 }, "host.classes", "must be a whole number of at least 2, not 1."],
    ["classes and outputs", { outputs: 1 }, "host", "must have either classes or outputs."],
    ["an unknown activation", { activation: "tahn" }, "host.activation", 'is "tahn".'],
    ["a loss of another kind", { loss: "mse" }, "host.loss", "is mse for classes."],
    ["an unknown path", { graftPath: "brunch" }, "host.graftPath", 'is "brunch".'],
    ["a rate that is none", { learning: { rate: 0 } }, "host.learning", "must be a rate above 0"],
    ["an unknown option", { hiden: [3] }, "host.hiden", "is not an option."],
  ])("with %s is refused", (_, change, path, message) => {
    const problems = problemsOf(() => neuralHost({ ...small, ...change }))
    expect(problems).toContainEqual(
      expect.objectContaining({ path, message: expect.stringContaining(message) }),
    )
  })

  it("that does not fit the data is refused with both shapes", () => {
    expect(misfits(neuralHost(small).options, tasks.moons())).toEqual([])
    expect(misfits(neuralHost(small).options, tasks.tenSpheres())).toEqual([
      {
        path: "data.shape",
        message: "is [3] for a row, and the host takes [2].",
        suggestion: "Give the host inputs: 3.",
      },
      {
        path: "data",
        message: "has classes: 10, and the host gives classes: 2.",
        suggestion: "Give the host classes: 10.",
      },
    ])
  })
})
