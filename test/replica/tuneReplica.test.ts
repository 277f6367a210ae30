/** `tune` over one of many replicas: its adapter follows the replica, and what cannot be tuned is refused and leaves nothing attached. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { attach } from "../../src/adapters/Adapter.ts"
import { concurrencyAdapter } from "../../src/adapters/concurrency.ts"
import { tune } from "../../src/adapters/index.ts"
import { createReplica, type Replica } from "../../src/replica/createReplica.ts"
import { createTuner } from "../../src/replica/createTuner.ts"

const make = (over: object): Replica => createReplica({ tuner: "t", at: [], params: {}, ...over })

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"],
  })
})
afterEach(() => {
  vi.useRealTimers()
})

describe("a replica in the place of an engine", () => {
  it("is attached to the adapter, started, and detached at the end", async () => {
    const puts: Array<number> = []
    const adapter = concurrencyAdapter("n", { initial: 20 }, (value) => puts.push(value))
    const tuner = createTuner({ name: "t", engine: { params: adapter.params, guardrails: "aggressive" } })
    void tuner.start()
    const others = Array.from({ length: 3 }, () => make({ at: tuner, params: adapter.params }))
    for (const other of others) void other.start()
    const made = make({ at: tuner, params: adapter.params })
    const { replica, stop } = await tune(adapter, made)
    expect(replica).toBe(made)
    expect(replica.getSnapshot().status).toBe("running")
    for (let i = 0; i < 100; i++) {
      for (let k = 0; k < 20; k++) adapter.track(() => k)
      for (const other of others) for (let k = 0; k < 5; k++) other.observe({ objective: 1 })
      await vi.advanceTimersByTimeAsync(100)
      expect(puts.at(-1)).toBe(replica.values["n"])
    }
    expect(tuner.status().cycles).toBeGreaterThan(1)
    expect(new Set(puts).size).toBeGreaterThan(2)
    // One object, one replica.
    await expect(async () => tune(adapter, others[0])).rejects.toThrow("adapter: is already attached")
    await stop()
    expect(replica.getSnapshot().status).toBe("stopped")
    expect(puts.at(-1)).toBe(replica.values["n"])
    await expect(async () => tune(adapter, made)).rejects.toThrow("replica: has stopped")
    await expect(async () => tune(adapter, { observe: () => true } as never)).rejects.toThrow(
      "replica: must be a replica",
    )
    await expect(async () =>
      tune(adapter, make({ at: tuner, params: { m: { min: 0, max: 1 } } })),
    ).rejects.toThrow("params.n: is not a knob")
    // Nothing of the refusals has stayed attached.
    attach(others[0], adapter).stop()
    for (const other of others) void other.stop()
    void tuner.stop()
  })
})
