/** Values that change in another thread, as they are read in this one: what belongs together is of one generation. */
import { describe, expect, it } from "vitest"
import { AtomicConfig } from "../../src/hot/AtomicConfig.ts"
import { ConfigReader } from "../../src/hot/ConfigReader.ts"
import { LINEAR } from "../../src/hot/codes.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { LiveValues } from "../../src/worker/LiveValues.ts"

function rig() {
  const knob = { min: 0, max: 100, scale: LINEAR, step: 1, maxStep: 0 }
  const config = new AtomicConfig(new KnobTable([knob, knob]), Float64Array.of(0.01, 0.01))
  const live = new LiveValues(new ConfigReader(config.buffer, 2), ["a", "b"])
  /** Another thread applies: generation and value go up by one. */
  const apply = (): void => {
    config.draftFrom(Float64Array.of((config.generation + 1) / 100, (config.generation + 1) / 100))
    config.commit(new Float64Array(1), 0)
  }
  return { live, values: live.byName as { readonly a: number; readonly b: number }, apply }
}

describe("live values of another thread", () => {
  it("are of one generation when each knob is read once in one go", () => {
    const { live, values, apply } = rig()
    const { a } = values
    apply()
    expect([a, values.b, live.generation, live.heldGeneration]).toEqual([1, 1, 1, 1])
  })

  it("are refreshed when a knob is read again, as in a loop that never yields", () => {
    const { live, values, apply } = rig()
    for (let i = 1; i < 5; i++) {
      expect([values.a, values.b, live.generation]).toEqual([i, i, i])
      apply()
    }
  })

  it("are the latest in the next run of JavaScript", async () => {
    const { live, values, apply } = rig()
    expect(values.a).toBe(1)
    apply()
    await Promise.resolve()
    expect([values.b, live.heldGeneration]).toEqual([2, 2])
  })

  it("are the latest for work that has read nothing yet, and consistent on request", () => {
    const { live, apply } = rig()
    apply()
    expect(live.heldGeneration).toBe(2)
    apply()
    expect(live.current()).toEqual({ generation: 3, values: { a: 3, b: 3 } })
  })

  it("stay consistent around a read of the whole", () => {
    const { live, values, apply } = rig()
    const { a } = values
    apply()
    expect(live.current().generation).toBe(2)
    expect([a, values.b]).toEqual([1, 1])
  })

  it("can be listed but not written", () => {
    const { values } = rig()
    expect({ ...values }).toEqual({ a: 1, b: 1 })
    expect(() => {
      ;(values as { a: number }).a = 5
    }).toThrow(TypeError)
  })
})
