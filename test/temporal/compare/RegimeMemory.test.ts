/** Regimes of a planted stream: found again whatever their phase and pace, and never one for another. */
import { describe, expect, it } from "vitest"
import { KNOWN, NEW, RegimeMemory, UNSURE, UNTOLD } from "../../../src/temporal/compare/RegimeMemory.ts"
import { gaussianAt, uniformAt } from "../../../src/testing/noise.ts"

const PERIOD = 16
const sine = (phase: number): number => Math.sin(2 * Math.PI * phase)
const saw = (phase: number): number => 1.73 * (2 * (phase - Math.floor(phase)) - 1)

/** Three regimes: a wave, the same wave at another level, and another shape of the first one's mean and spread. */
const REGIMES: ReadonlyArray<(phase: number) => number> = [sine, (phase) => 2 + sine(phase), saw]
const VISIT = 240

interface Planted {
  readonly samples: ReadonlyArray<number>
  readonly truth: ReadonlyArray<number>
}

/** Visits in turn, each at its own pace, up to a tenth faster or slower, and from its own phase on. */
function planted(seed: number, visits: number): Planted {
  const samples: Array<number> = []
  const truth: Array<number> = []
  for (let visit = 0; visit < visits; visit++) {
    const pace = 1 + 0.1 * (2 * uniformAt(seed, 2 * visit) - 1)
    const start = uniformAt(seed, 2 * visit + 1)
    for (let i = 0; i < VISIT; i++) {
      const n = samples.length
      samples.push(REGIMES[visit % 3](start + (i * pace) / PERIOD) + 0.1 * gaussianAt(seed + 1_048_576, n))
      truth.push(visit % 3)
    }
  }
  return { samples, truth }
}

const memoryOf = () => new RegimeMemory({ window: 32, least: 0.05, radius: 1.75 })

/** The stream through a memory that learns what stays new for a whole trace. */
function watched({ samples, truth }: Planted, memory: RegimeMemory) {
  const found: Array<{ readonly at: number; readonly label: number; readonly truth: number }> = []
  samples.forEach((x, at) => {
    memory.push([x])
    if (at % 4 !== 0) return
    const answer = memory.look()
    if (answer === KNOWN) found.push({ at, label: memory.label, truth: truth[at] })
    if (memory.news >= memory.trace) memory.learn()
  })
  return found
}

