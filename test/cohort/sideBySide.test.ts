/** Control replicas and canaries: what one group shows beside the other decides for the rest, and a bad candidate never gets to them. */
import { describe, expect, it } from "vitest"
import { drawGroups } from "../../src/cohort/roles.ts"
import type { EngineConfig } from "../../src/domain/Config.ts"
import { AUDIT_BASELINE_SET, AUDIT_VERDICT } from "../../src/hot/codes.ts"
import { RECORD_KIND } from "../../src/hot/AuditRing.ts"
import { Town, type TownOptions } from "../replica/Town.ts"

const engine: EngineConfig = {
  params: { a: { min: 0, max: 100, initial: 20 } },
  guardrails: {
    preset: "aggressive",
    maxStep: 0.1,
    rangePerMinute: 1,
    pathPerMinute: 1000,
    turnsPerMinute: 1000,
  },
}
const START = 0.16
const bowl = ([a]: Float64Array): number => ((a - 60) / 100) ** 2
const noise = { common: 0.2 * START, own: 0.05 * START }
const town = (over: Partial<TownOptions> = {}): Town =>
  new Town({ replicas: 10, engine, cohort: { design: "split" }, loss: bowl, noise, ...over })
const compared = (over: Partial<TownOptions> = {}): Town =>
  town({
    engine: { ...engine, comparison: { everyCycles: 2 }, guard: false },
    cohort: { design: "split", control: 0.2 },
    ...over,
  })
const aOf = (at: Town, i: number): number => at.valuesOf(i)[0]

describe("two groups", () => {
  const members = Array.from({ length: 12 }, (_, i) => ({ key: `r${i}`, stratum: `zone-${i % 2}` }))
  const at = (draw: number, size = 2) => drawGroups(members, size, { seed: 3, epoch: 1, draw }, "control")

  it("are the same replicas in every turn, of one size and of both zones, and change places by a coin", () => {
    const [first, ...rest] = Array.from({ length: 40 }, (_, draw) => at(draw))
    const union = ({ aside, beside }: typeof first) => [...aside, ...beside].toSorted().join()
    expect([first.aside.size, first.beside.size]).toEqual([2, 2])
    for (const groups of rest) expect(union(groups)).toBe(union(first))
    const swapped = rest.filter(({ aside }) => [...aside].join() !== [...first.aside].join())
    expect(swapped.length).toBeGreaterThan(10)
    expect(swapped.length).toBeLessThan(30)
    for (const { aside } of swapped) expect([...aside].join()).toBe([...first.beside].join())
  })

  it("leave two for the sides of a pair, and are empty where that does not go", () => {
    const of = (count: number, size: number): number =>
      drawGroups(members.slice(0, count), size, { seed: 3, epoch: 1, draw: 0 }, "control").aside.size
    expect([of(12, 9), of(5, 9), of(4, 1), of(3, 1), of(0, 1)]).toEqual([5, 1, 1, 0, 0])
  })
})

describe("control replicas", () => {
  it("stand on the baseline beside as many on the base, and the rest try pairs", () => {
    const at = compared()
    let seen = 0
    at.onTick = () => {
      const now = String(at.loop.pair)
      if (at.cores.some(({ pair }) => String(pair) !== now)) return
      const count = (role: string): number => at.cores.filter((core) => core.role === role).length
      if (count("plus") === 0) return
      seen++
      expect([count("control"), count("base"), count("plus"), count("minus")]).toEqual([2, 2, 3, 3])
    }
    at.run(20)
    expect(seen).toBeGreaterThan(50)
  })

  it("make a base the baseline that is better, by the evidence of the two groups", () => {
    let promoted = 0
    const at = compared()
    at.onRecord = (block, from) => {
      if (block[from + RECORD_KIND] === AUDIT_BASELINE_SET) promoted++
    }
    at.run(200)
    expect(promoted).toBeGreaterThan(1)
    const baseline = new Float64Array(1)
    at.loop.hot.config.baselineUnits(baseline)
    expect(Math.abs(baseline[0] - 0.6)).toBeLessThan(0.15)
  })

  it("take the tuner back to its baseline when the base is worse, though the common load hides it", () => {
    const at = compared({
      loss: ([a]) => (a > 30 ? START + 0.05 : START),
      // Nothing else moves the base, and nobody else judges it.
      engine: { ...engine, guard: false, gains: { a0: 1e-6 }, comparison: { everyCycles: 1 } },
    }).run(5)
    at.loop.hot.stand(Float64Array.of(0.9), 0)
    const fails: Array<string> = []
    at.onRecord = (block, from) => {
      const { verdict } = at.loop.comparison ?? {}
      if (block[from + RECORD_KIND] === AUDIT_VERDICT && verdict?.verdict === "fail")
        fails.push(verdict.reason)
    }
    while (fails.length === 0 && at.nowUs < 200e6) at.run(0.05)
    expect(fails).toEqual(["regression"])
    expect(at.loop.hot.executor.base[0]).toBeCloseTo(0.2, 2)
  })

  it("do not roll back a base that is as good, though the two groups differ for good", () => {
    // Where nothing that is tuned matters, replicas differ by a tenth each for good: only the coin decides which group is slower.
    let fails = 0
    for (let seed = 1; seed <= 4; seed++) {
      const at = compared({
        seed,
        loss: (_, i) => 1 + 0.1 * i,
        // Sides that change places are not led astray by it, so that only the control replicas could be.
        cohort: { design: "cross", control: 0.2 },
      }).run(240)
      fails += at.loop.comparison?.counts.fail ?? Number.NaN
      const { hold = 0, pass = 0 } = at.loop.comparison?.counts ?? {}
      expect(hold + pass).toBeGreaterThan(8)
    }
    expect(fails).toBe(0)
  })
})

