import { fileURLToPath } from "node:url"
import { Piscina } from "piscina"
import { describe, expect, it } from "vitest"
import { attach } from "../../src/adapters/Adapter.ts"
import { piscinaThreads } from "../../src/adapters/piscina.ts"
import { FakeEngine, until } from "./FakeEngine.ts"

const filename = fileURLToPath(new URL("./piscinaWorker.cjs", import.meta.url))

describe("threads of a Piscina pool", () => {
  it("follow the knob, and are measured", async () => {
    const pool = new Piscina({ filename, minThreads: 1, maxThreads: 3 })
    const adapter = piscinaThreads(pool, { digest: { everyCount: 3, everyUs: 1_000 } })
    const engine = new FakeEngine(adapter)
    expect(engine.values.threads).toBe(3)
    const attached = attach(engine, adapter)
    engine.set({ threads: 2 })

    // One cell of shared memory: tasks count themselves in and wait for the gate to open.
    const cells = new Int32Array(new SharedArrayBuffer(12))
    const all = Array.from({ length: 6 }, (_, i) => adapter.runTask({ cells, answer: i }))
    await until(() => Atomics.load(cells, 0) === 2)
    expect(adapter.waiting).toBe(4)
    Atomics.store(cells, 1, 1)
    Atomics.notify(cells, 1)
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3, 4, 5])
    expect(Atomics.load(cells, 2)).toBe(2)
    expect(pool.threads.length).toBeLessThanOrEqual(2)
    expect(engine.digests.length).toBeGreaterThan(0)
    await expect(adapter.runTask({ cells, answer: -1 })).rejects.toThrow("negative")
    expect(adapter.inFlight).toBe(0)
    attached.stop()
    await pool.destroy()
  })

  it("are awaited only as long as the task's signal allows, by no more tasks than the pool's queue", async () => {
    const pool = new Piscina({ filename, minThreads: 1, maxThreads: 2, maxQueue: 1 })
    const adapter = piscinaThreads(pool, { initial: 1 })
    const cells = new Int32Array(new SharedArrayBuffer(12))
    const running = adapter.runTask({ cells, answer: 1 })
    const controller = new AbortController()
    const waiting = adapter.runTask({ cells, answer: 2 }, { signal: controller.signal })
    await expect(adapter.runTask({ cells, answer: 3 })).rejects.toMatchObject({ reason: "full" })
    controller.abort("gone")
    await expect(waiting).rejects.toMatchObject({ name: "AbortError", cause: "gone" })
    expect(adapter.waiting).toBe(0)
    Atomics.store(cells, 1, 1)
    Atomics.notify(cells, 1)
    expect(await running).toBe(1)
    expect(adapter.inFlight).toBe(0)
    await pool.destroy()
  })

  it("keep several concurrent tasks each", async () => {
    const pool = new Piscina({ filename, minThreads: 1, maxThreads: 2, concurrentTasksPerWorker: 10 })
    expect(piscinaThreads(pool).params.threads).toMatchObject({ initial: 20, max: 20 })
    await pool.destroy()
  })
})
