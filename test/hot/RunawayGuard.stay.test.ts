/**
 * A stay that the runaway guard has not begun: SafeMode was opened by others, for the objective's sake. The guard watches how the plant
 * fares there, and tries the start where that is known to be better.
 */
import { describe, expect, it } from "vitest"
import {
  GUARD_BLAME_START,
  GUARD_CALM,
  GUARD_HOLDING,
  GUARD_LEARNING,
  GUARD_NOTHING,
  GUARD_ON_BASELINE,
  GUARD_TRY_START,
  GUARD_WATCHING,
  GUARD_WORLD,
} from "../../src/hot/codes.ts"
import { G_REFERENCE, G_RETREAT_LEVEL, GV_FAR, readGuardVector } from "../../src/hot/guardLayout.ts"
import { about, GuardBench, type LevelAt } from "./guardBench.ts"

const START = 0.5
const BASELINE = 0.3
const quiet: LevelAt = () => 10
/** What goes on everywhere but on the start. */
const storm: LevelAt = (place) => (place === START ? 10 : 40)

/** A guard that knows the level of the baseline and now watches over a stay there. */
function watching(seed: number, options: { retreats?: boolean; baseline?: number } = {}): GuardBench {
  const { retreats = true, baseline = BASELINE } = options
  const bench = new GuardBench({ start: START, retreats })
  bench.run(40, about(seed, quiet))
  bench.baseline = baseline
  bench.base = baseline
  bench.guard.pause(bench.state)
  bench.guard.watchOver(bench.state)
  return bench
}

describe("a SafeMode that something else opened", () => {
  it("is left alone while the plant is no worse than expected, however long it lasts", () => {
    const bench = watching(1)
    expect(bench.run(2_000, about(1, quiet))).toEqual([])
    expect(bench.phase).toBe(GUARD_WATCHING)
  })

  it("ends on the start if only the start lowers a high level, and makes that the baseline", () => {
    const bench = watching(2)
    const since = bench.window
    expect(bench.until(30, storm)).toBe(GUARD_TRY_START)
    expect(bench.window - since).toBeGreaterThanOrEqual(20)
    expect(bench.standsAt).toBe(START)
    expect(bench.until(30, about(2, storm))).toBe(GUARD_BLAME_START)
    expect(bench.phase).toBe(GUARD_HOLDING)
    // The fence of this blame stands before the baseline that was.
    const far = new Float64Array(1)
    readGuardVector(bench.state, GV_FAR, far)
    expect(far[0]).toBe(BASELINE)
  })

  it("does not wait if the level explodes", () => {
    const bench = watching(3)
    const since = bench.window
    const level: LevelAt = (place, window) => (place === START ? 10 : 10 + 1.6 ** (window - since))
    expect(bench.until(20, about(3, level))).toBe(GUARD_TRY_START)
  })

  it("waits while the level drains", () => {
    const bench = watching(4)
    const since = bench.window
    const level: LevelAt = (place, window) =>
      place === START ? 10 : Math.max(10, 60 - 0.2 * (window - since))
    expect(bench.run(400, about(4, level))).toEqual([])
  })

  it("returns to its place if the start is no better, and is not tried again for that for hundreds of windows", () => {
    const bench = watching(5)
    const everywhere = about(5, () => 40)
    expect(bench.until(30, everywhere)).toBe(GUARD_TRY_START)
    expect(bench.until(60, everywhere)).toBe(GUARD_WORLD)
    expect(bench.standsAt).toBe(BASELINE)
    bench.guard.watchOver(bench.state)
    expect(bench.run(500, everywhere)).toEqual([])
    expect(bench.until(200, everywhere)).toBe(GUARD_TRY_START)
  })

  it("does not lead to the start if that is known to be as bad, or is where the plant is", () => {
    const dear = watching(6)
    dear.state[G_REFERENCE] = -30
    expect(dear.run(200, about(6, quiet))).toEqual([])
    const atStart = watching(6, { baseline: START })
    expect(
      atStart.run(
        200,
        about(6, () => 40),
      ),
    ).toEqual([])
  })

  it("is not watched before anything is known, with the guard off, or over a trial of its own", () => {
    const fresh = new GuardBench()
    fresh.guard.watchOver(fresh.state)
    expect(fresh.phase).toBe(GUARD_LEARNING)
    expect(watching(7, { retreats: false }).phase).toBe(GUARD_CALM)
    const onTrial = new GuardBench({ start: START })
    onTrial.run(40, about(7, quiet))
    onTrial.base = 0.8
    onTrial.until(
      60,
      about(7, (place) => (place === 0.8 ? 40 : 10)),
    )
    onTrial.guard.watchOver(onTrial.state)
    expect(onTrial.phase).toBe(GUARD_ON_BASELINE)
  })

  it("ends when somebody moves or resets the plant, without a blame", () => {
    const paused = watching(8)
    paused.guard.pause(paused.state)
    expect(paused.phase).toBe(GUARD_CALM)
    const letGo = watching(8)
    letGo.run(10, about(8, storm))
    expect(letGo.guard.letGo(letGo.state)).toBe(GUARD_NOTHING)
    expect(letGo.phase).toBe(GUARD_CALM)
  })

  it("continues if a person rolls back to the same place, and ends if a person accepts it", () => {
    const bench = watching(9)
    bench.run(10, about(9, storm))
    bench.guard.holdHere(bench.state)
    expect(bench.phase).toBe(GUARD_WATCHING)
    bench.guard.rebaselined(bench.state)
    expect(bench.phase).toBe(GUARD_HOLDING)
  })

  it("is reported with the level before it", () => {
    expect(Math.abs(watching(10).state[G_RETREAT_LEVEL] - 10)).toBeLessThan(0.3)
  })
})
