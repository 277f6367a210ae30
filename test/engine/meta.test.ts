/** An engine with a meta level: its moves are recorded, replayed, shown, and undone by whoever doubts the plant. */
import { describe, expect, it } from "vitest"
import { type AuditRecord, createEngine, type EngineOptions } from "../../src/index.node.ts"
import { readJournal, replayJournal, whyChanged } from "../../src/platform/node/index.ts"
import { lineOfRecord } from "../../src/domain/recordTexts.ts"
import { ownFolder } from "../journal/journalRig.ts"
import { normal, uniform } from "../meta/plant.ts"

const folder = ownFolder()
const STEP_US = 500_000

const options = {
  params: { x: { min: 0, max: 1, initial: 0.5 }, y: { min: 0, max: 1, initial: 0.5 } },
  seed: 5,
  clock: "manual",
  window: { digests: 1, us: 5_000_000, settleUs: 0 },
  // Tunes all the time, so that there are cycles to score.
  gains: { prove: false },
  guard: false,
  meta: { depth: 1 },
} as const satisfies EngineOptions<"x" | "y">

type Options = Partial<EngineOptions<"x" | "y">>

const make = (more: Options = {}) => createEngine({ ...options, ...more })
type Engine = ReturnType<typeof make>
type Gain = "floor" | "trustTarget" | "windows"

/** Reports the loss of an optimum that goes round, with little noise. */
function drive(engine: Engine, digests: number): void {
  const noise = normal.bind(null, uniform(Math.round(engine.nowUs)))
  for (let i = 0; i < digests; i++) {
    const nowUs = engine.nowUs + STEP_US
    const angle = nowUs / 1e8
    const { x, y } = engine.values
    const away = (x - 0.5 - 0.3 * Math.cos(angle)) ** 2 + (y - 0.5 - 0.3 * Math.sin(angle)) ** 2
    engine.tick(nowUs)
    engine.observe({ timestampUs: nowUs, objective: 1 + 4 * away + 0.02 * noise() })
  }
}

/** Until the condition holds, and fails where it never does. */
function driveUntil(engine: Engine, holds: () => boolean): void {
  for (let i = 0; i < 20_000 && !holds(); i++) drive(engine, 1)
  expect(holds()).toBe(true)
}

const metaOf = (engine: Engine) => engine.getSnapshot().meta ?? never()
const cycleGains = (engine: Engine) => {
  const { kernel, pace } = engine.actor.getSnapshot().children.cycle?.getSnapshot().context ?? never()
  const { floor, trustTarget } = kernel.get().settings
  return { floor, trustTarget, windows: pace?.windows ?? 1 }
}
const moves = (records: ReadonlyArray<AuditRecord>) => records.filter(({ kind }) => kind === "meta")

function never(): never {
  throw new Error("is missing")
}

