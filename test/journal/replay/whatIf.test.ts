/** The same telemetry under another configuration: with the same one it is the same run, with another what it says it is. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { RecordedRun } from "../../../src/journal/replay/replay.ts"
import { RECORD_KIND, RECORD_POINT } from "../../../src/hot/AuditRing.ts"
import { AUDIT_APPLY } from "../../../src/hot/codes.ts"
import { whatIf } from "../../../src/journal/replay/whatIf.ts"
import { step, take } from "../../engine/adversary.ts"
import { drive, wobble } from "../../engine/plant.ts"
import { everyKind, record, type Recorded } from "../../engine/recordedRun.ts"

const runOf = ({ words, records }: Recorded): RecordedRun => ({
  run: words[0].run,
  config: JSON.parse(JSON.stringify(words[0].start?.["config"])),
  records: records.map(({ numbers }) => numbers),
})

const sum = (counts: Readonly<Record<string, number>> | undefined): number =>
  Object.values(counts ?? {}).reduce((a, b) => a + b, 0)

describe("a what-if", () => {
  it("matches the record if nothing is changed, under any telemetry", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const recorded = await record((engine) => {
          for (const one of steps) take(engine, one)
        })
        const { reason, recorded: then, replayed: now } = whatIf(runOf(recorded), {})
        expect(reason).toBeNull()
        expect(now).toEqual(then)
      }),
      { numRuns: 30 },
    )
  })

  it("has the audit's counts", async () => {
    const recorded = await record((engine) => {
      everyKind(engine)
      drive(engine, { digests: 600, from: 3000 })
    })
    const { recorded: then } = whatIf(runOf(recorded), {})
    const of = (kind: string) => recorded.words.filter((one) => one.kind === kind)
    expect(sum(then?.applies)).toBe(of("apply").length)
    expect(then?.applies["update"]).toBe(of("apply").filter(({ action }) => action === "update").length)
    expect(sum(then?.violations)).toBe(of("violation").length)
    expect(sum(then?.noChanges)).toBe(of("noChange").length)
    expect(then?.trips).toEqual({ manualTrigger: of("safeModeEntered").length })
    expect(then?.rollbacks).toBe(of("rollback").filter(({ action }) => action === "rollback").length)
    expect(then?.baselines).toBe(of("baselineSet").length)
    expect(then?.end).toEqual(recorded.words.at(-1)?.values)
  })

  it("moves less, and less often, under stricter guardrails, and never further than they allow", async () => {
    const run = runOf(
      await record((engine) => void drive(engine, { digests: 1500 }), { guardrails: "aggressive" }),
    )
    const { recorded: then, replayed: now } = whatIf(run, { guardrails: "conservative" })
    expect(then?.largestMove["timeout"]).toBeGreaterThan(0.1)
    // The step limit is for one apply from the base: from one side of it to the other is two.
    expect(now?.largestMove["timeout"]).toBeLessThanOrEqual(2 * 0.05 + 1e-12)
    expect(sum(now?.applies)).toBeLessThan(sum(then?.applies) / 2)
    expect(now?.path["timeout"]).toBeLessThan(then?.path["timeout"] ?? 0)
  })

  it("shows where SafeMode would have opened but did not", async () => {
    // Half a second of silence, three times: nothing to an engine that waits for two seconds.
    const run = runOf(
      await record(
        (engine) => {
          let next = drive(engine, { digests: 100 })
          for (let gap = 1; gap <= 3; gap++) engine.tick(next * 20_000 + gap * 500_000)
          next = drive(engine, { digests: 100, from: next + 100 })
        },
        { window: { us: 2_000_000 } },
      ),
    )
    expect(whatIf(run, {}).replayed?.trips).toEqual({})
    const { recorded: then, replayed: now } = whatIf(run, { window: { us: 100_000, digests: 40 } })
    expect(then?.trips).toEqual({})
    expect(now?.trips).toEqual({ telemetryLost: 1 })
  })

  it.each([
    { guardrails: "conservative" },
    { guardrails: { preset: "balanced", maxStep: 0.03, cooldownUs: 500_000 } },
    { seed: 3 },
    { window: { digests: 9, settleUs: 40_000 } },
    { window: { aggregate: "median" } },
    { gains: { probe: 0.02 } },
    { objective: "maximize" },
    { startIsBaseline: true },
    { comparison: {} },
  ] as const)(
    "is what an engine did that really was run with %j, under telemetry that heeds no knob",
    async (changes) => {
      const before = { guardrails: "aggressive", comparison: {} } as const
      const telemetry = (engine: Parameters<Parameters<typeof record>[0]>[0]): void => {
        for (let i = 1; i <= 800; i++) {
          const timestampUs = i * 20_000
          engine.tick(timestampUs)
          engine.observe({ timestampUs, objective: Math.sin(i / 90) + wobble(i, 0.2) })
          if (i === 300) engine.setBaseline()
          if (i === 500) engine.trip("a look")
          if (i === 550) engine.reset()
        }
      }
      const asked = whatIf(runOf(await record(telemetry, before)), changes)
      const done = whatIf(runOf(await record(telemetry, { ...before, ...changes })), {})
      expect(asked.reason).toBeNull()
      expect(sum(done.recorded?.applies)).toBeGreaterThan(5)
      expect(asked.replayed).toEqual(done.recorded)
    },
  )

  it("does not count the path of a previous run: a resumed engine begins where that one ended", async () => {
    const recorded = await record((engine) => void drive(engine, { digests: 40 }))
    const run = runOf(recorded)
    const knobs = Object.keys(recorded.words[0].values ?? {}).length
    // As if it had been taken up elsewhere: its start says where, and it moved from there.
    const [start, ...rest] = run.records.map((one) => one.slice())
    const place = start.subarray(RECORD_POINT, RECORD_POINT + knobs)
    const first = rest.find((one) => one[RECORD_KIND] === AUDIT_APPLY) ?? start
    const way = Math.abs(first[RECORD_POINT] - (place[0] + 0.3))
    place[0] += 0.3
    const name = Object.keys(recorded.words[0].values ?? {})[0]
    const one = whatIf({ ...run, records: [start, ...rest.slice(0, rest.indexOf(first) + 1)] }, {})
    expect(one.recorded?.path[name]).toBeCloseTo(way, 12)
  })

  it("cannot change the plant, its telemetry or the layout of the record", async () => {
    const run = runOf(await record((engine) => void drive(engine, { digests: 10 })))
    const refused = {
      params: { other: { min: 0, max: 1 } },
      clock: "system",
      extras: ["a"],
      state: "x",
    } as const
    expect(whatIf(run, refused).reason).toContain("params, clock, extras, state cannot be changed")
  })

  it("is refused if the run cannot be repeated or the configuration is invalid", async () => {
    const run = runOf(await record((engine) => void drive(engine, { digests: 10 })))
    expect(whatIf({ ...run, records: run.records.slice(3) }, {}).reason).toContain("start")
    expect(whatIf(run, { seed: -1 }).reason).toContain("seed")
    expect(whatIf({ ...run, config: null }, {}).recorded).toBeNull()
  })
})
