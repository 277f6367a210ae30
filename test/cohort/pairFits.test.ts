/** Both targets of a pair are judged as Tier 1 judges one: what it would refuse for bounds or step does not fit. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { cohortSettings } from "../../src/cohort/cohortOptions.ts"
import { makeCohort } from "../../src/cohort/makeCohort.ts"
import { pairFits } from "../../src/cohort/pairFits.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { ACCEPTED, PLUS } from "../../src/hot/codes.ts"
import { P_EXPECTED_GENERATION, P_ID, P_TARGET } from "../../src/hot/SafetyExecutor.ts"

const settings = requireEngineConfig({
  params: {
    a: { min: 0, max: 1 },
    b: { min: 1, max: 9, step: 1 },
    c: { min: 0, max: 360, scale: "periodic" },
  },
  guardrails: "balanced",
  clock: "manual",
})
const unit = fc.oneof(
  fc.double({ min: -0.2, max: 1.2, noNaN: true }),
  fc.double({ min: 0.4, max: 0.6, noNaN: true }),
)
const point = fc.tuple(unit, unit, unit).map((units) => Float64Array.from(units))

describe("the other target of a pair", () => {
  it("fits beside the base if and only if Tier 1 would apply it alone", () => {
    fc.assert(
      fc.property(point, (target) => {
        const { executor, config } = makeCohort(settings, cohortSettings({}), 1).hot
        const fits = pairFits(executor, executor.base.slice(), target)
        executor.proposal.set(target, P_TARGET)
        executor.proposal[P_EXPECTED_GENERATION] = config.generation
        executor.proposal[P_ID] = 1
        expect(fits).toBe(executor.apply(PLUS) === ACCEPTED)
      }),
      { numRuns: 300 },
    )
  })

  it("does not fit further than a step from the first one, though each is within a step of the base", () => {
    const { executor } = makeCohort(settings, cohortSettings({}), 1).hot
    const low = executor.base.slice()
    const high = executor.base.slice()
    low[0] -= 0.09
    high[0] += 0.09
    expect(pairFits(executor, executor.base, low)).toBe(true)
    expect(pairFits(executor, executor.base, high)).toBe(true)
    expect(pairFits(executor, low, high)).toBe(false)
  })
})
