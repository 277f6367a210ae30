/**
 * The plain engine, in manual time from end to end: it learns, it repeats itself byte for byte, it refuses what is wrong,
 * and it never leaves the plant perturbed.
 */
import { describe, expect, it } from "vitest"
import { createEngine, ConfigError, DigestError, EngineStateError, NoBaselineError } from "../../src/index.ts"
import { bowl, drive, knobs, manual, trajectory, wobble } from "./plant.ts"

const lines = (engine: ReturnType<typeof manual>): string =>
  engine.audit
    .records()
    .map((record) => JSON.stringify(record))
    .join("\n")

describe("an engine in manual time", () => {
  it("finds the bottom of a bowl, with no knob out of bounds on the way", async () => {
    const engine = manual()
    await engine.start()
    const start = bowl(engine.values)
    engine.subscribe(({ values }) => {
      expect(values.batch >= 1 && values.batch <= 256 && Number.isInteger(values.batch)).toBe(true)
      expect(values.timeout >= 0 && values.timeout <= 10).toBe(true)
    })
    drive(engine, { digests: 8000 })
    const { base, mode, counters } = engine.getSnapshot()
    expect(counters.listenerFailures).toBe(0)
    expect(mode).toBe("adapting")
    expect(bowl(base)).toBeLessThan(start / 50)
    expect(counters.applies).toBeGreaterThan(500)
    await engine.stop()
    expect(engine.values).toEqual(base)
  })

  it("can maximise", async () => {
    const engine = manual({ objective: "maximize" })
    await engine.start()
    drive(engine, { digests: 6000, objective: (values, i) => 5 - bowl(values) + wobble(i, 0.002) })
    expect(bowl(engine.getSnapshot().base)).toBeLessThan(0.005)
    await engine.stop()
  })

  it("writes the same audit byte for byte when run again", async () => {
    const run = async (seed: number): Promise<string> => {
      const engine = manual({ seed, audit: { digests: true, memory: 100_000 } })
      await engine.start()
      const next = drive(engine, { digests: 2000 })
      engine.trip("maintenance")
      engine.reset("done")
      drive(engine, { digests: 500, from: next })
      await engine.stop()
      return lines(engine)
    }
    const first = await run(42)
    expect(first.length).toBeGreaterThan(100_000)
    expect(await run(42)).toBe(first)
    expect(await run(43)).not.toBe(first)
  })

  it("reports the noise of a reading in units of the objective, scaled with it", async () => {
    const noiseOf = async (factor: number): Promise<number> => {
      const engine = manual()
      await engine.start()
      drive(engine, { digests: 4000, objective: (values, i) => factor * (bowl(values) + wobble(i, 0.05)) })
      const noise = engine.getSnapshot().cycle?.noise ?? Number.NaN
      await engine.stop()
      return noise
    }
    const once = await noiseOf(1)
    expect(once).toBeGreaterThan(0)
    expect(await noiseOf(4)).toBe(4 * once)
  })

  it.each([2 ** 20, 2 ** -30])(
    "follows the same path bit for bit when the objective is multiplied by %d",
    async (scale) => {
      const run = async (factor: number): Promise<string> => {
        const engine = manual({ audit: { memory: 100_000 } })
        await engine.start()
        drive(engine, { digests: 4000, objective: (values, i) => factor * (bowl(values) + wobble(i, 0.01)) })
        await engine.stop()
        return trajectory(engine)
      }
      expect(await run(scale)).toBe(await run(1))
    },
  )

  it("records every decision exactly once, without a gap, and answers every proposal once", async () => {
    const engine = manual({ audit: { memory: 100_000 } })
    const heard: Array<number> = []
    engine.audit.subscribe(({ seq }) => heard.push(seq))
    await engine.start()
    const next = drive(engine, { digests: 3000 })
    engine.rollback()
    engine.trip()
    engine.reset()
    drive(engine, { digests: 3000, from: next })
    await engine.stop()
    const records = engine.audit.records()
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, i) => i + 1))
    expect(heard).toEqual(records.map(({ seq }) => seq))
    const of = (kind: string) => records.filter((record) => record.kind === kind)
    const ids = of("proposal").map(({ proposal }) => proposal)
    expect(new Set(ids).size).toBe(ids.length)
    const answers = [...of("apply"), ...of("violation")].filter(({ proposal }) => proposal !== undefined)
    expect(answers.map(({ proposal }) => proposal).sort((a, b) => Number(a) - Number(b))).toEqual(ids)
    const { counters, audit } = engine.getSnapshot()
    expect(of("apply")).toHaveLength(counters.applies)
    expect(of("rollback").filter(({ action }) => action === "rollback")).toHaveLength(counters.rollbacks)
    expect(of("safeModeEntered")).toHaveLength(counters.trips.manualTrigger)
    expect(of("engineStarted")).toHaveLength(1)
    expect(records.at(-1)?.kind).toBe("engineStopped")
    expect(audit).toMatchObject({ dropped: 0, waiting: 0, written: records.length })
    // The generation never goes back, and every record knows where it stood.
    const generations = records
      .filter(({ kind }) => kind !== "proposal")
      .map(({ generation }) => generation ?? 0)
    expect(generations).toEqual([...generations].sort((a, b) => a - b))
  })

  it("leaves the plant on its base when stopped at any point of a cycle", async () => {
    let perturbed = 0
    for (let digests = 0; digests < 60; digests++) {
      const engine = manual()
      await engine.start()
      drive(engine, { digests })
      const before = engine.getSnapshot()
      if (JSON.stringify(before.values) !== JSON.stringify(before.base)) perturbed++
      await engine.stop()
      const after = engine.getSnapshot()
      expect(after.values).toEqual(before.base)
      expect(after.status).toBe("stopped")
      expect(after.generation).toBeGreaterThanOrEqual(before.generation)
    }
    // Without perturbed starting points this would show nothing.
    expect(perturbed).toBeGreaterThan(20)
  })

  it("restores the baseline bit for bit, under a new generation", async () => {
    const engine = manual()
    await engine.start()
    const next = drive(engine, { digests: 700 })
    engine.setBaseline()
    const { baseline, base } = engine.getSnapshot()
    expect(baseline).toEqual(base)
    drive(engine, { digests: 333, from: next })
    const { generation } = engine
    engine.rollback()
    expect(engine.values).toEqual(baseline)
    expect(engine.generation).toBeGreaterThan(generation)
    await engine.stop()
  })

  it("keeps the notes of a trip and a reset", async () => {
    const engine = manual()
    await engine.start()
    drive(engine, { digests: 33 })
    engine.trip("maintenance")
    engine.trip("once more")
    expect(engine.getSnapshot()).toMatchObject({
      mode: "safe",
      safeMode: { reason: "manualTrigger", exit: "manualReset" },
    })
    expect(engine.values).toEqual(engine.getSnapshot().base)
    const { generation } = engine
    drive(engine, { digests: 500, from: 33 })
    expect(engine.generation).toBe(generation)
    engine.reset("all clear")
    expect(engine.getSnapshot()).toMatchObject({ mode: "adapting", safeMode: null })
    drive(engine, { digests: 100, from: 533 })
    expect(engine.generation).toBeGreaterThan(generation)
    await engine.stop()
    const notes = engine.audit.records().filter(({ note }) => note !== undefined)
    expect(notes.map(({ kind, note }) => [kind, note])).toEqual([
      ["safeModeEntered", "maintenance"],
      ["command", "once more"],
      ["safeModeExited", "all clear"],
    ])
  })

  it("rolls back at once on a digest far below its constraint", async () => {
    const engine = manual()
    await engine.start()
    const next = drive(engine, { digests: 40 })
    const { baseline } = engine.getSnapshot()
    const timestampUs = (next + 1) * 20_000
    engine.observe({ objective: 1, constraintMargin: -0.6, timestampUs })
    expect(engine.values).toEqual(baseline)
    expect(engine.getSnapshot()).toMatchObject({ mode: "safe", safeMode: { reason: "constraintEmergency" } })
    await engine.stop()
  })

  it("opens SafeMode without digests, and records why nothing was decided", async () => {
    const engine = manual()
    await engine.start()
    for (let second = 1; second <= 4; second++) engine.tick(second * 1_000_000)
    expect(engine.getSnapshot()).toMatchObject({ mode: "safe", safeMode: { reason: "telemetryLost" } })
    expect(engine.values).toEqual(engine.getSnapshot().base)
    const reasons = engine.audit
      .records()
      .flatMap(({ kind, reason }) => (kind === "noChange" ? [reason] : []))
    expect(reasons.filter((reason) => reason === "evalTimeout")).toHaveLength(3)
    await engine.stop()
  })

  it("clamps a clock that jumps backwards, and counts it", async () => {
    const engine = manual()
    await engine.start()
    engine.tick(1_000_000)
    engine.tick(10)
    expect(engine.nowUs).toBe(1_000_000)
    expect(engine.getSnapshot().counters.clockHeld).toBe(1)
    await engine.stop()
  })

  it("keeps no more records than configured", async () => {
    const engine = manual({ audit: { memory: 50, capacity: 64 } })
    await engine.start()
    drive(engine, { digests: 3000 })
    const records = engine.audit.records()
    expect(records).toHaveLength(50)
    const { audit } = engine.getSnapshot()
    expect(records.at(-1)?.seq).toBe(audit.written)
    expect(audit.forgotten).toBe(audit.written - 50)
    expect(audit).toMatchObject({ dropped: 0, capacity: 64 })
    await engine.stop()
  })
})

