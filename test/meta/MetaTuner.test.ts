/** The laws of the meta level, over any scores: what it may write, when, and on what it judges. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { CELLS } from "../../src/meta/metaLayout.ts"
import { MetaTuner } from "../../src/meta/MetaTuner.ts"
import { META } from "../../src/meta/MoveLog.ts"
import { normal, uniform } from "./plant.ts"

const BLOCK = 8
const ONE = { depth: 1, scalars: [{ name: "gain", start: 1 }], presets: [{ block: BLOCK, step: 2 }] }

/** A block of scores about `level`; returns what the last one led to. */
function block(meta: MetaTuner, level: number, noise: () => number = () => 0): number {
  let code = 0
  for (let i = 0; i < BLOCK; i++) code = meta.observe(level + 0.01 * noise())
  return code
}

/** Levels of blocks: quiet, falling, rising, wild. */
const levels = fc.array(
  fc.oneof(
    fc.double({ min: -10, max: 10, noNaN: true }),
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.constant(Number.NaN),
    fc.constant(Number.POSITIVE_INFINITY),
  ),
  { minLength: 1, maxLength: 60 },
)

describe("a change", () => {
  it("is asked for at the end of a block and judged on the one after, not on its own", () => {
    const noise = normal.bind(null, uniform(5))
    const worse = new MetaTuner(ONE)
    block(worse, 10, noise)
    expect(block(worse, 10, noise)).toBe(META.asked)
    expect(worse.commit()).toBe(true)
    expect(worse.value(0)).toBe(2)
    // The block that asked was fine: only the next one shows what the change does.
    expect(block(worse, 30, noise)).toBe(META.restored)
    expect(worse.value(0)).toBe(1)
    const better = new MetaTuner(ONE)
    block(better, 10, noise)
    block(better, 10, noise)
    better.commit()
    expect(block(better, 5, noise)).toBe(META.kept)
    expect(better.value(0)).toBe(2)
  })

  it("does not happen before it is committed, nor when it is refused", () => {
    const meta = new MetaTuner(ONE)
    block(meta, 1)
    block(meta, 1)
    expect([meta.asked, meta.askedValue, meta.value(0)]).toEqual([0, 2, 1])
    meta.refuse()
    expect([meta.asked, meta.value(0), meta.commit()]).toEqual([-1, 1, false])
    block(meta, 1)
    // The other way, and less far.
    expect(meta.askedValue).toBeLessThan(1)
    expect(meta.askedValue).toBeGreaterThan(0.5)
    // Nobody answers: the next score is one of the old value.
    meta.observe(1)
    expect([meta.asked, meta.value(0)]).toEqual([-1, 1])
  })

  it("stays within its clamp and its factor, whatever the scores", () => {
    fc.assert(
      fc.property(levels, fc.integer({ min: 1, max: 2 }), fc.nat(), (blocks, depth, seed) => {
        const scalars = [
          { name: "a", start: 1, min: 0.4, max: 3 },
          { name: "b", start: 0.02, min: 0.02, max: 1 },
        ]
        const meta = new MetaTuner({ depth, scalars, seed, presets: [{ block: 4, step: 2 }] })
        for (const level of blocks)
          for (let i = 0; i < 4; i++) {
            const before = [meta.value(0), meta.value(1)]
            meta.observe(level + (i % 3))
            meta.commit()
            for (let at = 0; at < 2; at++) {
              const value = meta.value(at)
              expect(value).toBeGreaterThanOrEqual(scalars[at].min)
              expect(value).toBeLessThanOrEqual(scalars[at].max)
              // Taking one back and trying the next may meet in one cycle.
              expect(Math.abs(Math.log(value / before[at]))).toBeLessThanOrEqual(2 * Math.log(2) + 1e-12)
            }
            expect(meta.cells.every(Number.isFinite)).toBe(true)
          }
      }),
    )
  })

  it("is taken back to the last bit, and the state below with it where a block is much worse", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-8, max: 1e8, noNaN: true }), fc.nat(), (start, seed) => {
        const noise = normal.bind(null, uniform(seed))
        const below = Float64Array.from({ length: 5 }, noise)
        const meta = new MetaTuner({ ...ONE, scalars: [{ name: "gain", start }] }, below)
        block(meta, 1, noise)
        block(meta, 1, noise)
        const kept = below.slice()
        meta.commit()
        below.forEach((x, i) => (below[i] = x * 3 + 1))
        expect(block(meta, 9, noise)).toBe(META.restored)
        expect(Object.is(meta.value(0), start)).toBe(true)
        expect(below).toEqual(kept)
      }),
    )
  })

  it("is told with where it led and the scores that decided", () => {
    const noise = normal.bind(null, uniform(6))
    const meta = new MetaTuner(ONE)
    block(meta, 10, noise)
    block(meta, 10, noise)
    meta.commit()
    block(meta, 30, noise)
    const [asked, restored] = meta.moves()
    expect(asked).toMatchObject({ block: 2, what: "asked", scalar: 0, from: 1, to: 2 })
    expect(restored).toMatchObject({ block: 3, what: "restored", scalar: 0, from: 2, to: 1 })
    expect(restored.score).toBeCloseTo(30, 1)
    expect(restored.reference).toBeCloseTo(10, 1)
  })
})

