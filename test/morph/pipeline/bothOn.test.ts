/** A tuning engine and a candidate on the same service, in many lives where nothing differs: the short form of `npm run bench:duels`. */
import { describe, expect, it } from "vitest"
import { atMost, LAX, type LivesTogether, livesTogether, STAGES } from "../../../bench/pipeline/bothOn.ts"
import { DEFAULT_PIPELINE } from "../../../src/morph/pipeline/pipelineOptions.ts"

describe("a tuning engine and a candidate that differ in nothing", () => {
  it("are culled and rolled back no more often than is stated, and the engine stands still once for each", async () => {
    const rows: Array<LivesTogether> = []
    for (const kind of ["normal", "no variance", "load steps"])
      rows.push(await livesTogether(kind, 8, 60_000))
    const sum = (of: (row: LivesTogether) => number): number =>
      rows.reduce((total, row) => total + of(row), 0)
    const lives = sum((row) => row.lives)
    expect(lives).toBe(24)
    expect(sum((row) => row.kept) + sum((row) => row.culled)).toBe(lives)
    expect(sum((row) => row.culled)).toBeLessThanOrEqual(atMost((lives * STAGES) / DEFAULT_PIPELINE.fail))
    expect(sum((row) => row.holds)).toBe(lives)
    const compared = sum((row) => row.compared)
    expect(compared).toBeGreaterThan(3_000)
    const stated = (compared * LAX.falseRollbacks) / LAX.perWindows
    expect(sum((row) => row.rollbacks)).toBeLessThanOrEqual(atMost(stated))
  })
})
