/**
 * What an engine with `state` begins with after another one: over real files, cut and torn wherever they can be. Never on a
 * perturbation, never out of bounds, never by throwing; and where the record cannot be trusted, frozen with a reason.
 */
import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { createEngine } from "../../src/index.node.ts"
import type { ArqonEngine, EngineOptions, EngineSnapshot } from "../../src/index.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import {
  lastStanding,
  readJournal,
  recordLine,
  replayJournal,
  verifyJournal,
  whatIfJournal,
} from "../../src/platform/node/index.ts"
import { listSegments, segmentPath } from "../../src/journal/disk/journalSegments.ts"
import { recover } from "../../src/journal/disk/recover.ts"
import { scanSegment } from "../../src/journal/format/scanSegment.ts"
import { drive, type Knob, knobs } from "../engine/plant.ts"
import { sha256 } from "../engine/recordedRun.ts"
import { ownFolder, segmentsIn, UNSYNCED } from "./journalRig.ts"

const folder = ownFolder()

const made = (options: Partial<EngineOptions<Knob>> = {}): ArqonEngine<Knob> =>
  createEngine({
    params: knobs,
    seed: 42,
    clock: "manual",
    state: folder.path,
    guardrails: { cooldownUs: 1_000_000 },
    ...options,
  })

/** A run to its end, and how it was left just before. */
async function ran(
  act: (engine: ArqonEngine<Knob>) => void,
  options: Partial<EngineOptions<Knob>> = {},
): Promise<EngineSnapshot> {
  const engine = made(options)
  await engine.start()
  act(engine)
  const snapshot = engine.getSnapshot()
  await engine.stop()
  return snapshot
}

const lastSegment = (): string => join(folder.path, segmentsIn(folder.path).at(-1) ?? "")
const resumed = (options: Partial<EngineOptions<Knob>> = {}) => made(options).getSnapshot()

/** A life with two baselines, SafeMode, and rollbacks, that ends amid a perturbation. */
const life = (engine: ArqonEngine<Knob>): void => {
  let next = drive(engine, { digests: 150 })
  engine.setBaseline()
  next = drive(engine, { digests: 60, from: next })
  engine.trip("a look")
  next = drive(engine, { digests: 10, from: next })
  engine.reset()
  next = drive(engine, { digests: 30, from: next })
  engine.rollback()
  next = drive(engine, { digests: 200, from: next })
  drive(engine, { digests: 7, from: next })
}

/** An emergency in the plant: one rollback that no person asked for. */
const emergency = (engine: ArqonEngine<Knob>): void => {
  drive(engine, { digests: 20 })
  const { nowUs } = engine
  engine.tick(nowUs + 2_000_000)
  engine.observe({ objective: 1, constraintMargin: -2, timestampUs: nowUs + 2_000_000 })
}

