import { describe, expect, it } from "vitest"
import { cos, exp, log, sigmoid, sin, tanh } from "../../../src/morph/tensor/functions.ts"

/** Distance from a single number to the next one. */
const ulp = (x: number): number => 2 ** Math.max(-149, Math.floor(Math.log2(Math.abs(x))) - 23)

/** Single numbers from a to b, evenly spaced, and the two ends. */
const between = (a: number, b: number, count = 20_000): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, i) => Math.fround(a + ((b - a) * i) / (count - 1)))

/** Single numbers of all magnitudes. */
const magnitudes = (): ReadonlyArray<number> => between(-126, 127).map((e) => Math.fround(2 ** e))

const worst = (
  xs: ReadonlyArray<number>,
  own: (x: number) => number,
  exact: (x: number) => number,
  unit: (y: number) => number = ulp,
): number => xs.reduce((most, x) => Math.max(most, Math.abs(own(x) - exact(x)) / unit(exact(x))), 0)

describe("the functions", () => {
  it("are as exact as their header states", () => {
    expect(worst(between(-87, 88.7), exp, Math.exp)).toBeLessThan(1.5)
    expect(worst(between(-103.9, -87), exp, Math.exp)).toBeLessThan(2.5)
    expect(worst(magnitudes(), log, Math.log)).toBeLessThan(1)
    expect(worst(between(0.5, 2), log, Math.log)).toBeLessThan(1)
    expect(worst(between(-10, 10), tanh, Math.tanh)).toBeLessThan(2)
    expect(worst(between(-80, 80), sigmoid, (x) => 1 / (1 + Math.exp(-x)))).toBeLessThan(3)
    for (const [own, exact] of [[sin, Math.sin] as const, [cos, Math.cos] as const]) {
      expect(worst(between(-10, 10), own, exact, () => 2 ** -24)).toBeLessThan(1.5)
      expect(worst(between(-8192, 8192), own, exact, () => 2 ** -24)).toBeLessThan(1.5)
    }
  })

  it("return single numbers", () => {
    for (const own of [exp, log, tanh, sigmoid, sin, cos])
      expect(between(-40, 40, 999).map(own)).toEqual(between(-40, 40, 999).map((x) => Math.fround(own(x))))
  })

  it("have the limits of the exact functions", () => {
    const inf = Number.POSITIVE_INFINITY
    expect([exp(inf), exp(-inf), exp(0), exp(89), exp(-104)]).toEqual([inf, 0, 1, inf, 0])
    expect([log(inf), log(0), log(-0), log(1)]).toEqual([inf, -inf, -inf, 0])
    expect([tanh(inf), tanh(-inf), tanh(0)]).toEqual([1, -1, 0])
    expect([sigmoid(inf), sigmoid(-inf), sigmoid(0)]).toEqual([1, 0, 0.5])
    expect([sin(0), cos(0)]).toEqual([0, 1])
  })

  it("answer NaN where there is no value", () => {
    for (const own of [exp, log, tanh, sigmoid, sin, cos]) expect(own(Number.NaN)).toBeNaN()
    for (const x of [-1, -(2 ** -149), Number.NEGATIVE_INFINITY]) expect(log(x)).toBeNaN()
    for (const own of [sin, cos])
      for (const x of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) expect(own(x)).toBeNaN()
  })

  it("keep sine and cosine within -1 and 1 for any number", () => {
    const furthest = magnitudes()
      .flatMap((x) => [sin(x), cos(x), sin(-x), cos(-x)])
      .map(Math.abs)
    expect(Math.max(...furthest)).toBeLessThanOrEqual(1)
  })
})
