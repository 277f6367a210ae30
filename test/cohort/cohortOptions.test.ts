/** How an owner works with its replicas: times that do not fit together are refused before anything starts. */
import { describe, expect, it } from "vitest"
import {
  type CohortConfig,
  cohortProblems,
  CohortShape,
  cohortSettings,
} from "../../src/cohort/cohortOptions.ts"
import { readShape } from "../../src/domain/Shape.ts"

describe("the options for replicas", () => {
  it("fit together by default, and lease and window follow the pace of reports", () => {
    for (const config of [{}, { reportMs: 100 }, { reportMs: 60_000 }])
      expect(cohortProblems(config, [])).toEqual([])
    const { leaseUs, reportUs, baselineAfterUs } = cohortSettings({})
    expect([reportUs, leaseUs, baselineAfterUs]).toEqual([500_000, 2_000_000, 60_000_000])
  })

  it("let some knobs be equal everywhere under any design, and all of them in turns only", () => {
    const config: CohortConfig = { design: "split", shared: ["pool"] }
    expect(cohortProblems(config, ["pool", "batch"])).toEqual([])
    expect(cohortProblems({ ...config, design: "together" }, ["pool"])).toEqual([])
    expect(cohortSettings(config)).toMatchObject(config)
  })

  it.each<[string, CohortConfig]>([
    ["leaseMs", { leaseMs: 900 }],
    ["windowMs", { windowMs: 1900 }],
    ["baselineAfterMs", { baselineAfterMs: 19_999 }],
    ["design", { design: "split", shared: ["pool"] }],
    ["shared[1]", { shared: ["pool", "poool"] }],
  ])("are refused where %s does not fit", (key, config) => {
    expect(cohortProblems(config, ["pool"]).map(({ path }) => path)).toEqual([`replicas.${key}`])
  })

  it.each([
    ["design", "halves"],
    ["exposure", 1.1],
    ["control", -0.1],
    ["minSamples", 0],
    ["reportMs", 99],
    ["reportMs", 60_001],
    ["leaseMs", 600_001],
    ["baselineAfterMs", 86_400_001],
    ["settleMs", -1],
    ["settleMs", 60_001],
  ])("are refused where %s is %s", (key, value) => {
    const read = readShape(CohortShape, { [key]: value })
    expect(read.ok ? [] : read.problems.map(({ path }) => path)).toEqual([key])
  })
})
