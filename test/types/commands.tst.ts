/** Every command has one shape on every face of an engine: a call whose last argument, always optional, is a note. */
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { describe, expect, test } from "tstyche"
import type {
  ArqonEngine,
  FleetCommand,
  FleetEngine,
  GuardrailConfig,
  Note,
  WorkerEngine,
} from "../../src/index.ts"
import {
  Engine,
  type EngineNamed,
  type EngineService,
  Fleet,
  type FleetNamed,
  type FleetService,
} from "../../src/index.effect.ts"

type Plain = "rollback" | "trip" | "reset" | "setBaseline"
type Arguments<Face extends Record<Plain, (...given: never) => unknown>> = {
  readonly [Name in Plain]: Parameters<Face[Name]>
}
type AllTakeNotes = { readonly [Name in Plain]: [note?: Note] }

describe("a command", () => {
  test("takes a note last, on every face", () => {
    expect<Arguments<ArqonEngine>>().type.toBe<AllTakeNotes>()
    expect<Arguments<WorkerEngine>>().type.toBe<AllTakeNotes>()
    expect<Arguments<EngineService>>().type.toBe<AllTakeNotes>()
    expect<Arguments<FleetEngine>>().type.toBe<AllTakeNotes>()
    type SetGuardrails = [guardrails: GuardrailConfig, note?: Note]
    expect<Parameters<ArqonEngine["setGuardrails"]>>().type.toBe<SetGuardrails>()
    expect<Parameters<WorkerEngine["setGuardrails"]>>().type.toBe<SetGuardrails>()
    expect<Parameters<EngineService["setGuardrails"]>>().type.toBe<SetGuardrails>()
    expect<Parameters<FleetEngine["passivate"]>>().type.toBe<[note?: Note]>()
    expect<Parameters<ArqonEngine["relocation"]["evict"]>>().type.toBe<[regime: number, note?: Note]>()
  })

  test("is an Effect once it is called, in an Effect program", () => {
    type Given = ReturnType<EngineService[Plain | "setGuardrails"]>
    expect<Given>().type.toBeAssignableTo<Effect.Effect<void, unknown>>()
  })

  test("takes a note in a machine's event too", () => {
    for (const type of ["rollback", "trip", "reset", "setBaseline", "passivate"] as const) {
      expect<FleetCommand>().type.toBeAssignableFrom({ type, key: "a", note: { by: "ada", note: "why" } })
    }
  })

  test("accepts nothing else as a note", () => {
    expect<Note>().type.not.toBeAssignableFrom<MouseEvent>()
    expect<Note>().type.not.toBeAssignableFrom<number>()
    expect<Note>().type.not.toBeAssignableFrom({ who: "ada" })
  })
})

const params = { depth: { min: 1, max: 32 }, quality: { min: 0, max: 1 } } as const

describe("a layer", () => {
  const engine = Engine.layer({ params })
  const fleet = Fleet.layer({ engine: { params } })

  test("keeps the names of the knobs", () => {
    type Provided<L> = L extends Layer.Layer<infer Out, infer _E, infer _R> ? Out : never
    expect<Provided<typeof engine>>().type.toBe<Engine | EngineNamed<"depth" | "quality">>()
    expect<Provided<typeof fleet>>().type.toBe<Fleet | FleetNamed<"depth" | "quality">>()
  })

  test("gives a program the knobs that it names and no others", () => {
    const named = Engine.named<"depth">()
    expect<Effect.Success<typeof named>["values"]>().type.toBe<{ readonly depth: number }>()
    const ofFleet = Fleet.named<"depth">()
    expect<Effect.Success<typeof ofFleet>>().type.toBe<FleetService<"depth">>()
  })

  test("provides an engine with any knobs, and with named ones", () => {
    type Left<Wanted, L> = L extends Layer.Layer<infer Out, infer _E, infer _R> ? Exclude<Wanted, Out> : never
    expect<Left<Engine, typeof engine>>().type.toBe<never>()
    expect<Left<EngineNamed<"depth">, typeof engine>>().type.toBe<never>()
    expect<Left<EngineNamed<"depth" | "quality">, typeof engine>>().type.toBe<never>()
    expect<Left<FleetNamed<"depth">, typeof fleet>>().type.toBe<never>()
  })

  test("does not provide an engine with a knob that it lacks", () => {
    type Left<Wanted, L> = L extends Layer.Layer<infer Out, infer _E, infer _R> ? Exclude<Wanted, Out> : never
    expect<Left<EngineNamed<"dept">, typeof engine>>().type.toBe<EngineNamed<"dept">>()
    expect<Left<EngineNamed<"depth" | "size">, typeof engine>>().type.toBe<EngineNamed<"depth" | "size">>()
    expect<Left<FleetNamed<"size">, typeof fleet>>().type.toBe<FleetNamed<"size">>()
  })
})
