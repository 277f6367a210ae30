import { describe, expect, it } from "vitest"
import { judgeRegressions } from "../../src/control/regression.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { LINEAR } from "../../src/hot/codes.ts"
import { READINGS, SpsaKernel } from "../../src/hot/SpsaKernel.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"

const policy = { rollbackRegressions: 3, regressionsToTrip: 5 }

describe("a count of regressions leads to", () => {
  it("a rollback at its limit, and a trip if it continues", () => {
    const verdicts = [1, 2, 3, 4, 5, 6].map((after) => judgeRegressions(after - 1, after, policy))
    expect(verdicts).toEqual(["carryOn", "carryOn", "rollBack", "carryOn", "trip", "trip"])
  })

  it("nothing if a better cycle came in between", () => {
    expect(judgeRegressions(4, 0, policy)).toBe("carryOn")
  })

  it("a trip at once if the policy trips before it rolls back", () => {
    expect(judgeRegressions(0, 1, { rollbackRegressions: 1, regressionsToTrip: 1 })).toBe("trip")
  })
})

/** Worst verdict over a run of cycles whose mean loss is given by `level(cycle)`, with a little noise. */
function worstVerdict(level: (cycle: number) => number, cycles: number): string {
  const table = new KnobTable([{ min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 }])
  const kernel = new SpsaKernel(table, { ...DEFAULT_SPSA, seed: 7 })
  let block = new Float64Array(kernel.stateLength)
  kernel.initial(block, Float64Array.of(0.5))
  const readings = new Float64Array(READINGS).fill(Number.NaN)
  const band = Float64Array.of(-1, 1)
  let count = 0
  const seen = new Set<string>()
  for (let cycle = 0; cycle < cycles; cycle++) {
    const next = new Float64Array(kernel.stateLength)
    kernel.begin(block)
    const wobble = ((cycle * 7919) % 13) / 13 - 0.5
    readings[0] = level(cycle) + wobble * 0.1
    readings[1] = level(cycle) - wobble * 0.1 + (((cycle * 31) % 7) / 7 - 0.5) * 0.1
    kernel.complete(block, next, readings, band)
    const after = kernel.regressions(next) > 0 ? count + 1 : 0
    seen.add(judgeRegressions(count, after, policy))
    count = after
    block = next
  }
  return seen.has("trip") ? "trip" : seen.has("rollBack") ? "rollBack" : "carryOn"
}

describe("regressions in units of the observed noise", () => {
  it("an exploding objective trips", () => {
    expect(worstVerdict((cycle) => (cycle < 10 ? 1 : 2 ** (cycle - 9)), 40)).toBe("trip")
  })

  it("a single step of the load does not even roll back", () => {
    expect(worstVerdict((cycle) => (cycle < 20 ? 1 : 50), 60)).toBe("carryOn")
  })

  it("a slow ramp is drift to follow, not a regression", () => {
    expect(worstVerdict((cycle) => 1 + 0.02 * cycle, 200)).toBe("carryOn")
  })
})
