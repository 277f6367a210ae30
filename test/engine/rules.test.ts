/** Written rules from outside, on a simulated plant: nothing is violated silently, and each does what it was written for and no more. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { createEngine as createUnderNode } from "../../src/index.node.ts"
import type { ArqonEngine, AuditRecord, EngineOptions } from "../../src/index.ts"
import { ConfigError, createEngine } from "../../src/index.ts"
import { changeText } from "../../src/journal/read/changeText.ts"
import { whyChanged } from "../../src/journal/read/whyChanged.ts"
import { replay } from "../../src/journal/replay/replay.ts"
import { ownFolder } from "../journal/journalRig.ts"
import { bowl, type Knob, knobs, manual, wobble } from "./plant.ts"
import { record } from "./recordedRun.ts"

const EVERY_US = 20_000
const LIMIT_US = 200_000
const RULE = "always[0,60s](p99 < 200ms)"

/** Slower the further the batch is from where it began; NaN: not measured. */
const latency = (batch: number): number => 150_000 + 1_000 * (200 - batch)

interface Seen {
  readonly p99: number
  readonly before: ReturnType<ArqonEngine<Knob>["getSnapshot"]>
  readonly after: ReturnType<ArqonEngine<Knob>["getSnapshot"]>
}

/** Reports digests of the plant, and what the engine was before and after each. */
function watch(
  engine: ArqonEngine<Knob>,
  digests: number,
  p99 = (i: number) => latency(engine.values.batch) + wobble(i, 5_000),
): ReadonlyArray<Seen> {
  const seen: Array<Seen> = []
  for (let i = 0; i < digests; i++) {
    const timestampUs = engine.nowUs + EVERY_US
    engine.tick(timestampUs)
    const before = engine.getSnapshot()
    const reading = p99(i)
    engine.observe({
      objective: bowl(engine.values) + wobble(i, 0.002),
      timestampUs,
      ...(Number.isNaN(reading) ? {} : { latencyP99Us: reading }),
    })
    seen.push({ p99: reading, before, after: engine.getSnapshot() })
  }
  return seen
}

const started = async (options: Partial<EngineOptions<Knob>>): Promise<ArqonEngine<Knob>> => {
  const engine = manual(options)
  await engine.start()
  return engine
}

const rulesIn = (records: ReadonlyArray<AuditRecord>): ReadonlyArray<AuditRecord> =>
  records.filter(({ kind }) => kind === "rule")

describe("a rule that trips", () => {
  it("opens SafeMode with its reason and restores the baseline within the digest that violates it", async () => {
    const engine = await started({ rules: [RULE] })
    const seen = watch(engine, 2_000)
    const broken = seen.filter(({ p99, before }) => p99 > LIMIT_US && before.mode === "adapting")
    expect(broken.length).toBeGreaterThan(0)
    for (const { after } of broken) {
      expect(after).toMatchObject({ mode: "safe", safeMode: { reason: "ruleViolated" } })
      expect(after.values).toEqual(after.baseline)
    }
    expect(engine.getSnapshot().counters.trips.ruleViolated).toBe(broken.length)
  })

  it("says in the audit which part was missed, by how much, and when, before SafeMode opens", async () => {
    const engine = await started({ rules: [{ name: "fast enough", formula: RULE }] })
    watch(engine, 10)
    watch(engine, 1, () => 250_000)
    const atUs = engine.nowUs
    const records = engine.audit.records()
    const at = records.findIndex(({ kind }) => kind === "rule")
    expect(records[at]).toMatchObject({
      rule: 0,
      action: "trip",
      reason: "violated",
      value: 250_000,
      margin: -50_000,
      witnessUs: atUs,
      note: "fast enough: p99 < 200000 is missed by 50000 (read 250000)",
    })
    expect(records.slice(at).map(({ kind, reason }) => [kind, reason])).toContainEqual([
      "safeModeEntered",
      "ruleViolated",
    ])
    expect(engine.getSnapshot().rules).toEqual([
      {
        name: "fast enough",
        formula: RULE,
        onViolation: "trip",
        channels: ["p99"],
        status: "violated",
        margin: -50_000,
        violations: 1,
        unknown: 0,
        sinceUs: atUs,
        last: "fast enough: p99 < 200000 is missed by 50000 (read 250000)",
        lastUs: atUs,
      },
    ])
  })

  it("trips again when SafeMode has closed and it is still violated, until a person is needed", async () => {
    const engine = await started({ rules: [RULE] })
    watch(engine, 20_000, () => 250_000)
    const { counters, safeMode } = engine.getSnapshot()
    expect(counters.trips.ruleViolated).toBeGreaterThan(1)
    expect(safeMode).toMatchObject({ reason: "ruleViolated", exit: "manualReset" })
  })

  // A rule that rolls back did nothing while SafeMode was open, and the plant stayed on a base that violates it.
  it.each(["trip", "rollback"] as const)(
    "takes a plant that waits on its base in SafeMode on to the baseline (%s)",
    async (onViolation) => {
      const engine = await started({ rules: [{ formula: RULE, onViolation }] })
      watch(engine, 400, () => 100_000)
      engine.trip("a look")
      expect(engine.values).not.toEqual(engine.getSnapshot().baseline)
      watch(engine, 1, () => 250_000)
      expect(engine.values).toEqual(engine.getSnapshot().baseline)
      expect(engine.getSnapshot().safeMode?.exit).toBe("manualReset")
    },
  )
})

