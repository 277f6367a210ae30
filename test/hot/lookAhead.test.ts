/** Look-ahead by itself: what begins a trial, what is proof, and what a projected reading is. */
import { describe, expect, it } from "vitest"
import { LONG } from "../../src/hot/lookAhead.ts"
import {
  L_EVIDENCE,
  L_FAILS,
  L_HORIZON,
  LOOK_OFF,
  LOOK_ON,
  LOOK_TRIAL,
} from "../../src/hot/lookAheadLayout.ts"
import { X_BLAMED, X_CYCLES } from "../../src/hot/excursionLayout.ts"
import { SPACING, TrendBench, type TrendAt } from "./trendBench.ts"

const PAIR_SECONDS = (2 * 6 * SPACING) / 1e6

/** A backlog: the level rises by so much a second; one knob decides how fast. */
const rising =
  (rate: (x: number) => number): TrendAt =>
  ([x], cycle) => ({ level: 10 + 0.5 * cycle * PAIR_SECONDS, slope: rate(x) })
const byProbe = rising((x) => 0.5 + 20 * (0.5 - x))
const byWorld = rising(() => 0.5)
const calm: TrendAt = () => ({ level: 10, slope: 0 })

const mode = ({ kernel, state }: TrendBench): number => kernel.lookAhead(state)

function onTrial(trend: TrendAt): TrendBench {
  const bench = new TrendBench()
  bench.run(40, calm)
  expect(bench.until(() => bench.isLong, 60, trend)).toBeLessThan(60)
  return bench
}

describe("a trial begins", () => {
  it("when the level rises inside windows and between them", () => {
    expect(mode(onTrial(byWorld))).toBe(LOOK_TRIAL)
  })

  it.each<[string, TrendAt]>([
    ["nothing rises", calm],
    [
      "the level jumps and stays, as a step of the load does",
      (_, cycle) => ({ level: cycle > 60 ? 30 : 10, slope: 0 }),
    ],
    ["windows rise, but not from one to the next, as under slow noise", () => ({ level: 10, slope: 0.5 })],
    ["the level falls", (_, cycle) => ({ level: 100 - cycle, slope: -1 })],
  ])("not when %s", (_, trend) => {
    const bench = new TrendBench()
    bench.run(300, trend)
    expect(mode(bench)).toBe(LOOK_OFF)
  })

  it("not within the first ten pairs", () => {
    const bench = new TrendBench()
    bench.run(10, byWorld)
    expect(mode(bench)).toBe(LOOK_OFF)
  })

  it.each([1, 2])("not with windows of %i digests, which have no slope", (digests) => {
    const bench = new TrendBench()
    bench.digests = digests
    bench.run(200, byWorld)
    expect(mode(bench)).toBe(LOOK_OFF)
  })

  it("not if it is switched off", () => {
    const bench = new TrendBench(1, { lookAhead: false })
    bench.run(200, byWorld)
    expect(mode(bench)).toBe(LOOK_OFF)
  })
})

describe("while it is off", () => {
  it("the tuner computes the same bits as without it", () => {
    const bowl: TrendAt = ([x], cycle) => ({ level: 1 + (x - 0.7) ** 2, slope: 0.01 * Math.sin(cycle) })
    const run = (lookAhead: boolean) => {
      const bench = new TrendBench(1, { lookAhead })
      bench.run(200, bowl, true)
      return bench
    }
    const plain = run(false)
    const looking = run(true)
    expect(mode(looking)).toBe(LOOK_OFF)
    expect([...looking.base]).toEqual([...plain.base])
    expect(looking.state.subarray(0, L_FAILS - 17)).toEqual(plain.state.subarray(0, L_FAILS - 17))
  })
})

