/** The types of an engine in a worker: what is not there is not in them. */
import { describe, expect, test } from "tstyche"
import { type ArqonEngine, createEngine, type WorkerEngine } from "../../src/index.ts"
import { attachEngine } from "../../src/platform/node/index.ts"

const params = { batch: { min: 1, max: 256 }, ttlMs: { min: 0, max: 60_000 } }
const engine = createEngine({ params, placement: "worker" })

describe("an engine in a worker", () => {
  test("is distinguished by its placement", () => {
    expect(engine).type.toBe<WorkerEngine<"batch" | "ttlMs">>()
    expect(createEngine({ params, placement: "inline" })).type.toBe<ArqonEngine<"batch" | "ttlMs">>()
    expect(createEngine({ params })).type.toBe<ArqonEngine<"batch" | "ttlMs">>()
  })

  test("has no actors", () => {
    expect(engine).type.not.toHaveProperty("actor")
    expect(engine).type.toHaveProperty("windows$")
  })

  test("knows its knobs in every thread", () => {
    const attached = attachEngine(engine.shared)
    expect(attached.values).type.toBe<{ readonly batch: number; readonly ttlMs: number }>()
    expect(engine.current().values).type.toBe<{ readonly batch: number; readonly ttlMs: number }>()
  })
})