describe("an engine with a meta level", () => {
  it("changes the cycle's gains, shows and records each move, and a replay repeats it byte for byte", async () => {
    const engine = make({ state: folder.path })
    await engine.start()
    expect(metaOf(engine)).toMatchObject({ depth: 1, phase: "watching", moves: 0, last: null })
    driveUntil(engine, () => metaOf(engine).moves > 12)
    expect(metaOf(engine).gains).toEqual(cycleGains(engine))
    const shown = metaOf(engine)
    await engine.stop()

    const { records } = readJournal(folder.path)
    const made = moves(records)
    expect(made).toHaveLength(shown.moves)
    expect(made.map(({ action }) => action)).toEqual(expect.arrayContaining(["asked", "takenBack"]))
    const last = made.at(-1) ?? never()
    expect(last).toMatchObject({
      action: shown.last?.act,
      value: shown.last?.value,
      limit: shown.last?.before,
    })
    // A change is judged on a block after the one that asked for it.
    const asked = made.filter(({ action }) => action === "asked")
    for (const [i, move] of made.entries())
      if (["kept", "takenBack", "restored"].includes(move.action ?? "")) {
        expect(made[i - 1]).toMatchObject({ action: "asked", reason: move.reason })
        expect(move.atUs - made[i - 1].atUs).toBeGreaterThan(12 * 2 * STEP_US)
      }
    // Within the clamp, and by no more than the pace allows.
    for (const { reason, value, limit } of asked) {
      const [start, reach] = { floor: [0.003, 12], trustTarget: [0.5, 2], windows: [1, 4] }[reason as Gain]
      expect(Math.abs(Math.log((value ?? 0) / start))).toBeLessThanOrEqual(Math.log(reach) + 1e-9)
      expect(Math.abs(Math.log((value ?? 0) / (limit ?? 0)))).toBeLessThanOrEqual(Math.log(3) + 1e-9)
    }
    const lines = made.map((record) => lineOfRecord(record, { figure: String, own: String }))
    expect(lines[0]).toMatch(/^tries the gain (floor|trustTarget|windows) at [\d.]+, was [\d.]+$/)
    // Why a knob changed names the gain that was changed right before.
    const [first] = asked
    const next = records.find(({ kind, seq }) => kind === "apply" && seq > first.seq) ?? never()
    expect(whyChanged(folder.path, "x", next.atUs)?.text).toContain(`before it: the meta level ${lines[0]}`)
    expect(replayJournal(folder.path)).toMatchObject({ verdict: "identical" })
  })

  it("takes the change on trial back when the engine rolls back, to the last bit", async () => {
    const engine = make()
    await engine.start()
    driveUntil(engine, () => metaOf(engine).phase === "trying")
    const asked = moves(engine.audit.records()).at(-1) ?? never()
    const gain = asked.reason as Gain
    expect(cycleGains(engine)[gain]).toBe(asked.value)
    engine.setBaseline()
    engine.rollback()
    drive(engine, 2)
    expect(moves(engine.audit.records()).at(-1)).toMatchObject({ action: "rolledBack", reason: gain })
    expect(cycleGains(engine)[gain]).toBe(asked.limit)
    expect(metaOf(engine).phase).toBe("watching")
    await engine.stop()
  })

  it("stops for good when a person says so, with its gains as configured, and a replay repeats it", async () => {
    const engine = make({ state: folder.path })
    await engine.start()
    const configured = cycleGains(engine)
    driveUntil(engine, () => metaOf(engine).phase === "trying")
    expect(cycleGains(engine)).not.toEqual(configured)
    engine.stopMeta({ by: "ada", note: "leave my gains alone" })
    expect(cycleGains(engine)).toEqual(configured)
    expect(metaOf(engine)).toMatchObject({ phase: "stopped", gains: configured, last: { act: "killed" } })
    const { moves: before } = metaOf(engine)
    // Neither more cycles nor SafeMode and a rollback, nor another stop, wake it.
    drive(engine, 2_000)
    engine.trip()
    drive(engine, 20)
    engine.reset()
    engine.rollback()
    engine.stopMeta()
    drive(engine, 2_000)
    expect(cycleGains(engine)).toEqual(configured)
    expect(metaOf(engine)).toMatchObject({ phase: "stopped", moves: before })
    await engine.stop()

    const { records } = readJournal(folder.path)
    const last = moves(records).at(-1)
    expect([last?.action, last?.reason]).toEqual(["killed", undefined])
    const asked = records.filter(({ kind, action }) => kind === "command" && action === "stopMeta")
    expect(asked.map(({ note }) => note ?? null)).toEqual(["by ada: leave my gains alone", null])
    expect(replayJournal(folder.path)).toMatchObject({ verdict: "identical" })
  })

  it("pauses while SafeMode is open: nothing is judged and nothing changes", async () => {
    const engine = make()
    await engine.start()
    driveUntil(engine, () => metaOf(engine).phase === "trying")
    engine.trip("a look")
    drive(engine, 2)
    expect(metaOf(engine).phase).toBe("paused")
    const made = metaOf(engine).moves
    const gains = cycleGains(engine)
    drive(engine, 500)
    expect([metaOf(engine).moves, cycleGains(engine)]).toEqual([made, gains])
    engine.reset()
    driveUntil(engine, () => metaOf(engine).moves > made)
    await engine.stop()
  })

  it("changes a gain only where that is recorded, and none of the plain schedule's but its own", async () => {
    const engine = make({ gains: { mode: "spall" } })
    await engine.start()
    expect(Object.keys(metaOf(engine).gains)).toEqual(["a0", "windows"])
    driveUntil(engine, () => metaOf(engine).moves > 2)
    await engine.stop()
  })

  it("makes readings of more windows, a whole number of them, and the tuner moves as much less often", async () => {
    const engine = make({ seed: 7 })
    await engine.start()
    driveUntil(engine, () => cycleGains(engine).windows > 1)
    const { windows } = cycleGains(engine)
    expect(metaOf(engine)).toMatchObject({
      phase: "trying",
      gains: { windows },
      last: { gain: "windows", before: 1 },
    })
    expect([2, 3, 4]).toContain(windows)
    const appliesIn = (digests: number): number => {
      const { applies } = engine.getSnapshot().counters
      drive(engine, digests)
      return engine.getSnapshot().counters.applies - applies
    }
    const slow = appliesIn(48)
    expect(cycleGains(engine).windows).toBe(windows)
    driveUntil(engine, () => cycleGains(engine).windows === 1)
    // What cools down after an apply takes its time either way.
    expect(appliesIn(48) / slow).toBeGreaterThan(1.5)
    await engine.stop()
  })

  it("says nothing and changes nothing where its depth is 0", async () => {
    const runs = [{ meta: { depth: 0 } }, { meta: undefined }].map(async (more) => {
      const engine = make(more)
      await engine.start()
      drive(engine, 600)
      expect(engine.getSnapshot().meta).toBe(null)
      await engine.stop()
      // The start says what was configured.
      return JSON.stringify(engine.audit.records().slice(1))
    })
    const [off, absent] = await Promise.all(runs)
    expect(off).toBe(absent)
    expect(off).not.toContain('"kind":"meta"')
  })

  it("refuses a depth that there is not", () => {
    expect(() => make({ meta: { depth: 3 } })).toThrow(/meta\.depth/)
  })
})