describe("what somebody else decides", () => {
  it("a rollback of the level below takes the change on trial back, to the last bit", () => {
    const meta = new MetaTuner({ ...ONE, scalars: [{ name: "gain", start: 0.1 }] })
    block(meta, 1)
    block(meta, 1)
    meta.commit()
    meta.observe(1)
    meta.rollback()
    expect(meta.value(0)).toBe(0.1)
    expect(meta.moves().at(-1)?.what).toBe("rolledBack")
    // What was read before says nothing of what is read now.
    expect(block(meta, 7)).toBe(META.none)
    expect(block(meta, 7)).toBe(META.asked)
  })

  it("the kill switch puts everything back as it was at the start, for good", () => {
    const meta = new MetaTuner({ ...ONE, scalars: [{ name: "gain", start: 0.1 }] })
    for (const level of [9, 9, 5, 3]) {
      block(meta, level)
      meta.commit()
    }
    expect(meta.value(0)).not.toBe(0.1)
    meta.kill()
    expect([meta.value(0), meta.killed]).toEqual([0.1, true])
    for (const level of [9, 1, 9, Number.NaN]) block(meta, level)
    expect([meta.value(0), meta.asked, meta.commit()]).toEqual([0.1, -1, false])
    expect(meta.moves().at(-1)?.what).toBe("killed")
  })

  it("no more scalars are written in a block than there may be", () => {
    const meta = new MetaTuner(ONE)
    block(meta, 1)
    block(meta, 1)
    let written = 0
    for (let i = 0; i < 20; i++) {
      // Someone writes the request anew: the budget still holds.
      meta.cells[8] = 1
      if (meta.commit()) written++
    }
    expect(written).toBe(5)
  })
})

describe("scores", () => {
  it("times a power of two lead to the same moves, bit for bit", () => {
    fc.assert(
      fc.property(levels, fc.integer({ min: -20, max: 20 }), fc.nat(), (blocks, power, seed) => {
        const runs = [0, power].map((p) => {
          const noise = normal.bind(null, uniform(seed))
          const meta = new MetaTuner(ONE)
          const values = blocks.map((level) => {
            for (let i = 0; i < BLOCK; i++) {
              meta.observe((level + noise()) * 2 ** p)
              meta.commit()
            }
            return meta.value(0)
          })
          return [values, meta.moves().map(({ what, from, to }) => [what, from, to])]
        })
        expect(runs[1]).toEqual(runs[0])
      }),
    )
  })

  it("that are no numbers count as the worst, and the next change is a calm one", () => {
    const below = Float64Array.of(1, 2)
    const meta = new MetaTuner(ONE, below)
    below.fill(Number.MAX_VALUE)
    expect(meta.observe(Number.POSITIVE_INFINITY)).toBe(META.restored)
    expect([...below]).toEqual([1, 2])
    expect(meta.askedValue).toBe(0.5)
  })

  it("that rise wake a frozen level", () => {
    const noise = normal.bind(null, uniform(11))
    const meta = new MetaTuner(ONE)
    for (let k = 0; k < 60; k++) {
      block(meta, 1, noise)
      meta.commit()
    }
    expect(meta.frozen).toBe(true)
    let code = 0
    for (let k = 0; k < 20 && code !== META.thawed; k++) code = block(meta, 2 + k, noise)
    expect([code, meta.frozen]).toEqual([META.thawed, false])
  })

  it("go on from copied cells as from the original", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 400 }), (seed, at) => {
        const options = { ...ONE, depth: 2, presets: undefined }
        const noise = normal.bind(null, uniform(seed))
        const first = new MetaTuner(options)
        const second = new MetaTuner(options)
        for (let k = 0; k < 800; k++) {
          if (k === at) second.cells.set(first.cells)
          const score = noise() + k / 100
          const code = first.observe(score)
          first.commit()
          if (k >= at) {
            expect(second.observe(score)).toBe(code)
            second.commit()
          }
        }
        expect(second.cells.slice(0, CELLS)).toEqual(first.cells.slice(0, CELLS))
      }),
      { numRuns: 20 },
    )
  })
})

describe("options", () => {
  const scalars = [{ name: "gain", start: 1 }]
  it.each([
    ["a depth above 2", { depth: 3, scalars }, "depth"],
    ["no scalars", { depth: 1, scalars: [] }, "scalars"],
    ["six scalars", { depth: 1, scalars: "abcdef".split("").map((name) => ({ name, start: 1 })) }, "scalars"],
    [
      "a start outside its clamp",
      { depth: 1, scalars: [{ name: "a", start: 1, min: 2 }] },
      "scalars[0].start",
    ],
    [
      "a whole scalar with a start between two numbers",
      { depth: 1, scalars: [{ name: "a", start: 1.5, min: 1, whole: true }] },
      "scalars[0].whole",
    ],
    ["a name that is there twice", { depth: 1, scalars: [...scalars, ...scalars] }, "scalars[1].name"],
    [
      "five presets",
      { depth: 2, scalars, presets: Array.from({ length: 5 }, () => ({ block: 8, step: 2 })) },
      "presets",
    ],
    ["a block without a slope", { depth: 1, scalars, presets: [{ block: 3, step: 2 }] }, "presets[0].block"],
    ["a factor of 1", { depth: 1, scalars, presets: [{ block: 8, step: 1 }] }, "presets[0].step"],
    ["a knob for a scalar", { depth: 1, scalars, knobs: ["gain"] }, "gains.gain"],
    ["its own pace for a scalar", { depth: 1, scalars: [{ name: "block", start: 8 }] }, "gains"],
  ])("with %s are refused", (_, options, path) => {
    let refused: unknown = null
    try {
      refused = new MetaTuner(options)
    } catch (error) {
      refused = error
    }
    expect(refused).toMatchObject({ _tag: "ConfigError", problems: [{ path }] })
  })
})
