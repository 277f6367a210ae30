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
    for (const config of [{}, { reportMs: 50 }, { reportMs: 8000 }])
      expect(cohortProblems(config)).toEqual([])
    const { leaseUs, reportUs, baselineAfterUs } = cohortSettings({})
    expect([reportUs, leaseUs, baselineAfterUs]).toEqual([500_000, 2_000_000, 60_000_000])
  })

  it.each<[string, CohortConfig]>([
    ["leaseMs", { leaseMs: 900 }],
    ["windowMs", { windowMs: 1900 }],
    ["baselineAfterMs", { baselineAfterMs: 19_999 }],
  ])("are refused where %s is too short", (key, config) => {
    expect(cohortProblems(config).map(({ path }) => path)).toEqual([`replicas.${key}`])
  })

  it.each([
    ["design", "halves"],
    ["exposure", 1.1],
    ["control", -0.1],
    ["minSamples", 0],
    ["reportMs", 0],
    ["settleMs", -1],
  ])("are refused where %s is %s", (key, value) => {
    const read = readShape(CohortShape, { [key]: value })
    expect(read.ok ? [] : read.problems.map(({ path }) => path)).toEqual([key])
  })
})
