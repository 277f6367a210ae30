/**
 * The four small hosts of the tensor benchmark, and one training step of each. Runs in Node, in threads and in browsers: what a run
 * ends with has to be the same bits in all of them.
 */
import { Arena } from "../../src/morph/tensor/Arena.ts"
import { FastPlan } from "../../src/morph/tensor/fast/FastPlan.ts"
import { fastUpdates } from "../../src/morph/tensor/fast/fastUpdates.ts"
import { WordHash } from "../../src/morph/tensor/fast/WordHash.ts"
import { Graph } from "../../src/morph/tensor/Graph.ts"
import { type Node, sizeOf } from "../../src/morph/tensor/ir.ts"
import { Optimiser } from "../../src/morph/tensor/optimisers.ts"
import { Program } from "../../src/morph/tensor/Program.ts"
import { type Plan, ReferencePlan } from "../../src/morph/tensor/ReferencePlan.ts"

export const RATE = 0.003

export interface Host {
  readonly graph: Graph
  readonly x: Node
  readonly labels: Node
  readonly loss: Node
}

export interface Case {
  readonly name: string
  /** Milliseconds of processor time that a step may take at 2.1 GHz. */
  readonly goalMs: number
  readonly build: () => Host
}

function layer(graph: Graph, name: string, from: Node, outs: number, activation?: string): Node {
  const scope = graph.scope(name)
  const ins = from.shape[from.shape.length - 1]
  const weights = scope.parameter("weights", [ins, outs], { initial: "glorot" })
  const sum = scope.apply("dense", [from, weights, scope.parameter("bias", [outs], { initial: "zeros" })])
  return activation === undefined ? sum : scope.apply(activation, [sum])
}

function filters(graph: Graph, name: string, from: Node, outs: number): Node {
  const scope = graph.scope(name)
  const weights = scope.parameter("weights", [3, 3, from.shape[3], outs], { initial: "he" })
  const bias = scope.parameter("bias", [outs], { initial: "zeros" })
  return scope.apply("relu", [scope.apply("conv2d", [from, weights, bias])])
}

const host = (shape: ReadonlyArray<number>, logits: (graph: Graph, x: Node) => Node): Host => {
  const graph = new Graph()
  const x = graph.input("x", shape)
  const labels = graph.input("labels", [shape[0]])
  return { graph, x, labels, loss: graph.apply("crossEntropy", [logits(graph, x), labels]) }
}

export const CASES: ReadonlyArray<Case> = [
  {
    name: "MLP 2-32-32-2, batch 128",
    goalMs: 0.08,
    build: () =>
      host([128, 2], (graph, x) =>
        layer(graph, "c", layer(graph, "b", layer(graph, "a", x, 32, "relu"), 32, "relu"), 2),
      ),
  },
  {
    name: "MLP 32-64-64-10, batch 128",
    goalMs: 0.4,
    build: () =>
      host([128, 32], (graph, x) =>
        layer(graph, "c", layer(graph, "b", layer(graph, "a", x, 64, "relu"), 64, "relu"), 10),
      ),
  },
  {
    name: "conv 16x16, 8 and 16 filters, batch 32",
    goalMs: 3,
    build: () =>
      host([32, 16, 16, 1], (graph, x) =>
        layer(
          graph,
          "c",
          graph.apply("globalMean", [filters(graph, "b", filters(graph, "a", x, 8), 16)]),
          10,
        ),
      ),
  },
  {
    name: "attention 16x16, batch 32",
    goalMs: 0.35,
    build: () =>
      host([32, 16, 16], (graph, x) => {
        const [q, k, v] = ["q", "k", "v"].map((name) => layer(graph, name, x, 16))
        const scores = graph.apply("scale", [graph.apply("matmul", [q, k], { transposed: 1 })], {
          factor: 0.25,
        })
        const mixed = graph.apply("matmul", [graph.apply("softmax", [scores]), v])
        const out = graph.apply("add", [x, layer(graph, "o", mixed, 16)])
        return layer(graph, "c", graph.apply("globalMean", [out]), 10)
      }),
  },
]

/** Numbers from -1 to 1 and labels, the same everywhere: products of whole numbers alone, no sine of an engine's own. */
export function dataOf({
  x,
  labels,
  loss,
}: Host): readonly [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>] {
  const classes = loss.inputs[0].shape[1]
  let state = 12345
  const next = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return state >>> 8
  }
  return [
    Float32Array.from({ length: sizeOf(x.shape) }, () => next() / 2 ** 23 - 1),
    Float32Array.from({ length: sizeOf(labels.shape) }, () => next() % classes),
  ]
}

/** A host in an arena of its own with Adam. */
export class Training {
  readonly arena: Arena
  readonly plan: Plan
  readonly host: Host
  private readonly optimiser: Optimiser

  constructor(one: Case, { fast = true, shared = false } = {}) {
    this.host = one.build()
    const { graph, x, labels, loss } = this.host
    this.arena = Arena.make({ shared })
    this.arena.append(0, graph.parametersOf(0), 7)
    const program = new Program({ loss, train: [0] })
    this.plan = new (fast ? FastPlan : ReferencePlan)(program, this.arena)
    const options = { rule: "adam", learningRate: RATE } as const
    this.optimiser = fast ? new Optimiser(options, fastUpdates(this.arena)) : new Optimiser(options)
    const [numbers, classes] = dataOf(this.host)
    this.arena.views.f32.set(numbers, this.plan.offset(x))
    this.arena.views.f32.set(classes, this.plan.offset(labels))
  }

  step(): void {
    this.plan.forward()
    this.plan.backward()
    this.optimiser.step(this.arena, 0)
  }

  get loss(): number {
    return this.arena.views.f32[this.plan.offset(this.host.loss)]
  }

  /** Of the whole slice: parameters, gradients and moments. */
  get hash(): string {
    const { head, words } = this.arena.slice(0)
    const into = new Uint32Array(2)
    new WordHash(this.arena).read(head, words, into)
    return [into[1], into[0]].map((word) => word.toString(16).padStart(8, "0")).join("")
  }
}

/** The hash of each case after so many steps. */
export const hashes = (steps: number, shared: boolean): ReadonlyArray<string> =>
  CASES.map((one) => {
    const training = new Training(one, { shared })
    for (let i = 0; i < steps; i++) training.step()
    return training.hash
  })
