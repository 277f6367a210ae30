import { describe, expect, it } from "vitest"
import { tune } from "../../src/adapters/index.ts"
import { tune as tuneUnderNode } from "../../src/adapters/index.node.ts"
import { attach } from "../../src/adapters/Adapter.ts"
import { concurrencyAdapter } from "../../src/adapters/concurrency.ts"
import { createFleet } from "../../src/index.ts"
import { FakeEngine, until } from "./FakeEngine.ts"

const widget = (name: string, initial = 20) => {
  const puts: Array<number> = []
  return { puts, adapter: concurrencyAdapter(name, { initial }, (value) => puts.push(value)) }
}

describe("an attached adapter", () => {
  it("sets the values once, and again only when the configuration changes", () => {
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

  it("measures while the engine runs, and still runs work before and after", () => {
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

  it("stops measuring when the engine ends without a final state", () => {
    const { adapter } = widget("n")
    const engine = new FakeEngine(adapter)
    attach(engine, adapter)
    engine.complete()
    for (let i = 0; i < 200; i++) adapter.track(() => i)
    expect(engine.digests).toHaveLength(0)
  })

  it("leaves the object on the engine's base when the engine ends", async () => {
    const { adapter, puts } = widget("n")
    const { engine, stop } = await tune(adapter, { clock: "manual" })
    expect(puts.at(-1)).toBe(engine.values.n)
    expect(engine.getSnapshot().base.n).not.toBe(engine.values.n)
    await stop()
    expect(puts.at(-1)).toBe(engine.getSnapshot().base.n)
  })
})

describe("an adapter attached to the wrong thing", () => {
  it("is refused by name, and changes nothing", async () => {
    const { adapter, puts } = widget("n")
    const other = new FakeEngine(widget("m").adapter)
    expect(() => attach(other as never, adapter)).toThrow(/params\.n: is not a knob of this engine/)
    const fleet = createFleet({ engine: { params: adapter.params, clock: "manual" } })
    await fleet.start()
    expect(() => attach(fleet.spawn("one") as never, adapter)).toThrow(/engine: must be an engine of its own/)
    await fleet.stop()
    expect(puts).toEqual([])
  })

  it("is refused by a second engine until the first detaches or ends", () => {
    const { adapter } = widget("n")
    const first = new FakeEngine(adapter)
    const second = new FakeEngine(adapter)
    const attached = attach(first, adapter)
    expect(() => attach(second, adapter)).toThrow(/adapter: is already attached/)
    attached.stop()
    attach(second, adapter)
    // The end of one that is no longer in charge changes nothing.
    attached.stop()
    first.complete()
    expect(() => attach(first, adapter)).toThrow(/adapter: is already attached/)
    second.complete()
    attach(first, adapter)
    for (let i = 0; i < 200; i++) adapter.track(() => i)
    expect(first.digests.length).toBeGreaterThan(0)
    expect(second.digests).toHaveLength(0)
  })

  it("measures by the clock of the engine it is attached to now", () => {
    const { adapter } = widget("n")
    const late = new FakeEngine(adapter)
    late.atUs = 1e15
    const attached = attach(late, adapter)
    adapter.track(() => 1)
    attached.stop()
    const early = new FakeEngine(adapter)
    attach(early, adapter)
    for (let i = 0; i < 200; i++) adapter.track(() => i)
    expect(early.digests.length).toBeGreaterThan(0)
  })
})

describe("work that is measured", () => {
  const broken: ReadonlyArray<readonly [string, () => unknown]> = [
    ["throws", () => JSON.parse("no objective")],
    ["says nothing", () => undefined],
    ["says it later", () => Promise.resolve(1)],
  ]
  it.each(broken)("keeps its result when the objective %s, and the digest is invalid", async (_name, say) => {
    const adapter = concurrencyAdapter("n", { objective: say as () => number }, () => undefined)
    const { engine, stop } = await tune(adapter, { clock: "manual" })
    for (let i = 1; i <= 100; i++) {
      engine.tick(i * 50_000)
      expect(adapter.track(() => i)).toBe(i)
    }
    expect(engine.getSnapshot().counters.digests.invalid).toBeGreaterThan(0)
    await stop()
  })

  it("passes the options of stop on to the engine", async () => {
    const { adapter } = widget("n")
    const { engine, stop } = await tune(adapter, { clock: "manual" })
    await expect(stop({ prove: -1 })).rejects.toThrow("prove: must be a whole number of pairs")
    expect(engine.getSnapshot().status).toBe("running")
    await stop({ prove: 3 })
    expect(engine.getSnapshot().status).toBe("stopped")
  })

  it("keeps its result when the engine refuses the measurement", () => {
    const { adapter } = widget("n")
    const engine = new FakeEngine(adapter)
    const deaf = Object.assign(engine, {
      observe: (): boolean => {
        throw new Error("stopped")
      },
    })
    attach(deaf, adapter)
    for (let i = 0; i < 200; i++) expect(adapter.track(() => i)).toBe(i)
  })

  it("belongs to the values that were set, even if the engine is ahead", () => {
    const { adapter } = widget("n")
    const engine = new FakeEngine(adapter)
    attach(engine, adapter)
    // In another thread: the configuration has changed, and the news is still on its way.
    engine.generation = 9
    for (let i = 0; i < 200; i++) adapter.track(() => i)
    expect(new Set(engine.digests.map(({ generation }) => generation))).toEqual(new Set([1]))
  })
})

describe("a tuned object", () => {
  /** Digests of an engine whose plant likes its knob high; after each, what is in the thing is what is live. */
  const run = async (
    act: (engine: Awaited<ReturnType<typeof tune<string>>>["engine"], i: number) => void,
  ) => {
    const { adapter, puts } = widget("n")
    const { engine, stop } = await tune(adapter, { clock: "manual", window: { us: 1_000_000 } })
    for (let i = 1; i <= 400; i++) {
      engine.tick(i * 100_000)
      engine.observe({ objective: i % 7, generation: engine.generation })
      act(engine, i)
      expect(puts.at(-1)).toBe(engine.values.n)
    }
    const last = engine.getSnapshot()
    await stop()
    return { last, puts }
  }

  it("always has the live values, whatever the engine does", async () => {
    const { puts } = await run((engine, i) => {
      if (i === 50) engine.setBaseline()
      if (i === 200) engine.rollback()
      if (i === 300) engine.setGuardrails("aggressive")
    })
    expect(new Set(puts).size).toBeGreaterThan(2)
  })

  it("follows an engine in a worker, onto its base when SafeMode opens and when it ends", async () => {
    const { adapter, puts } = widget("n")
    const { engine, stop } = await tuneUnderNode(adapter, { placement: "worker" })
    await until(() => puts.at(-1) !== 20)
    expect(puts.at(-1)).toBe(engine.values.n)
    engine.trip()
    await until(() => puts.at(-1) === engine.getSnapshot().base.n)
    expect(engine.getSnapshot().mode).toBe("safe")
    await stop()
    expect(puts.at(-1)).toBe(engine.values.n)
  })

  it("is on the base while SafeMode is open", async () => {
    const { last, puts } = await run((engine, i) => void (i === 100 && engine.trip()))
    expect(last.mode).toBe("safe")
    expect(puts.at(-1)).toBe(last.base.n)
  })
})

describe("tune", () => {
  it("makes one engine for several adapters and refuses duplicate knob names", async () => {
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

  it("probes as the measuring adapter requests, or as its caller says", async () => {
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

  it("gives a comparison with the baseline its own deadline, or its caller's", async () => {
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

  it("lets an engine behind an idle service wait, without SafeMode", async () => {
    const { adapter } = widget("n")
    const { engine, stop } = await tune(adapter, { clock: "manual" })
    const HOUR_US = 3_600_000_000
    for (let hours = 1; hours <= 20; hours++) engine.tick(hours * HOUR_US)
    const { counters, mode } = engine.getSnapshot()
    expect(mode).toBe("adapting")
    expect(counters.windowsExpired).toBe(0)
    await stop()
  })

  it("detaches all if one of them cannot be attached", async () => {
    const first = widget("a").adapter
    const second = concurrencyAdapter("b", {}, () => {
      throw new TypeError("no such number")
    })
    expect(() => tune([first, second], { clock: "manual" })).toThrow(TypeError)
    const { stop } = await tune(first, { clock: "manual" })
    await stop()
  })

  it("names invalid overrides, and knobs that no adapter has", () => {
    expect(() => tuneUnderNode(widget("a").adapter, { params: { a: { min: 5, max: 2 } } })).toThrow(
      /params\.a\.min/,
    )
    expect(() => tune(widget("a").adapter, { params: { ["c" as "a"]: { step: 1 } } })).toThrow(/params\.c/)
  })
})