describe("an engine refuses, without a change,", () => {
  const unchanged = async (act: (engine: ReturnType<typeof manual>) => void): Promise<unknown> => {
    const engine = manual()
    await engine.start()
    drive(engine, { digests: 50 })
    const before = JSON.stringify([engine.getSnapshot(), engine.audit.records()])
    let error: unknown = null
    try {
      act(engine)
    } catch (thrown) {
      error = thrown
    }
    expect(JSON.stringify([engine.getSnapshot(), engine.audit.records()])).toBe(before)
    await engine.stop()
    return error
  }

  it("a bad configuration", () => {
    expect(() => createEngine({ params: {} })).toThrow(ConfigError)
    // @ts-expect-error: an unknown scale
    expect(() => createEngine({ params: { a: { min: 0, max: 1, scale: "lgo" } } })).toThrow(
      /Did you mean "log"/,
    )
  })

  it.each([
    ["nothing", undefined, /must be an object/],
    ["a number", 12.3, /must be an object/],
    ["no objective", {}, /objective: is missing/],
    ["an objective of another type", { objective: "12.3" }, /objective: must be a number, got "12.3"/],
    ["an unknown field", { objective: 1, latencyP99: 5 }, /Did you mean "latencyP99Us"/],
    ["a channel that was not named", { objective: 1, extras: { queue: 5 } }, /extras\.queue: is not named/],
    ["a stamp of another type", { objective: 1, timestampUs: new Date(0) }, /timestampUs: must be a number/],
    ["a bigint", { objective: 1n }, /objective: must be a number, got 1n/],
  ])("a digest that is %s", async (_, digest, message) => {
    const error = await unchanged((engine) => engine.observe(digest as { objective: number }))
    expect(error).toBeInstanceOf(DigestError)
    expect((error as DigestError).message).toMatch(message)
  })

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, "5"])("a time that is %s", async (nowUs) => {
    expect(await unchanged((engine) => engine.tick(nowUs as number))).toBeInstanceOf(DigestError)
  })

  it("counts a digest with an invalid value, and uses none of it", async () => {
    const engine = manual()
    await engine.start()
    drive(engine, { digests: 10 })
    const { generation } = engine
    const before = engine.getSnapshot().counters.digests
    for (const objective of [Number.NaN, Number.POSITIVE_INFINITY]) engine.observe({ objective })
    engine.observe({ objective: 1, generation: generation + 5 })
    engine.observe({ objective: 1, timestampUs: Number.NaN })
    const { digests } = engine.getSnapshot().counters
    expect(digests.invalid).toBe(before.invalid + 3)
    expect(digests.wrongGeneration).toBe(before.wrongGeneration + 1)
    expect(engine.generation).toBe(generation)
    await engine.stop()
  })

  it("calls before the start and after the end", async () => {
    const engine = manual()
    const calls: ReadonlyArray<() => unknown> = [
      () => engine.observe({ objective: 1 }),
      () => engine.observeDigest(),
      () => engine.tick(1),
      () => engine.rollback(),
      () => engine.trip(),
      () => engine.reset(),
      () => engine.setBaseline(),
    ]
    for (const call of calls)
      expect(call).toThrow(expect.objectContaining({ _tag: "EngineStateError", reason: "notStarted" }))
    expect(engine.values.batch).toBe(200)
    await engine.start()
    await engine.stop()
    const after = JSON.stringify(engine.getSnapshot())
    for (const call of calls)
      expect(call).toThrow(expect.objectContaining({ _tag: "EngineStateError", reason: "stopped" }))
    await expect(engine.start()).rejects.toMatchObject({ _tag: "EngineStateError", reason: "stopped" })
    expect(engine.track(() => 7)).toBe(7)
    expect(JSON.stringify(engine.getSnapshot())).toBe(after)
    await engine.stop()
  })

  it("a second start, and a start while it starts", async () => {
    const engine = manual()
    const first = engine.start()
    await expect(engine.start()).rejects.toBeInstanceOf(EngineStateError)
    await first
    await expect(engine.start()).rejects.toMatchObject({ reason: "alreadyStarted" })
    expect(engine.getSnapshot().status).toBe("running")
    await engine.stop()
  })

  it("a tick with a system clock", async () => {
    const engine = createEngine({ params: knobs })
    await engine.start()
    expect(() => engine.tick(5)).toThrow(expect.objectContaining({ reason: "notManual" }))
    await engine.stop()
  })

  it("a rollback without a baseline", async () => {
    const engine = manual({ startIsBaseline: false })
    await engine.start()
    expect(() => engine.rollback()).toThrow(NoBaselineError)
    expect(engine.getSnapshot().baseline).toBeNull()
    engine.setBaseline()
    engine.rollback()
    expect(engine.getSnapshot().counters.rollbacks).toBe(1)
    await engine.stop()
  })

  it("writes to its values", async () => {
    const engine = manual()
    expect(() => Object.assign(engine.values, { batch: 3 })).toThrow(TypeError)
    expect(() => Object.assign(engine.values, { other: 3 })).toThrow(TypeError)
    expect(engine.values.batch).toBe(200)
  })
})

