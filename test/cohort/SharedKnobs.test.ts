/** Knobs that must be equal on all replicas, beside others that are tried in halves. */
import { describe, expect, it } from "vitest"
import { SharedKnobs } from "../../src/cohort/SharedKnobs.ts"
import type { EngineConfig } from "../../src/domain/Config.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { S_CYCLE, S_HAS_MEAN, SCALARS } from "../../src/hot/spsaLayout.ts"
import { SpsaKernel } from "../../src/hot/SpsaKernel.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import { unitKnob } from "../../src/testing/Plant.ts"
import { Town, type TownOptions } from "../replica/Town.ts"

const engine: EngineConfig = {
  params: { a: { min: 0, max: 100, initial: 20 }, b: { min: 0, max: 100, initial: 80 } },
  guardrails: {
    preset: "aggressive",
    maxStep: 0.1,
    rangePerMinute: 1,
    pathPerMinute: 1000,
    turnsPerMinute: 1000,
  },
}
const bowl = ([a, b]: Float64Array): number => ((a - 60) / 100) ** 2 + ((b - 35) / 100) ** 2
const START = 0.16 + 0.2025
const noise = { common: 0.05 * START, own: 0.05 * START }
const town = (over: Partial<TownOptions> = {}): Town =>
  new Town({ replicas: 10, engine, cohort: { shared: ["a"] }, loss: bowl, noise, ...over })

/** By knob: the values that replicas ran at one time under one pair, and the designs of the cycles, over so many seconds. */
function ran(at: Town, seconds: number) {
  const most = [0, 0]
  const designs = new Set<string>()
  at.onTick = () => {
    designs.add(at.loop.design)
    const now = String(at.loop.pair)
    const there = at.cores.flatMap(({ pair }, i) => (String(pair) === now ? [at.valuesOf(i)] : []))
    for (const k of [0, 1]) most[k] = Math.max(most[k], new Set(there.map((values) => values[k])).size)
  }
  at.run(seconds)
  return { most, designs }
}

describe("knobs that must be equal on all replicas", () => {
  it.each([10, 3])(
    "are so at any time on %i replicas, while others are tried on two sides at once",
    (replicas) => {
      const { most, designs } = ran(town({ replicas }), 60)
      expect(most).toEqual([1, 2])
      expect(designs).toEqual(new Set(["together", replicas === 3 ? "cross" : "split"]))
    },
  )

  it("are tuned, and so are the others", () => {
    const at = town().run(150)
    const { base, table } = at.loop.hot.executor
    expect(Math.abs(table.decode(0, base[0]) - 60)).toBeLessThan(12)
    expect(Math.abs(table.decode(1, base[1]) - 35)).toBeLessThan(12)
  })

  it("go on from the baseline after a rollback", () => {
    const at = town().run(60)
    at.loop.rollback()
    const from = Array.from(at.loop.hot.executor.base)
    const { cycles } = at.loop
    at.run(60)
    expect(at.loop.trips).toBe(0)
    expect(at.loop.cycles).toBeGreaterThan(cycles + 10)
    at.loop.hot.executor.base.forEach((unit, i) => expect(unit).not.toBe(from[i]))
  })

  it("are tried in turns alone where all knobs are such, and where two sides were found to interfere", () => {
    expect(ran(town({ cohort: { shared: ["a", "b"] } }), 20)).toEqual({
      most: [1, 1],
      designs: new Set(["together"]),
    })
    const at = town()
    at.loop.interferes = true
    const { most } = ran(at, 20)
    expect(most).toEqual([1, 1])
  })
})

describe("the two states of the tuning rule", () => {
  const table = new KnobTable([unitKnob, unitKnob])
  const kernel = new SpsaKernel(table, { ...DEFAULT_SPSA, seed: 1 })
  const base = Float64Array.of(0.25, 0.5)
  /** The state of the shared knob as it comes back after a cycle of the other; it compared its level with that of its last move. */
  const comesBack = (moved: boolean): Float64Array => {
    const sharing = new SharedKnobs(kernel, [true, false])
    const state = new Float64Array(kernel.stateLength)
    kernel.initial(state, base)
    state[S_HAS_MEAN] = 1
    expect(sharing.next(state, base)).toBe(state)
    expect(sharing.turn).toBe(true)
    const other = sharing.next(state, base)
    expect(sharing.turn).toBe(false)
    expect(other[S_HAS_MEAN]).toBe(0)
    other[SCALARS] = 0.75
    other[S_CYCLE]++
    if (moved) sharing.plantMoved()
    return sharing.next(other, Float64Array.of(0.75, 0.5))
  }

  it("have one base and one count of cycles, and each what it has learned", () => {
    const back = comesBack(false)
    expect([back[SCALARS], back[S_CYCLE], back[S_HAS_MEAN]]).toEqual([0.75, 1, 1])
  })

  it("expect nothing of their last move once the plant was put elsewhere", () => {
    expect(comesBack(true)[S_HAS_MEAN]).toBe(0)
  })
})
