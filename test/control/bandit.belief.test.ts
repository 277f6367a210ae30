/**
 * What the bandit believes, from the list of all readings instead of running sums, and what it makes of it: the draw of an
 * arm is its belief's mean plus its spread times a normal number that depends on nothing but seed, decision and name.
 */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { choose, EMPTY_BANDIT, forget, learn, retain } from "../../src/control/bandit.ts"
import type { BanditState } from "../../src/control/relocationTypes.ts"

interface Reading {
  readonly name: string
  readonly loss: number
}
const NAMES = ["a", "b", "c"]
const sum = (values: ReadonlyArray<number>): number => values.reduce((all, one) => all + one, 0)

/** Weighted by the discount to the power of how many readings of any arm came since. */
const momentsOf = (history: ReadonlyArray<Reading>, name: string, discount: number) => {
  const own = history.flatMap(({ name: whose, loss }, at) =>
    whose === name ? [{ loss, weight: discount ** (history.length - 1 - at) }] : [],
  )
  const weight = sum(own.map((one) => one.weight))
  const mean = sum(own.map((one) => one.weight * one.loss)) / weight
  return {
    readings: own.length,
    weight,
    mean,
    squares: sum(own.map((one) => one.weight ** 2)),
    deviations: sum(own.map((one) => one.weight * (one.loss - mean) ** 2)),
  }
}

/** A normal likelihood with the pooled variance, and a normal prior twice as wide as everything seen. */
const beliefsOf = (history: ReadonlyArray<Reading>, names: ReadonlyArray<string>, discount: number) => {
  const all = names.map((name) => momentsOf(history, name, discount))
  const freedom = sum(all.map(({ weight, squares }) => weight - squares / weight))
  const noise = (sum(all.map((one) => one.deviations)) / freedom) * (1 + 2 / Math.max(1, freedom - 2))
  const centre = sum(all.map((one) => one.mean)) / all.length
  const prior = 4 * (sum(all.map((one) => (one.mean - centre) ** 2)) / all.length + noise)
  return all.map(({ mean, weight }) => {
    const precision = weight / noise + 1 / prior
    return {
      mean: (mean * weight) / noise / precision + centre / prior / precision,
      spread: precision ** -0.5,
    }
  })
}

const learnAll = (history: ReadonlyArray<Reading>, discount: number): BanditState =>
  history.reduce(
    (state, { name, loss }) => learn(state, name, loss, { seed: 5, discount, trials: 2 }),
    EMPTY_BANDIT,
  )

const histories = fc
  .array(fc.record({ name: fc.constantFrom(...NAMES), loss: fc.integer({ min: -50, max: 50 }) }), {
    minLength: 0,
    maxLength: 30,
  })
  .map(
    (some): ReadonlyArray<Reading> => [
      ...NAMES.flatMap((name, i) => [
        { name, loss: i },
        { name, loss: 7 - 2 * i },
      ]),
      ...some,
    ],
  )