describe("an engine with a state directory", () => {
  // Root cause: a segment's header counted from the first record of its own run, and what that had taken over was lost with the first one.
  it("knows the rollbacks of the hour, however many runs and segments are in between", async () => {
    const small = { journal: { segmentBytes: 4000, compress: "none" as const } }
    for (let runs = 1; runs <= 3; runs++) {
      const { counters } = await ran((engine) => {
        emergency(engine)
        engine.reset()
        // A person's are none of them.
        engine.rollback()
        drive(engine, { digests: 400, from: 200 })
      }, small)
      expect(counters.rollbacks).toBe(2)
      expect(segmentsIn(folder.path).length).toBeGreaterThan(2 * runs)
      expect(resumed().resumption?.rollbacksUs).toHaveLength(runs)
    }
  })

  it("starts afresh if there is none, or if it is empty", () => {
    expect(resumed().resumption).toBeNull()
    rmSync(folder.path, { recursive: true })
    expect(resumed()).toMatchObject({ resumption: null, values: { batch: 200, timeout: 2 } })
    writeFileSync(folder.path, "no directory")
    expect(resumed().resumption).toBeNull()
  })

  it("continues after a segment that a power loss cut short at its creation, whatever it contains", async () => {
    const left = await ran(life)
    const newest = segmentPath(folder.path, (listSegments(folder.path).at(-1)?.number ?? 0) + 1)
    for (const born of [
      new Uint8Array(4096),
      Uint8Array.from({ length: 4096 }, (_, i) => (7 * i) ^ (i >> 5)),
    ]) {
      writeFileSync(newest, born)
      expect(verifyJournal(folder.path).status).toBe("torn")
      expect(resumed()).toMatchObject({ values: left.base, resumption: { safeMode: null } })
    }
    await ran((engine) => expect(engine.getSnapshot().mode).toBe("adapting"))
    expect(verifyJournal(folder.path).status).toBe("whole")
    expect(readFileSync(`${newest}.torn`)).toHaveLength(4096)
    // One that holds a record was promised: that it does not begin as a journal is damage.
    const kept = listSegments(folder.path).at(-1)?.path ?? ""
    writeFileSync(kept, Uint8Array.from(readFileSync(kept)).fill(0, 0, 20))
    expect(verifyJournal(folder.path).status).toBe("damaged")
    expect(resumed().resumption?.safeMode).toMatchObject({ reason: "engineFault", exit: "manualReset" })
  })

  it("begins after a stop where that left the plant, with the saved baseline", async () => {
    const left = await ran(life)
    expect(left.base).not.toEqual(left.baseline)
    const engine = made()
    expect(engine.values).toEqual(left.base)
    await engine.start()
    const { base, baseline, resumption, mode } = engine.getSnapshot()
    expect({ base, baseline, mode }).toEqual({ base: left.base, baseline: left.baseline, mode: "adapting" })
    expect(resumption?.from).toMatchObject({ run: "manual-42", ended: true })
    expect(resumption?.from.why).toContain("was stopped: the plant begins where it was left")
    await engine.stop()
    // A line that a person understands, in the audit.
    const [start] = readJournal(folder.path, { kinds: ["engineStarted"], last: 1 }).records
    expect(recordLine(start)).toContain("Run manual-42 was stopped: the plant begins where it was left.")
  })

  it("begins after a stop on its baseline or on its initial values if configured", async () => {
    const left = await ran(life)
    expect(resumed({ resume: "baseline" })).toMatchObject({ values: left.baseline, baseline: left.baseline })
    expect(resumed({ resume: false })).toMatchObject({ values: { batch: 200, timeout: 2 }, resumption: null })
  })

  it("begins after a stop in SafeMode on its baseline, in SafeMode for the same reason", async () => {
    const left = await ran((engine) => {
      life(engine)
      engine.trip("closed for the night")
    })
    const engine = made()
    expect(engine.values).toEqual(left.baseline)
    await engine.start()
    expect(engine.getSnapshot()).toMatchObject({ mode: "safe", safeMode: left.safeMode })
    drive(engine, { digests: 300, from: 3000 })
    expect(engine.getSnapshot()).toMatchObject({ mode: "safe", values: left.baseline })
    engine.reset()
    expect(engine.getSnapshot().mode).toBe("adapting")
    await engine.stop()
  })

  it("resumes repeatedly, and every run replays, also in a what-if", async () => {
    await ran((engine) => drive(engine, { digests: 500 }))
    for (let i = 1; i < 4; i++) {
      const before = lastStanding(folder.path)
      const runId = `again-${i}`
      const left = await ran(
        (engine) => {
          expect(engine.getSnapshot().resumption?.start).toEqual(before?.base)
          drive(engine, { digests: 500, from: 500 * i })
        },
        { runId },
      )
      expect(left.resumption?.from.run).toBe(before?.run)
      expect(replayJournal(folder.path)).toMatchObject({ verdict: "identical", run: runId })
      const { recorded, replayed } = whatIfJournal(folder.path, {})
      expect(replayed).toEqual(recorded)
    }
  })
})

describe("a journal that is cut at any byte of its last segment", () => {
  it.each([1e9, 8_000])(
    "yields the last recorded baseline and SafeMode, never a perturbation (segments of %d)",
    async (segmentBytes) => {
      const seen = new Map<number, { readonly baseline: object | null; readonly open: string | undefined }>()
      await ran(
        (engine) => {
          let open: string | undefined
          let baseline: object | null = null
          engine.audit.subscribe(({ seq, kind, reason, values = null }) => {
            // A listener hears of all that one call led to when it is over: what the engine is by then may be recorded further on.
            if (kind === "safeModeEntered") open = reason
            if (kind === "safeModeExited") open = undefined
            // The first one has no record: it is where the run began.
            baseline = kind === "baselineSet" ? values : (baseline ?? engine.getSnapshot().baseline)
            seen.set(seq, { baseline, open })
          })
          life(engine)
        },
        { journal: { ...UNSYNCED, segmentBytes } },
      )
      const path = lastSegment()
      const bytes = readFileSync(path)
      const ends: Array<readonly [number, number]> = []
      const { header } = scanSegment(bytes, sha256, ({ seq, at, bytes: size }) => ends.push([seq, at + size]))
      expect(header?.segment === 1).toBe(segmentBytes === 1e9)
      const settings = requireEngineConfig({ params: knobs, clock: "manual", state: folder.path })
      // Every byte of a segment in the midst of a run; of a whole run those near its ends, and a stride between.
      const whole = ends[ends.length - 1][1]
      const cuts = Array.from({ length: bytes.length }, (_, i) => i).filter(
        (i) => segmentBytes < 1e9 || i > bytes.length - 200 || i < 100 || i % 499 === 0,
      )
      let last = ""
      for (const cut of cuts.toReversed()) {
        truncateSync(path, cut)
        const resumption = recover(settings, null)
        const record = ends.findLast(([, end]) => end <= cut)?.[0] ?? (header?.firstSeq ?? 1) - 1
        const expected = seen.get(record)
        if (record <= 2) continue
        expect(resumption?.from.ended, `cut at ${cut}`).toBe(false)
        expect(resumption?.baseline, `cut at ${cut}`).toEqual(expected?.baseline)
        expect(resumption?.start).toEqual(expected?.baseline)
        expect(resumption?.safeMode?.reason).toBe(expected?.open)
        last = resumption?.from.why ?? ""
      }
      expect(whole).toBeGreaterThan(0)
      expect(last).toContain("cut short: the plant begins on its baseline")
    },
  )
})
