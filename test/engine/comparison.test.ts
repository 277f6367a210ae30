/** The comparison with the baseline as a user of an engine sees it: option, snapshot, metrics, audit, replay. */
import { describe, expect, it } from "vitest"
import { createEngine } from "../../src/index.ts"
import { parseEngineConfig } from "../../src/domain/Config.ts"
import { machineInputOf, hotPathOf } from "../../src/engine/engineParts.ts"
import { replay } from "../../src/journal/replay/replay.ts"
import { drive, knobs, manual } from "./plant.ts"
import { record } from "./recordedRun.ts"

describe("an engine that compares", () => {
  it("shows verdicts in snapshot, metrics and audit, with their numbers", async () => {
    const engine = manual({ comparison: { everyCycles: 1 } })
    await engine.start()
    drive(engine, { digests: 3000 })
    const { comparison } = engine.getSnapshot()
    expect(comparison?.verdict).toMatchObject({ threshold: 2_000_000, verdict: expect.any(String) })
    const records = engine.audit.records().filter(({ kind }) => kind === "verdict")
    const { pass = 0, fail = 0, hold = 0 } = comparison?.counts ?? {}
    expect(records).toHaveLength(pass + fail + hold)
    expect(records.length).toBeGreaterThan(10)
    const [first] = records
    expect(first).toMatchObject({ action: "hold", reason: "tooFew", limit: 2_000_000 })
    expect(Number.isFinite(first.difference)).toBe(true)
    const metrics = engine.metrics()
    expect(metrics).toMatch(/arqon_comparison_verdict_total\{verdict="hold"\} \d+/)
    expect(metrics).toContain("arqon_comparison_evidence ")
    await engine.stop()
  })

  it("compares only if configured", async () => {
    const engine = manual()
    await engine.start()
    drive(engine, { digests: 1000 })
    expect(engine.getSnapshot().comparison).toBeNull()
    expect(engine.metrics()).not.toContain("comparison")
    expect(engine.audit.records().some(({ kind }) => kind === "verdict")).toBe(false)
    await engine.stop()
  })

  it("is replayed verdict for verdict", async () => {
    const { words, records } = await record((engine) => void drive(engine, { digests: 2000 }), {
      comparison: { everyCycles: 1 },
    })
    const config = JSON.parse(JSON.stringify(words[0].start?.["config"]))
    expect(config.comparison).toEqual({ everyCycles: 1 })
    const replayed = replay({ run: words[0].run, config, records: records.map(({ numbers }) => numbers) })
    expect(replayed).toMatchObject({ verdict: "identical", difference: null })
    expect(words.filter(({ kind }) => kind === "verdict").length).toBeGreaterThan(10)
  })

  it("waits longer for long windows, or as long as configured", () => {
    const policyOf = (config: object) => {
      const settings = parseEngineConfig({ params: knobs, ...config })
      if (settings instanceof Error) throw settings
      return machineInputOf(settings, hotPathOf(settings, true)).comparison
    }
    expect(policyOf({})).toBeNull()
    expect(policyOf({ comparison: {} })).toMatchObject({ staleUs: 10e6, holdUs: 60e6 })
    expect(policyOf({ comparison: {}, window: { us: 60e6 } })).toMatchObject({
      staleUs: 480e6,
      holdUs: 6000e6,
    })
    expect(policyOf({ comparison: { holdUs: 5 } })).toMatchObject({ holdUs: 5 })
  })

  it("refuses senseless options by name", () => {
    for (const comparison of [{ everyCycles: 0 }, { falseRollbacks: 0 }, { tolerance: 4 }, { often: 1 }]) {
      expect(() => createEngine({ params: knobs, comparison })).toThrow(/comparison/)
    }
  })
})