describe("listeners", () => {
  it("are counted when they throw, at once or later, and the engine continues", async () => {
    const engine = manual()
    const seen: Array<number> = []
    engine.subscribe(() => {
      throw new Error("mine")
    })
    engine.subscribe(async () => {
      throw new Error("mine, later")
    })
    engine.audit.subscribe(() => {
      throw new Error("mine too")
    })
    const kept = engine.subscribe({ next: ({ generation }) => seen.push(generation) })
    await engine.start()
    drive(engine, { digests: 100 })
    await Promise.resolve()
    kept.unsubscribe()
    const heard = seen.length
    drive(engine, { digests: 100, from: 100 })
    expect(seen).toHaveLength(heard)
    expect(heard).toBeGreaterThan(10)
    const { counters, mode } = engine.getSnapshot()
    expect(counters.listenerFailures).toBeGreaterThan(2 * heard)
    expect(mode).toBe("adapting")
    await engine.stop()
  })

  it("may call the engine", async () => {
    const engine = manual()
    let tripped = false
    engine.subscribe(({ counters }) => {
      if (counters.applies < 10 || tripped) return
      tripped = true
      engine.trip("from inside")
    })
    await engine.start()
    drive(engine, { digests: 200 })
    expect(engine.getSnapshot()).toMatchObject({
      mode: "safe",
      counters: { listenerFailures: 0, trips: { manualTrigger: 1 } },
    })
    expect(engine.audit.records().find(({ kind }) => kind === "safeModeEntered")?.note).toBe("from inside")
    await engine.stop()
  })

  it("are notified of the end", async () => {
    const engine = manual()
    let over = 0
    engine.subscribe({ complete: () => over++ })
    await engine.start()
    await engine.stop()
    await engine.stop()
    expect(over).toBe(1)
  })
})

