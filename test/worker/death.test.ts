/**
 * A worker that dies, in every way and phase: readers are left on the baseline, another worker takes over, nothing is lost
 * uncounted, and the record holds.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { EngineFaultError, EngineStateError } from "../../src/domain/errors.ts"
import { verifyJournal } from "../../src/journal/read/readJournal.ts"
import { replayJournal } from "../../src/journal/replay/replayJournal.ts"
import type { EngineSnapshot } from "../../src/engine/contract/EngineSnapshot.ts"
import { createEngine } from "../../src/index.node.ts"
import { outcomeOf } from "../../src/engine/calls/outcome.ts"
import { knobs } from "../engine/plant.ts"
import { FAST, faulty, feed, onlooker, place, type Placed } from "./rig.ts"

const home = mkdtempSync(join(tmpdir(), "arqon-worker-"))
afterAll(() => rmSync(home, { recursive: true, force: true }))

const START = { batch: 200, timeout: 2 }

interface Died {
  readonly snapshot: EngineSnapshot
  readonly values: object
  readonly safeMode: Placed["safeMode"]
  readonly words: string | null
  /** What a command then comes to. */
  readonly trip: unknown
}

/** What an engine is like when it first says that its worker died: another one may take over before a test looks. */
function watchDeath(engine: Placed): { died: Died | null } {
  const seen: { died: Died | null } = { died: null }
  engine.subscribe((snapshot) => {
    const { status, lastDeath } = engine.worker()
    if (status !== "restarting" || seen.died !== null) return
    const values = { ...engine.values }
    const tripped = outcomeOf(() => engine.trip())
    const trip = tripped.ok ? null : tripped.error
    seen.died = { snapshot, values, safeMode: engine.safeMode, words: lastDeath, trip }
  })
  return seen
}

const faults = [
  ["throws", "waitingPlus", "threw", "a fault in the worker"],
  ["exits", "waitingMinus", "ended", "it ended with code 3"],
  ["loops", "waitingMinus", "hung", "it did not respond for 2 s"],
  ["eats", "waitingPlus", "threw", "memory"],
] as const

describe("a worker that dies", () => {
  it.each(faults)(
    "by a fault that %s in %s leaves the plant on its baseline and is replaced",
    async (fault, phase, reason, words) => {
      const state = join(home, `${fault}-${phase}`)
      const engine = place(
        {
          runId: `${fault}-${phase}`,
          state,
          startIsBaseline: true,
          guardrails: {
            preset: "aggressive",
            minIntervalUs: 1000,
            appliesPerSecond: 1000,
            cooldownUs: 20_000,
            minStableUs: 60_000_000,
          },
        },
        {
          entry: faulty,
          patienceMs: fault === "loops" ? 2_000 : 20_000,
          resourceLimits: { maxOldGenerationSizeMb: 48 },
        },
      )
      await engine.start()
      const end = await onlooker(engine)
      const seen = watchDeath(engine)
      await feed(engine, () => seen.died !== null)
      const { generation } = engine
      expect(seen.died).toMatchObject({ values: START, safeMode: "engineFault" })
      expect(seen.died?.snapshot).toMatchObject({
        status: "running",
        mode: "safe",
        values: START,
        base: START,
      })
      expect(seen.died?.words).toContain(words)
      expect(seen.died?.trip).toBeInstanceOf(EngineStateError)
      await feed(engine, () => engine.worker().status === "running")
      await feed(engine, () => engine.generation > generation + 10)
      const { counters, fault: told, mode } = engine.getSnapshot()
      expect({ told, mode }).toEqual({ told: null, mode: "adapting" })
      expect(counters.restarts).toEqual([{ child: "worker", reason, count: 1 }])
      const { mixed, backwards } = await end()
      expect({ mixed, backwards }).toEqual({ mixed: 0, backwards: 0 })
      await engine.stop()
      expect(verifyJournal(state)).toMatchObject({ problems: [] })
      const runs = [`${fault}-${phase}`, `${fault}-${phase}.2`]
      for (const run of runs)
        expect(replayJournal(state, { run })).toMatchObject({ verdict: "identical", difference: null })
    },
  )
})

