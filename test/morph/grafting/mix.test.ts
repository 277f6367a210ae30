import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { OPERATORS } from "../../../src/morph/contracts/Host.ts"
import { mix, mixGradient, type Mixture } from "../../../src/morph/grafting/mix.ts"

const CHANNELS = 3
const ROWS = 2
const numbers = (length: number) =>
  fc
    .array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: length, maxLength: length })
    .map((list) => Float64Array.from(list))

const mixture: fc.Arbitrary<Required<Mixture>> = fc.record({
  operator: fc.constantFrom(...OPERATORS),
  alpha: fc.double({ min: 0, max: 1, noNaN: true }),
  channels: fc.constant(CHANNELS),
  host: numbers(ROWS * CHANNELS),
  graft: numbers(ROWS * CHANNELS),
  weights: numbers(CHANNELS),
  confidence: numbers(ROWS),
})

const PARTS = ["host", "graft", "weights", "confidence"] as const
const loss = (one: Mixture, weight: Float64Array): number =>
  mix(one).reduce((sum, value, i) => sum + weight[i] * value, 0)

describe("a mixture", () => {
  it("is the host bit for bit at alpha 0, whatever the graft holds", () => {
    fc.assert(
      fc.property(mixture, fc.constantFrom(0, Number.NaN, Number.POSITIVE_INFINITY), (one, value) => {
        const out = mix({ ...one, alpha: 0, graft: one.graft.map(() => value) })
        expect(out.every((word, i) => Object.is(word, one.host[i]))).toBe(true)
      }),
    )
  })

  it("never hides a number that is none once alpha is above 0", () => {
    for (const operator of OPERATORS) {
      const graft = Float64Array.of(1, Number.NaN, 1)
      const host = Float64Array.of(1, 1, 1)
      const out = mix({
        operator,
        alpha: 0.5,
        channels: 3,
        host,
        graft,
        weights: host,
        confidence: Float64Array.of(-3),
      })
      expect(Array.from(out, Number.isNaN)).toEqual([false, true, false])
    }
  })

  it("has the gradients that differences have, for every part", () => {
    fc.assert(
      fc.property(mixture, numbers(ROWS * CHANNELS), (one, weight) => {
        const gradient = mixGradient(one, weight)
        for (const part of PARTS) {
          for (let i = 0; i < one[part].length; i++) {
            const nudged = (by: number): Mixture => ({ ...one, [part]: one[part].with(i, one[part][i] + by) })
            const step = 1e-5
            const difference = (loss(nudged(step), weight) - loss(nudged(-step), weight)) / (2 * step)
            expect(gradient[part][i]).toBeCloseTo(difference, 6)
          }
        }
      }),
    )
  })

  it("replaces the host at alpha 1 when it is convex, and adds to it when it is residual", () => {
    fc.assert(
      fc.property(mixture, (one) => {
        const at = { ...one, alpha: 1 }
        expect(mix({ ...at, operator: "convex" }).every((v, i) => v === one.graft[i])).toBe(true)
        expect(mix({ ...at, operator: "residual" }).every((v, i) => v === one.host[i] + one.graft[i])).toBe(
          true,
        )
      }),
    )
  })

  it("gives a channel its own weight, and a row its own confidence", () => {
    const host = new Float64Array(6)
    const graft = new Float64Array(6).fill(1)
    const weights = Float64Array.of(0, 1, -2)
    expect(Array.from(mix({ operator: "channel", alpha: 0.5, channels: 3, host, graft, weights }))).toEqual([
      0, 0.5, -1, 0, 0.5, -1,
    ])
    const confidence = Float64Array.of(0, 100)
    expect(
      Array.from(mix({ operator: "confidence", alpha: 1, channels: 3, host, graft, confidence })),
    ).toEqual([0.5, 0.5, 0.5, 1, 1, 1])
  })
})
