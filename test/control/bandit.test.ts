/** The bandit alone: it finds the better arm, forgets when told to, and is the same for the same seed. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { choose, DEFAULT_BANDIT, EMPTY_BANDIT, learn, retain } from "../../src/control/bandit.ts"
import type { BanditSettings, BanditState } from "../../src/control/relocationTypes.ts"
import { gaussianAt } from "../../src/testing/noise.ts"

const NAMES = ["a", "b", "c"]

/** Plays so many rounds; `lossOf` says what an arm reads in a round. */
function play(
  rounds: number,
  lossOf: (name: string, round: number) => number,
  settings: Partial<BanditSettings> = {},
  names: ReadonlyArray<string> = NAMES,
) {
  const own = { ...DEFAULT_BANDIT, ...settings }
  let state = EMPTY_BANDIT
  const chosen: Array<string> = []
  for (let round = 0; round < rounds; round++) {
    const choice = choose(state, names, own)
    if (choice.name === null) throw new Error("there is a name")
    chosen.push(choice.name)
    state = learn(choice.state, choice.name, lossOf(choice.name, round), own)
  }
  return { state, chosen }
}

const MEANS: Readonly<Record<string, number>> = { a: 1.2, b: 1, c: 1.4 }
const noisy = (seed: number) => (name: string, round: number) => MEANS[name] + 0.3 * gaussianAt(seed, round)
const count = (chosen: ReadonlyArray<string>, name: string) => chosen.filter((one) => one === name).length

