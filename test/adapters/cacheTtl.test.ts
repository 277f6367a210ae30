import { LRUCache } from "lru-cache"
import { describe, expect, it } from "vitest"
import { attach } from "../../src/adapters/Adapter.ts"
import { cacheTtl } from "../../src/adapters/cacheTtl.ts"
import { FakeEngine } from "./FakeEngine.ts"

/** A cache whose clock the test moves. */
const setUp = (more: { updateAgeOnGet?: boolean; noUpdateTTL?: boolean } = {}) => {
  const clock = { ms: 1 }
  const cache = new LRUCache<string, number>({
    max: 10,
    ttlResolution: 0,
    perf: { now: () => clock.ms },
    ...more,
  })
  const adapter = cacheTtl(cache, {
    staleUsPerSecond: 1_000,
    everyCount: 1,
    everyUs: 0,
    min: 100,
    max: 60_000,
  })
  const engine = new FakeEngine(adapter)
  attach(engine, adapter)
  let loads = 0
  const get = (key: string): Promise<number> => adapter.get(key, () => Promise.resolve(++loads))
  return { clock, engine, adapter, cache, get }
}

describe("the time to live of an lru-cache", () => {
  it("follows the knob when an entry is read, for older entries too", async () => {
    const { clock, engine, get } = setUp()
    expect(await get("a")).toBe(1)
    clock.ms += 4_000
    expect(await get("a")).toBe(1)
    engine.set({ ttlMs: 3_000 })
    expect(await get("a")).toBe(2)
    engine.set({ ttlMs: 20_000 })
    clock.ms += 15_000
    expect(await get("a")).toBe(2)
    clock.ms += 5_001
    expect(await get("a")).toBe(3)
  })

  it("is priced by the age of served values, once the ages have settled", async () => {
    const { clock, engine, get } = setUp()
    engine.set({ ttlMs: 200 })
    expect(await get("a")).toBe(1)
    await get("a")
    await get("a")
    expect(engine.digests).toHaveLength(0)
    // The engine's own time passes a millisecond a look: two hundred of them settle.
    for (let i = 0; i < 300; i++) await get("a")
    engine.digests.length = 0
    clock.ms += 150
    await get("a")
    // 150 ms at a thousand microseconds a second.
    expect(engine.digests.map((digest) => digest.objective)).toEqual([150])
  })

  it("is not extended by reads or refetches", async () => {
    const { clock, engine, get, cache } = setUp({ updateAgeOnGet: true, noUpdateTTL: true })
    engine.set({ ttlMs: 1_000 })
    expect(await get("a")).toBe(1)
    for (let i = 0; i < 3; i++) {
      clock.ms += 400
      await get("a")
    }
    // At 1,200 it was fetched anew, and is of that age since.
    expect(await get("a")).toBe(2)
    expect(60_000 - cache.getRemainingTTL("a")).toBe(0)
  })

  it("costs most when fetching fails, however fast", async () => {
    const { engine, adapter } = setUp()
    engine.set({ ttlMs: 100 })
    for (let i = 0; i < 150; i++) await adapter.get(`k${i}`, () => Promise.resolve(1))
    engine.digests.length = 0
    await adapter.get("down", () => Promise.reject(new Error("down"))).catch(() => undefined)
    expect(engine.digests.map(({ objective }) => objective >= 10_000_000)).toEqual([true])
  })

  it("returns values that others cached, without guessing their age", async () => {
    const { engine, adapter, cache, get } = setUp()
    engine.set({ ttlMs: 100 })
    for (let i = 0; i < 150; i++) await get(`k${i}`)
    engine.digests.length = 0
    cache.set("theirs", 7)
    expect(await get("theirs")).toBe(7)
    expect(engine.digests).toEqual([])
    await expect(
      adapter.get("thrown", () => {
        throw new Error("at once")
      }),
    ).rejects.toThrow("at once")
  })

  it("fetches once for several callers, and again after a failure", async () => {
    const { adapter } = setUp()
    let loads = 0
    const slow = (): Promise<number> => Promise.resolve(++loads)
    expect(await Promise.all([adapter.get("k", slow), adapter.get("k", slow)])).toEqual([1, 1])
    await expect(adapter.get("f", () => Promise.reject(new Error("down")))).rejects.toThrow("down")
    expect(await adapter.get("f", slow)).toBe(2)
  })
})
