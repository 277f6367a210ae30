import { describe, expect, it } from "vitest"
import { tune } from "../../src/adapters/index.ts"
import { tune as tuneUnderNode } from "../../src/adapters/index.node.ts"
import { attach } from "../../src/adapters/Adapter.ts"
import { concurrencyAdapter } from "../../src/adapters/concurrency.ts"
import { FakeEngine } from "./FakeEngine.ts"

const widget = (name: string, initial = 20) => {
  const puts: Array<number> = []
  return { puts, adapter: concurrencyAdapter(name, { initial }, (value) => puts.push(value)) }
}

describe("an attached adapter", () => {
  it("is given the values once, and again only when the configuration changes", () => {
    const { adapter, puts } = widget("n")
    const engine = new FakeEngine(adapter)
    const attached = attach(engine, adapter)
    engine.publish()
    engine.publish()
    expect(puts).toEqual([20])
    engine.set({ n: 25 })
    expect(puts).toEqual([20, 25])
    attached.stop()
    engine.set({ n: 30 })
    expect(puts).toEqual([20, 25])
    expect(engine.subscribers).toBe(0)
  })

  it("measures while the engine runs, and runs work all the same before and after", () => {
    const { adapter } = widget("n")
    const engine = new FakeEngine(adapter)
    const work = (): void => {
      for (let i = 0; i < 200; i++) adapter.track(() => i)
    }
    engine.status = "idle"
    attach(engine, adapter)
    work()
    expect(engine.digests).toHaveLength(0)
    engine.status = "running"
    engine.publish()
    work()
    const seen = engine.digests.length
    expect(seen).toBeGreaterThan(0)
    engine.status = "stopped"
    engine.publish()
    work()
    expect(engine.digests).toHaveLength(seen)
  })

  it("measures no more when the engine ends without a last state", () => {
    const { adapter } = widget("n")
    const engine = new FakeEngine(adapter)
    attach(engine, adapter)
    engine.complete()
    for (let i = 0; i < 200; i++) adapter.track(() => i)
    expect(engine.digests).toHaveLength(0)
  })

  it("leaves the thing on the engine's base when the engine ends", async () => {
    const { adapter, puts } = widget("n")
    const { engine, stop } = await tune(adapter, { clock: "manual" })
    expect(puts.at(-1)).toBe(engine.values.n)
    expect(engine.getSnapshot().base.n).not.toBe(engine.values.n)
    await stop()
    expect(puts.at(-1)).toBe(engine.getSnapshot().base.n)
  })
})

describe("tune", () => {
  it("makes one engine of several adapters and refuses two knobs of one name", async () => {
    const a = widget("a")
    const b = widget("b", 50)
    const { engine, stop } = await tune([a.adapter, b.adapter], {
      clock: "manual",
      params: { b: { max: 60 } },
    })
    expect(Object.keys(engine.values)).toEqual(["a", "b"])
    expect(b.puts[0]).toBe(50)
    await stop()
    expect(() => tune([a.adapter, widget("a").adapter])).toThrow(/params\.a: is a knob of two adapters/)
  })

  it("probes as the adapter that measures asks for, or as its caller says", async () => {
    const probeOf = async (options: Parameters<typeof tune>[1] = {}): Promise<number | undefined> => {
      const { engine, stop } = await tune([widget("a").adapter, widget("b").adapter], {
        clock: "manual",
        ...options,
      })
      const { cycle } = engine.getSnapshot()
      await stop()
      return cycle?.probe
    }
    expect(await probeOf()).toBe(0.02)
    expect(await probeOf({ gains: { probe: 0.03 } })).toBe(0.03)
  })

  it("gives a comparison with the baseline a deadline of its own, or its caller's", async () => {
    const holdOf = async (comparison: Parameters<typeof tune>[1] & object): Promise<unknown> => {
      const { engine, stop } = await tune(widget("a").adapter, { clock: "manual", ...comparison })
      const [first] = engine.audit.records()
      await stop()
      return first.kind === "engineStarted" ? first.start : null
    }
    expect(await holdOf({ comparison: {} })).toMatchObject({
      config: { comparison: { holdUs: 3_000_000_000 } },
    })
    expect(await holdOf({ comparison: { holdUs: 5 } })).toMatchObject({
      config: { comparison: { holdUs: 5 } },
    })
  })

  it("lets an engine behind a service that nobody calls wait, without SafeMode", async () => {
    const { adapter } = widget("n")
    const { engine, stop } = await tune(adapter, { clock: "manual" })
    const HOUR_US = 3_600_000_000
    for (let hours = 1; hours <= 20; hours++) engine.tick(hours * HOUR_US)
    const { counters, mode } = engine.getSnapshot()
    expect(mode).toBe("adapting")
    expect(counters.windowsExpired).toBe(0)
    await stop()
  })

  it("names what is wrong in numbers of one's own, and knobs that nobody brought", () => {
    expect(() => tuneUnderNode(widget("a").adapter, { params: { a: { min: 5, max: 2 } } })).toThrow(
      /params\.a\.min/,
    )
    expect(() => tune(widget("a").adapter, { params: { ["c" as "a"]: { step: 1 } } })).toThrow(/params\.c/)
  })
})
