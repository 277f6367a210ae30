/** What the live configuration says of itself: what it is not built from, where it begins, and what it leaves alone. */
import { describe, expect, it } from "vitest"
import { AtomicConfig } from "../../src/hot/AtomicConfig.ts"
import { TRIP_MANUAL, UPDATE } from "../../src/hot/codes.ts"
import { ConfigReader } from "../../src/hot/ConfigReader.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { linear, makeRig, unlimited } from "./rig.ts"

const table = new KnobTable([linear(0, 10), linear(0, 100)])
const middle = Float64Array.of(0.5, 0.25)

describe("a configuration is not built", () => {
  it("from too few or too many positions, or ones that are out of bounds or no number, and names them", () => {
    const wanted = (got: number): string => `initialUnit: must be 2 positions, one for each knob, got ${got}.`
    expect(() => new AtomicConfig(table, Float64Array.of(0.5))).toThrow(wanted(1))
    const three = Float64Array.of(0.5, 0.5, 0.5)
    expect(() => new AtomicConfig(table, three)).toThrow(wanted(3))
    const wrong = "must be within the bounds of its knob, got"
    expect(() => new AtomicConfig(table, Float64Array.of(2, 0))).toThrow(`initialUnit[0]: ${wrong} 2.`)
    expect(() => new AtomicConfig(table, Float64Array.of(0, Number.NaN))).toThrow(
      `initialUnit[1]: ${wrong} NaN.`,
    )
  })

  it("in a buffer that is too small, and states how many bytes are needed", () => {
    const bytes = AtomicConfig.byteLength(2)
    expect(() => new AtomicConfig(table, middle, new ArrayBuffer(bytes - 8))).toThrow(
      `buffer: must be ${bytes} bytes long at least, got ${bytes - 8}.`,
    )
    expect(() => AtomicConfig.takeOver(table, new ArrayBuffer(bytes - 8))).toThrow(`${bytes} bytes`)
    expect(new AtomicConfig(table, middle, new ArrayBuffer(bytes)).value(0)).toBe(5)
  })

  it("from memory for another number of knobs", () => {
    const buffer = new ArrayBuffer(AtomicConfig.byteLength(3))
    expect(() => AtomicConfig.takeOver(table, buffer)).toThrow(
      "buffer: must be one that holds a configuration of 2 knobs",
    )
  })
})

describe("a configuration begins", () => {
  it("without anything that its buffer held before", () => {
    const buffer = new ArrayBuffer(AtomicConfig.byteLength(2))
    new Float64Array(buffer).fill(123)
    const config = new AtomicConfig(table, middle, buffer)
    expect([config.generation, config.committedUs, config.latch, config.baselineGeneration]).toEqual([
      1, 0, 0, 0,
    ])
    const out = new Float64Array(2)
    expect(new ConfigReader(buffer, 2).read(out)).toBe(1)
    expect([...out]).toEqual([5, 25])
    config.baselineUnits(out)
    expect([...out]).toEqual([0, 0])
  })

  it("in plain memory if shared memory is unavailable", () => {
    const shared = Object.getOwnPropertyDescriptor(globalThis, "SharedArrayBuffer")
    expect(shared).toBeDefined()
    if (shared === undefined) return
    Reflect.deleteProperty(globalThis, "SharedArrayBuffer")
    try {
      const { buffer } = new AtomicConfig(table, middle)
      expect(buffer).toBeInstanceOf(ArrayBuffer)
      expect(buffer.byteLength).toBe(AtomicConfig.byteLength(2))
    } finally {
      Object.defineProperty(globalThis, "SharedArrayBuffer", shared)
    }
  })

  it("one generation after a previous one, and counts on from there", () => {
    const rig = makeRig([linear(), linear()], unlimited)
    rig.config.beginAfter(41)
    expect(rig.config.generation).toBe(42)
    expect(rig.live()).toEqual(Float64Array.of(0.5, 0.5))
    rig.ask(UPDATE, 7, [0.51, 0.5])
    expect([rig.config.generation, rig.config.committedUs]).toEqual([43, 7])
  })
})

describe("a configuration shows", () => {
  it("why SafeMode is open, and 0 when it is not", () => {
    const rig = makeRig([linear()])
    expect(rig.config.latch).toBe(0)
    rig.executor.openLatch(TRIP_MANUAL)
    expect(rig.config.latch).toBe(TRIP_MANUAL)
  })

  it("what is live and what the baseline is, knob by knob, and writes no further than its last knob", () => {
    const rig = makeRig([linear(0, 10), linear(0, 100)], unlimited, [0.5, 0.25])
    rig.executor.setBaseline()
    rig.ask(UPDATE, 1, [0.55, 0.3])
    const { config } = rig
    const told = (tell: (out: Float64Array) => void): ReadonlyArray<number> => {
      const out = new Float64Array(4).fill(-7)
      tell(out)
      return [...out]
    }
    expect(told((out) => config.readUnits(out))).toEqual([0.55, 0.3, -7, -7])
    expect(told((out) => config.readValues(out))).toEqual([5.5, 30, -7, -7])
    expect(told((out) => config.baselineUnits(out))).toEqual([0.5, 0.25, -7, -7])
    expect(told((out) => config.baselineValues(out))).toEqual([5, 25, -7, -7])
  })
})

describe("a draft of the baseline", () => {
  it("changes only the version being written, whichever of the sixteen that is", () => {
    const rig = makeRig([linear(0, 10), linear(0, 100)], unlimited, [0.5, 0.25])
    rig.executor.setBaseline()
    const { config } = rig
    for (let us = 1; us <= 40; us++) {
      rig.ask(UPDATE, us, [0.5 + us / 1000, 0.25])
      const before = config.block.slice()
      config.draftBaseline()
      const changed = [...config.block.keys()].filter((i) => !Object.is(config.block[i], before[i]))
      const { nextUnitsAt } = config
      expect(changed.every((i) => i >= nextUnitsAt && i < nextUnitsAt + 4)).toBe(true)
      expect([...config.block.subarray(nextUnitsAt, nextUnitsAt + 4)]).toEqual([0.5, 0.25, 5, 25])
    }
  })
})
