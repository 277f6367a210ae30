/** What a neural host is made from, read at the door: every problem at once, and both shapes where they do not fit. */
import type { Problem } from "../../domain/errors.ts"
import { GrowthError } from "../../domain/GrowthError.ts"
import { didYouMean, problem, show, tidy } from "../../domain/problems.ts"
import { type HiddenLayer, isCount, type Layer, readLayers } from "./layers.ts"
import { type Shape, shapeText } from "../tensor/ir.ts"
import { TensorError } from "../tensor/TensorError.ts"
import type { GrowthData } from "../training/data.ts"
import type { RateOptions } from "../training/LearningRates.ts"
import { readRates } from "../training/readRates.ts"

export const ACTIVATIONS = ["tanh", "relu", "silu", "gelu", "sigmoid"] as const
export type ActivationName = (typeof ACTIVATIONS)[number]

/** `crossEntropy` is for classes; the others are for outputs, `binary` for outputs from 0 to 1. */
export const LOSSES = ["crossEntropy", "mse", "binary"] as const
export type LossName = (typeof LOSSES)[number]

const GRAFT_PATHS = ["branch", "straightThrough"] as const
/** What a graft learns from beside the host. */
export type GraftPath = (typeof GRAFT_PATHS)[number]

/** What a neural host is made from. */
export interface NeuralHostOptions {
  /** Columns of a row, or its shape: `[length, channels]`, `[height, width, channels]`. */
  readonly inputs: number | Shape
  /**
   * Hidden layers: units of a dense one, or `{ filters, window, stride }` of a convolution over the places of a sequence or an image. A
   * socket follows each: `hidden1`, `hidden2` and so on.
   */
  readonly hidden: ReadonlyArray<HiddenLayer>
  /** Give this or `outputs`. */
  readonly classes?: number
  readonly outputs?: number
  /** `tanh` if left out. */
  readonly activation?: ActivationName
  /** `crossEntropy` for classes and `mse` for outputs if left out. */
  readonly loss?: LossName
  /** Rows of one step, 128 if left out; fewer where there are fewer rows. */
  readonly batch?: number
  /** Adam if left out. */
  readonly optimiser?: "adam" | "sgd"
  /** Of SGD: the share of the last update that goes on, .9 if left out. */
  readonly momentum?: number
  /**
   * What a graft learns from beside the host: `branch` (the default), the loss that the host would have with it, or `straightThrough`,
   * the gradient of the loss that the host has without it. That is cheaper by a pass of the tail, and seldom learns anything of use.
   */
  readonly graftPath?: GraftPath
  /** The host's learning rate, .004 if left out, a graft's share of it, .6 if left out, and how it changes. */
  readonly learning?: Partial<RateOptions>
}

/** The options with what was left out. */
export interface NeuralOptions {
  readonly shape: Shape
  readonly hidden: ReadonlyArray<Layer>
  /** 0 where there are outputs. */
  readonly classes: number
  /** Numbers that the host gives for a row. */
  readonly outputs: number
  readonly activation: ActivationName
  readonly loss: LossName
  readonly batch: number
  readonly optimiser: "adam" | "sgd"
  readonly momentum: number
  readonly graftPath: GraftPath
  readonly learning: RateOptions
}

/** A host that `createGrowth` can make, once it has data and a seed. */
export interface NeuralDescription {
  readonly kind: "neural"
  readonly options: NeuralOptions
}

const KNOWN: ReadonlyArray<keyof NeuralHostOptions> = [
  "inputs",
  "hidden",
  "classes",
  "outputs",
  "activation",
  "loss",
  "batch",
  "optimiser",
  "momentum",
  "graftPath",
  "learning",
]

/** A graft that learns as fast as its host turns the value at its socket further than gate G3 lets pass (six seeds, two tasks). */
const LEARNING: RateOptions = { rate: 0.004, graftShare: 0.6 }

/**
 * Describes a small network with a socket after each hidden layer. Throws a `GrowthError` with every problem.
 *
 * ```ts
 * neuralHost({ inputs: 2, hidden: [8], classes: 2, activation: "tanh" })
 * ```
 */
