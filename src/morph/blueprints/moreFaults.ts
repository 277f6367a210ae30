/**
 * Eight more faults, of hosts under Node. Three of them do not come back, or not in time: their code runs in the background thread alone,
 * which has a deadline and a limit of memory and can be lost. Everywhere else they stand under their names without it, to be refused.
 */
import { TensorError } from "../tensor/TensorError.ts"
import type { Fault } from "./Blueprint.ts"
import { built, faulty } from "./faults.ts"
import { dense, last } from "./pieces.ts"

/** Additions that take longer than any quarantine may. */
const LONG = 2e10

const FINITE: ReadonlyArray<Fault> = [
  faulty("vanishing", "has gradients too small to learn from", {
    build: (graph, value, parameters) =>
      graph.apply("scale", [built(graph, value, parameters)], { factor: 1e-20 }),
  }),
  faulty("overflow", "gives infinity once it has learnt something", {
    build: (graph, value, parameters) => {
      const added = built(graph, value, parameters)
      const large = graph.apply("scale", [graph.apply("multiply", [added, added])], { factor: 1e12 })
      return graph.apply("multiply", [added, graph.apply("exp", [large])])
    },
  }),
  faulty("unstable", "has weights that double at every step", {
    kernel: ({ views: { f32 } }, { parameters, length }) => {
      for (let i = parameters; i < parameters + length; i++) f32[i] *= 2
    },
  }),
  faulty("wrongShape", "gives a channel too many", {
    build: (graph, value) => dense(graph, "wide", value, last(value.shape) + 1, "zeros"),
  }),
  faulty("notIdentity", "changes the value before it has learnt anything", {
    build: (graph, value) => dense(graph, "dense", value, last(value.shape), "he"),
  }),
]

/** Their code, for a thread that can be lost. */
export const HANGING_FAULTS: ReadonlyArray<Fault> = [
  faulty("slow", "takes far longer than a quarantine may", {
    build: (graph, value, parameters) => {
      let sum = 0
      for (let i = 0; i < LONG; i++) sum += i
      return graph.apply("scale", [built(graph, value, parameters)], { factor: Math.min(1, sum) })
    },
  }),
  faulty("memoryHog", "holds more and more memory", {
    build: () => {
      const held: Array<Array<number>> = []
      for (;;) held.push(Array.from({ length: 1e5 }, (_, i) => i + held.length))
    },
  }),
  faulty("deadlock", "waits for what nobody will do", {
    build: (graph, value, parameters) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
      return built(graph, value, parameters)
    },
  }),
]

/** True where only a thread that can be lost may run it. */
export const hangs = (name: string): boolean => HANGING_FAULTS.some((one) => one.name === name)

/** For every other thread: those that hang are names with a refusal behind them. */
export const MORE_FAULTS: ReadonlyArray<Fault> = [
  ...FINITE,
  ...HANGING_FAULTS.map((one) => ({
    ...one,
    build: () => {
      throw new TensorError(one.name, "runs in a background thread alone", 'Use training: "thread"')
    },
  })),
]

/** For the background thread. */
export const QUARANTINE_FAULTS: ReadonlyArray<Fault> = [...FINITE, ...HANGING_FAULTS]
