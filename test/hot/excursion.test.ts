/**
 * Prove or go home: what a tuner does that cannot gain any more, or never could. Through Tier 1 with the balanced guardrails on, judged by
 * what the plant really paid and where the base really was.
 */
import { describe, expect, it } from "vitest"
import { GUARDRAILS } from "../../src/domain/guardrailPresets.ts"
import {
  DIGEST_GENERATION,
  DIGEST_OBJECTIVE,
  DIGEST_TIMESTAMP_US,
  TRIMMED_MEAN,
} from "../../src/hot/codes.ts"
import {
  EXCURSION,
  IDLE,
  X_BLAMED,
  X_FAILS,
  X_MODE,
  X_PROVEN,
  X_RESTS_BETWEEN,
} from "../../src/hot/excursionLayout.ts"
import { HotLoop } from "../../src/hot/HotLoop.ts"
import { HotPath } from "../../src/hot/HotPath.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { RESTING } from "../../src/hot/phases.ts"
import { SpsaKernel } from "../../src/hot/SpsaKernel.ts"
import { DEFAULT_SPSA, type SpsaSettings } from "../../src/hot/spsaSettings.ts"
import { gaussianAt } from "../../src/testing/noise.ts"
import { unitKnobs } from "../../src/testing/Plant.ts"
import { drained } from "./rig.ts"

const READING_US = 350_000

type Loss = (unit: Float64Array, reading: number) => number

/** A loop over knobs in [0, 1], one digest a window. */
class Bench {
  readonly loop: HotLoop
  readonly hot: HotPath
  paid = 0
  readings = 0
  rests = 0
  private now = 1
  private readonly loss: Loss
  private readonly noise: number
  private readonly seed: number

  constructor(
    knobs: number,
    start: number,
    loss: Loss,
    noise: number,
    seed: number,
    settings: Partial<SpsaSettings> = {},
  ) {
    const table = new KnobTable(unitKnobs(knobs))
    const policy = GUARDRAILS.balanced
    this.hot = new HotPath({
      table,
      policy,
      initialUnit: new Float64Array(knobs).fill(start),
      window: {
        windowDigests: 1,
        windowUs: 4 * READING_US,
        settleUs: 0,
        maxAgeUs: READING_US,
        aggregate: TRIMMED_MEAN,
        trim: 0.1,
      },
      auditCapacity: 256,
      manualTime: true,
    })
    const kernel = new SpsaKernel(table, { ...DEFAULT_SPSA, ...settings, seed, maxStep: policy.maxStep })
    this.loop = new HotLoop(this.hot, kernel, { guard: false })
    this.loss = loss
    this.noise = noise
    this.seed = seed
    this.hot.nowCell[0] = this.now
    this.loop.start()
  }

  get mode(): number {
    return this.loop.state[X_MODE]
  }

  run(readings: number, each: () => boolean | void = () => undefined): this {
    const { hot, loop } = this
    const unit = new Float64Array(hot.config.knobs)
    for (let i = 0; i < readings; i++) {
      hot.config.readUnits(unit)
      const loss = this.loss(unit, this.readings)
      this.paid += loss
      if (loop.phase === RESTING) this.rests++
      this.now += READING_US
      hot.digest.fill(Number.NaN)
      hot.digest[DIGEST_TIMESTAMP_US] = this.now
      hot.digest[DIGEST_GENERATION] = hot.config.generation
      hot.digest[DIGEST_OBJECTIVE] = loss + this.noise * gaussianAt(this.seed, this.readings++)
      loop.observe()
      hot.nowCell[0] = this.now
      loop.tick()
      drained(hot.audit)
      if (each() === true) break
    }
    return this
  }
}

/** Lowest at .6 in every knob, 1 there. */
const bowl: Loss = (unit) => 1 + unit.reduce((sum, x) => sum + (x - 0.6) ** 2, 0)
const SEEDS = [1, 2, 3, 4, 5, 6]

