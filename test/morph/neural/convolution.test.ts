/** Hosts of sequences and images: convolutions between sockets, shapes that fit or are refused by name, learning and growing. */
import { describe, expect, it } from "vitest"
import { BLUEPRINTS } from "../../../src/morph/blueprints/catalogue.ts"
import type { GraftingInput } from "../../../src/morph/grafting/options.ts"
import { GrowthCore } from "../../../src/morph/growth/GrowthCore.ts"
import { FAST, REFERENCE } from "../../../src/morph/neural/engines.ts"
import type { HiddenLayer } from "../../../src/morph/neural/layers.ts"
import type { NeuralHost } from "../../../src/morph/neural/NeuralHost.ts"
import { neuralHost } from "../../../src/morph/neural/options.ts"
import { readData } from "../../../src/morph/training/data.ts"
import { tasks } from "../../../src/morph/training/tasks.ts"
import { problemsOf } from "../../problemsOf.ts"
import { plantingOf, spiralsHost, trained } from "./spirals.ts"

const SMALL: ReadonlyArray<HiddenLayer> = [{ filters: 2, stride: 2 }, { filters: 4 }]

const strokesHost = (
  engine = FAST,
  hidden = SMALL,
  data = tasks.strokes({ seed: 3, rows: 256 }),
): NeuralHost =>
  spiralsHost(
    { data, engine },
    { inputs: [8, 8, 1], hidden, classes: 4, batch: 64, learning: { rate: 0.01, graftShare: 0.6 } },
  )

/** Which of two neighbours comes first, anywhere in a sequence of noise. */
function pairs(): ReturnType<typeof readData> {
  const [rows, length] = [128, 6]
  const inputs = Float32Array.from({ length: rows * length }, (_, i) => Math.sin(7 * i * i) / 4)
  const targets = Float32Array.from({ length: rows }, (_, row) => row % 2)
  for (let row = 0; row < rows; row++) {
    const at = row * length + (row % (length - 1))
    inputs[at] = targets[row] === 0 ? 1 : -1
    inputs[at + 1] = -inputs[at]
  }
  const part = { inputs, targets }
  return readData({ shape: [length, 1], classes: 2, train: part, validation: part })
}

const sequenceHost = (): NeuralHost =>
  spiralsHost({ data: pairs() }, { inputs: [6, 1], hidden: [{ filters: 3, window: 2 }], classes: 2 })

