/** Guardrails that a person changed while an engine ran: kept by a worker that takes over, said where another process begins. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { ConfigError, createEngine } from "../../src/index.node.ts"
import { readJournal, recordLine } from "../../src/journal/read/readJournal.ts"
import { replayJournal } from "../../src/journal/replay/replayJournal.ts"
import { GUARDRAILS } from "../../src/domain/guardrailPresets.ts"

const stateDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "arqon-guardrails-"))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

const options = { params: { speed: { min: 0, max: 1 } }, seed: 3, clock: "manual" } as const

const drive = (
  engine: { observe: (digest: { objective: number; timestampUs: number }) => boolean },
  from: number,
) => {
  for (let i = from; i < from + 200; i++) engine.observe({ objective: i % 7, timestampUs: (i + 1) * 20_000 })
}

describe("guardrails that were changed while an engine ran", () => {
  it("are in its journal, and a replay from the disk repeats them", async () => {
    const state = stateDirectory()
    const engine = createEngine({ ...options, state })
    await engine.start()
    drive(engine, 0)
    engine.setGuardrails({ preset: "aggressive", maxStep: 0.125 }, "ann: a quiet night")
    drive(engine, 200)
    await engine.stop()
    const records = readJournal(state, { kinds: ["guardrailsSet"] }).records
    expect(records).toHaveLength(1)
    expect(records[0].guardrails).toEqual({ ...GUARDRAILS.aggressive, maxStep: 0.125 })
    expect(recordLine(records[0])).toMatch(/guardrailsSet .*maxStep=0.125 .*"ann: a quiet night"$/)
    expect(replayJournal(state)).toMatchObject({ verdict: "identical" })
  })

  it("end with the run: the next one begins with its configuration, and reports that they differ", async () => {
    const state = stateDirectory()
    const first = createEngine({ ...options, runId: "first", state, guardrails: "balanced" })
    await first.start()
    drive(first, 0)
    first.setGuardrails("conservative", "on call alone")
    await first.stop()
    const warning = (guardrails: "balanced" | "conservative"): ReadonlyArray<string> => {
      const next = createEngine({ ...options, runId: "next", state, guardrails })
      expect(next.getSnapshot().guardrails.preset).toBe(guardrails)
      return next.getSnapshot().resumption?.warnings ?? []
    }
    expect(warning("balanced")).toEqual([
      "The guardrails had been changed while it ran (conservative): it begins with those of its configuration (balanced).",
    ])
    expect(warning("conservative")).toEqual([])
    const second = createEngine({ ...options, runId: "second", state, guardrails: "balanced" })
    await second.start()
    await second.stop()
    const start = readJournal(state, { run: "second", kinds: ["engineStarted"] }).records[0]
    expect(recordLine(start)).toContain("had been changed while it ran (conservative)")
    // Nobody changed any in that run.
    expect(warning("balanced")).toEqual([])
  })
})

describe("an engine in a worker", () => {
  it("accepts new guardrails through the thread, with the same errors as in this thread", async () => {
    const engine = createEngine({ ...options, placement: "worker" })
    await engine.start()
    onTestFinished(() => engine.stop())
    drive(engine, 0)
    const wrong = { maxStep: 2, preset: () => "balanced" } as unknown as "balanced"
    expect(() => engine.setGuardrails(wrong)).toThrow(ConfigError)
    expect(engine.getSnapshot().guardrails.preset).toBe("balanced")
    engine.setGuardrails({ preset: "conservative", emergencyMargin: -0.25 }, "through the thread")
    expect(engine.getSnapshot().guardrails.policy).toEqual({
      ...GUARDRAILS.conservative,
      emergencyMargin: -0.25,
    })
    expect(engine.audit.records().find(({ kind }) => kind === "guardrailsSet")?.note).toBe(
      "through the thread",
    )
    engine.observe({ objective: 1, timestampUs: engine.nowUs + 20_000, constraintMargin: -0.3 })
    expect(engine.safeMode).toBe("constraintEmergency")
  })
})