describe("a worker that takes over", () => {
  it("uses the guardrails in force, not those of the configuration", async () => {
    const engine = place({ runId: "exits-waitingMinus" }, { entry: faulty })
    await engine.start()
    const begun = engine.getSnapshot().guardrails
    const changed = { ...FAST.guardrails, maxStep: 0.0625, emergencyMargin: -0.25 }
    engine.setGuardrails(changed, "smaller steps")
    const { guardrails: inForce } = engine.getSnapshot()
    expect(inForce.policy).toEqual({ ...begun.policy, maxStep: 0.0625, emergencyMargin: -0.25 })
    await feed(engine, () => engine.worker().deaths > 0)
    await feed(engine, () => engine.worker().status === "running")
    const { generation } = engine
    await feed(engine, () => engine.generation > generation + 10)
    expect(engine.getSnapshot().guardrails).toEqual(inForce)
    // Counted: SafeMode may be over again by the time this thread looks. Again: a digest of an older generation says nothing.
    const emergencies = (): number => engine.getSnapshot().counters.trips.constraintEmergency
    expect(emergencies()).toBe(0)
    await feed(engine, () => engine.observe({ objective: 1, constraintMargin: -0.3 }) && emergencies() > 0)
    await engine.stop()
  })
})

describe("a worker that dies again and again", () => {
  it("is not replaced more often than intensity allows; a person's reset starts the count over", async () => {
    const engine = place({ runId: "exits-any-always" }, { entry: faulty })
    const errors: Array<unknown> = []
    engine.subscribe({ error: (error) => void errors.push(error) })
    await engine.start()
    await feed(engine, () => engine.worker().status === "frozen")
    expect(engine.worker()).toMatchObject({ deaths: 4 })
    expect({ ...engine.values }).toEqual(START)
    expect(engine.safeMode).toBe("engineFault")
    expect(engine.getSnapshot()).toMatchObject({ mode: "safe", fault: "worker: it ended with code 3" })
    expect(errors).toHaveLength(1)
    expect(errors[0]).toBeInstanceOf(EngineFaultError)
    expect(() => engine.rollback()).toThrow("reset()")
    const { generation } = engine
    engine.reset("looked at")
    expect(engine.worker().status).toBe("restarting")
    await feed(engine, () => engine.worker().status === "running")
    expect(engine.generation).toBeGreaterThan(generation)
    await engine.stop()
    expect(engine.getSnapshot().status).toBe("stopped")
  })

  it("can be stopped at any moment", async () => {
    const engine = place({ runId: "exits-any-always" }, { entry: faulty })
    await engine.start()
    await feed(engine, () => engine.worker().status === "restarting")
    await engine.stop()
    expect({ ...engine.values }).toEqual(START)
    expect(engine.worker().status).toBe("stopped")
    const idle = place()
    await idle.stop()
    expect(idle.getSnapshot().status).toBe("stopped")
  })
})

describe("a start that comes to nothing", () => {
  it("reports that the engine was stopped, and leaves the directory to the next one", async () => {
    const state = join(home, "stopped")
    const engine = place({ state })
    const started = engine.start().then(
      () => null,
      (error: unknown) => error,
    )
    await engine.stop()
    expect(await started).toMatchObject({ _tag: "EngineStateError", reason: "stopped", call: "start" })
    const next = createEngine({ params: knobs, state })
    await next.start()
    await next.stop()
  })

  it("can be retried from the rejection", async () => {
    // It says so and lingers, as one does that still lets go of what it had.
    const lingers = `import { parentPort } from "node:worker_threads"
      parentPort.postMessage({ type: "failed", error: { tag: null, fields: {}, message: "no disk" } })
      setTimeout(() => {}, 1e6)`
    const engine = place({}, { entry: new URL(`data:text/javascript,${encodeURIComponent(lingers)}`) })
    await expect(engine.start()).rejects.toThrow("no disk")
    await expect(engine.start()).rejects.toThrow("no disk")
    await engine.stop()
  })
})

