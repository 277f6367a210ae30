/** Records that nobody has asked for are kept as numbers: whoever reads them later reads what a listener was told at once. */
import { describe, expect, it } from "vitest"
import { createEngine } from "../../src/index.ts"

const run = async (listens: boolean, memory: number) => {
  const engine = createEngine({
    params: { a: { min: 0, max: 1 }, b: { min: 1, max: 64, scale: "log", step: 1 } },
    seed: 3,
    clock: "manual",
    window: { us: 1_000_000, settleUs: 0, digests: 5 },
    audit: { memory },
  })
  if (listens) engine.audit.subscribe(() => {})
  await engine.start()
  for (let i = 1; i <= 400; i++) {
    engine.observe({ objective: 10 + engine.values.a + Math.sin(i), timestampUs: i * 100_000 })
    if (i === 200) engine.trip({ by: "me", note: "to see" })
    if (i === 220) engine.reset("go on")
    if (i === 300) engine.rollback("back")
  }
  return engine
}

describe("the memory of an audit", () => {
  for (const memory of [10_000, 300, 20]) {
    it(`holds the same last ${memory} records with and without a listener`, async () => {
      const [heard, kept] = await Promise.all([run(true, memory), run(false, memory)])
      const records = kept.audit.records()
      expect(records.length).toBe(Math.min(memory, kept.audit.state().written))
      expect(records).toEqual(heard.audit.records())
      expect(kept.audit.state().forgotten).toBe(kept.audit.state().written - records.length)
      if (memory > 300) {
        expect(records[0]).toMatchObject({ seq: 1, kind: "engineStarted", start: { seed: 3 } })
        expect(records.flatMap(({ note }) => note ?? [])).toEqual(
          expect.arrayContaining([expect.stringContaining("to see"), "go on", "back"]),
        )
      }
      // Read again they are the same records, and later ones follow.
      expect(kept.audit.records()[3]).toBe(records[3])
      kept.trip("once more")
      expect(kept.audit.records().at(-1)!.seq).toBeGreaterThan(records.at(-1)!.seq)
      await Promise.all([heard.stop(), kept.stop()])
    })
  }
})
