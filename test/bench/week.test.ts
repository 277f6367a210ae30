/**
 * A quarter of a day of the simulated week, with one of everything that happens in it: what the long form prints is a function
 * of the seed alone, and the engine does no harm where a careful person's fixed configuration does none.
 */
import { describe, expect, it } from "vitest"
import { calibrate } from "../../bench/week/calibrate.ts"
import { liveWeek, type Week } from "../../bench/week/liveWeek.ts"
import { bestOf, readingOf } from "../../bench/week/service.ts"

const quarter = (seed: number): Week => ({
  seed,
  days: 0.25,
  guardrails: "balanced",
  comparison: false,
  fixed: { batch: 3, limit: 94 },
})

describe("a quarter of a day", () => {
  it("repeats decision for decision, and differs for another seed", async () => {
    const twentyMinutes = (seed: number): Week => ({ ...quarter(seed), days: 1 / 72, comparison: true })
    const first = await liveWeek(twentyMinutes(1))
    expect(await liveWeek(twentyMinutes(1))).toEqual(first)
    expect((await liveWeek(twentyMinutes(2))).fingerprint).not.toBe(first.fingerprint)
  })

  it("costs less than the fixed configuration and is unsafe for a few seconds at most, crash and lost telemetry included", async () => {
    const { tuned, fixed, oracle, counts, refused, safeModeShare } = await liveWeek(quarter(1))
    expect(counts["crashes"]).toBe(1)
    expect(counts["cycles"]).toBeGreaterThan(1000)
    // The fixed one is never unsafe in this quarter; a probe into the queue's knee may be, for a few windows.
    expect(tuned.unsafeS - fixed.unsafeS).toBeLessThan(10)
    expect(tuned.meanLoss).toBeLessThan(fixed.meanLoss)
    expect(tuned.meanLoss).toBeGreaterThanOrEqual(oracle.meanLoss)
    expect(safeModeShare).toBeLessThan(0.1)
    // A well-behaved proposer is refused nothing.
    expect(refused).toEqual({})
  })
})

describe("its references", () => {
  it("is fixed by a sample day alone", () => {
    expect(calibrate()).toEqual(quarter(1).fixed)
  })

  it("is never better than the best at each moment", () => {
    const conditions = { lambda: 900, servers: 14, overhead: 0.021, each: 0.0042 }
    const best = bestOf(conditions)
    expect(best.margin).toBeGreaterThan(0)
    for (const batch of [1, 2, 3, 5, 32]) {
      for (const limit of [4, 16, 30, 94, 512]) {
        const { loss, margin } = readingOf(conditions, { batch, limit })
        if (margin >= 0) expect(loss).toBeGreaterThanOrEqual(best.loss)
      }
    }
  })

  it("matches the queue's formula for one server without a queue", () => {
    // M/M/1/1: the share refused is rho / (1 + rho), nobody waits.
    const { loss } = readingOf(
      { lambda: 30, servers: 1, overhead: 0.02, each: 0.005 },
      { batch: 1, limit: 1 },
    )
    const rho = 30 * 0.025
    expect(loss).toBeCloseTo((4 * rho) / (1 + rho) + 0.25, 12)
  })
})
