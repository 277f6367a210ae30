/** An engine in a worker is used as one in the caller's thread is. */
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { ConfigError, createEngine, EngineStateError, type RelayedInspection } from "../../src/index.node.ts"
import { createEngine as createInBrowser } from "../../src/index.ts"
import { attachEngine } from "../../src/worker/attachEngine.ts"
import { NOTHING_DUE, RING_FULL } from "../../src/hot/codes.ts"
import { Engine } from "../../src/engine/Engine.ts"
import { drive, knobs, manual, trajectory } from "../engine/plant.ts"
import { FAST, feed, onlooker, place, type Placed } from "./rig.ts"
import { until } from "../until.ts"

const thrown = (call: () => unknown): unknown => {
  try {
    call()
  } catch (error) {
    return error
  }
  return null
}

const running = async (...args: Parameters<typeof place>): Promise<Placed> => {
  const engine = place(...args)
  await engine.start()
  return engine
}

describe("an engine in a worker", () => {
  it("shows its values before the start, tunes, and shows them after the stop", async () => {
    // Room for all that is reported while the worker waits for a processor.
    const engine = place({ telemetry: { capacity: 4096 } })
    expect({ ...engine.values, generation: engine.generation }).toEqual({
      batch: 200,
      timeout: 2,
      generation: 1,
    })
    expect(engine.getSnapshot()).toMatchObject({ status: "idle", generation: 1, values: { timeout: 2 } })
    await engine.start()
    const isTuned = (): boolean =>
      engine.generation > 60 && engine.getSnapshot().base.timeout > 3 && engine.safeMode === null
    await feed(engine, isTuned)
    const snapshot = engine.getSnapshot()
    expect(snapshot).toMatchObject({ status: "running", mode: "adapting", fault: null })
    expect(snapshot.base.timeout).toBeGreaterThan(3)
    expect(snapshot.counters.digests.valid).toBeGreaterThanOrEqual(200)
    expect(snapshot.counters.digestsLost).toBe(0)
    expect(engine.metrics()).toContain("arqon_cycle_count_total")
    await engine.stop()
    const after = engine.getSnapshot()
    expect(after.status).toBe("stopped")
    expect(after.values).toEqual(after.base)
    expect({ ...engine.values }).toEqual(after.values)
    expect(engine.audit.records().at(-1)?.kind).toBe("engineStopped")
    expect(engine.worker()).toMatchObject({ status: "stopped", deaths: 0 })
  })

  it("proves its base before a stop, in manual time byte for byte like an engine in this thread", async () => {
    const guardrails = { minStableUs: 86_400_000_000 }
    const inline = manual({ guardrails })
    const placed = createEngine({
      params: knobs,
      seed: 42,
      clock: "manual",
      guardrails,
      placement: "worker",
    }) as unknown as typeof inline
    await Promise.all([inline.start(), placed.start()])
    const both = [inline, placed]
    for (const engine of both) drive(engine, { digests: 150 })
    expect(thrown(() => placed.getSnapshot().proof)).toBeNull()
    await expect(placed.stop({ prove: 0.5 })).rejects.toBeInstanceOf(ConfigError)
    const stopped = both.map((engine) => engine.stop({ prove: 4 }))
    // The worker hears of the stop by a message; the clock stands still until it has.
    await until(() => placed.getSnapshot().proof !== null)
    for (const engine of both) {
      for (let i = 150; engine.getSnapshot().proof !== null; i++) drive(engine, { digests: 1, from: i })
    }
    await Promise.all(stopped)
    expect(trajectory(placed)).toBe(trajectory(inline))
    const said = placed.audit.records().find(({ reason }) => reason === "closingProof")
    expect(said).toMatchObject({ action: "pass", value: 4, limit: 4 })
    expect(placed.getSnapshot().values).toEqual(inline.getSnapshot().values)
  })

  it("ends a proof without digests when stopped again, on its baseline", async () => {
    const engine = await running({ guardrails: { ...FAST.guardrails, minStableUs: 86_400_000_000 } })
    await feed(engine, () => engine.generation > 60)
    const proved = engine.stop({ prove: 1000 })
    await Promise.all([proved, engine.stop()])
    expect(engine.getSnapshot()).toMatchObject({ status: "stopped", values: { batch: 200, timeout: 2 } })
  })

  it("decides in manual time byte for byte like an engine in this thread", async () => {
    const inline = manual()
    const placed = createEngine({ params: knobs, seed: 42, clock: "manual", placement: "worker" })
    await Promise.all([inline.start(), placed.start()])
    drive(inline, { digests: 150 })
    drive(placed as unknown as typeof inline, { digests: 150 })
    expect(trajectory(placed as unknown as typeof inline)).toBe(trajectory(inline))
    expect(placed.generation).toBe(inline.generation)
    expect(placed.generation).toBeGreaterThan(5)
    expect(placed.nowUs).toBe(inline.nowUs)
    placed.digest.fill(Number.NaN)
    placed.digest[2] = 1
    expect(placed.observeDigest()).not.toBe(RING_FULL)
    await Promise.all([inline.stop(), placed.stop()])
  })

  it("is taken home by its guard as an engine in this thread is, at a plant that remembers", async () => {
    const inline = manual()
    const placed = createEngine({ params: knobs, seed: 42, clock: "manual", placement: "worker" })
    await Promise.all([inline.start(), placed.start()])
    for (const engine of [inline, placed as unknown as typeof inline]) {
      let held = 0
      for (let i = 1; i <= 12_000; i++) {
        const timestampUs = i * 20_000
        // A longer timeout is cheaper at once; beyond five a backlog grows.
        held = Math.max(0, held + 0.02 * (engine.values.timeout - 5))
        engine.tick(timestampUs)
        engine.observe({
          objective: 20 - engine.values.timeout + held + 0.01 * Math.sin(i * 12.9898),
          timestampUs,
        })
      }
    }
    expect(trajectory(placed as unknown as typeof inline)).toBe(trajectory(inline))
    const { guard } = placed.getSnapshot()
    expect(guard).toEqual(inline.getSnapshot().guard)
    expect(guard?.blames).toBeGreaterThan(0)
    await Promise.all([inline.stop(), placed.stop()])
  })

  it("answers calls synchronously, with the errors of an engine in this thread", async () => {
    const engine = place({ startIsBaseline: false })
    expect(thrown(() => engine.observe({ objective: 1 }))).toMatchObject({
      reason: "notStarted",
      call: "observe",
    })
    expect(thrown(() => engine.trip())).toBeInstanceOf(EngineStateError)
    await engine.start()
    await expect(engine.start()).rejects.toMatchObject({ reason: "alreadyStarted" })
    expect(thrown(() => engine.rollback())).toMatchObject({ _tag: "NoBaselineError" })
    expect(thrown(() => engine.observe({ objektive: 1 } as unknown as { objective: number }))).toMatchObject({
      _tag: "DigestError",
    })
    expect(thrown(() => engine.tick(5))).toMatchObject({ _tag: "EngineStateError", reason: "notManual" })
    engine.setBaseline("by hand")
    expect(engine.getSnapshot().baseline).toEqual({ batch: 200, timeout: 2 })
    const { generation } = engine
    engine.rollback("to be sure")
    expect(engine.generation).toBe(generation + 1)
    engine.trip("maintenance")
    expect(engine.safeMode).toBe("manualTrigger")
    expect(engine.getSnapshot()).toMatchObject({ mode: "safe", safeMode: { reason: "manualTrigger" } })
    engine.reset("done")
    expect([engine.safeMode, engine.getSnapshot().mode]).toEqual([null, "adapting"])
    const notes = engine.audit.records().flatMap(({ note }) => note ?? [])
    expect(notes).toEqual(["by hand", "to be sure", "maintenance", "done"])
    await engine.stop()
    await engine.stop()
    expect(thrown(() => engine.reset())).toMatchObject({ reason: "stopped" })
    await expect(engine.start()).rejects.toMatchObject({ reason: "stopped" })
  })

  it("notifies subscribers, audit listeners, inspectors and windows$, and completes them", async () => {
    const inspected: Array<RelayedInspection> = []
    const engine = createEngine({ ...FAST, inspect: (event) => void inspected.push(event) })
    const states: Array<string> = []
    const seqs: Array<number> = []
    let over = 0
    let windows = 0
    engine.subscribe({ next: ({ status }) => void states.push(status), complete: () => over++ })
    engine.audit.subscribe(({ seq }) => void seqs.push(seq))
    engine.windows$.subscribe({ next: () => windows++, complete: () => over++ })
    engine.subscribe(() => {
      throw new Error("a subscriber's own")
    })
    await engine.start()
    await feed(engine, () => windows >= 20 && states.length >= 20)
    expect(engine.getSnapshot().counters.listenerFailures).toBeGreaterThan(0)
    await engine.stop()
    expect(over).toBe(2)
    expect(states.at(-1)).toBe("stopped")
    expect(seqs.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    expect(new Set(inspected.map(({ type }) => type))).toContain("@xstate.event")
    expect(inspected.some(({ state }) => JSON.stringify(state) === '{"running":"adapting"}')).toBe(true)
  })

  it("judges digests of other threads, and reports emergencies at once", async () => {
    const engine = await running({
      telemetry: { overflow: "backpressure", capacity: 16 },
      // SafeMode is still open when it is looked at.
      guardrails: { ...FAST.guardrails, cooldownUs: 3600e6 },
    })
    const attached = attachEngine<keyof typeof knobs>(engine.shared)
    expect(attached.generation).toBe(engine.generation)
    attached.digest.fill(Number.NaN)
    attached.digest[2] = 1
    expect(attached.observeDigest()).toBe(NOTHING_DUE)
    await attached.track(() => Promise.resolve(1))
    expect(engine.getSnapshot().counters.digests.valid).toBe(2)
    expect(attached.observe({ objective: 1, constraintMargin: -0.9 })).toBe(true)
    expect(engine.getSnapshot()).toMatchObject({ mode: "safe", safeMode: { reason: "constraintEmergency" } })
    expect(attached.safeMode).toBe("constraintEmergency")
    await engine.stop()
    expect(thrown(() => attached.observe({ objective: 1 }))).toMatchObject({ reason: "stopped" })
    expect(thrown(() => attachEngine({} as unknown as Placed["shared"]))).toMatchObject({
      _tag: "ConfigError",
    })
  })

  it("shows readers in three threads only whole configurations while it tunes", async () => {
    const engine = await running({ audit: { memory: 100_000 } })
    const ends = await Promise.all([onlooker(engine), onlooker(engine), onlooker(engine)])
    await feed(engine, () => engine.generation > 100 && ends.every((end) => end.count() > 10))
    const all = await Promise.all(ends.map((end) => end()))
    await engine.stop()
    const applied = new Map(
      engine.audit
        .records()
        .filter(({ kind }) => kind === "apply" || kind === "rollback" || kind === "engineStarted")
        .map(({ generation, values }) => [generation, JSON.stringify(values)]),
    )
    for (const { seen, mixed, backwards } of all) {
      expect({ mixed, backwards }).toEqual({ mixed: 0, backwards: 0 })
      expect(seen.size).toBeGreaterThan(10)
      for (const [generation, values] of seen) expect(values).toBe(applied.get(generation))
    }
  })

  it("continues while its caller's thread is blocked", async () => {
    const engine = await running({ audit: { digests: true } })
    const end = await onlooker(engine, 1)
    const fromUs = engine.nowUs
    const before = engine.generation
    const nobody = new Int32Array(new SharedArrayBuffer(4))
    // Until it has moved, or for two minutes: nothing of this thread runs meanwhile.
    for (let i = 0; i < 12_000 && engine.generation <= before + 20; i++) Atomics.wait(nobody, 0, 0, 10)
    expect(engine.generation).toBeGreaterThan(before + 20)
    const toUs = engine.nowUs
    const meanwhile = engine.audit.records().filter(({ atUs }) => atUs > fromUs && atUs < toUs)
    for (const kind of ["digest", "proposal", "apply"]) {
      // In its time, not caught up with afterwards.
      expect(meanwhile.filter((record) => record.kind === kind).length, kind).toBeGreaterThan(5)
    }
    await end()
    await engine.stop()
  })
})

describe("placement in a worker", () => {
  it("is refused where it is impossible, with what to do instead", () => {
    const options = { params: { x: { min: 0, max: 1 } }, placement: "worker" } as const
    expect(thrown(() => createInBrowser(options))).toMatchObject({ problems: [{ path: "placement" }] })
    const sinks = [{ name: "mine" }]
    expect(thrown(() => createEngine({ ...options, sinks } as unknown as typeof options))).toMatchObject({
      problems: [{ path: "sinks" }],
    })
    expect(
      thrown(() => createEngine({ ...options, placement: "wroker" } as unknown as typeof options)),
    ).toMatchObject({
      problems: [{ path: "placement" }],
    })
    const made = Effect.runSyncExit(Effect.scoped(Engine.make(options)))
    expect(made).toMatchObject({ cause: { reasons: [{ error: { problems: [{ path: "placement" }] } }] } })
    const engine = createEngine(options)
    for (const name of ["actor", "studio"])
      expect(thrown(() => (engine as unknown as Record<string, unknown>)[name])).toMatchObject({
        reason: "otherThread",
      })
  })

  it.each([
    ["that was stopped", "await engine.start(); engine.observe({ objective: 1 }); await engine.stop()"],
    ["that nobody started", "engine.values.x"],
  ])("lets the process end by itself with an engine %s", (_, code) => {
    const entry = join(import.meta.dirname, "../../src/index.node.ts")
    const program = `import { createEngine } from ${JSON.stringify(entry)}
      const engine = createEngine({ params: { x: { min: 0, max: 1 } }, placement: "worker" })
      ${code}
      console.log(engine.worker().status)`
    const { status, stderr, stdout } = spawnSync("node", ["--input-type=module", "-e", program], {
      encoding: "utf8",
      timeout: 150_000,
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
    expect(stdout.trim()).toMatch(/^(stopped|idle)$/)
  })
})
