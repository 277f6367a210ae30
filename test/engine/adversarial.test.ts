/**
 * The whole engine against a plant, a clock and a user that do everything wrong: whatever comes, the plant stays inside its
 * bounds, the audit stays whole, and the end finds the plant on its base.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Step, step, take } from "./adversary.ts"
import { knobs, manual } from "./plant.ts"

const run = async (steps: ReadonlyArray<Step>, check: boolean): Promise<string> => {
  const engine = manual({ audit: { memory: 100_000, capacity: 64, digests: true } })
  await engine.start()
  let { generation } = engine
  for (const one of steps) {
    const { mode } = engine.getSnapshot()
    const before = engine.generation
    take(engine, one)
    if (!check) continue
    const { values, base, baseline, mode: now, counters } = engine.getSnapshot()
    for (const point of [values, base, baseline ?? base]) {
      expect(
        point.batch >= knobs.batch.min && point.batch <= knobs.batch.max && Number.isInteger(point.batch),
      ).toBe(true)
      expect(point.timeout >= knobs.timeout.min && point.timeout <= knobs.timeout.max).toBe(true)
    }
    expect(engine.generation).toBeGreaterThanOrEqual(generation)
    generation = engine.generation
    if (now === "safe") expect([base, baseline]).toContainEqual(values)
    // In SafeMode a digest or a call may bring the plant to its baseline once more, and nothing else.
    if (mode === "safe" && now === "safe") expect(engine.generation - before).toBeLessThanOrEqual(1)
    expect(counters.listenerFailures).toBe(0)
  }
  await engine.stop()
  const snapshot = engine.getSnapshot()
  const records = engine.audit.records()
  if (check) {
    expect(snapshot.values).toEqual(snapshot.base)
    expect(snapshot.fault).toBeNull()
    expect(snapshot.audit).toMatchObject({ dropped: 0, waiting: 0 })
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, i) => i + 1))
    const { digests } = snapshot.counters
    const judged = Object.values(digests).reduce((sum, count) => sum + count, 0)
    expect(records.filter(({ kind }) => kind === "digest")).toHaveLength(judged)
  }
  return JSON.stringify(records)
}

describe("an engine under adversarial telemetry", () => {
  it("stays in bounds, keeps its audit complete and ends on its base", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        await run(steps, true)
      }),
      { numRuns: 60 },
    )
  })

  it("repeats itself byte for byte", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        expect(await run(steps, false)).toBe(await run(steps, false))
      }),
      { numRuns: 20 },
    )
  })
})
