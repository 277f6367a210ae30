import { describe, expect, it } from "vitest"
import { createEngine } from "../../src/index.ts"
import { tune } from "../../src/adapters/index.ts"
import { tune as tuneUnderNode } from "../../src/adapters/index.node.ts"
import { attach } from "../../src/adapters/Adapter.ts"
import { adapterWindow, concurrencyAdapter } from "../../src/adapters/concurrency.ts"
import { inFlightLimiter } from "../../src/adapters/InFlightLimiter.ts"
import { Backend, capacityRps, generator, SHAPE } from "../../bench/limiter/Backend.ts"
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

describe("an in-flight limit tuned in virtual time", () => {
  const shape = { ...SHAPE, meanMs: 50 }
  const capacity = capacityRps(shape)
  /** Seconds of a service under Poisson arrivals; what is done in the last of them. */
  const serve = async (load: number, seed: number, seconds = 90) => {
    const events: Array<{ atUs: number; run: () => void }> = []
    let nowUs = 0
    const later = (us: number, run: () => void): void => void events.push({ atUs: nowUs + us, run })
    const limiter = inFlightLimiter({ initial: 60 })
    const engine = createEngine({
      params: limiter.params,
      window: adapterWindow,
      gains: limiter.gains,
      clock: "manual",
      seed,
    })
    attach(engine, limiter)
    await engine.start()
    const backend = new Backend(shape, seed, (ms, done) => later(ms * 1_000, done))
    const random = generator(seed + 1)
    let done = 0
    const arrive = (): void => {
      later((-Math.log(1 - random()) * 1e6) / (load * capacity), arrive)
      const slot = limiter.tryAcquire()
      if (slot === null) return limiter.refuse()
      backend.serve(() => {
        slot.release()
        if (nowUs > (seconds - 30) * 1e6) done++
      })
    }
    const tick = (): void => {
      engine.tick(nowUs)
      later(20_000, tick)
    }
    arrive()
    tick()
    while (nowUs < seconds * 1e6) {
      let next = 0
      for (let i = 1; i < events.length; i++) if (events[i].atUs < events[next].atUs) next = i
      const [event] = events.splice(next, 1)
      nowUs = event.atUs
      engine.tick(nowUs)
      event.run()
    }
    const { base, mode } = engine.getSnapshot()
    await engine.stop()
    return { rps: done / 30, base: base.inFlight, mode }
  }

  it("comes down to the knee under overload and keeps the goodput", async () => {
    const { base, mode, rps } = await serve(2, 1)
    expect(mode).toBe("adapting")
    // Sixteen slots: below sixteen some idle, at thirty contention has taken a fifth of the throughput, at the start three fifths.
    expect(base).toBeGreaterThanOrEqual(14)
    expect(base).toBeLessThanOrEqual(22)
    expect(rps).toBeGreaterThan(0.87 * capacity)
  })

  it("turns hardly anybody away where there is room for all", async () => {
    const { rps } = await serve(0.5, 2)
    expect(rps).toBeGreaterThan(0.46 * capacity)
  })
})
