import { once } from "node:events"
import { Worker } from "node:worker_threads"
import { describe, expect, it } from "vitest"
import { AtomicConfig } from "../../src/hot/AtomicConfig.ts"
import { PLUS, UPDATE } from "../../src/hot/codes.ts"
import { ConfigReader } from "../../src/hot/ConfigReader.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { bits, concurrency, linear, makeRig, stepped, unlimited } from "./rig.ts"

interface Seen {
  readonly reads: number
  readonly torn: number
  readonly failed: number
  readonly backwards: number
  readonly changes: number
  readonly last: number
  readonly retries: number
}

describe("AtomicConfig", () => {
  it("starts at generation 1 on the nearest grid point", () => {
    const config = new AtomicConfig(new KnobTable([concurrency, linear(0, 10)]), Float64Array.of(0.51, 0.25))
    expect(config.generation).toBe(1)
    expect(config.value(0)).toBe(17)
    expect(config.value(1)).toBe(2.5)
    expect(config.unit(1)).toBe(0.25)
    expect(config.hasBaseline).toBe(false)
  })

  it("uses its own shared memory, or the memory it is given", () => {
    const table = new KnobTable([linear()])
    expect(new AtomicConfig(table, Float64Array.of(0)).buffer).toBeInstanceOf(SharedArrayBuffer)
    const given = new ArrayBuffer(AtomicConfig.byteLength(1) + 64)
    expect(new AtomicConfig(table, Float64Array.of(0.5), given).buffer).toBe(given)
    expect(new ConfigReader(given, 1).read(new Float64Array(1))).toBe(1)
    const small = new ArrayBuffer(AtomicConfig.byteLength(1) - 8)
    expect(() => new AtomicConfig(table, Float64Array.of(0.5), small)).toThrow(RangeError)
  })

  it("gives every reader the same configuration through all versions of the ring", () => {
    const rig = makeRig([linear(), stepped(0, 1000, 1)], unlimited, [0.5, 0.5])
    const reader = new ConfigReader(rig.config.buffer, 2)
    const own = new Float64Array(2)
    const other = new Float64Array(2)
    for (let i = 0; i < 50; i++) {
      rig.ask(PLUS, i, [0.5 + (i % 7) / 100, 0.5 - (i % 5) / 100])
      rig.config.readValues(own)
      expect(reader.read(other)).toBe(rig.config.generation)
      expect(bits(other)).toEqual(bits(own))
      expect(rig.config.value(1)).toBe(own[1])
      reader.readUnits(other)
      rig.config.readUnits(own)
      expect(bits(other)).toEqual(bits(own))
    }
    expect(rig.config.generation).toBe(51)
    expect(reader.retries).toBe(0)
  })

  it("continues when the 32-bit sequence wraps", () => {
    const rig = makeRig([linear()], unlimited)
    const reader = new ConfigReader(rig.config.buffer, 1)
    const out = new Float64Array(1)
    // The sequence is the writer's own count, so it is set where it would be after 2^31 - 4 commits, a multiple of 16 less 4.
    for (let i = 0; i < 12; i++) rig.ask(PLUS, i, [0.5])
    Object.assign(rig.config, { sequence: 2 ** 31 - 4 })
    for (let i = 12; i < 40; i++) {
      rig.ask(PLUS, i, [0.5 + i / 1000])
      expect(reader.read(out)).toBe(rig.config.generation)
      expect(out[0]).toBe(0.5 + i / 1000)
    }
    expect(reader.retries).toBe(0)
  })

  it("keeps the baseline separate from the live configuration", () => {
    const rig = makeRig([linear(0, 10)], unlimited)
    rig.executor.setBaseline()
    rig.ask(UPDATE, 0, [0.55])
    const out = new Float64Array(1)
    rig.config.baselineValues(out)
    expect(out[0]).toBe(5)
    rig.config.baselineUnits(out)
    expect(out[0]).toBe(0.5)
    expect(rig.config.value(0)).toBe(5.5)
  })
})

describe("ConfigReader overtaken by the writer", () => {
  /** An array in which the writer publishes so many versions just after the first knob was copied. */
  const overtaken = (commits: ReadonlyArray<number>) => {
    const policy = { ...unlimited, maxStep: 1 }
    const rig = makeRig([stepped(0, 1000, 1), stepped(0, 1000, 1)], policy, [0, 0])
    const queue = [...commits]
    const target = new Float64Array(2)
    const out = new Proxy(target, {
      set(array, key, value: number) {
        array[Number(key)] = value
        if (key === "0") {
          for (let left = queue.shift() ?? 0; left > 0; left--) {
            const next = (rig.config.value(0) + 1) % 1001
            rig.ask(UPDATE, 0, [next / 1000, next / 1000])
            rig.audit.drain(() => undefined)
          }
        }
        return true
      },
    })
    return { rig, out, target, reader: new ConfigReader(rig.config.buffer, 2) }
  }

  it("keeps a copy that fourteen later versions did not touch", () => {
    const { out, target, reader, rig } = overtaken([14])
    expect(reader.read(out)).toBe(1)
    expect([...target]).toEqual([0, 0])
    expect(reader.retries).toBe(0)
    expect(rig.config.generation).toBe(15)
  })

  it("discards a copy that the writer may have touched, and takes a whole one", () => {
    const { out, target, reader } = overtaken([15, 40])
    expect(reader.read(out)).toBe(56)
    expect([...target]).toEqual([55, 55])
    expect(reader.retries).toBe(2)
  })

  it("gives up with generation 0 instead of trying forever", () => {
    const { out, reader } = overtaken(Array.from({ length: 2000 }, () => 16))
    expect(reader.read(out)).toBe(0)
    expect(reader.retries).toBe(1024)
  })
})

