/**
 * What the runaway guard promises, judged from outside: by what plants that remember really paid, through the whole engine with default
 * settings. Bands are about one and a half times what was measured when they were written.
 */
import { describe, expect, it } from "vitest"
import { stepBetween } from "../../src/testing/loads.ts"
import type { ArqonEngine } from "../../src/index.ts"
import type { MemoryPlant } from "../../src/testing/MemoryPlant.ts"
import { inFlight, retrying, retryStorm, staffing } from "../../src/testing/memoryPlants.ts"
import { loadedBowl } from "../../src/testing/servicePlants.ts"
import { heat } from "../../src/testing/storePlants.ts"
import { mean, tuned, untouched } from "./outside.ts"

const SECONDS = 600
const SEEDS = [1, 2]

/** Last third over what the start would have paid meanwhile, with and without the guard. */
async function shares(plant: MemoryPlant, seed: number) {
  const options = { seed, seconds: SECONDS }
  const start = untouched(plant, options)
  const third = Math.floor((2 * start.length) / 3)
  const paid = async (guard: boolean): Promise<number> => {
    // The guard alone: look-ahead would find its own way out.
    const run = await tuned(plant, { ...options, config: { guard, gains: { lookAhead: false } } })
    return mean(run.paid, third) / mean(start, third)
  }
  return { guarded: await paid(true), unguarded: await paid(false) }
}

describe("a plant that remembers is ruined without the guard, and with it no worse than its start", () => {
  const ruins = [
    { plant: staffing(22), most: 1.6, ruin: 3 },
    // It drains at a third of the pace at which it fills: the guard is the net here, not the cure.
    { plant: inFlight, most: 12, ruin: 50 },
    { plant: heat, most: 1.5, ruin: 5 },
    { plant: retryStorm, most: 1.5, ruin: 2 },
  ]
  it.each(ruins)("$plant.name", async ({ plant, most, ruin }) => {
    const runs = await Promise.all(SEEDS.map((seed) => shares(plant, seed)))
    for (const { guarded } of runs) expect(guarded).toBeLessThan(most)
    // A lucky run without a guard goes home in time.
    expect(Math.max(...runs.map(({ unguarded }) => unguarded))).toBeGreaterThan(ruin)
  })
})

// Root cause of what this holds: by the time the cooldown of the rollback was over the storm could grow no further, and six windows on
// the start, where it drains slowly, looked like a load that nothing undoes: back to the baseline, for good.
it("a storm that grew without tuning ends on the start, however slowly it drains there", async () => {
  const plant = retrying(stepBetween(310, 320, 3))
  const asks = (engine: ArqonEngine, step: number): void => {
    if (step === 3_000) engine.rollback()
  }
  for (const seed of [3, 5, 9]) {
    const options = { seed, seconds: SECONDS, asks }
    const { paid } = await tuned(plant, options)
    expect(mean(paid, 4_500) / mean(untouched(plant, options), 4_500)).toBeLessThan(1.5)
  }
})

// Root cause of what this holds: while Tier 1 applied nothing the guard read no windows, and tried the start only after the cooldown.
it("a storm that begins in the cooldown of a rollback ends before the cooldown", async () => {
  // Callers begin to try again ten to twenty seconds after the rollback, whose cooldown takes thirty.
  const plant = retrying(stepBetween(310, 320, 3))
  const asks = (engine: ArqonEngine, step: number): void => {
    if (step === 3_000) engine.rollback()
  }
  for (const seed of [2, 3, 8, 9]) {
    const options = { seed, seconds: 375, asks }
    const { paid } = await tuned(plant, options)
    // The start takes some forty seconds to drain it. Whoever begins after the cooldown has the whole storm in these ten seconds.
    expect(mean(paid, 3_650) / mean(untouched(plant, options), 3_650)).toBeLessThan(1.5)
  }
})