describe("the bandit", () => {
  it("tries every arm the configured number of times before it draws", () => {
    for (let seed = 0; seed < 50; seed++) {
      const { chosen } = play(6, noisy(seed), { seed, trials: 2 })
      for (const name of NAMES) expect(count(chosen, name)).toBe(2)
    }
  })

  it("plays the best arm most, for nearly every seed", () => {
    let won = 0
    for (let seed = 0; seed < 50; seed++) if (count(play(400, noisy(seed), { seed }).chosen, "b") > 240) won++
    expect(won).toBeGreaterThanOrEqual(45)
  })

  it("is greedy if readings repeat exactly, and fair if all arms are alike", () => {
    const sure = play(50, (name) => MEANS[name], { seed: 3 })
    expect(sure.chosen.slice(12).every((name) => name === "b")).toBe(true)
    const alike = play(600, () => 7, { seed: 3 })
    expect(alike.state.arms.map(({ mean }) => mean)).toEqual([7, 7, 7])
  })

  it("with forgetting, finds an arm that became the best", () => {
    // Nothing about the arm that is played tells of it: the other must be tried again.
    const turned = (name: string, round: number) =>
      (round >= 300 && name === "c" ? 0.6 : MEANS[name]) + 0.1 * gaussianAt(9, round)
    const late = (discount: number) =>
      [1, 2, 3, 4, 5].reduce((sum, seed) => {
        return sum + count(play(600, turned, { seed, discount }).chosen.slice(450), "c")
      }, 0)
    expect(late(0.97)).toBeGreaterThan(5 * 150 * 0.6)
    expect(late(1)).toBeLessThan(5 * 150 * 0.1)
  })

  it("repeats its decisions from the same seed, and differs from another", () => {
    const one = play(300, noisy(1), { seed: 5 })
    expect(play(300, noisy(1), { seed: 5 })).toEqual(one)
    expect(play(300, noisy(1), { seed: 6 }).chosen).not.toEqual(one.chosen)
  })

  it("numbers its decisions, and draws from that number", () => {
    expect(play(7, noisy(1)).state.decisions).toBe(7)
    const { state } = play(40, noisy(1))
    const drawn = (decisions: number) => choose({ ...state, decisions }, NAMES).draws.map(({ draw }) => draw)
    for (const [one, other] of [
      [40, 41],
      [40, 40 + 2 ** 32],
      [40, 40 * 2 ** 32],
    ])
      expect(drawn(one)).not.toEqual(drawn(other))
  })

  it("ignores scale and offset of the loss", () => {
    const scaled = (name: string, round: number) => 1024 * noisy(2)(name, round) + 4096
    expect(play(300, scaled, { seed: 4 }).chosen).toEqual(play(300, noisy(2), { seed: 4 }).chosen)
  })

  it("keeps the other arms' draws when an arm is removed", () => {
    const { state } = play(60, noisy(1))
    const drawOf = (names: ReadonlyArray<string>) =>
      Object.fromEntries(
        choose(retain(state, names), names).draws.map(({ name, draw, mean, spread }) => {
          return [name, ((draw ?? 0) - (mean ?? 0)) / (spread ?? 1)]
        }),
      )
    const all = drawOf(["a", "b"])
    expect(drawOf(["b", "a"])).toEqual(all)
    // Beliefs shift a little with the pool; the normal deviate behind the draw has the same sign and size.
    expect(Math.sign(drawOf(["b"])["b"])).toBe(Math.sign(all["b"]))
  })

  it("ignores invalid readings, and counts them", () => {
    const { state } = play(20, noisy(1))
    for (const loss of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      expect(learn(state, "a", loss)).toEqual({ ...state, refused: 1 })
  })

  it("chooses nothing from an empty list, and accepts names such as toString", () => {
    const played = play(3, () => 1).state
    expect(choose(played, [])).toEqual({ state: played, name: null, draws: [] })
    const { state } = play(20, () => 1, {}, ["constructor", "toString"])
    expect(state.arms).toHaveLength(2)
  })

  it("keeps mean and spread of its readings, whatever their order", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true })), (read) => {
        // Scattered from the start: nothing that follows is too far away to be taken as it is.
        const losses = [...Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? 1e6 : -1e6)), ...read]
        const state = losses.reduce((before, loss) => learn(before, "a", loss), EMPTY_BANDIT)
        const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length
        const deviations = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0)
        expect(state.arms[0].readings).toBe(losses.length)
        expect(state.arms[0].mean).toBeCloseTo(mean, 5)
        expect(Math.abs(state.arms[0].deviations - deviations)).toBeLessThanOrEqual(1e-6 * (1 + deviations))
      }),
    )
  })

  it("learns from a different reading after any number of equal ones", () => {
    for (const times of [1, 9, 50]) {
      let state = EMPTY_BANDIT
      for (let i = 0; i < times; i++) for (const name of ["a", "b"]) state = learn(state, name, 3)
      const [{ mean }] = learn(state, "a", 5).arms
      expect(mean).toBeCloseTo((3 * times + 5) / (times + 1), 9)
    }
  })

  it("clips a reading to thirty spreads, once the spread is known", () => {
    const quiet = (times: number): BanditState => {
      let state = EMPTY_BANDIT
      for (let i = 0; i < times; i++)
        for (const [name, at] of [["good", 1] as const, ["bad", 2] as const])
          state = learn(state, name, at + (i % 2 === 0 ? 0.1 : -0.1))
      return state
    }
    const chosen = (state: BanditState): ReadonlyArray<string | null> =>
      Array.from({ length: 50 }, (_, i) => choose({ ...state, decisions: i }, ["bad", "good"]).name)
    // A service that was down for a window answers in a minute instead of milliseconds, or says the largest number it has.
    for (const outage of [60_000, 1e99, -1e99]) {
      const after = learn(quiet(20), "good", outage)
      const arm = after.arms.find(({ name }) => name === "good")
      expect(Math.abs((arm?.mean ?? 0) - 1)).toBeLessThan(30 * 0.12)
      expect(new Set(chosen(learn(quiet(200), "good", outage)))).toEqual(new Set(["good"]))
    }
    // Few readings do not tell how they scatter: then nothing is too far away.
    expect(learn(quiet(2), "good", 60_000).arms[0].mean).toBeGreaterThan(19_000)
    // A level that really moved is followed.
    let moved = quiet(20)
    for (let i = 0; i < 400; i++) moved = learn(moved, "good", 1000 + (i % 2))
    expect(moved.arms[0].mean).toBeGreaterThan(900)
  })

  it("survives readings too large to square, or too old to matter", () => {
    const { state } = play(20, noisy(1))
    for (const loss of [1e200, -1e101, Number.MAX_VALUE])
      expect(learn(state, "a", loss)).toEqual({ ...state, refused: 1 })
    const settings = { ...DEFAULT_BANDIT, discount: 0.3 }
    let old = ["b", "b", "b", "b"].reduce((s, name, i) => learn(s, name, i, settings), EMPTY_BANDIT)
    for (let i = 0; i < 2000; i++) old = learn(old, "a", 5 + (i % 3), settings)
    const { draws } = choose(old, ["a", "b"], settings)
    for (const { spread, draw } of draws) {
      expect(spread).toBeGreaterThan(0)
      expect(Number.isFinite(draw)).toBe(true)
    }
  })

  it("weighs old readings by the discount to the power of their age", () => {
    const settings = { ...DEFAULT_BANDIT, discount: 0.5 }
    const read = ["a", "b", "a", "a"].reduce((s, name, i) => learn(s, name, i, settings), EMPTY_BANDIT)
    const [a, b] = read.arms
    expect(a.weight).toBe(0.125 + 0.5 + 1)
    expect(a.squares).toBe(0.125 ** 2 + 0.5 ** 2 + 1)
    expect(a.mean).toBeCloseTo((0.5 * 2 + 3) / 1.625, 12)
    expect([b.weight, b.mean]).toEqual([0.25, 1])
  })
})