describe("a configuration that is taken over", () => {
  it("continues from every version of the ring as its last writer left it", () => {
    for (let applies = 0; applies < 40; applies++) {
      const rig = makeRig([linear(), stepped(0, 1000, 1)], unlimited, [0.5, 0.5])
      rig.executor.setBaseline()
      for (let i = 0; i < applies; i++) rig.ask(PLUS, i, [0.5 + (i % 7) / 100, 0.5])
      const { config } = rig
      const next = AtomicConfig.takeOver(config.table, config.buffer)
      const values = (one: AtomicConfig) => [one.generation, one.committedUs, one.value(0), one.unit(1)]
      expect(values(next)).toEqual(values(config))
      expect([next.nextUnitsAt, next.nextValuesAt]).toEqual([config.nextUnitsAt, config.nextValuesAt])
      expect(next.baselineGeneration).toBe(1)
      next.draftBaseline()
      next.commit(Float64Array.of(99), 0)
      const reader = new ConfigReader(config.buffer, 2)
      const out = new Float64Array(2)
      expect(reader.read(out)).toBe(applies + 2)
      expect([...out]).toEqual([next.value(0), 500])
    }
  })

  it("is never written during the takeover, whatever is in the version that was being written", () => {
    const rig = makeRig([linear()], unlimited, [0.5])
    rig.config.draftFrom(Float64Array.of(0.9))
    const before = new Uint8Array(rig.config.buffer).slice()
    const next = AtomicConfig.takeOver(rig.config.table, rig.config.buffer)
    expect(new Uint8Array(rig.config.buffer)).toEqual(before)
    expect(next.unit(0)).toBe(0.5)
  })

  it("has no baseline if its writer was terminated while making one", () => {
    const rig = makeRig([linear(), linear()], unlimited, [0.5, 0.5])
    rig.executor.setBaseline()
    const { table } = rig.config
    const place = table.place.bind(table)
    table.place = () => {
      throw new Error("ended")
    }
    expect(() => rig.executor.setBaseline()).toThrow("ended")
    table.place = place
    expect(AtomicConfig.takeOver(table, rig.config.buffer).hasBaseline).toBe(false)
  })

  it("must have the same number of knobs", () => {
    const rig = makeRig([linear()], unlimited, [0.5])
    const two = new KnobTable([linear(), linear()])
    const roomy = new SharedArrayBuffer(AtomicConfig.byteLength(2))
    expect(() => AtomicConfig.takeOver(two, roomy)).toThrow(RangeError)
    expect(() => AtomicConfig.takeOver(two, rig.config.buffer)).toThrow(RangeError)
  })
})

describe("ConfigReader in another thread", () => {
  it("never sees a torn configuration or one older than the last, however fast the writer is", async () => {
    const knobs = 64
    // 0..999 in steps of one: generation g is g mod 1000 on every knob, and nothing but a mixture is anything else.
    const rig = makeRig(
      Array.from({ length: knobs }, () => stepped(0, 999, 1)),
      { ...unlimited, maxStep: 1 },
      Array.from({ length: knobs }, () => 1 / 999),
    )
    const over = new Int32Array(new SharedArrayBuffer(4))
    const worker = new Worker(new URL("./readerWorker.ts", import.meta.url), {
      workerData: { buffer: rig.config.buffer, knobs, over: over.buffer },
    })
    // It says that it runs, and later what it saw.
    await once(worker, "message")
    const report = once(worker, "message")
    const applies = 60_000
    const targets = new Float64Array(knobs)
    for (let g = 2; g <= applies + 1; g++) {
      targets.fill((g % 1000) / 999)
      if (rig.ask(PLUS, g, targets) !== 0) break
      rig.audit.drain(() => undefined)
    }
    Atomics.store(over, 0, 1)
    const [seen]: Array<Seen> = await report
    const { torn, failed, backwards, last, reads, changes } = seen
    await worker.terminate()
    expect(rig.config.generation).toBe(applies + 1)
    expect({ torn, failed, backwards, last }).toEqual({ torn: 0, failed: 0, backwards: 0, last: applies + 1 })
    expect(reads).toBeGreaterThan(1)
    expect(changes).toBeGreaterThan(1)
  })
})