// Root cause of what this holds: the guard slept through every stay that it had not begun itself.
describe("a storm that the earned baseline cannot end, while SafeMode waits for a person", () => {
  const AT = 3_000
  const nowUs = (AT + 1) * 100_000
  // A burst, in which callers begin to try again: it feeds itself on fewer than forty servers. The start has forty-nine.
  const plant = retrying(stepBetween(310, 320, 3))
  /** The last quarter over what the start pays, with SafeMode open from second 300 on. */
  async function paidAfter(trip: (engine: ArqonEngine) => void, seed: number): Promise<number> {
    const asks = (engine: ArqonEngine, step: number): void => {
      if (step === AT) trip(engine)
    }
    const options = { seed, seconds: 600, config: { safeMode: { exit: "manualReset" } as const }, asks }
    const { paid, safe } = await tuned(plant, options)
    expect(mean(safe, AT)).toBe(1)
    return mean(paid, 4_500) / mean(untouched(plant, options), 4_500)
  }
  const regressed = ({ actor }: ArqonEngine): void =>
    actor.send({ type: "trip", reason: "objectiveRegression", nowUs })

  it("ends on the start if SafeMode opened for the objective", async () => {
    for (const seed of [3, 7, 8, 9]) expect(await paidAfter(regressed, seed)).toBeLessThan(1.1)
  })

  it("is left to the person who opened SafeMode, or took over", async () => {
    const person = (engine: ArqonEngine): void => {
      engine.rollback()
      engine.trip()
    }
    const both = (engine: ArqonEngine): void => {
      regressed(engine)
      engine.trip()
    }
    for (const trip of [person, both]) expect(await paidAfter(trip, 3)).toBeGreaterThan(5)
  })
})

// Root cause of what this holds: the room that one acquitted load had made stayed for thousands of windows, and the start counted as
// tried in vain.
it("a ruin no higher than a load of some minutes ago is left for the start", async () => {
  const bowl = loadedBowl(2, 0.3, 0.05, stepBetween(150, 210, 3))
  /** From second 410 on a debt of up to 1.8 gathers wherever the plant is not near its start. */
  const turning: MemoryPlant = {
    ...bowl,
    begin: (seed) => {
      const plant = bowl.begin(seed)
      let now = 0
      let debt = 0
      return {
        advance: (unit, seconds) => {
          now += seconds
          const isAway = Math.abs(unit[0] - 0.3) + Math.abs(unit[1] - 0.3) > 0.15
          debt = Math.max(0, Math.min(1.8, debt + (now > 410 && isAway ? 0.2 : -0.4) * seconds))
          return plant.advance(unit, seconds) + debt
        },
      }
    },
  }
  for (const seed of SEEDS) {
    const options = { seed, seconds: 560 }
    const { paid } = await tuned(turning, options)
    expect(mean(paid, 4_500) / mean(untouched(turning, options), 4_500)).toBeLessThan(1.15)
  }
})

describe("a healthy plant", () => {
  it.each([loadedBowl(4, 0.6, 0.05), loadedBowl(4, 0.6, 0.2), loadedBowl(4, 0.2, 0.2)])(
    "$name pays at most three percent for being watched",
    async (plant) => {
      for (const seed of SEEDS) {
        const options = { seed, seconds: SECONDS }
        const watched = mean((await tuned(plant, options)).paid)
        const unwatched = mean((await tuned(plant, { ...options, config: { guard: false } })).paid)
        expect(watched / unwatched).toBeLessThan(1.03)
      }
    },
  )

  it("under a load that no place improves rests for a few windows, and is then tuned from where it was", async () => {
    const plant = loadedBowl(2, 0.3, 0.05, stepBetween(200, 400, 3))
    for (const seed of SEEDS) {
      const { paid, safe } = await tuned(plant, { seed, seconds: SECONDS })
      expect(mean(safe)).toBeLessThan(0.05)
      expect(mean(paid, 4_500)).toBeLessThan(1.05)
    }
  })
})