describe("the journal of an engine with rules", () => {
  const folder = ownFolder()

  it("lets nothing be applied in a digest that violates it, also where SafeMode ends with that very digest", async () => {
    // After its timer SafeMode waits for a window: here that is closed by a digest that violates the rule.
    const engine = await started({
      rules: [RULE],
      gains: { prove: false },
      window: { digests: 3, us: 1_000_000, settleUs: 0 },
      safeMode: { exit: "timer", timerUs: 1_000_000 },
      guardrails: { preset: "aggressive", rollbacksPerHour: 1_000, cooldownUs: 100_000 },
    })
    const seen = watch(engine, 2_000, (i) => {
      const { safeMode } = engine.getSnapshot()
      const ends = safeMode !== null && (safeMode.deadlineUs ?? 0) <= engine.nowUs
      return ends || (safeMode === null && i % 200 === 199) ? LIMIT_US + 1 : 100_000
    })
    const broken = seen.filter(({ p99 }) => p99 > LIMIT_US)
    const ended = broken.filter(({ before, after }) => before.mode === "safe" && after.mode !== "safe")
    expect(ended.length).toBeGreaterThan(0)
    for (const { after } of broken) expect(after.values).toEqual(after.baseline)
    expect(seen.some(({ after }) => JSON.stringify(after.values) !== JSON.stringify(after.base))).toBe(true)
  })

  it("names the rule as the cause of the rollback", async () => {
    const engine = createUnderNode({
      params: knobs,
      seed: 42,
      clock: "manual",
      state: folder.path,
      rules: [{ name: "fast enough", formula: RULE }],
    })
    await engine.start()
    watch(engine, 400, () => 100_000)
    watch(engine, 1, () => 250_000)
    await engine.stop()
    const change = whyChanged(folder.path, "batch", null)
    expect(change === null ? "" : changeText(change, true)).toContain(
      'rule trip violated "fast enough: p99 < 200000 is missed by 50000 (read 250000)"',
    )
  })
})

describe("a rule that warns", () => {
  it("changes nothing that the engine does: proposals, applies and values are those of an engine without rules", async () => {
    const run = async (options: Partial<EngineOptions<Knob>>): Promise<ReadonlyArray<unknown>> => {
      const engine = await started(options)
      watch(engine, 1_500)
      return engine.audit.records().flatMap(({ kind, atUs, generation, asked, values, action, reason }) => {
        return kind === "rule" ? [] : [[kind, atUs, generation, asked, values, action, reason]]
      })
    }
    const rules = [{ formula: RULE, onViolation: "warn" as const }]
    const warned = await started({ rules })
    watch(warned, 1_500)
    expect(warned.getSnapshot().rules?.[0].violations).toBeGreaterThan(0)
    expect((await run({ rules })).slice(1)).toEqual((await run({})).slice(1))
  })
})