describe("a host with convolutions", () => {
  it("opens a socket behind each layer, of the shape that the layer leaves", () => {
    const shapesOf = (inputs: ReadonlyArray<number>, hidden: ReadonlyArray<HiddenLayer>) =>
      spiralsHost({ data: { ...pairs(), shape: inputs } }, { inputs, hidden, classes: 2 })
        .sockets()
        .map(({ shape }) => shape)
    expect(shapesOf([16, 9, 1], [{ filters: 8, stride: 2 }, { filters: 4, window: 5 }, 3])).toEqual([
      [8, 5, 8],
      [8, 5, 4],
      [8, 5, 3],
    ])
    expect(shapesOf([7, 2], [{ filters: 5, window: 7, stride: 3 }, 4])).toEqual([
      [3, 5],
      [3, 4],
    ])
  })

  const refusals: ReadonlyArray<
    readonly [string, number | ReadonlyArray<number>, ReadonlyArray<unknown>, object]
  > = [
    [
      "over a row without places",
      2,
      [{ filters: 4 }],
      {
        path: "host.hidden[0]",
        message: "moves a window over places, and a row of the shape [2] has none.",
        suggestion: "Give units, or inputs: [length, channels] or [height, width, channels].",
      },
    ],
    [
      "with a window wider than what is left",
      [9, 9, 1],
      [
        { filters: 4, stride: 4 },
        { filters: 4, window: 5 },
      ],
      {
        path: "host.hidden[1]",
        message: "has a window of [5, 5], and its value has the shape [3, 3, 4].",
        suggestion: "Give at most 3.",
      },
    ],
    [
      "with a stride beyond the end",
      [4, 2],
      [{ filters: 4, stride: 5 }],
      {
        path: "host.hidden[0]",
        message: "has a stride of [5], and its value has the shape [4, 2].",
        suggestion: "Give at most 4.",
      },
    ],
    [
      "with a misspelt field",
      [4, 2],
      [{ filters: 4, windw: 3 }],
      { path: "host.hidden[0].windw", suggestion: 'Did you mean "window"?' },
    ],
    ["without filters", [4, 2], [{ window: 3 }], { path: "host.hidden[0].filters" }],
    ["that is a text", [4, 2], ["conv"], { path: "host.hidden[0]" }],
  ]
  it.each(refusals)("%s is refused, with both shapes where two do not fit", (_, inputs, hidden, expected) => {
    const problems = problemsOf(() =>
      neuralHost({ inputs, hidden: hidden as ReadonlyArray<HiddenLayer>, classes: 2 }),
    )
    expect(problems).toEqual([expect.objectContaining(expected)])
  })

  it("tries every blueprint in sequences and images, and finds nothing against it", () => {
    for (const host of [sequenceHost(), strokesHost()])
      for (const { name } of BLUEPRINTS) {
        host.quarantine("hidden1", plantingOf(name))
        expect(host.measure("hidden1", "dormant")).toMatchObject({
          available: 1,
          quarantineShape: 1,
          quarantineFinite: 1,
          identityError: 0,
        })
      }
  })

  it("learns what places beside each other say", () => {
    const host = trained(60, sequenceHost())
    expect(host.hostScore().accuracy).toBeGreaterThan(0.95)
  })

  it("learns as if alone beside a graft, and much the same by the fast way and by the plain one", () => {
    const host = trained(2, strokesHost())
    host.plant("hidden1", plantingOf("gatedMlp"))
    host.mode("hidden1", "branch", 1)
    host.trainEpoch(2)
    expect(host.measure("hidden1", "training")).toMatchObject({ finite: 1, violations: 0 })
    const [fast, plain] = [trained(3, strokesHost()), trained(3, strokesHost(REFERENCE))]
    expect(host.fingerprint()).toBe(fast.fingerprint())
    expect(Math.abs(fast.hostScore().loss - plain.hostScore().loss)).toBeLessThan(1e-3)
  })

  it("counts the products of its convolutions", () => {
    const [narrow, wide] = [1, 3].map((window) => {
      const host = strokesHost(FAST, [{ filters: 2, window }])
      const before = host.products
      host.hostScore()
      return host.products - before
    })
    // 128 rows of 64 places, 2 filters, and 8 places more for each.
    expect(wide - narrow).toBe(128 * 64 * 2 * 8)
  })

  it("grows: a block proves itself in an image, stays, and the loss is lower than without it", () => {
    const quick: GraftingInput = {
      stays: { training: { least: 10, most: 40 }, probationary: { least: 5, most: 20 } },
      alpha: { curve: "linear", boundaries: 3 },
      G3: { drift: 0.5 },
    }
    // Too small: its filters see a third of a stroke, and nothing joins what they see.
    const small = (): NeuralHost =>
      strokesHost(FAST, [{ filters: 2, stride: 2 }], tasks.strokes({ seed: 103, rows: 1024 }))
    const host = small()
    const core = new GrowthCore({ host, catalogue: BLUEPRINTS, grafting: quick, policy: null, now: () => 0 })
    const lifeOf = () => core.table.lifeOf("hidden1")
    while (core.epochs < 90 && lifeOf().state !== "fossilized") {
      if (core.epochs === 20) core.germinate("hidden1", { blueprint: "residualMlp", why: "test" })
      core.next()
      if (lifeOf().state === "probationary" && lifeOf().request === null)
        core.ask("hidden1", { type: "fossilize", why: "test" })
    }
    expect(lifeOf().state).toBe("fossilized")
    expect(host.sockets()).toEqual([{ name: "hidden1.g1", shape: [4, 4, 2] }])
    const alone = trained(core.epochs, small())
    expect(host.hostScore().loss).toBeLessThan(0.9 * alone.hostScore().loss)
  })
})