describe("observeDigest", () => {
  it("is checked like observe", async () => {
    const [one, two] = [manual(), manual()]
    await one.start()
    await two.start()
    drive(one, { digests: 1000 })
    for (let i = 0; i < 1000; i++) {
      const timestampUs = (i + 1) * 20_000
      two.tick(timestampUs)
      two.digest.fill(Number.NaN)
      two.digest[0] = timestampUs
      two.digest[2] = bowl(two.values) + wobble(i, 0.002)
      two.observeDigest()
    }
    expect(JSON.stringify(two.getSnapshot())).toBe(JSON.stringify(one.getSnapshot()))
    await one.stop()
    await two.stop()
  })

  it("takes extra channels by the names of the configuration", async () => {
    const engine = manual({ extras: ["queue", "misses"], audit: { digests: true } })
    await engine.start()
    engine.observe({ objective: 1, extras: { misses: 3 }, errorRate: 0.5, timestampUs: 5 })
    const digest = engine.audit.records().find(({ kind }) => kind === "digest")
    expect(digest?.digest).toEqual({ receivedUs: 5, objective: 1, errorRate: 0.5, misses: 3 })
    await engine.stop()
  })

  it("accepts every digest in one thread, however many come between two ticks", async () => {
    const engine = manual({
      telemetry: { capacity: 16, overflow: "backpressure" },
      window: { digests: 1000 },
    })
    await engine.start()
    const told = Array.from({ length: 20 }, () => engine.observe({ objective: 1, timestampUs: 5e6 }))
    expect(told).toEqual(Array(20).fill(true))
    const { counters } = engine.getSnapshot()
    expect([counters.digests.valid, counters.digestsLost]).toEqual([20, 0])
    await engine.stop()
  })
})

