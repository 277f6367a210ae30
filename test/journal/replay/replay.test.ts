/**
 * A run that is run again is the same run: every proposal, apply, refusal, trip and rollback, bit for bit, whatever the plant,
 * the clock and the user did. And where something is not the same, the first place is named with both sides.
 */
import { assert, it as effectIt } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { RECORD_KIND, RECORD_MARGIN, RECORD_POINT } from "../../../src/hot/AuditRing.ts"
import { AUDIT_APPLY, AUDIT_DIGEST, AUDIT_PROPOSAL } from "../../../src/hot/codes.ts"
import { AuditError, type AuditSink, Engine, type EngineService } from "../../../src/index.effect.ts"
import { SCALES } from "../../../src/domain/ParamSpace.ts"
import { KnobTable } from "../../../src/hot/KnobTable.ts"
import { createEngine } from "../../../src/index.ts"
import { noiseAt, scenarios } from "../../../src/testing/index.ts"
import { type RecordedRun, replay } from "../../../src/journal/replay/replay.ts"
import { step, take } from "../../engine/adversary.ts"
import { bowl, drive, type Knob, knobs, wobble } from "../../engine/plant.ts"
import { everyKind, record, type Recorded, recorder } from "../../engine/recordedRun.ts"

const runOf = ({ words, records }: Recorded): RecordedRun => ({
  run: words[0].run,
  config: JSON.parse(JSON.stringify(words[0].start?.["config"])),
  records: records.map(({ numbers }) => numbers),
})

const identical = (recorded: Recorded) => {
  const decisions = recorded.words.filter(({ kind }) => !["digest", "tick", "command"].includes(kind)).length
  return {
    verdict: "identical",
    reason: null,
    difference: null,
    decisions,
    inputs: recorded.words.length - decisions,
  }
}

/** A copy in which one record is another. */
const altered = (run: RecordedRun, at: number, change: (numbers: Float64Array) => void): RecordedRun => {
  const records = run.records.map((numbers) => numbers.slice())
  change(records[at])
  return { ...run, records }
}

describe("a replay in manual time", () => {
  it("repeats a run with everything in it", async () => {
    const recorded = await record((engine) => {
      everyKind(engine)
      drive(engine, { digests: 600, from: 3000 })
    })
    expect(replay(runOf(recorded))).toEqual(identical(recorded))
    expect(identical(recorded).decisions).toBeGreaterThan(200)
  })

  it("repeats adversarial telemetry", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const recorded = await record((engine) => {
          for (const one of steps) take(engine, one)
        })
        expect(replay(runOf(recorded))).toEqual(identical(recorded))
      }),
      { numRuns: 40 },
    )
  })

  it("repeats other plants, knobs and settings", async () => {
    const settings = fc.record({
      seed: fc.nat(),
      objective: fc.constantFrom("minimize" as const, "maximize" as const),
      guardrails: fc.constantFrom("conservative" as const, "balanced" as const, "aggressive" as const),
      window: fc.record({
        digests: fc.integer({ min: 1, max: 7 }),
        aggregate: fc.constantFrom("trimmedMean" as const, "median" as const, "mean" as const),
      }),
      gains: fc.record({ mode: fc.constantFrom("trustRatio" as const, "spall" as const) }),
      safeMode: fc.record({ exit: fc.constantFrom("timer" as const, "manualReset" as const) }),
      noise: fc.double({ min: 0, max: 10, noNaN: true }),
    })
    await fc.assert(
      fc.asyncProperty(settings, async ({ noise, ...options }) => {
        const recorded = await record(
          (engine) =>
            void drive(engine, { digests: 400, objective: (values, i) => bowl(values) + wobble(i, noise) }),
          { ...options, extras: ["queue"] },
        )
        expect(replay(runOf(recorded))).toEqual(identical(recorded))
      }),
      { numRuns: 15 },
    )
  })

  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    "repeats the plant of the scenario %s",
    async (_, { plant, noise, marginNoise }) => {
      const table = new KnobTable(plant.knobs)
      const names = plant.knobs.map((_knob, i) => `knob${String(i).padStart(3, "0")}`)
      const params = Object.fromEntries(
        plant.knobs.map(({ min, max, scale, step: grid }, i) => [
          names[i],
          {
            min,
            max,
            scale: SCALES[scale],
            initial: table.decode(i, plant.start[i]),
            ...(grid > 0 ? { step: grid } : {}),
          },
        ]),
      )
      const { sink, recorded } = recorder()
      const engine = createEngine({
        params,
        seed: 11,
        clock: "manual",
        window: { digests: 1, us: 1_400_000, settleUs: 0 },
        audit: { digests: true },
        sinks: [sink],
      })
      await engine.start()
      for (let i = 0; i < 250; i++) {
        const timestampUs = (i + 1) * 350_000
        engine.tick(timestampUs)
        const units = Float64Array.from(names, (name, knob) => table.encode(knob, engine.values[name]))
        const objective = plant.loss(units, timestampUs) + noiseAt(noise, 1, i)
        const margin = plant.margin?.(units, timestampUs)
        const seen = marginNoise === undefined ? 0 : noiseAt(marginNoise, 2, i)
        engine.observe({
          objective,
          timestampUs,
          ...(margin === undefined ? {} : { constraintMargin: margin + seen }),
        })
      }
      await engine.stop()
      expect(identical(recorded).decisions).toBeGreaterThan(100)
      expect(replay(runOf(recorded))).toEqual(identical(recorded))
    },
  )

  it("repeats a listener's commands", async () => {
    const recorded = await record((engine) => {
      let heard = 0
      engine.subscribe(({ mode }) => {
        heard++
        if (heard % 50 === 0 && mode === "adapting") engine.trip("from a listener")
        if (mode === "safe" && heard % 7 === 0) engine.reset()
      })
      drive(engine, { digests: 500 })
      expect(heard).toBeGreaterThan(100)
    })
    expect(recorded.words.some(({ note }) => note === "from a listener")).toBe(true)
    expect(replay(runOf(recorded))).toEqual(identical(recorded))
  })
})