describe("a candidate", () => {
  const still: EngineConfig = { ...engine, guard: false }
  const tried = (a: number, over: Partial<TownOptions> = {}) => {
    const at = town({ engine: still, cohort: { design: "split", canary: 1 }, ...over }).run(4)
    const met = new Set<number>()
    at.onTick = () =>
      at.cores.forEach((core, i) => {
        if (core.role === "canary") met.add(i)
      })
    at.loop.tryOut(Float64Array.of(a / 100))
    return { at, met }
  }

  it("that is worse is met by the canaries alone, and dropped", () => {
    const { at, met } = tried(0)
    const worst: Array<number> = []
    const watch = at.onTick
    at.onTick = () => {
      watch?.()
      at.cores.forEach((_, i) => {
        if (aOf(at, i) < 8) worst.push(i)
      })
    }
    at.run(240)
    expect(at.loop.canary?.end).toBe("worse")
    // Two change places: one on the candidate, one beside it.
    expect(met.size).toBe(2)
    expect(worst.length).toBeGreaterThan(0)
    expect(worst.every((i) => met.has(i))).toBe(true)
    expect(at.cores.filter(({ role }) => role === "canary")).toEqual([])
    expect(at.loop.trips).toBe(0)
  })

  it("that is no worse is followed by the rest, and is the baseline from then on", () => {
    const { at, met } = tried(58)
    const ends: Array<string> = []
    const watch = at.onTick
    let others = 0
    at.onTick = () => {
      watch?.()
      if (at.loop.canary?.end !== null) ends.push(String(at.loop.canary?.end))
      else others = Math.max(others, at.loop.roster.all.filter(({ side }) => side === "canary").length)
    }
    while (ends.length === 0 && at.nowUs < 400e6) at.run(0.05)
    expect(ends[0]).toBe("rolledOut")
    expect([others, met.size]).toEqual([1, 2])
    const baseline = new Float64Array(1)
    at.loop.hot.config.baselineUnits(baseline)
    expect(baseline[0]).toBeCloseTo(0.58, 9)
    at.run(2)
    at.cores.forEach((_, i) => {
      expect(Math.abs(aOf(at, i) - 58)).toBeLessThan(10)
    })
    expect(at.loop.hot.executor.rollbacksThisHour).toBe(0)
  })

  it("that breaks a constraint is dropped in its first turn, though it is faster, and opens no SafeMode", () => {
    const { at } = tried(60, { margin: ([a]) => (a > 50 ? -0.2 : 1) })
    at.run(30)
    expect(at.loop.canary).toMatchObject({ end: "constraint", turns: 0 })
    expect(at.loop.trips).toBe(0)
  })

  it("that leads a canary into an emergency is dropped at once; the others do not stand there and go on", () => {
    const there = new Set<number>()
    const margin = ([a]: Float64Array, i: number): number => {
      if (a > 80) there.add(i)
      return a > 80 ? -1 : 1
    }
    const { at } = tried(95, { margin })
    at.run(20)
    expect(at.loop.canary?.end).toBe("constraint")
    expect(at.loop.trips).toBe(0)
    expect(there.size).toBe(1)
  })

  it("is withdrawn when SafeMode opens, and its canary goes to the baseline", () => {
    const { at } = tried(58)
    at.run(6)
    at.loop.trip()
    expect(at.loop.canary?.end).toBe("withdrawn")
    at.run(1)
    at.cores.forEach((_, i) => {
      expect(at.isHome(i)).toBe(true)
    })
  })
})
