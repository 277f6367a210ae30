/** The parts of a meta level, each against its definition written out. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { MEAN, RISE, scoreBlock, VARIANCE } from "../../src/meta/blockScore.ts"
import { failsToContract, HALF, noteChange } from "../../src/meta/contraction.ts"
import { C_PRESET, CELLS } from "../../src/meta/metaLayout.ts"
import { PRESET_LEFT, PRESET_TRIED, STAY, weighPreset } from "../../src/meta/presetChoice.ts"
import { LOGGED, META, MoveLog } from "../../src/meta/MoveLog.ts"
import { normal, uniform } from "./plant.ts"

const figuresOf = (scores: ReadonlyArray<number>): Float64Array => {
  const out = new Float64Array(3)
  scoreBlock(Float64Array.of(7, ...scores), 1, scores.length, out)
  return out
}

describe("the figures of a block", () => {
  it("are mean and rise of the line through it", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e3, max: 1e3, noNaN: true }),
        fc.double({ min: -10, max: 10, noNaN: true }),
        fc.integer({ min: 4, max: 64 }),
        (level, slope, count) => {
          const scores = Array.from({ length: count }, (_, i) => level + slope * i)
          const figures = figuresOf(scores)
          expect(figures[MEAN]).toBeCloseTo(level + (slope * (count - 1)) / 2, 8)
          expect(figures[RISE]).toBeCloseTo(slope * (count - 1), 7)
          expect(figures[VARIANCE]).toBeCloseTo(0, 12)
        },
      ),
    )
  })

  it.each([0, 0.6])("know how far the mean may be off where neighbours correlate by %d", (alike) => {
    const noise = normal.bind(null, uniform(17))
    const means: Array<number> = []
    let told = 0
    let last = 0
    for (let k = 0; k < 4_000; k++) {
      const scores = Array.from({ length: 20 }, () => (last = alike * last + noise()))
      const figures = figuresOf(scores)
      means.push(figures[MEAN])
      told += figures[VARIANCE] / 4_000
    }
    const true_ = means.reduce((sum, mean) => sum + mean * mean, 0) / means.length
    expect(told / true_).toBeGreaterThan(0.6)
    expect(told / true_).toBeLessThan(1.6)
  })
})

describe("the contraction guard", () => {
  const feed = (sizes: ReadonlyArray<number>, level: (i: number) => number): ReadonlyArray<boolean> => {
    const b = new Float64Array(CELLS)
    return sizes.map((size, i) => {
      noteChange(b, size)
      return failsToContract(b, level(i), 1e-4)
    })
  }
  const even = Array.from({ length: 2 * HALF }, () => 0.3)

  it("stops changes that do not shrink at a level that stays", () => {
    expect(feed(even, () => 1)).toEqual([...Array(2 * HALF - 1).fill(false), true])
  })

  it("lets them go on while they shrink, or while the level falls", () => {
    expect(
      feed(
        even.map((size, i) => size * 0.9 ** i),
        () => 1,
      ),
    ).not.toContain(true)
    expect(feed(even, (i) => 1 - i / 10)).not.toContain(true)
  })
})

describe("the choice among presets", () => {
  /** What follows stays whose level is that of the preset in force. */
  const stays = (levels: ReadonlyArray<number>, count: number) => {
    const b = new Float64Array(CELLS)
    const noise = normal.bind(null, uniform(23))
    const codes: Array<number> = []
    for (let k = 0; k < count * STAY; k++) {
      const code = weighPreset(b, levels[b[C_PRESET]] + 0.01 * noise(), levels.length)
      if (code > 0) codes.push(code)
    }
    return { codes, preset: b[C_PRESET] }
  }

  it("finds a better one and stays there", () => {
    expect(stays([3, 3, 1], 40).preset).toBe(2)
    expect(stays([3, 1], 40).preset).toBe(1)
  })

  it("leaves each that is no better after one stay, and stops trying", () => {
    expect(stays([1, 2, 1, 2], 60)).toEqual({
      codes: Array.from({ length: 3 }, () => [PRESET_TRIED, PRESET_LEFT]).flat(),
      preset: 0,
    })
  })
})

describe("the log of moves", () => {
  it("keeps the last ones, oldest first", () => {
    const log = new MoveLog()
    for (let i = 0; i < LOGGED + 5; i++) log.add(i, META.kept, 0, 1, 2, 3, 4)
    expect(log.count).toBe(LOGGED + 5)
    expect(log.list().map(({ block }) => block)).toEqual(Array.from({ length: LOGGED }, (_, i) => i + 5))
    expect(log.list()[0]).toEqual({
      block: 5,
      what: "kept",
      scalar: 0,
      from: 1,
      to: 2,
      score: 3,
      reference: 4,
    })
  })
})