describe("a trial", () => {
  it("ends with proof if probes change the trend, and asks once for the baseline", () => {
    const bench = onTrial(byProbe)
    const pairs = bench.until(() => mode(bench) === LOOK_ON, 30, byProbe)
    expect(pairs).toBeGreaterThanOrEqual(4)
    expect(pairs).toBeLessThanOrEqual(10)
    expect(bench.kernel.goesBack(bench.state)).toBe(true)
    bench.step(byProbe)
    expect(bench.kernel.goesBack(bench.state)).toBe(false)
  })

  it("does not ask for the baseline when the level has stopped rising", () => {
    const settles = rising((x) => 20 * (0.5 - x) - 0.2)
    const bench = onTrial(byProbe)
    bench.until(() => mode(bench) === LOOK_ON, 30, settles)
    expect(mode(bench)).toBe(LOOK_ON)
    expect(bench.kernel.goesBack(bench.state)).toBe(false)
  })

  it("ends without proof if they do not, and the next one waits twice as long", () => {
    const bench = onTrial(byWorld)
    expect(bench.until(() => mode(bench) === LOOK_OFF, 30, byWorld)).toBeLessThanOrEqual(10)
    expect(bench.state[L_FAILS]).toBe(1)
    // 60 windows, doubled with each failure; a pair is two of them.
    const second = bench.until(() => mode(bench) === LOOK_TRIAL, 400, byWorld)
    expect(second).toBeGreaterThanOrEqual(60)
    bench.until(() => mode(bench) === LOOK_OFF, 30, byWorld)
    const third = bench.until(() => mode(bench) === LOOK_TRIAL, 800, byWorld)
    expect(third).toBeGreaterThanOrEqual(120)
  })

  it("ends at its first pair if the rise explodes, and moves the plant to the baseline", () => {
    const bench = onTrial(byWorld)
    bench.step((_, cycle) => ({ level: 100 + cycle, slope: 20 }))
    expect(mode(bench)).toBe(LOOK_OFF)
    expect(bench.kernel.goesBack(bench.state)).toBe(true)
    bench.step(calm)
    expect(bench.kernel.goesBack(bench.state)).toBe(false)
  })

  it("continues if the level rises no faster than before", () => {
    const bench = onTrial(byWorld)
    bench.run(3, byWorld)
    expect(mode(bench)).toBe(LOOK_TRIAL)
  })

  it("suspends the judgement of an excursion", () => {
    const bench = new TrendBench(1, { prove: true })
    // Its first look at itself comes after 21 cycles.
    expect(bench.until(() => bench.isLong, 20, byWorld)).toBeLessThan(20)
    const before = bench.state[X_CYCLES]
    expect(before).toBeGreaterThan(0)
    bench.run(3, byWorld)
    expect(bench.state[X_CYCLES]).toBe(before)
  })

  it("attributes a rise that both sides share to the load: it is neither a slope nor a regression", () => {
    const bench = onTrial(byWorld)
    // Each pair is ten levels above the one before, which would be a regression, and the later side above the earlier one.
    const steep: TrendAt = (_, cycle) => ({ level: 10 * cycle + (bench.readsLater ? 4 : 0), slope: 4 / 4.1 })
    const before = bench.kernel.loss(bench.state)
    const gradient = new Float64Array(1)
    for (let pair = 0; pair < 3; pair++) {
      bench.step(steep)
      bench.kernel.gradient(bench.state, gradient)
      // Unprojected it would be 4 over the width of the pair, 0.06 at least.
      expect(Math.abs(gradient[0])).toBeLessThan(4 / 0.06 / 10)
      expect(bench.kernel.regressions(bench.state)).toBe(0)
    }
    expect(bench.kernel.loss(bench.state)).toBeLessThan(before + 1)
  })
})

/** On, by proof, at a plant of this trend. */
function proven(): TrendBench {
  const bench = onTrial(byProbe)
  bench.until(() => mode(bench) === LOOK_ON, 30, byProbe)
  expect(mode(bench)).toBe(LOOK_ON)
  return bench
}

