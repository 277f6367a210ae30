/**
 * A plant that reports nothing, or nothing usable. The timer of SafeMode used to end without a measurement, so an engine that heard
 * nothing for an hour probed blindly every thirty seconds; and a digest that was no reading woke an engine of a fleet.
 */
import { describe, expect, it } from "vitest"
import { drive as driveFleet, fleetOf, STEP_US } from "../fleet/rig.ts"
import { LoopBench } from "../hot/loopBench.ts"
import { FROZEN } from "../../src/hot/phases.ts"
import { EngineCore } from "../../src/engine/EngineCore.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { replay } from "../../src/journal/replay/replay.ts"
import { bowl, drive, type Knob, knobs, manual, wobble } from "../engine/plant.ts"
import { record } from "../engine/recordedRun.ts"
import type { ArqonEngine } from "../../src/index.ts"

const SECOND = 1_000_000
const HOUR = 3600 * SECOND

/** What a plant may send instead of readings. */
const silences: Readonly<Record<string, (engine: ArqonEngine<Knob>, i: number) => void>> = {
  nothing: () => {},
  "no numbers": (engine) => void engine.observe({ objective: Number.NaN, timestampUs: engine.nowUs }),
  "numbers without an objective": (engine) =>
    void engine.observe({ objective: Number.POSITIVE_INFINITY, errorRate: 0, timestampUs: engine.nowUs }),
  "readings of a configuration that is gone": (engine) =>
    void engine.observe({ objective: 1, generation: 1, timestampUs: engine.nowUs }),
  "too few readings to fill a window": (engine, i) => {
    if (i % 3 === 0) engine.observe({ objective: 1, timestampUs: engine.nowUs })
  },
}

/** One second after the other, with what is sent in each. */
function pass(engine: ArqonEngine<Knob>, us: number, send: (engine: ArqonEngine<Knob>, i: number) => void) {
  const from = engine.nowUs
  for (let i = 1; i * SECOND <= us; i++) {
    engine.tick(from + i * SECOND)
    send(engine, i)
  }
}

