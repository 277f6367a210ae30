import DataLoader from "dataloader"
import { afterEach, describe, expect, it, vi } from "vitest"
import { attach } from "../../src/adapters/Adapter.ts"
import { batchWindow } from "../../src/adapters/batchWindow.ts"
import { FakeEngine } from "./FakeEngine.ts"

afterEach(() => vi.useRealTimers())

describe("the batch window of a DataLoader", () => {
  it("is as long as the knob says, and measures loads", async () => {
    vi.useFakeTimers()
    const adapter = batchWindow({ everyCount: 3, everyUs: 1_000 })
    const engine = new FakeEngine(adapter)
    attach(engine, adapter)
    const batches: Array<ReadonlyArray<number>> = []
    const loader = new DataLoader(
      (keys: ReadonlyArray<number>) => {
        batches.push(keys)
        return Promise.resolve(keys.map((key) => key * 2))
      },
      { batchScheduleFn: adapter.batchScheduleFn },
    )
    const load = (key: number): Promise<number> => adapter.track(() => loader.load(key))

    engine.set({ batchWindowMs: 10 })
    const first = [load(1)]
    await vi.advanceTimersByTimeAsync(9)
    first.push(load(2))
    expect(batches).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(batches).toEqual([[1, 2]])
    expect(await Promise.all(first)).toEqual([2, 4])

    engine.set({ batchWindowMs: 2 })
    const second = [load(3)]
    await vi.advanceTimersByTimeAsync(2)
    second.push(load(4))
    await vi.advanceTimersByTimeAsync(2)
    expect(batches.slice(1)).toEqual([[3], [4]])
    expect(await Promise.all(second)).toEqual([6, 8])
    const third = load(5)
    await vi.advanceTimersByTimeAsync(2)
    await third
    expect(engine.digests.map((digest) => digest.generation)).toEqual([3])
  })
})