export function neuralHost(given: NeuralHostOptions): NeuralDescription {
  if (typeof given !== "object" || given === null)
    throw new GrowthError({
      problems: [
        problem(["host"], `must be options, not ${show(given)}.`, "Give inputs, hidden and classes."),
      ],
    })
  const problems: Array<Problem> = []
  const refuse = (name: string, wanted: string, value: unknown): void => {
    problems.push(problem(["host", name], `must be ${wanted}, not ${show(value)}.`))
  }
  const oneOf = (name: keyof NeuralHostOptions, known: ReadonlyArray<string>): void => {
    const value = given[name]
    if (value !== undefined && !known.includes(value as string))
      problems.push(problem(["host", name], `is ${show(value)}.`, didYouMean(value, known)))
  }
  for (const name of Object.keys(given))
    if (!KNOWN.includes(name as keyof NeuralHostOptions))
      problems.push(problem(["host", name], "is not an option.", didYouMean(name, KNOWN)))
  const { inputs, hidden, classes, outputs, batch = 128, momentum = 0.9 } = given
  const shape = typeof inputs === "number" ? [inputs] : inputs
  const isShape =
    Array.isArray(shape) && shape.length >= 1 && shape.length <= 3 && shape.every((n) => isCount(n))
  if (!isShape)
    refuse("inputs", "a number of columns, [length, channels] or [height, width, channels]", inputs)
  const layers = readLayers(hidden, isShape ? shape : null, problems)
  if ((classes === undefined) === (outputs === undefined))
    problems.push(problem(["host"], "must have either classes or outputs.", "Give one of the two."))
  if (classes !== undefined && !isCount(classes, 2))
    refuse("classes", "a whole number of at least 2", classes)
  if (outputs !== undefined && !isCount(outputs)) refuse("outputs", "a whole number of at least 1", outputs)
  if (!isCount(batch, 1, 65536)) refuse("batch", "a whole number from 1 to 65536", batch)
  if (!(momentum >= 0 && momentum < 1)) refuse("momentum", "from 0 to less than 1", momentum)
  oneOf("activation", ACTIVATIONS)
  oneOf("loss", LOSSES)
  oneOf("optimiser", ["adam", "sgd"])
  oneOf("graftPath", GRAFT_PATHS)
  const loss = given.loss ?? (classes === undefined ? "mse" : "crossEntropy")
  if ((loss === "crossEntropy") !== (classes !== undefined) && LOSSES.includes(loss))
    problems.push(
      problem(
        ["host", "loss"],
        `is ${loss} for ${classes === undefined ? "outputs" : "classes"}.`,
        `Use ${classes === undefined ? "mse or binary" : "crossEntropy"}.`,
      ),
    )
  const learning = readRates(given.learning ?? {}, ["host", "learning"])
  problems.push(...learning.problems)
  if (learning.change.rate === 0) refuse("learning", "a rate above 0 and at most 10", 0)
  if (problems.length > 0) throw new GrowthError({ problems: tidy(problems) })
  return {
    kind: "neural",
    options: {
      shape,
      hidden: layers,
      classes: classes ?? 0,
      outputs: classes ?? outputs ?? 1,
      activation: given.activation ?? "tanh",
      loss,
      batch,
      optimiser: given.optimiser ?? "adam",
      momentum,
      graftPath: given.graftPath ?? "branch",
      learning: { ...LEARNING, ...learning.change },
    },
  }
}

/** What of the data does not fit the host. */
export function misfits(
  { shape, classes, outputs }: NeuralOptions,
  data: GrowthData,
): ReadonlyArray<Problem> {
  const problems: Array<Problem> = []
  if (shape.join() !== data.shape.join())
    problems.push(
      problem(
        ["data", "shape"],
        `is ${shapeText(data.shape)} for a row, and the host takes ${shapeText(shape)}.`,
        `Give the host inputs: ${data.shape.length === 1 ? data.shape[0] : shapeText(data.shape)}.`,
      ),
    )
  if (classes !== data.classes || (classes === 0 && outputs !== data.outputs)) {
    const [has, gives] = [
      data.classes > 0 ? `classes: ${data.classes}` : `outputs: ${data.outputs}`,
      classes > 0 ? `classes: ${classes}` : `outputs: ${outputs}`,
    ]
    problems.push(problem(["data"], `has ${has}, and the host gives ${gives}.`, `Give the host ${has}.`))
  }
  return problems
}

/** A host that its memory has no room for, or that cannot be built, is refused as any other input is; another error is as it is. */
export function noRoom(error: unknown): unknown {
  if (!(error instanceof TensorError)) return error
  const what =
    error.path === "arena"
      ? problem(
          ["host"],
          `does not fit its memory: ${error.problem}.`,
          "Give fewer hidden units, a smaller batch, or smaller rows.",
        )
      : problem(["host"], `cannot be run: ${error.path} ${error.problem}.`)
  return new GrowthError({ problems: [what] })
}
