/** The types of the public engine: names of knobs are known to the compiler, and what is read only is. */
import type * as Effect from "effect/Effect"
import type { Observable } from "rxjs"
import { describe, expect, test } from "tstyche"
import {
  type ConfigError,
  createEngine,
  type EngineSnapshot,
  type KnobConfig,
  type Window,
} from "../../src/index.ts"
import { Engine, type EngineService } from "../../src/index.effect.ts"

const engine = createEngine({
  params: {
    concurrency: { min: 1, max: 256, scale: "log", step: 1, initial: 16 },
    ttlMs: { min: 0, max: 60_000 },
  },
  objective: "minimize",
  seed: 42,
  guardrails: "balanced",
})

describe("values", () => {
  test("are numbers under the knobs' names", () => {
    expect(engine.values.concurrency).type.toBe<number>()
    expect(engine.values).type.toBe<{ readonly concurrency: number; readonly ttlMs: number }>()
  })

  test("have no other names", () => {
    expect(engine.values).type.not.toHaveProperty("concurency")
  })

  test("cannot be written", () => {
    expect(engine).type.not.toBeAssignableTo<{ values: { concurrency: string } }>()
    // @ts-expect-error Cannot assign to 'concurrency' because it is a read-only property
    engine.values.concurrency = 3
  })

  test("are the same in snapshots", () => {
    const snapshot = engine.getSnapshot()
    expect(snapshot.values.ttlMs).type.toBe<number>()
    expect(snapshot.base).type.not.toHaveProperty("ttl")
    engine.subscribe((heard) => expect(heard).type.toBe(snapshot))
    engine.subscribe({ next: (heard) => expect(heard).type.toBe(snapshot) })
  })

  test("have any name if the knobs come from elsewhere", () => {
    const params: Record<string, KnobConfig> = {}
    expect(createEngine({ params }).values).type.toBe<{ readonly [x: string]: number }>()
  })
})

describe("a configuration", () => {
  test("must have its bounds", () => {
    expect(createEngine).type.not.toBeCallableWith({ params: { a: { min: 0 } } })
    expect(createEngine).type.not.toBeCallableWith({})
  })

  test("knows its words", () => {
    expect(createEngine).type.not.toBeCallableWith({ params: { a: { min: 0, max: 1, scale: "lgo" } } })
    expect(createEngine).type.not.toBeCallableWith({
      params: { a: { min: 0, max: 1 } },
      guardrails: "balancd",
    })
    expect(createEngine).type.not.toBeCallableWith({ params: { a: { min: 0, max: 1 } }, audit: "off" })
  })

  test("knows its keys", () => {
    // @ts-expect-error 'stpe' does not exist
    createEngine({ params: { a: { min: 0, max: 1, stpe: 1 } } })
    // @ts-expect-error 'objectve' does not exist
    createEngine({ params: { a: { min: 0, max: 1 } }, objectve: "minimize" })
    // @ts-expect-error 'maxSteps' does not exist
    createEngine({ params: { a: { min: 0, max: 1 } }, guardrails: { maxSteps: 0.1 } })
  })
})

describe("calls", () => {
  test("take digests", () => {
    expect(engine.observe).type.toBeCallableWith({ objective: 12.3 })
    expect(engine.observe).type.not.toBeCallableWith({ objective: "12.3" })
    expect(engine.observe).type.not.toBeCallableWith({})
  })

  test("pass through what tracked work returns", () => {
    expect(engine.track(() => 7)).type.toBe<number>()
    expect(engine.track(async () => "x")).type.toBe<Promise<string>>()
  })

  test("give windows as an Observable", () => {
    expect(engine.windows$).type.toBe<Observable<Window>>()
  })
})

describe("Engine.make", () => {
  const made = Engine.make({ params: { x: { min: 0, max: 1 } } })

  test("knows the knobs and how it can fail", () => {
    expect<Effect.Success<typeof made>>().type.toBe<EngineService<"x">>()
    expect<Effect.Success<typeof made>["values"]>().type.toBe<{ readonly x: number }>()
    expect<ConfigError>().type.toBeAssignableTo<Effect.Error<typeof made>>()
  })

  test("gives snapshots with the knobs' names", () => {
    expect<Effect.Success<Effect.Success<typeof made>["snapshot"]>>().type.toBe<
      EngineSnapshot<{ readonly x: number }>
    >()
  })
})

describe("the time at the start", () => {
  test("is a number or nothing", () => {
    expect(engine.start).type.toBe<(nowUs?: number) => Promise<void>>()
    expect(Engine.make).type.toBeCallableWith({ params: { x: { min: 0, max: 1 } } }, { startUs: 5 })
    expect(Engine.make).type.not.toBeCallableWith({ params: { x: { min: 0, max: 1 } } }, { startUs: "5" })
  })
})
