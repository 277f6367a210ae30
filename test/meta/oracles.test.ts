/** What a bounded meta level must be good for, on a quadratic whose gain was guessed rightly, wrongly, or for another plant. */
import { describe, expect, it } from "vitest"
import { MetaTuner } from "../../src/meta/MetaTuner.ts"
import { median, startOf, walk, walkWith } from "./plant.ts"

/** The gain with the least loss after 4,000 cycles is about this. */
const RIGHT = 7e-4
const CYCLES = 4_000
const SEEDS = Array.from({ length: 11 }, (_, i) => 91 + 7 * i)

const fixed = (seed: number, gain: number): number =>
  walk({ seed, cycles: CYCLES, base: startOf(seed), gain: () => gain }).last

function tuned(seed: number, gain: number, depth: number): number {
  const base = startOf(seed)
  const meta = new MetaTuner({ depth, scalars: [{ name: "gain", start: gain }] }, base)
  return walkWith(meta, base, { seed, cycles: CYCLES }).last
}

const costs = (gain: number, depth: number): ReadonlyArray<number> =>
  SEEDS.map((seed) => tuned(seed, gain, depth) / fixed(seed, gain))

describe.each([1, 2])("a meta level of depth %i", (depth) => {
  it.each([
    ["too small", RIGHT / 50],
    ["too large", RIGHT * 50],
  ])("rescues a gain that is fifty times %s: the loss falls at least eightfold", (_, gain) => {
    expect(median(costs(gain, depth))).toBeLessThan(1 / 8)
  })

  it("costs at most threefold where the gain was right, in the mean", () => {
    const all = costs(RIGHT, depth)
    expect(all.reduce((sum, cost) => sum + cost, 0) / all.length).toBeLessThan(3)
  })

  it("follows an optimum that jumps better than gains that decay", () => {
    const jumps = { cycles: 8_000, jumps: 1_000 }
    const decaying = SEEDS.map(
      (seed) =>
        walk({
          seed,
          ...jumps,
          base: startOf(seed),
          gain: (k) => 3 * RIGHT * (100 / (k + 101)) ** 0.602,
        }).whole,
    )
    const followed = SEEDS.map((seed) => {
      const base = startOf(seed)
      const meta = new MetaTuner({ depth, scalars: [{ name: "gain", start: RIGHT }] }, base)
      return walkWith(meta, base, { seed, ...jumps }).whole
    })
    expect(median(followed.map((loss, i) => loss / decaying[i]))).toBeLessThan(0.7)
  })

  it("stays inside its clamp and freezes where there is only noise", () => {
    for (const seed of SEEDS) {
      const base = startOf(seed)
      const meta = new MetaTuner({ depth, scalars: [{ name: "gain", start: 1, min: 0.3, max: 3 }] }, base)
      let outside = 0
      const after = () => void (meta.value(0) < 0.3 || meta.value(0) > 3 ? outside++ : 0)
      walkWith(meta, base, { seed, cycles: 8_000, flat: true, after })
      expect({ seed, outside, frozen: meta.frozen }).toEqual({ seed, outside: 0, frozen: true })
    }
  })
})

describe("a meta level of depth 0", () => {
  it("writes nothing, whatever it is given", () => {
    const base = startOf(1)
    const meta = new MetaTuner({ depth: 0, scalars: [{ name: "gain", start: RIGHT }] }, base)
    const before = meta.cells.slice()
    const below = base.slice()
    for (let k = 0; k < 1_000; k++) {
      expect(meta.observe(k % 7 === 0 ? Number.NaN : 1e6 - k)).toBe(0)
      expect(meta.commit()).toBe(false)
      meta.refuse()
      meta.rollback()
    }
    meta.kill()
    expect(meta.cells).toEqual(before)
    expect(base).toEqual(below)
    expect(meta.moves()).toEqual([])
  })
})
