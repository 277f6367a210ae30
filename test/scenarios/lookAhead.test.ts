/**
 * What look-ahead does for plants that remember, judged from outside: by what they really paid, through the whole engine. The guard saves
 * them from ruin; this finds where they are best. Bands are about one and a half times what was measured when they were written.
 */
import { describe, expect, it } from "vitest"
import { late } from "../../src/testing/controlPlants.ts"
import { stepBetween } from "../../src/testing/loads.ts"
import { inFlight } from "../../src/testing/memoryPlants.ts"
import { loadedBowl } from "../../src/testing/servicePlants.ts"
import { heat } from "../../src/testing/storePlants.ts"
import { mean, tuned } from "./outside.ts"

const SECONDS = 900
const SEEDS = [3, 4]

const lastThird = (paid: Float64Array): number => mean(paid, Math.floor((2 * paid.length) / 3))

describe("a plant that remembers", () => {
  // Optima by enumeration of configurations that stand still.
  const remembering = [
    { plant: inFlight, optimum: 6.03, most: 1.5 },
    { plant: heat, optimum: 6.68, most: 1.15 },
  ]
  it.each(remembering)(
    "$plant.name: is tuned to near its optimum, although levels alone lead to ruin",
    async (one) => {
      for (const seed of SEEDS) {
        const options = { seed, seconds: SECONDS }
        const ahead = await tuned(one.plant, { ...options, config: { guard: false } })
        const blind = await tuned(one.plant, {
          ...options,
          config: { guard: false, gains: { lookAhead: false } },
        })
        expect(lastThird(ahead.paid) / one.optimum).toBeLessThan(one.most)
        expect(lastThird(blind.paid) / one.optimum).toBeGreaterThan(5)
      }
    },
  )
})

describe("a plant whose effects show a window late", () => {
  it("is tuned to its optimum, although swapped sides lead away from it", async () => {
    for (const seed of SEEDS) {
      const options = { seed, seconds: 300 }
      const noticed = await tuned(late(0.5), { ...options, config: { guard: false } })
      const blind = await tuned(late(0.5), {
        ...options,
        config: { guard: false, gains: { lookAhead: false } },
      })
      // 1 is the loss at the optimum.
      expect(lastThird(noticed.paid)).toBeLessThan(1.1)
      expect(lastThird(blind.paid)).toBeGreaterThan(1.5)
    }
  })
})

describe("a healthy plant", () => {
  it.each([
    loadedBowl(1, 0.2, 0.05),
    loadedBowl(4, 0.2, 0.2),
    loadedBowl(2, 0.3, 0.05, stepBetween(100, 200, 3)),
  ])("$name is tuned as without look-ahead, to the last bit", async (plant) => {
    const options = { seed: 3, seconds: 300 }
    const ahead = await tuned(plant, options)
    const blind = await tuned(plant, { ...options, config: { gains: { lookAhead: false } } })
    expect(ahead.paid).toEqual(blind.paid)
  })
})
