/**
 * Run by allocation.test.ts in a process of its own: training steps of one graph that holds every operator, in the way that the first
 * argument names. Prints JSON.
 */
import { GCProfiler } from "node:v8"
import { Arena } from "../../../src/morph/tensor/Arena.ts"
import { FastPlan } from "../../../src/morph/tensor/fast/FastPlan.ts"
import { fastUpdates } from "../../../src/morph/tensor/fast/fastUpdates.ts"
import { Graph } from "../../../src/morph/tensor/Graph.ts"
import type { Node } from "../../../src/morph/tensor/ir.ts"
import { Optimiser } from "../../../src/morph/tensor/optimisers.ts"
import { Program } from "../../../src/morph/tensor/Program.ts"
import { ReferencePlan } from "../../../src/morph/tensor/ReferencePlan.ts"
import { CASES } from "./cases.ts"

const fast = process.argv[2] === "fast"
const graph = new Graph()
const whole: Array<readonly [node: Node, below: number]> = []
let loss: Node | null = null
const first = CASES.filter(({ op }, i) => CASES.findIndex((other) => other.op === op) === i)
first.forEach(({ op, inputs, attributes }, i) => {
  const scope = graph.scope(`case${i}`, i & 1)
  const nodes = inputs.map(([shape, kind = "numbers"], j) => {
    if (typeof kind === "string") return scope.parameter(`p${j}`, shape, { initial: "he", fanIn: 4 })
    const node = scope.input(`case${i}.${j}`, shape)
    whole.push([node, kind.below])
    return node
  })
  const result = scope.apply(op, nodes, attributes)
  const isLoss = result.shape.length === 0
  const own = isLoss ? result : scope.apply("mse", [result, scope.input(`aim${i}`, result.shape)])
  loss = loss === null ? own : graph.apply("add", [loss, own])
})
if (loss === null) throw new Error("there are no cases")

const arena = Arena.make()
arena.append(0, graph.parametersOf(0), 1)
arena.append(1, graph.parametersOf(1), 1)
const program = new Program({ loss, train: [0, 1] })
const plan = fast ? new FastPlan(program, arena) : new ReferencePlan(program, arena)
for (const [node, below] of whole)
  for (let i = 0; i < node.shape.reduce((n, length) => n * length, 1); i++)
    arena.views.f32[plan.offset(node) + i] = i % below
const rules = [
  { rule: "adam", learningRate: 1e-4, clip: 0.5 },
  { rule: "sgd", learningRate: 1e-4, momentum: 0.9 },
] as const
const optimisers = rules.map((options) => new Optimiser(options, fast ? fastUpdates(arena) : undefined))
const snapshot = arena.snapshot(0)

const step = (): void => {
  plan.forward()
  plan.backward()
  optimisers[0].step(arena, 0)
  optimisers[1].step(arena, 1)
  arena.snapshot(0, snapshot)
}

const ROUND = 4500
for (let k = 0; k < 2000; k++) step()
globalThis.gc?.()
const profiler = new GCProfiler()
profiler.start()
const pages = arena.memory.buffer.byteLength / 65536
// What is allocated in every step is allocated in every round; the engine's own work, now and then, is not.
let least = Number.POSITIVE_INFINITY
for (let round = 0; round < 2; round++) {
  const before = process.memoryUsage().heapUsed
  for (let k = 0; k < ROUND; k++) step()
  least = Math.min(least, (process.memoryUsage().heapUsed - before) / ROUND)
}
process.stdout.write(
  JSON.stringify({
    bytesPerStep: least,
    collections: profiler.stop().statistics.length,
    loss: arena.views.f32[plan.offset(loss)],
    grown: arena.memory.buffer.byteLength / 65536 - pages,
  }),
)