describe("a tuner that begins where nothing is better", () => {
  it("goes home bit for bit and rests there, at less than a third of the cost of noise", () => {
    let resting = 0
    let tuning = 0
    let home = 0
    for (const seed of SEEDS) {
      const bench = new Bench(4, 0.6, bowl, 0.2, seed)
      bench.run(260, () => bench.mode === IDLE)
      if (bench.mode === IDLE) {
        home++
        expect([...bench.hot.executor.base]).toEqual([0.6, 0.6, 0.6, 0.6])
      }
      bench.run(1_000)
      expect(bench.hot.executor.refused.reduce((sum, count) => sum + count)).toBe(0)
      resting += bench.paid / bench.readings - 1
      const other = new Bench(4, 0.6, bowl, 0.2, seed, { prove: false }).run(bench.readings)
      tuning += other.paid / other.readings - 1
    }
    // Now and then a lucky level passes for a proof.
    expect(home).toBeGreaterThanOrEqual(SEEDS.length - 1)
    expect(resting).toBeLessThan(tuning / 3)
  })

  it("then reads many plain windows for each pair", () => {
    const bench = new Bench(4, 0.6, bowl, 0.05, 3).run(1_500)
    expect(bench.rests).toBeGreaterThan(900)
  })
})

describe("a tuner with a gain ahead", () => {
  it("is never sent home if the gain shows: it proves its excursion", () => {
    for (const seed of SEEDS) {
      const bench = new Bench(4, 0.2, bowl, 0.05, seed)
      bench.run(400, () => bench.loop.state[X_FAILS] > 0)
      expect(bench.loop.state[X_FAILS]).toBe(0)
      expect(bowl(bench.hot.executor.base, 0)).toBeLessThan(1.1)
    }
  })

  it("arrives, rests, and earns its place as the baseline", () => {
    for (const seed of SEEDS) {
      const bench = new Bench(2, 0.3, bowl, 0.02, seed)
      bench.run(3_000, () => bench.mode === IDLE)
      expect(bench.mode).toBe(IDLE)
      const baseline = new Float64Array(2)
      bench.hot.config.baselineUnits(baseline)
      expect(bowl(baseline, 0)).toBeLessThan(1.01)
    }
  })

  it("returns to its last place if home turns out to be worse", () => {
    // Home is dear for a while after it was left: eight rests show it.
    let walkedBack = 0
    for (const seed of SEEDS) {
      let homeIsDear = false
      const bench = new Bench(
        2,
        0.6,
        (unit, at) => bowl(unit, at) + (homeIsDear && Math.abs(unit[0] - 0.6) < 0.01 ? 0.5 : 0),
        0.05,
        seed,
      )
      bench.run(300, () => bench.mode === IDLE)
      homeIsDear = true
      bench.run(30, () => bench.mode === EXCURSION)
      if (bench.mode === EXCURSION && bench.loop.state[X_PROVEN] === 1) walkedBack++
    }
    expect(walkedBack).toBeGreaterThan(SEEDS.length / 2)
  })
})

describe("a steep wall beside the start", () => {
  // Root cause: the slope of the wall was forgotten so slowly that probes sized by it saw nothing of the bowl for hundreds of cycles.
  it("does not keep probes too small to find the bowl behind it", () => {
    const walled: Loss = (unit) => {
      const behind = Math.max(0, 0.25 - unit[0])
      return unit.reduce((sum, x) => sum + (x - 0.6) ** 2, 1 + 2_000 * behind * behind)
    }
    const ends = SEEDS.map((seed) => {
      const bench = new Bench(4, 0.22, walled, 0.02, seed)
      bench.run(1_800)
      return walled(bench.hot.executor.base, 0)
    })
    // One seed in six still arrives too soon; without the bound it is every second one.
    expect(ends.filter((level) => level > 1.1).length).toBeLessThan(2)
  })
})

