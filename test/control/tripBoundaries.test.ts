/** Where the rules of SafeMode turn over: exactly an hour, exactly one cause, exactly nothing. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  improvementSince,
  noteRollback,
  restoreFor,
  rollbacksInHour,
  tripForRefusals,
} from "../../src/control/tripRules.ts"
import { TRIP_REASONS, type TripReason, type ViolationTag, VIOLATIONS } from "../../src/domain/words.ts"

const HOUR_US = 3_600_000_000

describe("the rules of SafeMode", () => {
  it("have two targets, and nothing in between", () => {
    const reasons = TRIP_REASONS.filter((reason): reason is TripReason => reason !== "none")
    expect(new Set(reasons.map(restoreFor))).toEqual(new Set(["base", "baseline"]))
  })

  it("count a rollback for less than an hour, not at the hour itself", () => {
    const now = 2 * HOUR_US
    expect(rollbacksInHour([now - HOUR_US], now)).toBe(0)
    expect(rollbacksInHour([now - HOUR_US + 1], now)).toBe(1)
    expect(noteRollback([now - HOUR_US, now - HOUR_US + 1], now, 8)).toEqual([now - HOUR_US + 1, now])
  })

  it("infer a common cause from equal refusals, and misbehaviour from all others", () => {
    const own: Readonly<Record<string, string>> = {
      thrashing: "thrashing",
      budgetExhausted: "budgetExhausted",
      objectiveRegression: "objectiveRegression",
      auditQueueFull: "auditQueueFull",
      constraintViolation: "constraintEmergency",
    }
    for (const tag of VIOLATIONS.filter((word): word is ViolationTag => word !== "accepted"))
      expect(tripForRefusals([tag, tag])).toBe(own[tag] ?? "repeatedViolations")
    expect(tripForRefusals([])).toBe("repeatedViolations")
    expect(tripForRefusals(["thrashing", "thrashing", "budgetExhausted"])).toBe("repeatedViolations")
  })

  it("measure recovery as the relative fall of the loss since the trip, and see none without both losses", () => {
    const loss = fc.double({ min: -1e6, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(loss, loss, (before, after) => {
        const improvement = improvementSince(before, after)
        expect(Math.sign(improvement)).toBe(before === 0 && after > 0 ? 0 : Math.sign(before - after))
        // Twice the loss, twice the fall: the share is the same.
        if (Math.abs(before) > 1e-100)
          expect(improvementSince(2 * before, 2 * after)).toBeCloseTo(improvement, 9)
      }),
    )
    expect(improvementSince(-10, -15)).toBe(0.5)
    expect(improvementSince(10, 5)).toBe(0.5)
    const none = [null, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (const nothing of none) {
      expect(improvementSince(nothing, -1)).toBe(0)
      expect(improvementSince(1, nothing)).toBe(0)
    }
  })

  it("count any negative loss as a full recovery after a trip at a loss of zero", () => {
    expect(improvementSince(0, -1e-9)).toBe(1)
    expect(improvementSince(0, 0)).toBe(0)
    expect(improvementSince(0, 1)).toBe(0)
  })
})
