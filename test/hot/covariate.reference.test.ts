/** The covariate against its rule written for reading: what is taken out of a reading, what is learnt, and when it is not believed. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { applyCovariate, explainedBy, referRest } from "../../src/hot/covariate.ts"
import * as C from "../../src/hot/covariateLayout.ts"
import { COVARIATE_PLUS, READINGS } from "../../src/hot/readings.ts"
import * as S from "../../src/hot/spsaLayout.ts"
import * as W from "../../src/hot/spsaWork.ts"
import { gaussianAt, uniformAt } from "../../src/testing/noise.ts"
import { CovariateReference } from "./covariateReference.ts"

const VERDICTS = { sound: C.COVARIATE_SOUND, moved: C.COVARIATE_MOVED, isLoss: C.COVARIATE_IS_LOSS } as const

const plants = fc.record({
  n: fc.constantFrom(1, 2, 5),
  seed: fc.integer({ min: 0, max: 1_000_000 }),
  /** What a unit of the channel does to the loss, what a unit of the first knob does to the channel, and the loss's own noise. */
  effect: fc.constantFrom(0, 0.5, -3),
  made: fc.constantFrom(0, 0, 5, 60),
  noise: fc.constantFrom(0, 0.02, 1),
  /** The channel is the loss for some pairs, or all along. */
  same: fc.constantFrom(0, 0, 60, 1000),
  missing: fc.constantFrom(0, 0.1),
})

describe("a covariate", () => {
  it("is subtracted, trusted and dropped as the rule states, whatever its values", () => {
    const met = { sound: 0, moved: 0, isLoss: 0, changed: 0, used: 0 }
    fc.assert(
      fc.property(plants, ({ n, seed, effect, made, noise, same, missing }) => {
        const block = new Float64Array(S.spsaStateLength(n))
        const work = new Float64Array(W.WORK_CELLS)
        const readings = new Float64Array(READINGS).fill(Number.NaN)
        const reference = new CovariateReference(n)
        const slope = Array.from({ length: n }, (_, i) => 2 * uniformAt(seed, i) - 1)
        for (let k = 0; k < 150; k++) {
          const gauss = (i: number): number => gaussianAt(seed, 10 * k + i)
          const u = slope.map((_, i) => (uniformAt(seed, 1_000 + 9 * k + i) < 0.5 ? 0.08 : -0.08))
          const load = 20 + 3 * Math.sin(k / 9)
          const knobs = made * u[0] * (k < 100 ? 1 : 0)
          const channel = [load + gauss(0) + knobs / 2, load + gauss(1) - knobs / 2]
          const way = slope.reduce((sum, b, i) => sum + b * u[i], 0)
          const isSame = k < same
          const losses = channel.map((x, side) =>
            isSame ? 2 * x : 7 + effect * x + (side === 0 ? way : -way) / 2 + noise * gauss(2 + side),
          )
          const absent = uniformAt(seed, 4_000 + k) < missing
          const pair = {
            plus: absent ? Number.NaN : channel[0],
            minus: channel[1],
            difference: losses[0] - losses[1],
            mean: (losses[0] + losses[1]) / 2,
            u,
            slope,
            predicted: -0.1,
          }
          readings[COVARIATE_PLUS] = pair.plus
          readings[COVARIATE_PLUS + 1] = pair.minus
          work[W.W_DIFFERENCE] = pair.difference
          work[W.W_MEAN] = pair.mean
          work[W.W_SQUARE] = u.reduce((sum, x) => sum + x * x, 0)
          const has = k % 3 === 0 ? 0 : 1
          block[S.S_HAS_MEAN] = block[S.S_HAS_LAST_MEAN] = has
          block[S.S_HAS_LEVEL] = 1
          block[S.S_MEAN] = 5
          block[S.S_LAST_MEAN] = 6
          block[S.S_PREDICTED] = pair.predicted
          slope.forEach((b, i) => (block[S.SCALARS + S.V_AVERAGE_SLOPE * n + i] = b))
          applyCovariate(block, readings, COVARIATE_PLUS, Float64Array.from(u), work, n)
          const [difference, mean] = reference.take(pair)
          const near = (what: string, got: number, expected: number): void => {
            if (!(Math.abs(got - expected) <= 1e-7 * Math.max(1, Math.abs(expected))))
              expect.fail(`pair ${k}: ${what} is ${got}, by the rule ${expected}`)
          }
          near("the difference", work[W.W_DIFFERENCE], difference)
          near("the mean", work[W.W_MEAN], mean)
          near("the mean before", block[S.S_MEAN], 5 - has * reference.shift)
          near("the last mean", block[S.S_LAST_MEAN], 6 - has * reference.shift)
          near("a level to compare with", block[S.S_HAS_LEVEL], reference.changed ? 0 : 1)
          near("the effect", block[C.C_BETA], reference.beta)
          near("the verdict", block[C.C_BLINDED], VERDICTS[reference.verdict])
          near("the noise", block[C.C_NOISE], reference.noise)
          near("what is explained", explainedBy(block), reference.effect.explained)
          near("what is foretold", block[C.C_FORETOLD], reference.foretold)
          near("its squares", block[C.C_FORETOLD_SQUARES], reference.foretoldSquares)
          near("squares as read", block[C.C_READ_SQUARES], reference.read.squares)
          near("losses as read", block[C.C_READ_LOSSES], reference.read.losses)
          reference.slope.forEach((b, i) =>
            near("the slope", block[S.SCALARS + S.V_COVARIATE_SLOPE * n + i], b),
          )
          // A plain window, with the channel and without.
          for (const level of [24, Number.NaN]) {
            readings[COVARIATE_PLUS] = level
            work[W.W_MEAN] = 3
            referRest(block, readings, COVARIATE_PLUS, work)
            near("a rest", work[W.W_MEAN], reference.rest(3, level))
          }
          met[reference.verdict]++
          if (reference.changed) met.changed++
          if (reference.beta !== 0) met.used++
        }
      }),
      { numRuns: 120 },
    )
    for (const times of Object.values(met)) expect(times).toBeGreaterThan(20)
  })

  it("teaches nothing if the sides of a pair do not differ", () => {
    const block = new Float64Array(S.spsaStateLength(1))
    const before = block.slice()
    const work = new Float64Array(W.WORK_CELLS)
    work[W.W_MEAN] = 4
    const readings = new Float64Array(READINGS).fill(9)
    applyCovariate(block, readings, COVARIATE_PLUS, Float64Array.of(0), work, 1)
    expect(block).toEqual(before)
    expect(work[W.W_MEAN]).toBe(4)
  })
})
