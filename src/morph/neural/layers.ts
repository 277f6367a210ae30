/**
 * The hidden layers of a neural host. A number is a dense layer: of a row, or of each place of a sequence or an image. `{ filters, window }`
 * is a convolution, which moves a window over the places. Each layer says what shape its value has, so what does not fit is refused with
 * both shapes before anything is built.
 */
import type { Problem } from "../../domain/errors.ts"
import { didYouMean, problem, show } from "../../domain/problems.ts"
import type { Graph } from "../tensor/Graph.ts"
import { type Node, type Shape, shapeText } from "../tensor/ir.ts"

/** A hidden layer that moves a window over the places of a sequence or an image. */
export interface Convolution {
  /** Channels that come out. */
  readonly filters: number
  /** Places that it sees along each axis, 3 if left out. Beyond the edges it sees zeros. */
  readonly window?: number
  /** Places from one window to the next, 1 if left out: 2 halves each axis. */
  readonly stride?: number
}

/** Units of a dense layer, or a convolution. */
export type HiddenLayer = number | Convolution

/** A hidden layer with what was left out; `window` 0 is a dense one. */
export interface Layer {
  readonly units: number
  readonly window: number
  readonly stride: number
}

export const MOST_UNITS = 4096
const MOST_LAYERS = 16
const FIELDS: ReadonlyArray<keyof Convolution> = ["filters", "window", "stride"]

export const isCount = (n: unknown, least = 1, most = MOST_UNITS): n is number =>
  typeof n === "number" && Number.isSafeInteger(n) && n >= least && n <= most

/** The value of a row behind a layer. */
const shapeBehind = ({ units, stride }: Layer, shape: Shape): Shape => [
  ...shape.slice(0, -1).map((places) => Math.ceil(places / stride)),
  units,
]

/** The value of a row behind each layer. */
export const shapesBehind = (layers: ReadonlyArray<Layer>, inputs: Shape): ReadonlyArray<Shape> =>
  layers.reduce<ReadonlyArray<Shape>>(
    (shapes, layer) => [...shapes, shapeBehind(layer, shapes.at(-1) ?? inputs)],
    [],
  )

/** Reads the layers of a host; `inputs` is the shape of a row, or null where that cannot be used. */
export function readLayers(
  given: unknown,
  inputs: Shape | null,
  problems: Array<Problem>,
): ReadonlyArray<Layer> {
  if (!Array.isArray(given) || given.length < 1 || given.length > MOST_LAYERS) {
    problems.push(
      problem(["host", "hidden"], `must be a list of 1 to ${MOST_LAYERS} layers, not ${show(given)}.`),
    )
    return []
  }
  const layers = given.map((one: unknown, i) => readLayer(one, ["host", "hidden", i], problems))
  if (inputs === null || layers.includes(null)) return []
  let shape = inputs
  for (const [i, layer] of (layers as ReadonlyArray<Layer>).entries()) {
    const misfit = misfitOf(layer, shape, ["host", "hidden", i])
    if (misfit !== null) {
      problems.push(misfit)
      return []
    }
    shape = shapeBehind(layer, shape)
  }
  return layers as ReadonlyArray<Layer>
}

function readLayer(given: unknown, at: ReadonlyArray<PropertyKey>, problems: Array<Problem>): Layer | null {
  if (isCount(given)) return { units: given, window: 0, stride: 1 }
  if (typeof given !== "object" || given === null) {
    problems.push(
      problem(
        at,
        `must be a whole number from 1 to ${MOST_UNITS}, not ${show(given)}.`,
        "Give the units of a dense layer, or { filters, window } for a convolution.",
      ),
    )
    return null
  }
  const { filters, window = 3, stride = 1 } = given as Partial<Convolution>
  const before = problems.length
  for (const name of Object.keys(given))
    if (!FIELDS.includes(name as keyof Convolution))
      problems.push(problem([...at, name], "is not known here.", didYouMean(name, FIELDS)))
  for (const [name, value, most] of [
    ["filters", filters, MOST_UNITS],
    ["window", window, 1024],
    ["stride", stride, 1024],
  ] as const)
    if (!isCount(value, 1, most))
      problems.push(problem([...at, name], `must be a whole number from 1 to ${most}, not ${show(value)}.`))
  return problems.length > before ? null : { units: filters as number, window, stride }
}

/** What of a convolution does not fit the value that it gets. */
function misfitOf({ window, stride }: Layer, shape: Shape, at: ReadonlyArray<PropertyKey>): Problem | null {
  if (window === 0) return null
  const places = shape.slice(0, -1)
  const least = Math.min(...places)
  if (places.length === 0)
    return problem(
      at,
      `moves a window over places, and a row of the shape ${shapeText(shape)} has none.`,
      "Give units, or inputs: [length, channels] or [height, width, channels].",
    )
  const wide = Math.max(window, stride)
  return wide <= least
    ? null
    : problem(
        at,
        `has ${window > least ? "a window" : "a stride"} of ${shapeText(places.map(() => wide))}, and its value has the shape ${shapeText(shape)}.`,
        `Give at most ${least}.`,
      )
}

/** A layer of the host, before its activation. */
export function applyLayer(graph: Graph, name: string, value: Node, { units, window, stride }: Layer): Node {
  const scope = graph.scope(name, 0)
  const channels = value.shape[value.shape.length - 1]
  const axes = window === 0 ? 0 : value.shape.length - 2
  const field = Array.from({ length: axes }, () => window)
  const weights = scope.parameter("weights", [...field, channels, units], { initial: "glorot" })
  const bias = scope.parameter("bias", [units], { initial: "zeros" })
  return axes === 0
    ? scope.apply("dense", [value, weights, bias])
    : scope.apply(axes === 1 ? "conv1d" : "conv2d", [value, weights, bias], { stride })
}