describe("an hour without a usable measurement", () => {
  it.each(Object.entries(silences))("brings not one probe: %s", async (_, send) => {
    const engine = manual()
    await engine.start()
    drive(engine, { digests: 900 })
    expect(engine.getSnapshot().base).not.toEqual(engine.getSnapshot().baseline)
    pass(engine, 5 * SECOND, send)
    const lost = engine.getSnapshot()
    expect(lost).toMatchObject({ mode: "safe", safeMode: { reason: "telemetryLost", exit: "timer" } })
    // Perhaps it is silent because of where it was taken.
    expect(lost.values).toEqual(lost.baseline)
    pass(engine, HOUR, send)
    const after = engine.getSnapshot()
    expect(after).toMatchObject({ mode: "safe", values: lost.values, generation: lost.generation })
    expect(after.counters.trips).toEqual(lost.counters.trips)
    await engine.stop()
  })

  it("ends with the first full window, and tuning continues", async () => {
    const engine = manual()
    await engine.start()
    drive(engine, { digests: 900 })
    pass(engine, HOUR, () => {})
    const { generation } = engine
    const from = Math.ceil(engine.nowUs / 20_000)
    let next = from
    while (engine.getSnapshot().mode === "safe" && next < from + 100) {
      expect(engine.generation).toBe(generation)
      next = drive(engine, { digests: 1, from: next })
    }
    expect(engine.getSnapshot().mode).toBe("adapting")
    // The balanced guardrails decide on windows of five digests.
    expect(next - from).toBeGreaterThanOrEqual(5)
    drive(engine, { digests: 500, from: next })
    expect(engine.getSnapshot().counters.cycles).toBeGreaterThan(80)
    await engine.stop()
  })

  it("keeps SafeMode open past its timer, whatever opened it", async () => {
    const engine = manual()
    await engine.start()
    const next = drive(engine, { digests: 300 })
    engine.observe({ objective: 1, constraintMargin: -2, timestampUs: (next + 1) * 20_000 })
    expect(engine.getSnapshot().safeMode).toMatchObject({ reason: "constraintEmergency", exit: "timer" })
    const { generation } = engine
    pass(engine, HOUR, () => {})
    expect(engine.getSnapshot()).toMatchObject({ mode: "safe", generation })
    await engine.stop()
  })

  it("replays", async () => {
    const recorded = await record((engine) => {
      drive(engine, { digests: 300 })
      pass(engine, 120 * SECOND, (one) => void one.observe({ objective: Number.NaN, timestampUs: one.nowUs }))
      drive(engine, { digests: 300, from: Math.ceil(engine.nowUs / 20_000) })
    })
    const run = {
      run: recorded.words[0].run,
      config: JSON.parse(JSON.stringify(recorded.words[0].start?.["config"])) as unknown,
      records: recorded.records.map(({ numbers }) => numbers),
    }
    const exits = recorded.words.filter(({ kind }) => kind === "safeModeExited")
    expect(exits.length).toBe(1)
    expect(replay(run)).toMatchObject({ verdict: "identical", difference: null })
  })

  it("starts no tuning after a crash in SafeMode, even if its timer ended long ago", () => {
    const settings = requireEngineConfig({ params: knobs, seed: 7, clock: "manual" })
    const core = new EngineCore({
      settings,
      runId: "resumed",
      readClock: null,
      resume: {
        start: { batch: 30, timeout: 6.3 },
        baseline: { batch: 30, timeout: 6.3 },
        safeMode: { reason: "telemetryLost", sinceUs: 5, exit: "timer", deadlineUs: 6, detail: null },
        rollbacksUs: [],
        generation: null,
        from: { run: "before", ended: false, atUs: 9, why: "It was cut short." },
        warnings: [],
      },
    })
    core.life.begin()
    for (let us = SECOND; us <= HOUR; us += SECOND) core.manualTick(us)
    expect(core.snapshot()).toMatchObject({ mode: "safe", generation: 1 })
    for (let i = 1; i <= 100; i++) {
      const timestampUs = HOUR + i * 20_000
      core.manualTick(timestampUs)
      core.observe({ objective: bowl(core.values) + wobble(i, 0.002), timestampUs })
    }
    expect(core.snapshot().mode).toBe("adapting")
    expect(core.snapshot().counters.applies).toBeGreaterThan(0)
    core.life.end()
  })

  it.each([false, true])("causes no probe in a loop without actors (no numbers: %s)", (noNumbers) => {
    const bench = new LoopBench()
    bench.loop.start()
    bench.run(60)
    for (let i = 0; i < 30 && bench.loop.phase !== FROZEN; i++) bench.tick(SECOND)
    expect(bench.live).toEqual(bench.startedAt)
    const { generation } = bench.hot.config
    for (let i = 0; i < 3_600; i++) {
      bench.tick(SECOND)
      if (noNumbers) bench.digest(Number.NaN)
    }
    expect(bench.loop.phase).toBe(FROZEN)
    expect([bench.hot.config.generation, bench.loop.trips]).toEqual([generation, 1])
    bench.run(20)
    expect(bench.hot.config.generation).toBeGreaterThan(generation)
  })

  it("causes no probe in a fleet, and invalid readings wake none of its engines", async () => {
    const fleet = fleetOf()
    await fleet.start()
    const [silent, deaf, asleep] = ["silent", "deaf", "asleep"].map((key) => fleet.spawn(key))
    const steps = driveFleet(fleet, [silent, deaf, asleep], 300)
    let nowUs = steps * STEP_US
    const noNumber = { objective: Number.NaN }
    for (const end = nowUs + 10 * SECOND; nowUs < end; ) {
      fleet.tick((nowUs += STEP_US))
      deaf.observe({ ...noNumber, timestampUs: nowUs })
    }
    const status = () => [silent, deaf, asleep].map((engine) => engine.getSnapshot().status)
    expect(status()).toEqual(["resting", "awake", "resting"])
    expect(deaf.getSnapshot()).toMatchObject({ mode: "safe", safeMode: { reason: "telemetryLost" } })
    const before = [silent, deaf, asleep].map(({ generation }) => generation)
    const digests = asleep.getSnapshot().counters.digests
    for (let i = 1; i <= 3600; i++) {
      fleet.tick((nowUs += SECOND))
      for (const engine of [deaf, asleep]) engine.observe({ ...noNumber, timestampUs: nowUs })
    }
    expect(status()).toEqual(["passive", "awake", "passive"])
    expect([silent, deaf, asleep].map(({ generation }) => generation)).toEqual(before)
    expect(asleep.getSnapshot().counters.digests).toBe(digests + 3600)
    asleep.observe({ objective: 1, timestampUs: nowUs })
    expect(asleep.getSnapshot().status).toBe("awake")
    await fleet.stop()
  })
})
