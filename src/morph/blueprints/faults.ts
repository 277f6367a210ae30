/**
 * Blueprints that are broken on purpose, to show that gates and checks find them. All are for the quarantine only: a request to plant one
 * is tried there and refused.
 */
import type { Arena, Slice } from "../tensor/Arena.ts"
import type { Node } from "../tensor/ir.ts"
import type { Graph } from "../tensor/Graph.ts"
import type { Fault } from "./Blueprint.ts"
import { BLUEPRINTS } from "./catalogue.ts"

const [sound] = BLUEPRINTS

/** A sound block with a fault put into it. */
export const faulty = (
  name: string,
  description: string,
  fault: Partial<Pick<Fault, "build" | "kernel">>,
): Fault => ({
  ...sound,
  name,
  description,
  tier: "highRisk",
  risk: 1,
  quarantineOnly: true,
  ...fault,
})

export const built = (graph: Graph, value: Node, parameters: Readonly<Record<string, number>>): Node =>
  sound.build(graph, value, parameters)

/** Adds its own gradients to words that are not its own. */
function leak({ views: { f32 } }: Arena, own: Slice, to: number, count: number): void {
  if (own.length === 0) return
  for (let i = 0; i < count; i++) f32[to + i] += f32[own.gradients + (i % own.length)]
}

export const FAULTS: ReadonlyArray<Fault> = [
  faulty("nan", "gives NaN once it has learnt something", {
    build: (graph, value, parameters) => {
      const added = built(graph, value, parameters)
      const steep = graph.apply("exp", [graph.apply("scale", [added], { factor: 1e6 })])
      // Zero times one at birth; zero times infinity, or infinity less infinity, later.
      return graph.apply("multiply", [added, graph.apply("multiply", [steep, steep])])
    },
  }),
  faulty("exploding", "has gradients ten thousand times too large", {
    build: (graph, value, parameters) =>
      graph.apply("scale", [built(graph, value, parameters)], { factor: 1e4 }),
  }),
  faulty("leakInput", "trains the layers before the socket", {
    kernel: (arena, own, host) => leak(arena, own, host.gradients, host.length >> 1),
  }),
  faulty("leakTail", "trains the layers after the socket", {
    kernel: (arena, own, host) =>
      leak(arena, own, host.gradients + (host.length >> 1), host.length - (host.length >> 1)),
  }),
  faulty("writesHost", "writes parameters of the host", {
    kernel: ({ views: { f32 } }, _, host) => {
      f32[host.parameters] += 1
    },
  }),
  faulty("endless", "builds without end", {
    build: (graph, value) => {
      for (let node = value; ; ) node = graph.apply("relu", [node])
    },
  }),
]