describe("what a dead worker leaves", () => {
  // Root cause: the lock of a thread that died names a process that lives, its own. Nobody else in it could ever have the state.
  it("is not a lock once the engine is stopped", async () => {
    const state = join(home, "locked")
    const engine = place({ runId: "exits-any-always", state }, { entry: faulty })
    await engine.start()
    await feed(engine, () => engine.worker().status === "restarting")
    await engine.stop()
    const next = createEngine({ params: knobs, state })
    await next.start()
    expect(next.getSnapshot().status).toBe("running")
    await next.stop()
  })

  // Root cause: the next worker was told of the rollback of the death alone, and the ledger of the one before died with it.
  it("keeps its rollbacks of the hour, which with that of the death may require a person", async () => {
    const lastingEmergency = { ...FAST.guardrails, cooldownUs: 600_000_000 }
    const dying = place({ runId: "exits-tripped", guardrails: lastingEmergency }, { entry: faulty })
    await dying.start()
    await feed(
      dying,
      () => dying.observe({ objective: 1, constraintMargin: -2 }) && dying.worker().deaths > 0,
    )
    await feed(dying, () => dying.worker().status === "running")
    expect(dying.getSnapshot().resumption?.rollbacksUs.length).toBeGreaterThan(1)
    await dying.stop()
    const strict = { ...FAST.guardrails, rollbacksPerHour: 0 }
    const engine = place({ runId: "exits-waitingMinus", guardrails: strict }, { entry: faulty })
    await engine.start()
    await feed(engine, () => engine.worker().deaths > 0)
    await feed(engine, () => engine.worker().status === "running")
    expect(engine.getSnapshot().safeMode).toMatchObject({ reason: "engineFault", exit: "manualReset" })
    engine.reset()
    expect(engine.safeMode).toBeNull()
    await engine.stop()
  })

  it("keeps SafeMode as it was if it was open for another reason", async () => {
    const engine = place({ runId: "exits-tripped" }, { entry: faulty })
    await engine.start()
    engine.trip("a person")
    await feed(engine, () => engine.worker().deaths === 1)
    await feed(engine, () => engine.worker().status === "running")
    expect(engine.getSnapshot()).toMatchObject({
      mode: "safe",
      safeMode: { reason: "manualTrigger", exit: "manualReset" },
    })
    engine.reset()
    expect(engine.safeMode).toBeNull()
    await engine.stop()
  })

  it("keeps its digests for the next one: none is lost uncounted", async () => {
    const engine = place({ runId: "exits-any", telemetry: { capacity: 1024 } }, { entry: faulty })
    await engine.start()
    let sent = 0
    while (engine.worker().status !== "restarting") {
      engine.observe({ objective: 1 })
      sent++
      if (sent % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    const taken = engine.getSnapshot().counters
    for (let i = 0; i < 100; i++) engine.observe({ objective: 1 })
    await feed(engine, () => engine.worker().status === "running")
    const { digests, digestsLost } = engine.getSnapshot().counters
    const judged = Object.values(digests).reduce((sum, count) => sum + count, 0)
    expect(judged + digestsLost).toBeGreaterThanOrEqual(100)
    expect(taken.restarts).toHaveLength(1)
    await engine.stop()
  })

  it("accepts reports from other threads meanwhile", async () => {
    const engine = place({ runId: "throws-waitingPlus" }, { entry: faulty })
    await engine.start()
    const end = await onlooker(engine, 0.2)
    const { promise, resolve } = (() => {
      let resolve = (): void => {}
      const promise = new Promise<void>((done) => (resolve = done))
      return { promise, resolve }
    })()
    engine.subscribe(({ counters }) => {
      if (counters.restarts.length > 0 && engine.worker().status === "running") resolve()
    })
    await promise
    const { reported, refused, backwards } = await end()
    expect(reported).toBeGreaterThan(100)
    expect({ refused, backwards }).toEqual({ refused: 0, backwards: 0 })
    await engine.stop()
  })
})