describe("a rule that rolls back", () => {
  it("puts the baseline back within the digest, and tuning goes on", async () => {
    const engine = await started({ rules: [{ formula: RULE, onViolation: "rollback" }] })
    watch(engine, 400, () => 100_000)
    expect(engine.values).not.toEqual(engine.getSnapshot().baseline)
    const [{ after }] = watch(engine, 1, () => 250_000)
    expect(after.values).toEqual(after.baseline)
    expect(after).toMatchObject({ mode: "adapting", counters: { rollbacks: 1 } })
    const { generation } = engine
    watch(engine, 3_000, () => 100_000)
    expect(engine.generation).toBeGreaterThan(generation)
    expect(rulesIn(engine.audit.records()).map(({ action, reason }) => [action, reason])).toEqual([
      ["rollback", "violated"],
      ["none", "recovered"],
    ])
  })
})

describe("a reading that is missing", () => {
  it("is unknown, not good, and counts as a violation when patience is over", async () => {
    const engine = await started({ rules: [{ formula: RULE, patienceUs: 1_000_000 }] })
    watch(engine, 10, () => 100_000)
    expect(engine.getSnapshot().rules?.[0]).toMatchObject({ status: "holds", margin: 100_000, unknown: 0 })
    watch(engine, 50, () => Number.NaN)
    expect(engine.getSnapshot()).toMatchObject({
      mode: "adapting",
      rules: [{ status: "unknown", margin: null, unknown: 50 }],
    })
    watch(engine, 1, () => Number.NaN)
    expect(engine.getSnapshot()).toMatchObject({ mode: "safe", safeMode: { reason: "ruleViolated" } })
    expect(rulesIn(engine.audit.records()).map(({ action, reason, note }) => [action, reason, note])).toEqual(
      [
        ["none", "unknown", `${RULE}: a reading is missing (p99)`],
        ["trip", "unknown", `${RULE}: a reading is missing (p99)`],
      ],
    )
  })

  it("does not end a violation", async () => {
    const engine = await started({ rules: [{ formula: RULE, onViolation: "warn" }] })
    watch(engine, 5, () => 250_000)
    watch(engine, 5, () => Number.NaN)
    expect(engine.getSnapshot().rules?.[0].sinceUs).not.toBeNull()
    watch(engine, 1, () => 100_000)
    expect(engine.getSnapshot().rules?.[0].sinceUs).toBeNull()
  })
})

describe("any digests at all", () => {
  it("violate no rule silently", async () => {
    const reading = fc.oneof(
      fc.constantFrom(Number.NaN, 0, LIMIT_US, LIMIT_US + 1, Number.POSITIVE_INFINITY),
      fc.double({ min: 0, max: 400_000, noNaN: true }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(reading, { minLength: 1, maxLength: 200 }), async (readings) => {
        const engine = await started({ rules: [RULE] })
        const seen = watch(engine, readings.length, (i) => readings[i])
        let violated = false
        let episodes = 0
        for (const { p99, after } of seen) {
          if (p99 > LIMIT_US) {
            expect(after.rules?.[0].status).toBe("violated")
            expect(after.mode).toBe("safe")
            expect(after.values).toEqual(after.baseline)
            if (!violated) episodes++
            violated = true
          } else if (p99 <= LIMIT_US) violated = false
        }
        expect(engine.getSnapshot().rules?.[0].violations).toBe(episodes)
      }),
      { numRuns: 30 },
    )
  })
})

describe("a run with rules", () => {
  it.each(["trip", "rollback", "warn"] as const)("that %s is replayed byte for byte", async (onViolation) => {
    const rules = [{ formula: RULE, onViolation }, "timeout < 9 -> eventually[0,50](objective < 1)"]
    const recorded = await record((engine) => void watch(engine, 1_200), { rules })
    expect(rulesIn(recorded.words).length).toBeGreaterThan(0)
    const run = {
      run: recorded.words[0].run,
      config: JSON.parse(JSON.stringify(recorded.words[0].start?.["config"])),
      records: recorded.records.map(({ numbers }) => numbers),
    }
    expect(replay(run)).toMatchObject({ verdict: "identical", difference: null })
  })

  it("is no different in a single byte without them", async () => {
    const run = async (options: Partial<EngineOptions<Knob>>): Promise<string> =>
      JSON.stringify((await record((engine) => void watch(engine, 300), options)).words)
    expect(await run({ rules: [] })).toBe(await run({}))
    const engine = await started({})
    expect(Object.keys(engine.getSnapshot())).not.toContain("rules")
    expect(engine.actor.getSnapshot().context.hot.get().onDigest).toBeNull()
  })
})

