/** Draws: functions of their place, and no two sources share them. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Draws, permute, SOURCES } from "../../../src/morph/training/Draws.ts"

const some = (draws: Draws): ReadonlyArray<number> => [0, 1, 15, 16, 17].map((at) => draws.uniform(at))

describe("a draw", () => {
  it("depends on its place alone, whatever was drawn before", () => {
    const [forwards, backwards] = [new Draws(5, "data"), new Draws(5, "data")]
    const places = [0, 5, 15, 16, 40, 1000]
    const up = places.map((at) => forwards.uniform(at))
    expect(
      places
        .toReversed()
        .map((at) => backwards.uniform(at))
        .toReversed(),
    ).toEqual(up)
  })

  it("is another one for another seed, source or stream", () => {
    const all = [
      ...SOURCES.map((source) => new Draws(5, source)),
      new Draws(6, "data"),
      new Draws(5 + 2 ** 32, "data"),
      new Draws(5, "data", 1),
    ]
    expect(new Set(all.map((draws) => some(draws).join())).size).toBe(all.length)
  })

  it("of a normal number has mean zero and variance one", () => {
    const draws = new Draws(1, "data")
    const numbers = Array.from({ length: 20_000 }, (_, i) => draws.normal(2 * i))
    const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length
    const variance = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / numbers.length
    // Five standard errors: 5 / sqrt(20,000) and 5 sqrt(2 / 20,000).
    expect(Math.abs(mean)).toBeLessThan(0.036)
    expect(Math.abs(variance - 1)).toBeLessThan(0.05)
  })
})

describe("the order of an epoch", () => {
  it("visits every row once, and is another one in each epoch", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(1000), (rows, epoch) => {
        const order = new Uint32Array(rows)
        permute(3, "order", epoch, order)
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, row) => row))
      }),
    )
    const orders = Array.from({ length: 20 }, (_, epoch) => {
      const order = new Uint32Array(30)
      permute(3, "order", epoch, order)
      return order.join()
    })
    expect(new Set(orders).size).toBe(20)
  })
})
