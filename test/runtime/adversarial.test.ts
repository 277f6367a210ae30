/**
 * The whole engine against a plant, a clock and a user that do everything wrong: whatever comes, the plant stays inside its
 * bounds, the audit stays whole, and the end finds the plant on its base.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { ArqonEngine } from "../../src/index.ts"
import { bowl, type Knob, knobs, manual, wobble } from "./plant.ts"

type Step =
  | {
      readonly do: "digest"
      readonly objective: number
      readonly ageUs: number
      readonly generations: number
      readonly margin: number | undefined
    }
  | { readonly do: "live"; readonly digests: number }
  | { readonly do: "tick"; readonly byUs: number }
  | { readonly do: "call"; readonly call: "rollback" | "trip" | "reset" | "setBaseline" }

const nasty = fc.oneof(
  fc.double(),
  fc.constantFrom(
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    0,
    -0,
    1e308,
    -1e308,
    5e-324,
  ),
)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("live"), digests: fc.integer({ min: 1, max: 40 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("digest"),
      objective: nasty,
      ageUs: fc.oneof(fc.integer({ min: -2_000_000, max: 2_000_000 }), nasty),
      generations: fc.integer({ min: -2, max: 2 }),
      margin: fc.option(fc.oneof(nasty, fc.double({ min: -1, max: 1 })), { nil: undefined }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("tick"), byUs: fc.integer({ min: -500_000, max: 5_000_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("call"),
      call: fc.constantFrom("rollback", "trip", "reset", "setBaseline"),
    }),
  },
)

function take(engine: ArqonEngine<Knob>, one: Step): void {
  switch (one.do) {
    case "live":
      for (let i = 0; i < one.digests; i++) {
        engine.tick(engine.nowUs + 20_000)
        engine.observe({ objective: bowl(engine.values) + wobble(i, 0.01) })
      }
      return
    case "digest":
      engine.observe({
        objective: one.objective,
        timestampUs: engine.nowUs - one.ageUs,
        generation: engine.generation + one.generations,
        constraintMargin: one.margin,
      })
      return
    case "tick":
      return engine.tick(Math.max(0, engine.nowUs + one.byUs))
    case "call":
      return engine[one.call]()
  }
}

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

describe("an engine among adversaries", () => {
  it("stays in bounds, keeps its audit whole and ends on its base", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        await run(steps, true)
      }),
      { numRuns: 60 },
    )
  })

  it("does the same again, byte for byte", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        expect(await run(steps, false)).toBe(await run(steps, false))
      }),
      { numRuns: 20 },
    )
  })
})
