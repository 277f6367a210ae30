/** A tuner with many replicas, in virtual time: it tunes them by halves, and no fault of the network leads a replica astray. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { comparePairs } from "../../src/cohort/order.ts"
import type { EngineConfig } from "../../src/domain/Config.ts"
import { TRIP_CONSTRAINT_EMERGENCY, TRIP_TELEMETRY_LOST } from "../../src/hot/codes.ts"
import { Town, type TownOptions } from "./Town.ts"

/** Guardrails that bound the step alone: what the tuning rule does without budgets of a minute. */
const engine: EngineConfig = {
  params: {
    a: { min: 0, max: 100, initial: 20 },
    b: { min: 0, max: 100, initial: 80 },
  },
  guardrails: {
    preset: "aggressive",
    maxStep: 0.1,
    rangePerMinute: 1,
    pathPerMinute: 1000,
    turnsPerMinute: 1000,
  },
}
const bowl = (values: Float64Array): number => ((values[0] - 60) / 100) ** 2 + ((values[1] - 35) / 100) ** 2
const START = 0.16 + 0.2025
/** Common load of a fifth of the start's excess, own noise of a twentieth. */
const noise = { common: 0.2 * START, own: 0.05 * START }
const town = (over: Partial<TownOptions> = {}): Town =>
  new Town({ replicas: 10, engine, cohort: { design: "split" }, loss: bowl, noise, ...over })

/** Stages until the base is within a tenth of the start's excess and stays there for ten more. */
function stagesUntilNear(at: Town): number {
  let near = Number.POSITIVE_INFINITY
  while (at.loop.stages < Math.min(near + 10, 120)) {
    at.run(1)
    if (at.baseLoss() > START / 10) near = Number.POSITIVE_INFINITY
    else near = Math.min(near, at.loop.stages)
  }
  return near
}

describe("ten replicas under a common load", () => {
  it("are tuned by halves in half the windows that it takes in turns", () => {
    const mean = (design: "split" | "together"): number =>
      [11, 12, 13].reduce((sum, seed) => sum + stagesUntilNear(town({ seed, cohort: { design } })) / 3, 0)
    const split = mean("split")
    expect(split).toBeLessThan(30)
    expect(mean("together")).toBeGreaterThan(2 * split)
  })

  it("are split and corrected by default, four to a pair of sides at least, and change sides below that", () => {
    const ran = (replicas: number): string => {
      const at = town({ replicas, cohort: {} })
      const ticks = new Map<string, number>()
      at.onTick = () => ticks.set(at.loop.design, (ticks.get(at.loop.design) ?? 0) + 1)
      at.run(10)
      expect(at.loop.cycles).toBeGreaterThan(2)
      // Some pairs are tried in turns besides, to see whether replicas interfere.
      return [...ticks].toSorted((a, b) => b[1] - a[1])[0][0]
    }
    expect([1, 2, 3, 4, 10].map(ran)).toEqual(["together", "cross", "cross", "split", "split"])
  })

  it("stand on both sides of one base under one generation, and controls on the baseline", () => {
    const at = town({ cohort: { design: "split", control: 0.2 } })
    let together = 0
    at.onTick = () => {
      const roles = at.cores.map(({ role }) => role)
      const now = String(at.loop.pair)
      if (!roles.includes("plus") || at.cores.some(({ pair }) => String(pair) !== now)) return
      together++
      const count = (role: string): number => roles.filter((one) => one === role).length
      expect([count("plus"), count("minus"), count("control")]).toEqual([4, 4, 2])
      const valuesOf = (role: string): ReadonlyArray<Float64Array> =>
        roles.flatMap((one, i) => (one === role ? [at.valuesOf(i)] : []))
      for (const role of ["plus", "minus", "control"])
        expect(new Set(valuesOf(role).map(String)).size).toBe(1)
      expect(Array.from(valuesOf("control")[0])).toEqual([20, 80])
      const { base, table } = at.loop.hot.executor
      const [plus, minus] = [valuesOf("plus")[0], valuesOf("minus")[0]]
      base.forEach((unit, i) => expect((plus[i] + minus[i]) / 2).toBeCloseTo(table.decode(i, unit), 6))
    }
    at.run(30)
    expect(together).toBeGreaterThan(100)
  })

  it("go on being tuned while a third is cut off, and those hold their base, then their baseline", () => {
    const at = town({ network: { cut: (i, now) => i < 3 && now > 20e6 } }).run(20)
    const { cycles } = at.loop
    at.run(20)
    expect(at.loop.cycles).toBeGreaterThan(cycles + 8)
    expect(at.cores.map(({ standing }) => standing).slice(0, 4)).toEqual([
      "holding",
      "holding",
      "holding",
      "following",
    ])
    at.run(50)
    expect(at.cores[0].standing).toBe("fallen")
    expect(Array.from(at.valuesOf(0))).toEqual(at.homes[0][1])
    expect(at.loop.trips).toBe(0)
  })

  it("are waited for in a stage that they confirm late: it closes with three quarters of them, and not with half", () => {
    // Answers take up to four reports, and windows are so long that no stage ends by time.
    const at = town({
      replicas: 8,
      cohort: { design: "split", windowMs: 30_000, leaseMs: 10_000 },
      network: { delayUs: 1_000_000 },
    })
    const shares: Array<number> = []
    at.loop.onNote = (_, text) => {
      const [, read, of] = /^(\d+) of (\d+) replicas/.exec(text) ?? []
      if (of !== undefined) shares.push(Number(read) / Number(of))
    }
    at.run(120)
    expect(shares.length).toBeGreaterThan(20)
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.75)
  })

  it("are not waited for again after they confirmed too late, until they keep up", () => {
    // From 10 to 40 s two of eight hear everything three seconds late.
    const slow = (i: number, now: number): number => (i < 2 && now > 10e6 && now < 40e6 ? 1_500_000 : 0)
    const at = town({ replicas: 8, network: { slowUs: slow } }).run(28)
    const late = (): ReadonlyArray<string> =>
      at.loop.roster.all.flatMap((entry) => (at.loop.roster.isLate(entry) ? [entry.replica] : [])).toSorted()
    expect(late()).toEqual(["replica-0", "replica-1"])
    const { cycles } = at.loop
    at.run(12)
    expect(at.loop.cycles).toBeGreaterThan(cycles + 6)
    at.run(15)
    expect(late()).toEqual([])
  })

  it("open SafeMode when more than half are silent", () => {
    const at = town({ network: { cut: (i, now) => i < 6 && now > 10e6 } }).run(9)
    expect(at.loop.trips).toBe(0)
    at.run(5)
    expect(at.loop.lastTrip).toBe(TRIP_TELEMETRY_LOST)
  })

  it("are not taken for silent after the owner itself was paused, by a debugger or a suspended machine", () => {
    const at = town({ rate: 20 }).run(20)
    const trips = new Set<number>()
    at.onTick = () => trips.add(Atomics.load(at.loop.hot.executor.latch, 0))
    // At another moment of a stage each time.
    for (let pauses = 0; pauses < 8; pauses++) {
      at.nowUs += 3e6
      at.run(4 + pauses / 8)
    }
    expect([...trips]).toEqual([0])
  })

  it("are forgotten a minute after they fell silent, in SafeMode too", () => {
    const at = town({ network: { cut: (i, nowUs) => i > 0 && nowUs > 10e6 } }).run(9)
    expect(at.loop.roster.size).toBe(10)
    at.loop.trip()
    at.run(75)
    expect(at.loop.roster.size).toBe(1)
  })

  it("all go back when one of them is in an emergency; that one goes at once, by itself", () => {
    const margin = (_: Float64Array, i: number, now: number): number => (i === 4 && now > 15e6 ? -1 : 1)
    const at = town({ margin, engine: { ...engine, safeMode: { exit: "manualReset" } } }).run(15)
    at.onTick = () => {
      if (at.nowUs > 15e6) expect(at.isHome(4)).toBe(true)
    }
    at.run(2)
    expect(at.loop.lastTrip).toBe(TRIP_CONSTRAINT_EMERGENCY)
    at.cores.forEach((_, i) => {
      expect(Array.from(at.valuesOf(i))).toEqual([20, 80])
    })
  })

  it("are maximised where that is asked for", () => {
    const at = town({ engine: { ...engine, objective: "maximize" }, loss: (values) => 5 - bowl(values) }).run(
      60,
    )
    expect(5 - at.baseLoss()).toBeLessThan(START / 3)
  })
})