const problemsOf = (rules: unknown, make: (options: never) => unknown = createUnderNode): string => {
  try {
    make({ params: knobs, clock: "manual", extras: ["queue"], rules } as never)
    return "nothing"
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message
  }
}

describe("rules that are none", () => {
  it.each([
    ["p98 < 200ms", "rules[0]", '"p98" is not a channel. Did you mean "p99"?\n    p98 < 200ms\n    ^^^'],
    ["always[0,60s](p99 < ", "rules[0]", "The end"],
    ["eventually(p99 < 200ms)", "rules[0]", "never ends"],
    ["err > 2%  -> eventually(err < 1%)", "rules[0]", "never ends: eventually (err < 0.01)"],
    ["batch > 1000", "rules[0]", "can never hold"],
    ["err < 1% and err > 2%", "rules[0]", "can never hold"],
    ["false", "rules[0]", "can never hold"],
    ["not (err <= 2)", "rules[0]", "can never hold"],
    ["p99 < 200 and objective < 3ms", "rules[0]", "objective is not one"],
    [7, "rules[0]", "must be"],
    [null, "rules[0]", "must be"],
    ["", "rules[0]", "formula"],
    [{ formula: "p99 <" }, "rules[0].formula", "The end"],
    [{ formula: RULE, onViolation: "stop" }, "rules[0].onViolation", "trip"],
    [{ formula: RULE, patienceUs: -1 }, "rules[0].patienceUs", "0"],
    [{ rule: RULE }, "rules[0]", "formula"],
  ])("%j is refused where it is written", (rule, path, text) => {
    const message = problemsOf([rule])
    expect(message).toContain(path)
    expect(message).toContain(text)
  })

  it("are all named at once, repeats too", () => {
    const message = problemsOf([RULE, RULE, "p98 < 1"])
    expect(message).toContain(`rules[1]: repeats "${RULE}"`)
    expect(message).toContain("rules[2]")
    expect(problemsOf(RULE)).toContain("rules")
    expect(problemsOf(Array.from({ length: 65 }, (_, i) => `p99 < ${i + 1}`))).toContain("more than 64")
  })

  it("are refused at the start where the reader of rules is loaded on demand, and nothing has begun", async () => {
    const engine = createEngine({ params: knobs, clock: "manual", rules: ["p98 < 200ms"] })
    await expect(engine.start()).rejects.toBeInstanceOf(ConfigError)
    expect(engine.getSnapshot().status).toBe("idle")
  })

  it.each([
    "p99 < 0.1 or batch > 1",
    "timeout <= 10",
    "err <= 0",
    "next (queue > 3) and queue < 2",
    "knobs.batch >= 1 since p99 > 5s",
  ])("do not include %s, which can hold", (rule) => {
    expect(problemsOf([rule])).toBe("nothing")
  })
})

describe("the metrics of rules", () => {
  it("count violations by rule and tell the margin, of which nothing is told while it is unknown", async () => {
    const engine = await started({
      rules: [
        { name: "quick", formula: RULE, onViolation: "warn" },
        { name: "never read", formula: "constraintMargin > 0", patienceUs: 400_000 },
      ],
    })
    watch(engine, 10, () => LIMIT_US - 30_000)
    watch(engine, 1, () => LIMIT_US + 50_000)
    const text = engine.metrics()
    for (const line of [
      'arqon_rule_violation_total{rule="quick"} 1',
      'arqon_rule_violation_total{rule="never read"} 0',
      'arqon_rule_margin{rule="quick"} -50000',
    ])
      expect(text.split("\n")).toContain(line)
    expect(text).not.toContain('arqon_rule_margin{rule="never read"}')
    watch(engine, 20, () => LIMIT_US - 30_000)
    const later = engine.metrics()
    expect(later).toContain('arqon_rule_margin{rule="quick"} 30000')
    // Out of patience, it counts as violated.
    expect(later).toContain('arqon_rule_violation_total{rule="never read"} 1')
    await engine.stop()
  })

  it("are absent for an engine without rules", async () => {
    const engine = await started({})
    expect(engine.metrics()).not.toContain("arqon_rule")
    await engine.stop()
  })
})
