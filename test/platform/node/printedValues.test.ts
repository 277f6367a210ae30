/** Live values are getters; whoever prints them wants to see numbers. */
import { inspect } from "node:util"
import { describe, expect, it } from "vitest"
import { createEngine, createFleet } from "../../../src/index.node.ts"
import { attachEngine } from "../../../src/worker/attachEngine.ts"

/** One of the knobs has the name of what JSON asks for, and one the name of what a text is made with. */
const params = {
  batch: { min: 1, max: 256, step: 1, initial: 200 },
  toJSON: { min: 0, max: 1, initial: 0.5 },
  toString: { min: 0, max: 10, initial: 2 },
} as const
const INITIAL = { batch: 200, toJSON: 0.5, toString: 2 }

/** What `console.log` writes, what a text, a spread and JSON give, and what comes of writing. */
function expectPlain(values: object, expected: object): void {
  expect(Reflect.apply(String, null, [values])).toBe(JSON.stringify(expected))
  expect(Number(values)).toBeNaN()
  for (const name of Object.keys(expected)) {
    const write = `values[${JSON.stringify(name)}] cannot be written: the engine sets it. setBaseline() keeps`
    expect(() => Object.assign(values, { [name]: 1 })).toThrow(write)
    // What a script that is not strict runs into as well: without a setter its writes come to nothing, without a word.
    expect(Object.getOwnPropertyDescriptor(values, name)?.set).toThrow(write)
  }
  expect(inspect(values)).toBe(inspect(expected))
  expect(inspect({ values })).toBe(inspect({ values: expected }))
  expect({ ...values }).toEqual(expected)
  expect(Object.keys(values).toSorted()).toEqual(Object.keys(expected).toSorted())
}

describe("the live values, printed", () => {
  it("are the current numbers", async () => {
    const engine = createEngine({ params, clock: "manual", seed: 1, window: { digests: 1, settleUs: 0 } })
    expectPlain(engine.values, INITIAL)
    await engine.start()
    for (let i = 1; i < 20; i++) {
      engine.tick(i * 1e6)
      engine.observe({ timestampUs: i * 1e6, objective: engine.values.batch })
    }
    expect(engine.getSnapshot().values).not.toEqual(INITIAL)
    expectPlain(engine.values, engine.getSnapshot().values)
    await engine.stop()
  })

  it("cannot be replaced on an engine, in a fleet or in a worker, and are printed with the engine", async () => {
    const fleet = createFleet({ engine: { params, clock: "manual" } })
    await fleet.start()
    const placed = createEngine({ params, clock: "manual", placement: "worker" })
    const own = createEngine({ params, clock: "manual" })
    for (const engine of [own, placed, attachEngine(placed.shared), fleet.spawn("a")]) {
      const { values } = engine
      expect(() => Object.assign(engine, { values: {} })).toThrow(
        /^values cannot be replaced: .*setBaseline\(\).*relocation\.offer\(\)/,
      )
      expect(engine.values).toBe(values)
      expect(inspect(engine)).toContain("values: { batch: ")
    }
    await placed.stop()
    await fleet.stop()
  })

  it("are the numbers of an engine in a fleet", async () => {
    const fleet = createFleet({ engine: { params, clock: "manual" } })
    await fleet.start()
    const engine = fleet.spawn("a")
    expectPlain(engine.values, engine.getSnapshot().values)
    await fleet.stop()
  })

  it("are the numbers of an engine in a worker, in every thread", async () => {
    const engine = createEngine({ params, clock: "manual", placement: "worker" })
    expectPlain(engine.values, INITIAL)
    const other = attachEngine(engine.shared)
    expectPlain(other.values, INITIAL)
    await engine.stop()
  })

  it("are JSON unless a knob is called toJSON", () => {
    const { values } = createEngine({ params: { batch: params.batch }, clock: "manual" })
    expect(JSON.stringify({ values })).toBe('{"values":{"batch":200}}')
  })
})
