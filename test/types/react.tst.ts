/** The types of `arqon/react`: components know the names of the knobs, and what a selector gives is what they get. */
import { describe, expect, test } from "tstyche"
import type { ArqonEngine, WorkerEngine } from "../../src/index.ts"
import {
  type SafeMode,
  useEngine,
  useEngineState,
  useKnob,
  useKnobs,
  useSafeMode,
} from "../../src/react/index.ts"

type Engine = ArqonEngine<"particles" | "scale">
const engine = {} as Engine

describe("useEngine", () => {
  test("knows the knobs of its options", () => {
    const made = useEngine({ params: { particles: { min: 1, max: 10 } } })
    expect(made).type.toBe<ArqonEngine<"particles">>()
    expect(useEngine).type.not.toBeCallableWith({ params: { particles: { min: 1 } } })
  })
})

describe("what components read", () => {
  test("is a number by a knob's name", () => {
    expect(useKnob(engine, "scale")).type.toBe<number>()
    expect(useKnob).type.not.toBeCallableWith(engine, "size")
  })

  test("is the same for an engine in a worker", () => {
    const placed = {} as WorkerEngine<"particles" | "scale">
    expect(useKnob(placed, "scale")).type.toBe<number>()
    expect(useKnob).type.not.toBeCallableWith(placed, "size")
    expect(useSafeMode(placed)).type.toBe<SafeMode>()
  })

  test("opens and leaves SafeMode as a click listener", () => {
    expect<(event: MouseEvent) => void>().type.toBeAssignableFrom<SafeMode["trip"]>()
  })

  test("is all knobs with their names", () => {
    expect(useKnobs(engine)).type.toBe<Readonly<Record<"particles" | "scale", number>>>()
  })

  test("is whatever a selector returns", () => {
    expect(useEngineState(engine, ({ mode }) => mode)).type.toBe<"adapting" | "safe">()
    expect(useSafeMode(engine)).type.toBe<SafeMode>()
  })
})