describe("the memory of regimes", () => {
  it("finds three planted regimes again, and merges none", () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const memory = memoryOf()
      const stream = planted(seed, 15)
      const found = watched(stream, memory)
      const labels = [...new Set(found.map(({ label }) => label))]
      let pure = 0
      const majorities = labels.map((label) => {
        const counts = [0, 1, 2].map(
          (one) => found.filter((f) => f.label === label && f.truth === one).length,
        )
        pure += Math.max(...counts)
        return counts.indexOf(Math.max(...counts))
      })
      expect(pure / found.length).toBeGreaterThanOrEqual(0.95)
      // Each planted regime has one of its own, and few more.
      expect(new Set(majorities).size).toBe(3)
      expect(memory.size).toBeLessThanOrEqual(6)
      // Most of what could be recognised was: all but the first visits and the first window of the others.
      const later = found.filter(({ at }) => at >= 6 * VISIT).length
      expect(later / ((9 * (VISIT - 32)) / 4)).toBeGreaterThan(0.8)
    }
  })

  it("reports distance and margin, and what is new", () => {
    const memory = memoryOf()
    const { samples } = planted(7, 3)
    expect(memory.look()).toBe(UNTOLD)
    for (const x of samples.slice(0, 64)) memory.push([x])
    expect(memory.look()).toBe(NEW)
    expect(memory.distance).toBe(Number.POSITIVE_INFINITY)
    expect(memory.learn()).toBe(0)
    expect(memory.look()).toBe(KNOWN)
    expect(memory).toMatchObject({ label: 0, distance: 0, margin: Number.POSITIVE_INFINITY })
    // The same trace under another label: neither is believed.
    expect(memory.learn(4)).toBe(4)
    expect(memory.look()).toBe(UNSURE)
    expect(memory.margin).toBe(0)
    expect(memory.learn()).toBe(5)
  })

  it("answers and learns nothing for gaps", () => {
    const memory = new RegimeMemory({ window: 4, trace: 6, channels: 2 })
    for (let i = 0; i < 5; i++) memory.push([i, -i])
    expect(memory.learn()).toBe(-1)
    memory.push([5, -5])
    expect(memory.learn()).toBe(0)
    for (const gap of [[Number.NaN, 1], [1, Number.POSITIVE_INFINITY], [1]]) {
      memory.push(gap)
      for (let i = 0; i < 4; i++) {
        expect(memory.look()).toBe(UNTOLD)
        expect(memory.distance).toBeNaN()
        expect(memory.learn()).toBe(-1)
        memory.push([i, -i])
      }
      expect(memory.look()).toBe(KNOWN)
      expect(memory.learn()).toBe(-1)
      memory.push([4, -4])
      memory.push([5, -5])
    }
  })

  it("updates its answer when the window or the memory changes", () => {
    const memory = new RegimeMemory({ window: 4, trace: 4 })
    const level = (x: number) => {
      for (let i = 0; i < 4; i++) memory.push([x])
      return memory.look()
    }
    expect(level(1)).toBe(NEW)
    expect(memory.learn()).toBe(0)
    expect(level(1)).toBe(KNOWN)
    expect(memory.look()).toBe(KNOWN)
    expect(level(2)).toBe(NEW)
    expect(level(1)).toBe(KNOWN)
    for (let i = 0; i < 3; i++) memory.credit(0, false)
    expect(memory.look()).toBe(NEW)
  })

  it("drops what did not help, and makes room by dropping what helped least", () => {
    const memory = new RegimeMemory({ window: 4, trace: 4, capacity: 3 })
    const learn = (x: number): number => {
      for (let i = 0; i < 4; i++) memory.push([x])
      return memory.learn()
    }
    const labels = () =>
      memory
        .save()
        .regimes.map(({ label }) => label)
        .sort((a, b) => a - b)
    expect([learn(1), learn(2), learn(3)]).toEqual([0, 1, 2])
    memory.credit(0, true)
    memory.credit(1, false)
    memory.credit(1, false)
    expect(memory.size).toBe(3)
    expect(learn(4)).toBe(3)
    expect(labels()).toEqual([0, 2, 3])
    for (let i = 0; i < 3; i++) memory.credit(2, false)
    expect(labels()).toEqual([0, 3])
    // One that helped has more to lose.
    for (let i = 0; i < 3; i++) memory.credit(0, false)
    expect(memory.size).toBe(2)
    memory.credit(0, false)
    expect(memory.size).toBe(1)
  })

  it("continues from a saved memory with the same steps", () => {
    const first = memoryOf()
    watched(planted(9, 6), first)
    first.credit(0, true)
    const second = memoryOf()
    second.restore(JSON.parse(JSON.stringify(first.save())))
    expect(second.save()).toEqual(first.save())
    const next = planted(10, 6)
    // Only what was seen since is not saved.
    for (const x of next.samples.slice(0, 64)) for (const one of [first, second]) one.push([x])
    expect(watched(next, second)).toEqual(watched(next, first))
  })

  it("refuses data of another version or another memory, and keeps its own", () => {
    const memory = new RegimeMemory({ window: 4, trace: 4, capacity: 1 })
    for (let i = 0; i < 4; i++) memory.push([i])
    memory.learn()
    const saved = memory.save()
    const [regime] = saved.regimes
    for (const [change, message] of [
      [{ version: 2 }, /version: must be 1 \(a memory of another version must be learned again\), got 2/],
      [{ window: 8 }, /window: must be a whole number from 4 to 4/],
      [{ regimes: [regime, regime] }, /regimes: must be at most 1 regimes/],
      [{ regimes: [{ ...regime, samples: [1, 2] }] }, /regimes\[0\]\.samples: must be 4 numbers/],
      [{ regimes: [{ ...regime, samples: [1, 2, 3, Number.NaN] }] }, /regimes\[0\]\.samples\[3\]/],
    ] as const)
      expect(() => memory.restore({ ...saved, ...change })).toThrow(message)
    expect(() => memory.restore(null)).toThrow("must be an object, got null")
    expect(memory.save()).toEqual(saved)
  })
})