describe("with proof", () => {
  it("readings span eight windows, with probes that separate trends", () => {
    const bench = proven()
    expect(bench.windows).toBe(LONG)
    bench.run(30, byProbe)
    expect(bench.kernel.probe(bench.state)).toBeGreaterThanOrEqual(0.015)
  })

  it("the tuner uses the level plus what the trend adds until the horizon", () => {
    const bench = proven()
    bench.noise = 0
    const at: TrendAt = () => ({ level: 7, slope: 0.25 })
    bench.step(at)
    const seconds = bench.kernel.horizonUs(bench.state) / 1e6
    expect(seconds).toBeGreaterThan(0)
    expect(bench.kernel.loss(bench.state)).toBeCloseTo(7 + 0.25 * seconds, 9)
  })

  it("the horizon is one long pair at first, grows while the level rises, and is never above 600 windows", () => {
    const bench = proven()
    expect(bench.state[L_HORIZON]).toBe(2 * LONG)
    // Of five digests each.
    expect(bench.kernel.horizonUs(bench.state)).toBeCloseTo(2 * LONG * 5 * SPACING, 3)
    bench.run(40, byWorld)
    expect(bench.state[L_HORIZON]).toBe(600)
    bench.run(60, calm)
    expect(bench.state[L_HORIZON]).toBe(2 * LONG)
  })

  it("look-ahead stays on through calm, and gives up after 400 pairs without evidence", () => {
    const bench = proven()
    bench.run(300, calm)
    expect(mode(bench)).toBe(LOOK_ON)
    expect(bench.until(() => mode(bench) === LOOK_OFF, 300, calm)).toBeLessThan(300)
    expect(bench.kernel.horizonUs(bench.state)).toBe(0)
  })
})

describe("a blame of the runaway guard", () => {
  it("is proof after a rise inside windows", () => {
    const bench = onTrial(byWorld)
    bench.kernel.blamed(bench.state)
    expect(mode(bench)).toBe(LOOK_ON)
  })

  it("is a reason to try without one", () => {
    const bench = new TrendBench()
    bench.run(40, calm)
    bench.kernel.blamed(bench.state)
    expect(mode(bench)).toBe(LOOK_TRIAL)
  })

  it("changes nothing once there is proof, without slopes, or if it is switched off", () => {
    const on = proven()
    const before = on.state.slice()
    on.kernel.blamed(on.state)
    // All but that there was one.
    before[X_BLAMED] = 1
    expect(on.state).toEqual(before)
    const blind = new TrendBench()
    blind.digests = 1
    blind.run(40, calm)
    blind.kernel.blamed(blind.state)
    expect(mode(blind)).toBe(LOOK_OFF)
    const off = new TrendBench(1, { lookAhead: false })
    off.run(40, calm)
    off.kernel.blamed(off.state)
    expect(mode(off)).toBe(LOOK_OFF)
  })
})

describe("the state", () => {
  it("stays finite if squares of trends overflow, whenever that happens", () => {
    for (let exponent = 130; exponent < 200; exponent++) {
      for (let wild = 0; wild < 4; wild++) {
        const bench = new TrendBench()
        const huge = 10 ** exponent
        bench.run(8, (_, cycle) => (cycle === wild ? { level: -huge, slope: huge } : { level: 0, slope: 0 }))
        expect([...bench.state].every(Number.isFinite)).toBe(true)
      }
    }
  })

  it("never contains NaN, on trends without noise and of any size", () => {
    for (const scale of [1e-150, 1, 1e150]) {
      const bench = new TrendBench(2)
      bench.noise = 0
      const trend: TrendAt = ([x, y], cycle) => ({
        level: scale * (10 + cycle),
        slope: scale * (1 + 20 * (0.5 - x) + y),
      })
      bench.run(150, trend, true)
      expect([...bench.state].every(Number.isFinite)).toBe(true)
      expect(Number.isNaN(bench.state[L_EVIDENCE])).toBe(false)
    }
  })
})
