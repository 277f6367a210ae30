/** The records of a tuner of many replicas: what it decided can be asked afterwards, in its memory and in a journal on disk. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { ConfigError } from "../../src/domain/errors.ts"
import type { AuditRecord } from "../../src/domain/AuditRecord.ts"
import { DIGEST_OBJECTIVE } from "../../src/hot/codes.ts"
import { openJournal } from "../../src/journal/disk/openJournal.ts"
import { readJournal, verifyJournal } from "../../src/journal/read/readJournal.ts"
import { whyChanged } from "../../src/journal/read/whyChanged.ts"
import { replayJournal } from "../../src/journal/replay/replayJournal.ts"
import { createReplica } from "../../src/replica/createReplica.ts"
import { createTuner, type Tuner } from "../../src/replica/createTuner.ts"
import type { TunerOptions } from "../../src/replica/tunerOptions.ts"

const params = { batch: { min: 1, max: 101, initial: 21 } }
const cost = (batch: number): number => ((batch - 71) / 100) ** 2
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tuner-"))
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"],
  })
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(folder, { recursive: true })
})

/** Six replicas for so long; the last one falls silent after 10 s. */
async function tuned(over: Partial<TunerOptions>, ms: number): Promise<Tuner> {
  const tuner = createTuner({
    name: "t",
    engine: { params, guardrails: { preset: "aggressive", rangePerMinute: 1, pathPerMinute: 100 } },
    ...over,
  })
  void tuner.start()
  let silent = false
  const at = (i: number) => ({
    transport: (...sent: Parameters<Tuner["transport"]>) =>
      silent && i === 5 ? Promise.reject(new Error("cut off")) : tuner.transport(...sent),
  })
  const all = Array.from({ length: 6 }, (_, i) =>
    createReplica({ tuner: "t", at: at(i), params, name: `pod-${i}` }),
  )
  await Promise.all(all.map((one) => one.start()))
  const work = setInterval(() => {
    for (const one of all) {
      one.digest.fill(Number.NaN)
      one.digest[DIGEST_OBJECTIVE] = cost(one.values.batch)
      one.observeDigest()
    }
  }, 10)
  await vi.advanceTimersByTimeAsync(10_000)
  silent = true
  await vi.advanceTimersByTimeAsync(ms - 10_000)
  clearInterval(work)
  for (const one of all) void one.stop()
  vi.useRealTimers()
  return tuner
}

const cohort = (records: ReadonlyArray<AuditRecord>, action: string): ReadonlyArray<AuditRecord> =>
  records.filter((one) => one.kind === "cohort" && one.action === action)

describe("the audit of a tuner of many replicas", () => {
  it("has both targets of each pair, how the roles were drawn, and what each side read", async () => {
    const tuner = await tuned({ epoch: 3 }, 20_000)
    const records = tuner.audit.records()
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, i) => i + 1))
    expect(records[0]).toMatchObject({
      kind: "engineStarted",
      start: { cohort: { epoch: 3, design: "auto" } },
    })
    const drawn = cohort(records, "drawn")
    expect(drawn.length).toBeGreaterThan(5)
    expect(drawn.map(({ value }) => value)).toEqual(drawn.map((_, i) => i))
    for (const record of drawn) {
      const { seq, proposal, asked, limit, reason, note } = record
      expect([reason, limit]).toEqual(["split", 3])
      expect(note).toMatch(/^seed \d+; [23] on plus, [23] on minus/)
      // The target that Tier 1 was asked for, and the other one, lie on either side of the base.
      const first = records.find((one) => one.kind === "proposal" && one.proposal === proposal)
      const base = records.findLast(
        (one) =>
          (one.seq < seq && ["engineStarted", "rollback"].includes(one.kind)) ||
          (one.kind === "apply" && one.action === "update" && one.seq < seq),
      )
      const unit = ((base?.values?.["batch"] as number) - 1) / 100
      const both = [first, record].map((one) => one?.asked?.["batch"] as number)
      expect((both[0] + both[1]) / 2).toBeCloseTo(unit, 9)
      expect(both[0]).not.toBe(both[1])
      expect(asked).not.toBeNull()
    }
    const read = cohort(records, "read")
    expect(read.length).toBeGreaterThan(5)
    for (const { value, limit, difference } of read)
      expect((value as number) - (limit as number)).toBeCloseTo(difference as number, 12)
    expect(drawn.at(-1)?.note).toContain("silent pod-5")
    await tuner.stop()
  })

  it("goes to sinks: `arqon audit why` explains a step by what both sides read, and the chain verifies", async () => {
    const sink = await Effect.runPromise(openJournal(folder))
    const tuner = await tuned({ sinks: [sink] }, 15_000)
    const count = tuner.audit.state().written
    await tuner.stop()
    expect(tuner.audit.state()).toMatchObject({ written: count + 3, dropped: 0 })
    expect(verifyJournal(folder)).toMatchObject({ problems: [] })
    const kept = readJournal(folder, {}).records
    expect(kept.at(-1)?.kind).toBe("engineStopped")
    expect(cohort(kept, "drawn").at(-1)?.note).toContain("seed")
    const why = whyChanged(folder, "batch", null)
    expect(why?.action).toBe("update")
    expect(why?.windows).toEqual([])
    expect(why?.text).toMatch(/two halves read [\d.e-]+ on plus and [\d.e-]+ on minus: \d of \d replicas/)
    expect(replayJournal(folder)).toMatchObject({ verdict: "identical", difference: null })
  })

  it("refuses what is no sink, and hands its records to subscribers", async () => {
    expect(() => createTuner({ name: "t", engine: { params }, sinks: [{}] as never })).toThrow(ConfigError)
    const kinds: Array<string> = []
    const tuner = createTuner({ name: "t", engine: { params } })
    tuner.audit.subscribe(({ kind }) => kinds.push(kind))
    void tuner.start()
    tuner.trip()
    await tuner.stop()
    expect(kinds).toEqual(expect.arrayContaining(["engineStarted", "safeModeEntered", "engineStopped"]))
  })
})
