import { describe, expect, it } from "vitest"
import {
  AUDIT_QUEUE_FULL,
  BUDGET_EXHAUSTED,
  CONSTRAINT_VIOLATION,
  DELTA_TOO_LARGE,
  OBJECTIVE_REGRESSION,
  OUT_OF_BOUNDS,
  RATE_LIMIT_EXCEEDED,
  THRASHING,
  TRIP_AUDIT_QUEUE_FULL,
  TRIP_BUDGET_EXHAUSTED,
  TRIP_CONSTRAINT_EMERGENCY,
  TRIP_OBJECTIVE_REGRESSION,
  TRIP_REPEATED_VIOLATIONS,
  TRIP_THRASHING,
} from "../../src/hot/codes.ts"
import { tripFor } from "../../src/hot/tripFor.ts"

describe("tripFor", () => {
  it.each([
    ["thrashing", THRASHING, TRIP_THRASHING],
    ["an exhausted budget", BUDGET_EXHAUSTED, TRIP_BUDGET_EXHAUSTED],
    ["a regression", OBJECTIVE_REGRESSION, TRIP_OBJECTIVE_REGRESSION],
    ["a constraint", CONSTRAINT_VIOLATION, TRIP_CONSTRAINT_EMERGENCY],
    ["a full audit", AUDIT_QUEUE_FULL, TRIP_AUDIT_QUEUE_FULL],
  ])("has a trip of its own for %s", (_, status, trip) => {
    expect(tripFor(status)).toBe(trip)
  })

  it.each([OUT_OF_BOUNDS, DELTA_TOO_LARGE, RATE_LIMIT_EXCEEDED])(
    "counts refusals of a misbehaving proposer as repeated violations: %d",
    (status) => {
      expect(tripFor(status)).toBe(TRIP_REPEATED_VIOLATIONS)
    },
  )
})
