/** Blueprints that no compiler survives, and one that it does. */
import { defineBlueprint } from "../../../../src/morph/blueprints/defineBlueprint.ts"

const common = { description: "adds nothing", risk: 0.1, parameters: {} }

export const blueprints = [
  defineBlueprint({
    ...common,
    name: "endless",
    build: () => {
      for (;;);
    },
  }),
  defineBlueprint({
    ...common,
    name: "memoryHog",
    build: () => {
      const held: Array<ReadonlyArray<number>> = []
      for (;;) held.push(Array.from({ length: 100_000 }, (_, i) => i + held.length))
    },
  }),
  defineBlueprint({
    ...common,
    name: "throwing",
    build: () => {
      throw new Error("not today")
    },
  }),
  defineBlueprint({
    ...common,
    name: "sound",
    build: (graph, value) =>
      graph.apply("multiply", [value, graph.parameter("w", [value.shape.at(-1) ?? 1], { initial: "zeros" })]),
  }),
]