describe("a replay of system time", () => {
  /** Takes nothing while `broken`. */
  const breakable = (broken: Ref.Ref<boolean>): { readonly sink: AuditSink; readonly recorded: Recorded } => {
    const { sink, recorded } = recorder()
    const write: AuditSink["write"] = (batch, exact) =>
      Effect.flatMap(Ref.get(broken), (isBroken) =>
        isBroken
          ? Effect.fail(new AuditError({ reason: "write", sink: "breakable", detail: "no space" }))
          : sink.write(batch, exact),
      )
    return { recorded, sink: { name: "breakable", exact: true, write, close: Effect.void } }
  }

  const live = Effect.fn(function* (engine: EngineService<Knob>, windows: number, from = 0) {
    for (let i = from; i < from + windows; i++) {
      yield* TestClock.adjust(100)
      for (let j = 0; j < 5; j++) {
        const n = 5 * i + j
        // Stamps of their own: a little late, now and then far ahead.
        const stamp = engine.observeUnsafe({ objective: bowl(engine.values) + wobble(n, 0.01) })
        assert.isBoolean(stamp)
      }
    }
  })

  effectIt.effect("repeats it: the clock's readings are in the record", () =>
    Effect.gen(function* () {
      const { sink, recorded } = breakable(yield* Ref.make(false))
      const engine = yield* Engine.make(
        { params: knobs, seed: 5, audit: { digests: true } },
        { sinks: [sink] },
      )
      yield* live(engine, 100)
      yield* engine.observe({ objective: 1, timestampUs: 1e15 })
      yield* engine.observe({ objective: 1, timestampUs: 3 })
      yield* engine.trip("a look")
      yield* TestClock.adjust("3 seconds")
      yield* engine.reset()
      yield* live(engine, 100)
      yield* TestClock.adjust("10 seconds")
      yield* engine.stop
      const decisions = identical(recorded)
      assert.isAbove(decisions.decisions, 200)
      assert.deepStrictEqual(replay(runOf(recorded)), decisions as ReturnType<typeof replay>)
    }),
  )

  effectIt.effect(
    "repeats a run whose audit was full for a while, with the emergency that happened meanwhile",
    () =>
      Effect.gen(function* () {
        const broken = yield* Ref.make(true)
        const { sink, recorded } = breakable(broken)
        // So many records that a digest is the first to find no room, not a proposal.
        const engine = yield* Engine.make(
          { params: knobs, seed: 5, audit: { digests: true, capacity: 64 } },
          { sinks: [sink] },
        )
        yield* live(engine, 300)
        assert.isFalse(yield* engine.observe({ objective: 1 }))
        yield* engine.observe({ objective: 1, constraintMargin: -0.9 })
        assert.strictEqual((yield* engine.snapshot).safeMode?.reason, "auditQueueFull")
        yield* Ref.set(broken, false)
        yield* live(engine, 100, 300)
        assert.strictEqual((yield* engine.snapshot).mode, "adapting")
        yield* engine.stop
        const kinds = recorded.words.map(({ kind, reason, action }) => `${kind} ${action ?? reason}`)
        assert.include(kinds, "safeModeEntered auditQueueFull")
        assert.include(kinds, "command drained")
        assert.include(kinds, "command auditFull")
        assert.deepStrictEqual(replay(runOf(recorded)), identical(recorded) as ReturnType<typeof replay>)
      }),
  )

  // So many records more before it that the last one for which there is room is the digest before a tick.
  for (const shift of [4, 5]) {
    effectIt.effect(`repeats it wherever the audit fills up: ${shift} records later`, () =>
      Effect.gen(function* () {
        const broken = yield* Ref.make(true)
        const { sink, recorded } = breakable(broken)
        const engine = yield* Engine.make(
          { params: knobs, seed: 5, audit: { digests: true, capacity: 64 } },
          { sinks: [sink] },
        )
        for (let i = 0; i < shift; i++) yield* engine.observe({ objective: Number.NaN })
        yield* live(engine, 300)
        assert.strictEqual((yield* engine.snapshot).safeMode?.reason, "auditQueueFull")
        yield* Ref.set(broken, false)
        yield* live(engine, 100, 300)
        yield* engine.stop
        assert.deepStrictEqual(replay(runOf(recorded)), identical(recorded) as ReturnType<typeof replay>)
      }),
    )
  }
})