describe("work that is tracked", () => {
  const tracked = async (objective: "minimize" | "maximize") => {
    const engine = manual({ objective, window: { settleUs: 0 }, audit: { digests: true } })
    await engine.start()
    engine.tick(1000)
    const spend = (us: number): number => {
      engine.tick(engine.nowUs + us)
      return us
    }
    expect(engine.track(() => spend(250))).toBe(250)
    const broken = engine.track(async () => {
      spend(50)
      throw new Error("theirs")
    })
    await expect(broken).rejects.toThrow("theirs")
    const slow = engine.track(async () => {
      await Promise.resolve()
      return spend(70)
    })
    const { generation } = engine
    engine.rollback()
    expect(await slow).toBe(70)
    expect(engine.generation).toBe(generation + 1)
    await engine.stop()
    const digests = engine.audit.records().filter(({ kind }) => kind === "digest")
    return digests.map(({ reason, generation: of, digest }) => [
      reason,
      of,
      digest?.objective,
      digest?.errorRate,
    ])
  }

  it("is attributed to the generation under which it began, however it ends", async () => {
    expect(await tracked("minimize")).toEqual([
      ["valid", 2, 250, 0],
      ["valid", 2, 10_000_050, 1],
      ["wrongGeneration", 2, 70, 0],
    ])
  })

  it("counts as better when shorter, whichever way the objective points", async () => {
    expect((await tracked("maximize")).map((row) => row[2])).toEqual([-250, -10_000_050, -70])
  })
})