describe("whatever the network and its owners do, a replica", () => {
  const faults = fc.record({
    seed: fc.nat({ max: 1e6 }),
    loss: fc.double({ min: 0, max: 0.4, noNaN: true }),
    twice: fc.double({ min: 0, max: 0.5, noNaN: true }),
    delayUs: fc.integer({ min: 0, max: 3_000_000 }),
    cutFromUs: fc.integer({ min: 0, max: 20_000_000 }),
    cutForUs: fc.integer({ min: 0, max: 15_000_000 }),
    design: fc.constantFrom("split", "together", "cross"),
    ownsAt: fc.integer({ min: 2, max: 15 }),
    bootsAt: fc.integer({ min: 2, max: 15 }),
  })

  it("never takes an older pair, is never perturbed beyond its lease, and never leaves its bounds", () => {
    fc.assert(
      fc.property(faults, ({ seed, loss, twice, delayUs, cutFromUs, cutForUs, design, ownsAt, bootsAt }) => {
        const at = town({
          replicas: 5,
          seed,
          cohort: { design, baselineAfterMs: 20_000 },
          network: {
            loss,
            twice,
            delayUs,
            cut: (i, now) => i < 2 && now > cutFromUs && now < cutFromUs + cutForUs,
          },
          rate: 60,
        })
        let seen = at.cores.map(({ follower }) => follower.seen)
        const astray: Array<string> = []
        at.onTick = () => {
          at.cores.forEach(({ follower }, i) => {
            if (comparePairs(follower.seen, seen[i]) < 0) astray.push(`${i} took an older pair`)
            if (at.valuesOf(i).some((value) => !(value >= 0 && value <= 100)))
              astray.push(`${i} out of bounds`)
            if (at.nowUs - at.grantedUs[i] >= 2_000_000 && !at.isHome(i)) astray.push(`${i} without a lease`)
          })
          seen = at.cores.map(({ follower }) => follower.seen)
        }
        at.run(ownsAt)
        // The owner was frozen: another one begins, and the first one goes on answering.
        at.rival = at.loop
        at.own(2)
        at.run(bootsAt)
        at.boot(4)
        seen[4] = at.cores[4].follower.seen
        at.run(25 - bootsAt)
        expect(astray).toEqual([])
        expect(Math.max(...at.cores.map(({ follower }) => follower.seen[0]))).toBe(2)
      }),
      { numRuns: 10 },
    )
  })
})