describe("a replay that differs", () => {
  it("names the first decision that differs, with both sides", async () => {
    const recorded = await record((engine) => void drive(engine, { digests: 300 }))
    const run = runOf(recorded)
    const applies = run.records.flatMap((numbers, at) => (numbers[RECORD_KIND] === AUDIT_APPLY ? [at] : []))
    for (const at of [applies[0], applies[17], applies.at(-1) ?? 0]) {
      const { verdict, difference } = replay(
        altered(run, at, (numbers) => (numbers[RECORD_POINT + 1] += 2 ** -40)),
      )
      expect(verdict).toBe("different")
      expect(difference).toMatchObject({ seq: at + 1, field: "point.timeout" })
      expect(difference?.replayed).toEqual(recorded.words[at])
      expect(difference?.recorded?.values?.["batch"]).toBe(recorded.words[at].values?.["batch"])
      expect(difference?.recorded?.values?.["timeout"]).not.toBe(recorded.words[at].values?.["timeout"])
    }
  })

  it("finds a single changed digest or verdict", async () => {
    const recorded = await record((engine) => void drive(engine, { digests: 300 }))
    const run = runOf(recorded)
    // One that closed a window: the next record is what it led to.
    const kinds = run.records.map((numbers) => numbers[RECORD_KIND])
    const digest = kinds.findIndex(
      (kind, at) => at > 200 && kind === AUDIT_DIGEST && kinds[at + 1] === AUDIT_PROPOSAL,
    )
    const emergency = replay(altered(run, digest, (numbers) => (numbers[RECORD_MARGIN] = -9)))
    expect(emergency.verdict).toBe("different")
    expect(emergency.difference?.seq).toBeGreaterThan(digest)
    expect(emergency.difference?.replayed).toMatchObject({ kind: "rollback" })
  })

  it("finds the different decisions of another seed at the first proposal", async () => {
    const recorded = await record((engine) => void drive(engine, { digests: 50 }))
    const run = runOf(recorded)
    const first = run.records.findIndex((numbers) => numbers[RECORD_KIND] === AUDIT_PROPOSAL)
    const { difference, verdict } = replay({ ...run, config: { ...(run.config as object), seed: 43 } })
    expect(verdict).toBe("different")
    expect(difference).toMatchObject({
      seq: first + 1,
      recorded: { kind: "proposal", proposal: 1 },
      replayed: { kind: "proposal", proposal: 1 },
    })
  })

  it("finds decisions that are missing, on either side", async () => {
    const run = runOf(await record((engine) => void drive(engine, { digests: 60 })))
    const cut = run.records.findLastIndex((numbers) => numbers[RECORD_KIND] === AUDIT_APPLY)
    expect(replay({ ...run, records: run.records.slice(0, cut) })).toMatchObject({
      verdict: "different",
      difference: { seq: cut, field: "unexpected", recorded: null, replayed: { kind: "apply" } },
    })
    const end = run.records.at(-1)?.slice() ?? new Float64Array(0)
    end[0]++
    expect(replay({ ...run, records: [...run.records, end] })).toMatchObject({
      verdict: "different",
      difference: { field: "missing", recorded: { kind: "engineStopped" }, replayed: null },
    })
  })

  it("is refused with a reason if it is impossible", async () => {
    const recorded = await record((engine) => void drive(engine, { digests: 60 }))
    const run = runOf(recorded)
    expect(replay({ ...run, records: [] })).toMatchObject({
      verdict: "unable",
      reason: expect.stringContaining("start"),
    })
    expect(replay({ ...run, records: run.records.slice(5) }).verdict).toBe("unable")
    expect(replay({ ...run, records: run.records.toSpliced(9, 1) }).reason).toBe(
      "record 10 is not in the journal",
    )
    expect(replay({ ...run, config: null }).verdict).toBe("unable")
    const config = { ...(run.config as object), audit: { digests: false } }
    expect(replay({ ...run, config }).reason).toContain("digests")
  })
})
