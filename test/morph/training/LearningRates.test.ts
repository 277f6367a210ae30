/** Learning rates: one writer, and every change is in the next step. */
import { describe, expect, it } from "vitest"
import { LearningRates, type Schedule, scheduleFactor } from "../../../src/morph/training/LearningRates.ts"

const factors = (schedule: Schedule, epochs: number): ReadonlyArray<number> =>
  Array.from({ length: epochs }, (_, epoch) => scheduleFactor(schedule, epoch))

describe("a schedule", () => {
  it("of half a wave falls from one to its least and stays", () => {
    const wave = factors({ kind: "cosine", epochs: 10, least: 0.1 }, 13)
    expect(wave[0]).toBe(1)
    expect(wave[5]).toBeCloseTo(0.55, 6)
    expect(wave.slice(10)).toEqual([0.1, 0.1, 0.1])
    expect(wave.every((factor, i) => i === 0 || factor <= wave[i - 1])).toBe(true)
  })

  it("in steps falls at each of them", () => {
    expect(factors({ kind: "step", every: 2, factor: 0.5 }, 6)).toEqual([1, 1, 0.5, 0.5, 0.25, 0.25])
  })
})

describe("the learning rates", () => {
  it("are the host's for a graft, and zero for a place that nobody has", () => {
    const rates = new LearningRates({ rate: 0.5 }, 3)
    rates.plant(1)
    expect([0, 1, 2].map((owner) => rates.rateOf(owner))).toEqual([0.5, 0.5, 0])
    rates.remove(1)
    expect(rates.rateOf(1)).toBe(0)
  })

  it("of a graft rise from its planting on, whenever that was", () => {
    const rates = new LearningRates({ rate: 1, graftShare: 0.5, graftWarmUp: 3 }, 2)
    rates.beginEpoch(40)
    rates.plant(1)
    const seen = [40, 41, 42, 43, 44].map((epoch) => {
      rates.beginEpoch(epoch)
      return rates.rateOf(1)
    })
    expect(seen).toEqual([0.125, 0.25, 0.375, 0.5, 0.5])
  })

  it("of a graft that is eased are that part of its share, until it is planted anew", () => {
    const rates = new LearningRates({ rate: 1, graftShare: 0.5 }, 3)
    rates.plant(1, 0.25)
    rates.plant(2)
    expect([0, 1, 2].map((owner) => rates.rateOf(owner))).toEqual([1, 0.125, 0.5])
    rates.plant(1)
    expect(rates.rateOf(1)).toBe(0.5)
  })

  it("of the host rise in its warm-up, and a graft planted in it learns at its full share", () => {
    const rates = new LearningRates({ rate: 1, warmUp: 1 }, 2)
    rates.plant(1)
    expect([rates.rateOf(0), rates.rateOf(1)]).toEqual([0.5, 1])
    rates.beginEpoch(1)
    expect(rates.rateOf(0)).toBe(1)
  })

  it("change for the next step, and keep what the change does not name", () => {
    const rates = new LearningRates({ rate: 1, schedule: { kind: "step", every: 1, factor: 0.5 } }, 1)
    rates.beginEpoch(1)
    rates.adjust({ rate: 4 })
    expect(rates.rateOf(0)).toBe(2)
    rates.adjust({ schedule: { kind: "constant" } })
    expect(rates.rateOf(0)).toBe(4)
  })
})
