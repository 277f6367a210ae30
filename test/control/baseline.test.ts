import { describe, expect, it } from "vitest"
import {
  type BaselinePolicy,
  type BaselineWatch,
  type CycleReading,
  EMPTY_WATCH,
  forgetCandidate,
  forgetReference,
  watchCycle,
} from "../../src/control/baseline.ts"

const SECOND_US = 1_000_000
const policy: BaselinePolicy = { minStableUs: 5 * SECOND_US, radius: 0.1, periodic: [false] }

/** Feeds one cycle a second and says at which of them a baseline was earned. */
function promotions(
  readings: ReadonlyArray<Partial<CycleReading>>,
  over: Partial<BaselinePolicy> = {},
): { readonly at: ReadonlyArray<number>; readonly watch: BaselineWatch } {
  let watch: BaselineWatch = EMPTY_WATCH
  const at: Array<number> = []
  for (const [i, reading] of readings.entries()) {
    const full = { nowUs: i * SECOND_US, mean: 0, noise: 0.01, base: [0.5], reheats: 0, ...reading }
    const step = watchCycle(watch, full, { ...policy, ...over })
    watch = step.watch
    if (step.promote) at.push(i)
  }
  return { at, watch }
}

const block = (count: number, reading: Partial<CycleReading>): ReadonlyArray<Partial<CycleReading>> =>
  Array.from({ length: count }, () => reading)

describe("a baseline is earned", () => {
  it("by an advantage that is measured again in a second block", () => {
    const { at } = promotions([
      ...block(6, { mean: 10, base: [0.2] }),
      ...block(20, { mean: 8, base: [0.6] }),
    ])
    // First block 0..5 is the reference; the candidate's blocks are 6..11 and 12..16.
    expect(at).toEqual([16])
  })

  it("not by one good block that the second does not confirm", () => {
    const { at } = promotions([
      ...block(6, { mean: 10, base: [0.2] }),
      ...block(6, { mean: 8, base: [0.6] }),
      ...block(12, { mean: 10, base: [0.6] }),
    ])
    expect(at).toEqual([])
  })

  it("not by a difference that noise explains", () => {
    const { at } = promotions([
      ...block(6, { mean: 10, base: [0.2], noise: 4 }),
      ...block(30, { mean: 9.5, base: [0.6], noise: 4 }),
    ])
    expect(at).toEqual([])
  })

  it("not before the stable time is over, however many cycles there are", () => {
    const hasty = [...block(6, { mean: 10, base: [0.2] }), ...block(20, { mean: 8, base: [0.6] })]
    expect(promotions(hasty, { minStableUs: 30 * SECOND_US }).at).toEqual([])
  })

  it("not by a base that keeps walking away", () => {
    const walk = Array.from({ length: 40 }, (_, i) => ({ mean: 10 - i * 0.2, base: [(i * 0.06) % 1] }))
    expect(promotions(walk).at).toEqual([])
  })

  it("only against levels of the same plant: a re-heat starts the comparison anew", () => {
    const { at } = promotions([
      ...block(6, { mean: 10, base: [0.2] }),
      ...block(30, { mean: 8, base: [0.6], reheats: 1 }),
    ])
    expect(at).toEqual([])
  })

  it("and is then the level the next one has to beat", () => {
    const { at } = promotions([
      ...block(6, { mean: 10, base: [0.2] }),
      ...block(40, { mean: 8, base: [0.6] }),
    ])
    expect(at).toEqual([16])
  })
})

describe("watching for a baseline", () => {
  it("and stays that level when the base leaves at once: what is better than the next place only is no baseline", () => {
    const { at } = promotions([
      ...block(6, { mean: 10, base: [0.2] }),
      ...block(11, { mean: 8, base: [0.6] }),
      ...block(6, { mean: 9, base: [0.9] }),
      ...block(20, { mean: 8.5, base: [0.3] }),
    ])
    expect(at).toEqual([16])
  })

  it("takes the short way round on a circle and the long way on a line", () => {
    const around = [
      ...block(6, { mean: 10, base: [0.5] }),
      ...Array.from({ length: 14 }, (_, i) => ({ mean: 8, base: [i % 2 === 0 ? 0.99 : 0.02] })),
    ]
    expect(promotions(around, { periodic: [true] }).at).toEqual([16])
    expect(promotions(around, { periodic: [false] }).at).toEqual([])
  })

  it("measures the reference before the base leaves it, even when it leaves early", () => {
    const { watch } = promotions([...block(2, { mean: 10, base: [0.2] }), { mean: 3, base: [0.6] }])
    expect(watch.reference?.mean).toBe(10)
  })

  it("skips a reading that is no number", () => {
    const { watch } = promotions([{ mean: Number.NaN }, { mean: Number.POSITIVE_INFINITY }])
    expect(watch).toEqual(EMPTY_WATCH)
  })

  it("forgets the candidate after a pause and everything after a baseline by hand", () => {
    const { watch } = promotions([...block(6, { mean: 10 }), ...block(3, { mean: 8, base: [0.7] })])
    expect(forgetCandidate(watch)).toMatchObject({ block: null, anchor: null, reference: { mean: 10 } })
    expect(forgetReference(watch)).toMatchObject({ block: null, anchor: null, reference: null })
  })
})