describe("a bandit's belief", () => {
  it("about each arm is the posterior of all its readings, and draws are made from it", () => {
    fc.assert(
      fc.property(histories, fc.constantFrom(1, 0.9, 0.5), (history, discount) => {
        const settings = { seed: 5, discount, trials: 2 }
        const { draws, name } = choose(learnAll(history, discount), NAMES, settings)
        // Another history at the same decision has the same chances.
        const other = [...history, { name: "b", loss: 400 }]
        const again = choose(learnAll(other, discount), NAMES, settings).draws
        const beliefs = beliefsOf(history, NAMES, discount)
        const others = beliefsOf(other, NAMES, discount)
        const drawn: Array<number> = []
        draws.forEach((one, i) => {
          const moments = momentsOf(history, one.name, discount)
          expect(one.readings).toBe(moments.readings)
          expect(one.mean).toBeCloseTo(moments.mean, 7)
          expect(one.spread).toBeCloseTo(beliefs[i].spread, 7)
          const chance = ((one.draw ?? Number.NaN) - beliefs[i].mean) / beliefs[i].spread
          const same = ((again[i].draw ?? Number.NaN) - others[i].mean) / others[i].spread
          expect(chance).toBeCloseTo(same, 6)
          drawn.push(one.draw ?? Number.NaN)
        })
        expect(name).toBe(NAMES[drawn.indexOf(Math.min(...drawn))])
      }),
    )
  })

  it("is certain if all readings of an arm were equal", () => {
    const history = NAMES.flatMap((name, i) => [0, 1].map(() => ({ name, loss: i })))
    const { draws } = choose(learnAll(history, 1), NAMES, { seed: 5, discount: 1, trials: 2 })
    expect(draws.map(({ mean, spread, draw }) => [mean, spread, draw])).toEqual([
      [0, 0, 0],
      [1, 0, 1],
      [2, 0, 2],
    ])
  })

  it("makes no draw before every arm has had its trials: it takes the arm with the fewest", () => {
    const settings = { seed: 5, discount: 1, trials: 2 }
    const state = learnAll(
      [
        { name: "a", loss: 1 },
        { name: "a", loss: 2 },
        { name: "b", loss: 3 },
      ],
      1,
    )
    const { draws, name } = choose(state, ["a", "b", "c"], settings)
    expect(draws.map(({ readings, draw }) => [readings, draw])).toEqual([
      [2, null],
      [1, null],
      [0, null],
    ])
    expect([draws[2].mean, draws[2].spread]).toEqual([null, null])
    expect(name).toBe("c")
    expect(choose(state, ["a", "b"], settings).name).toBe("b")
    // Two readings are enough for two trials, one is not.
    expect(choose(state, ["a"], settings).draws[0].draw).not.toBeNull()
    expect(choose(state, ["b"], settings).draws[0].draw).toBeNull()
  })
})

describe("a bandit's draws", () => {
  /** The chance of each of so many decisions, seen through an arm whose belief is known. */
  const chancesOf = (name: string, seed: number): ReadonlyArray<number> => {
    const history = [1, 2, 3, 4].map((loss) => ({ name, loss }))
    const [belief] = beliefsOf(history, [name], 1)
    let state = learnAll(history, 1)
    return Array.from({ length: 4000 }, () => {
      const choice = choose(state, [name], { seed, discount: 1, trials: 2 })
      state = choice.state
      return ((choice.draws[0].draw ?? Number.NaN) - belief.mean) / belief.spread
    })
  }
  const mean = (values: ReadonlyArray<number>): number => sum(values) / values.length

  it("are normal: mean, variance, skew, tails and neighbours", () => {
    const x = chancesOf("arm", 5)
    expect(Math.abs(mean(x))).toBeLessThan(0.06)
    expect(Math.abs(mean(x.map((one) => one ** 2)) - 1)).toBeLessThan(0.08)
    expect(Math.abs(mean(x.map((one) => one ** 3)))).toBeLessThan(0.2)
    expect(Math.abs(mean(x.map((one) => one ** 4)) - 3)).toBeLessThan(0.5)
    expect(Math.abs(mean(x.slice(1).map((one, i) => one * x[i])))).toBeLessThan(0.06)
    expect(new Set(x).size).toBe(x.length)
  })

  it("of arms whose names differ in one letter, or of other seeds, are independent", () => {
    const x = chancesOf("arm", 5)
    const others = [
      chancesOf("arn", 5),
      chancesOf("mra", 5),
      chancesOf("arm", 6),
      chancesOf("arm", 5 + 2 ** 32),
    ]
    for (const y of others) expect(Math.abs(mean(x.map((one, i) => one * y[i])))).toBeLessThan(0.06)
  })
})

describe("arms no longer offered", () => {
  it("are forgotten; without any, the state stays the same object", () => {
    const state = learnAll(
      NAMES.map((name) => ({ name, loss: 1 })),
      1,
    )
    expect(retain(state, ["a", "c"]).arms.map((arm) => arm.name)).toEqual(["a", "c"])
    expect(retain(state, ["c", "b", "a", "d"])).toBe(state)
    expect(forget(state, ["b", "d"])).toEqual(retain(state, ["a", "c"]))
    expect(forget(state, NAMES)).toEqual({ ...state, arms: [] })
    expect(forget(state, ["d"])).toBe(state)
    expect(forget(state, [])).toBe(state)
  })
})