describe("windows as an Observable", () => {
  it("are the windows of the cycle, and complete with the engine", async () => {
    const engine = manual()
    const seen: Array<{ index: number; generation: number; count: number }> = []
    let over = 0
    engine.windows$.subscribe({ next: (window) => seen.push(window), complete: () => over++ })
    await engine.start()
    drive(engine, { digests: 300 })
    const { windows } = engine.getSnapshot().counters
    expect(windows).toBeGreaterThan(20)
    expect(seen.map(({ index }) => index)).toEqual(Array.from({ length: windows }, (_, i) => i))
    expect(new Set(seen.map(({ count }) => count))).toEqual(new Set([5]))
    expect(over).toBe(0)
    await engine.stop()
    expect(over).toBe(1)
    let late = 0
    engine.windows$.subscribe({ complete: () => late++ })
    expect(late).toBe(1)
    engine.subscribe({ complete: () => late++ })
    expect(late).toBe(2)
  })

  it("are shared, and no subscriber gets more than requested, whatever happens during a notification", async () => {
    const engine = manual()
    const heard: Record<string, Array<number>> = { first: [], leaving: [], joined: [], reacting: [] }
    await engine.start()
    const join = (): void => {
      if (heard["joined"].length === 0 && heard["first"].length === 3)
        engine.windows$.subscribe(({ index }) => heard["joined"].push(index))
    }
    engine.windows$.subscribe(({ index }) => {
      heard["first"].push(index)
      join()
    })
    const leaving = engine.windows$.subscribe(({ index }) => {
      heard["leaving"].push(index)
      leaving.unsubscribe()
    })
    engine.windows$.subscribe(({ index }) => {
      heard["reacting"].push(index)
      if (index === 5) engine.trip("by a subscriber")
    })
    drive(engine, { digests: 100 })
    expect(engine.getSnapshot()).toMatchObject({ mode: "safe", fault: null })
    expect(heard["first"].slice(0, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(heard["reacting"]).toEqual(heard["first"])
    expect(heard["leaving"]).toEqual([0])
    expect(heard["joined"]).toEqual(heard["first"].slice(3))
    await engine.stop()
  })

  it("complete without another value if a subscriber stops the engine during a notification", async () => {
    const engine = manual()
    await engine.start()
    const seen: Array<number | string> = []
    engine.windows$.subscribe(({ index }) => {
      if (index === 2) void engine.stop()
    })
    engine.windows$.subscribe({ next: ({ index }) => seen.push(index), complete: () => seen.push("end") })
    for (let i = 1; i < 100 && engine.getSnapshot().status === "running"; i++) {
      engine.observe({ objective: i, timestampUs: i * 40_000 })
    }
    expect(seen).toEqual([0, 1, "end"])
    expect(engine.values).toEqual(engine.getSnapshot().base)
  })
})

describe("the documented snippet", () => {
  it("runs as written", async () => {
    const handle = async (request: string): Promise<string> => request.toUpperCase()
    const seen: Array<string> = []
    const engine = createEngine({
      params: { concurrency: { min: 1, max: 256, scale: "log", step: 1, initial: 16 } },
      objective: "minimize",
      seed: 42,
      guardrails: "balanced",
    })
    expect(engine.values.concurrency).toBe(16)
    await engine.start()
    engine.observe({ objective: 12.3 })
    expect(await engine.track(() => handle("request"))).toBe("REQUEST")
    engine.subscribe((snapshot) => seen.push(snapshot.mode))
    expect(engine.actor.getSnapshot().status).toBe("active")
    engine.rollback()
    engine.trip("maintenance")
    engine.reset()
    engine.setBaseline()
    await engine.stop()
    expect(seen).toContain("safe")
    expect(seen.at(-1)).toBe("adapting")
    expect(engine.values.concurrency).toBe(16)
    expect(engine.runId).toMatch(/^[0-9a-f]{16}$/)
    expect(engine.coarse).toEqual([{ knob: "concurrency", from: 1, to: 3, widest: expect.closeTo(0.198, 3) }])
  })

  it("names every run uniquely, and by the seed in manual time", () => {
    const runs = Array.from({ length: 50 }, () => createEngine({ params: knobs }).runId)
    expect(new Set(runs).size).toBe(50)
    expect(manual({ seed: 7 }).runId).toBe("manual-7")
    expect(manual({ runId: "mine" }).runId).toBe("mine")
  })
})
