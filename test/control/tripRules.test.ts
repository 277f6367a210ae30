import { describe, expect, it } from "vitest"
import {
  DEFAULT_SAFE_MODE,
  exitFor,
  improvementSince,
  noteRollback,
  restoreFor,
  rollbacksInHour,
  rollbacksKept,
  stricterExit,
  tripForRefusals,
} from "../../src/control/tripRules.ts"
import { GUARDRAILS } from "../../src/domain/guardrailPresets.ts"
import { SAFE_MODE_EXITS, TRIP_REASONS, type TripReason } from "../../src/domain/words.ts"

const reasons = TRIP_REASONS.filter((reason): reason is TripReason => reason !== "none")
const MINUTE_US = 60_000_000

describe("when SafeMode opens, the plant goes", () => {
  it("to the baseline after regressions, emergencies, faults, silence, swings and violated rules, and to the base otherwise", () => {
    expect(reasons.filter((reason) => restoreFor(reason) === "baseline")).toEqual([
      "objectiveRegression",
      "telemetryLost",
      "constraintEmergency",
      "engineFault",
      "instability",
      "ruleViolated",
    ])
  })
})

describe("the latch may be left", () => {
  it("by the configured exit for ordinary reasons", () => {
    for (const exit of ["timer", "manualReset", "objectiveRecovery"] as const) {
      expect(exitFor("thrashing", { ...DEFAULT_SAFE_MODE, exit }, 0)).toBe(exit)
    }
  })

  it("only by a person after a manual trip or a fault, only by the drain after a full audit", () => {
    expect(exitFor("manualTrigger", DEFAULT_SAFE_MODE, 0)).toBe("manualReset")
    expect(exitFor("engineFault", DEFAULT_SAFE_MODE, 0)).toBe("manualReset")
    expect(exitFor("auditQueueFull", DEFAULT_SAFE_MODE, 0)).toBe("auditDrained")
  })

  it("only by a person once an hour has seen more rollbacks than the policy allows", () => {
    expect(exitFor("objectiveRegression", DEFAULT_SAFE_MODE, 4)).toBe("timer")
    expect(exitFor("objectiveRegression", DEFAULT_SAFE_MODE, 5)).toBe("manualReset")
  })

  it("never more easily after a second trip", () => {
    for (const first of SAFE_MODE_EXITS) {
      for (const second of SAFE_MODE_EXITS) {
        const both = stricterExit(first, second)
        expect(stricterExit(both, first)).toBe(both)
        expect(stricterExit(both, second)).toBe(both)
        expect(stricterExit(second, first)).toBe(both)
      }
    }
    expect(stricterExit("timer", "manualReset")).toBe("manualReset")
  })
})

describe("the hour of rollbacks", () => {
  it("counts those within the hour and forgets older ones", () => {
    let times: ReadonlyArray<number> = []
    for (const minute of [0, 10, 20, 59]) times = noteRollback(times, minute * MINUTE_US, 5)
    expect(rollbacksInHour(times, 59 * MINUTE_US)).toBe(4)
    expect(rollbacksInHour(times, 65 * MINUTE_US)).toBe(3)
    expect(noteRollback(times, 200 * MINUTE_US, 5)).toEqual([200 * MINUTE_US])
  })

  it("remembers enough to see one too many, under its own policy and under any preset that replaces it", () => {
    const presets = Object.values(GUARDRAILS).map(({ rollbacksPerHour }) => rollbacksPerHour)
    for (const rollbacksPerHour of [0, 1, 4, 15, 16, 17, 100, 1000]) {
      let times: ReadonlyArray<number> = []
      for (let us = 0; us < 2000; us++) times = noteRollback(times, us, rollbacksKept({ rollbacksPerHour }))
      expect(times.length).toBeGreaterThan(Math.max(rollbacksPerHour, ...presets))
      expect(times.length).toBeLessThanOrEqual(1024)
    }
  })

  it("forgets none because an intermediate policy allowed fewer", () => {
    let times: ReadonlyArray<number> = []
    for (let us = 0; us < 40; us++) times = noteRollback(times, us, rollbacksKept({ rollbacksPerHour: 100 }))
    times = noteRollback(times, 40, rollbacksKept({ rollbacksPerHour: 2 }))
    expect(rollbacksInHour(times, 40)).toBe(41)
  })

  it("keeps a bounded list, however many there are", () => {
    let times: ReadonlyArray<number> = []
    for (let i = 0; i < 1_000; i++) times = noteRollback(times, i, 5)
    expect(times).toHaveLength(5)
  })
})

describe("a run of refusals means", () => {
  it("its common cause if that has its own trip", () => {
    expect(tripForRefusals(["thrashing", "thrashing", "thrashing"])).toBe("thrashing")
    expect(tripForRefusals(["budgetExhausted", "budgetExhausted"])).toBe("budgetExhausted")
    expect(tripForRefusals(["auditQueueFull"])).toBe("auditQueueFull")
    expect(tripForRefusals(["constraintViolation"])).toBe("constraintEmergency")
  })

  it("repeated violations for anything else and for mixtures", () => {
    expect(tripForRefusals(["thrashing", "outOfBounds", "thrashing"])).toBe("repeatedViolations")
    expect(tripForRefusals(["deltaTooLarge", "deltaTooLarge"])).toBe("repeatedViolations")
    expect(tripForRefusals([])).toBe("repeatedViolations")
  })
})

describe("improvement since the trip", () => {
  it("is the share by which the loss fell, whatever its sign", () => {
    expect(improvementSince(10, 9)).toBeCloseTo(0.1)
    expect(improvementSince(-10, -11)).toBeCloseTo(0.1)
    expect(improvementSince(10, 12)).toBeCloseTo(-0.2)
  })

  it("is zero if a reading is missing: no data means no recovery", () => {
    expect(improvementSince(null, 1)).toBe(0)
    expect(improvementSince(1, null)).toBe(0)
    expect(improvementSince(Number.NaN, 1)).toBe(0)
    expect(improvementSince(5, Number.NEGATIVE_INFINITY)).toBe(0)
  })
})
