/** What each design of the pair is worth: the variance of plus minus minus against its formula, for equal and unequal replicas. */
import { describe, expect, it } from "vitest"
import { type Design, sideIn, stagesOf } from "../../src/cohort/designs.ts"
import { OwnDeviation } from "../../src/cohort/OwnDeviation.ts"
import { drawRoles } from "../../src/cohort/roles.ts"
import { readStage } from "../../src/cohort/sideReadings.ts"
import { gaussianAt } from "../../src/testing/noise.ts"

interface Noise {
  readonly common: number
  readonly own: number
  readonly lasting: number
}

const SEED = 20_261_123
/** Cycles before any count: own deviations are learned by then. */
const LEARNING = 100

/** Variance of plus minus minus over so many cycles of `n` replicas, where both targets are equally good. */
function varianceOf(design: Design, n: number, noise: Noise, cycles: number, corrects = false): number {
  const members = Array.from({ length: n }, (_, r) => ({ key: `replica-${r}`, stratum: "" }))
  const own = corrects ? new OwnDeviation() : null
  let counter = 0
  let squares = 0
  for (let cycle = 0; cycle < LEARNING + cycles; cycle++) {
    const roles = drawRoles(members, { exposure: 1, control: 0 }, { seed: SEED, epoch: 1, draw: cycle })
    const sides = { plus: [0, 0], minus: [0, 0] }
    for (let stage = 0; stage < stagesOf(design); stage++) {
      const common = noise.common * gaussianAt(SEED, counter++)
      const readings = members.map(({ key }, r) => ({
        key,
        side: sideIn(design, stage, roles[r], true),
        n: 10,
        margin: Number.NaN,
        mean:
          100 +
          common +
          noise.own * gaussianAt(SEED + 1, counter++) +
          noise.lasting * gaussianAt(SEED + 2, r),
      }))
      const read = readStage(readings, own)
      for (const side of ["plus", "minus"] as const) {
        if (read[side].replicas === 0) continue
        sides[side][0] += read[side].loss
        sides[side][1]++
      }
    }
    const difference = sides.plus[0] / sides.plus[1] - sides.minus[0] / sides.minus[1]
    if (cycle >= LEARNING) squares += difference * difference
  }
  return squares / cycles
}

/** Five standard errors of a variance estimated from so many cycles. */
const within = (found: number, formula: number, cycles: number): void => {
  expect(Math.abs(found / formula - 1)).toBeLessThan(5 * Math.sqrt(2 / cycles) + 0.02)
}

const COMMON = 0.2
const OWN = 0.05
const CYCLES = 400

describe.each([4, 10, 40])(
  "with %i equal replicas, plus minus minus has the variance of its formula",
  (n) => {
    const noise = { common: COMMON, own: OWN, lasting: 0 }

    it("in turns: 2 (common² + own²/N)", () => {
      within(varianceOf("together", n, noise, CYCLES), 2 * (COMMON ** 2 + OWN ** 2 / n), CYCLES)
    })

    it("in halves: 4 own²/N", () => {
      within(varianceOf("split", n, noise, CYCLES), (4 * OWN ** 2) / n, CYCLES)
    })

    it("in halves that change sides: 2 own²/N", () => {
      within(varianceOf("cross", n, noise, CYCLES), (2 * OWN ** 2) / n, CYCLES)
    })

    it("in halves less own deviations: within a tenth of 4 own²/N", () => {
      const found = varianceOf("split", n, noise, CYCLES, true)
      expect(found / ((4 * OWN ** 2) / n)).toBeLessThan(1.1 + 5 * Math.sqrt(2 / CYCLES))
    })
  },
)

describe.each([4, 10, 40])("with %i replicas that differ by a fifth", (n) => {
  const noise = { common: COMMON, own: OWN, lasting: 0.2 }
  const cycles = 300

  it("halves less own deviations come within a fifth of equal replicas", () => {
    const found = varianceOf("split", n, noise, cycles, true)
    expect(found / ((4 * OWN ** 2) / n)).toBeLessThan(1.2 + 5 * Math.sqrt(2 / cycles))
    expect(varianceOf("split", n, noise, cycles)).toBeGreaterThan(3 * found)
  })

  it("halves that change sides do not notice", () => {
    within(varianceOf("cross", n, noise, cycles), (2 * OWN ** 2) / n, cycles)
  })
})