describe("a tuner that rests", () => {
  it("starts again when the plant gets worse, and finds the new optimum", () => {
    for (const seed of SEEDS) {
      let at = 0.6
      const moving: Loss = (unit) => 1 + unit.reduce((sum, x) => sum + 4 * (x - at) ** 2, 0)
      const bench = new Bench(2, 0.6, moving, 0.05, seed)
      bench.run(300, () => bench.mode === IDLE)
      at = 0.3
      bench.run(400)
      expect(moving(bench.hot.executor.base, 0)).toBeLessThan(1.1)
    }
  })

  it("starts again when the level rises too slowly for single windows to show it, and not without a rise", () => {
    const leaves = (rise: number): ReadonlyArray<number> =>
      SEEDS.map((seed) => {
        let since = -1
        const drifting: Loss = (unit, at) => bowl(unit, at) + (since < 0 ? 0 : rise * Math.max(0, at - since))
        const bench = new Bench(1, 0.6, drifting, 0.2, seed)
        bench.run(400, () => bench.mode === IDLE)
        bench.run(160)
        since = bench.readings
        bench.run(500, () => bench.mode === EXCURSION)
        return bench.mode === EXCURSION ? bench.readings - since : Number.POSITIVE_INFINITY
      })
    // A deviation of the noise in 250 windows: by then it shows in the means of sixteen.
    expect(leaves(0.0008).filter((readings) => readings < 400).length).toBeGreaterThan(4)
    expect(leaves(0).filter(Number.isFinite).length).toBeLessThan(2)
  })

  // Root cause of what this holds: each failed excursion doubled the rests before the next one and raised what their pairs had to show,
  // without end. After ten of them a tuner stood still for 32,768 rests, while its level rose to ten times what it had been.
  it("starts again within some hundred rests, however many excursions have failed before", () => {
    const turnsAt = 40_000
    // Each step of the load, which no knob changes, leads to an excursion that fails. Then the optimum moves.
    const plant: Loss = (unit, i) =>
      i < turnsAt ? bowl(unit, i) + Math.floor(i / 400) / 4 : 25 + 4 * (unit[0] - 0.1) ** 2
    for (const seed of [1, 2, 3]) {
      const bench = new Bench(1, 0.6, plant, 0.02, seed).run(turnsAt)
      expect(bench.loop.state[X_FAILS]).toBeGreaterThan(0)
      bench.run(1_500)
      expect(Math.abs(bench.hot.executor.base[0] - 0.1)).toBeLessThan(0.1)
    }
  })

  it("reads pairs more often while they agree, and so restarts sooner by their slope, until it is blamed", () => {
    const untilOut = (seed: number, blamed: 0 | 1): number => {
      let slope = 0
      const tilted: Loss = (unit) => 1 + slope * (0.5 - unit[0])
      const bench = new Bench(1, 0.5, tilted, 0.01, seed)
      bench.run(400, () => bench.loop.state[X_RESTS_BETWEEN] > 40)
      expect(bench.mode).toBe(IDLE)
      bench.loop.state[X_BLAMED] = blamed
      slope = 1
      const from = bench.readings
      bench.run(3_000, () => bench.mode === EXCURSION)
      return bench.readings - from
    }
    for (const seed of SEEDS) expect(untilOut(seed, 0)).toBeLessThan(400)
    // At one pair in 48 rests the evidence takes a dozen pairs: 600 windows.
    expect(SEEDS.filter((seed) => untilOut(seed, 1) > 400).length).toBeGreaterThan(SEEDS.length / 2)
  })

  it("restarts by the slope of its pairs if there is a gain, even if nothing got worse", () => {
    let found = 0
    for (const seed of SEEDS) {
      let slope = 0
      // Flat at first; later the level at home is as before, and lower beside it.
      const tilted: Loss = (unit) => 1 + slope * (0.5 - unit[0])
      const bench = new Bench(1, 0.5, tilted, 0.01, seed)
      bench.run(300, () => bench.mode === IDLE)
      slope = 1
      bench.run(3_000, () => bench.hot.executor.base[0] > 0.7)
      if (bench.hot.executor.base[0] > 0.7) found++
    }
    expect(found).toBe(SEEDS.length)
  })

  it("stays at home with patience 0, and otherwise tries again without a cause", () => {
    const leavesHome = (patience: number): number => {
      let left = 0
      for (const seed of SEEDS) {
        const bench = new Bench(4, 0.6, bowl, 0.05, seed, { patience })
        bench.run(300, () => bench.mode === IDLE)
        bench.run(260, () => bench.mode !== IDLE)
        if (bench.mode !== IDLE) left++
      }
      return left
    }
    expect(leavesHome(0)).toBeLessThan(2)
    expect(leavesHome(200)).toBe(SEEDS.length)
  })

  it("treats an expired window like any other timeout", () => {
    const bench = new Bench(2, 0.6, bowl, 0.05, 4)
    bench.run(300, () => bench.mode === IDLE && bench.loop.phase === RESTING)
    expect(bench.loop.phase).toBe(RESTING)
    for (let silence = 0; silence < 3; silence++) {
      bench.hot.nowCell[0] += 5 * READING_US
      bench.loop.tick()
    }
    expect(bench.loop.trips).toBe(1)
  })
})
