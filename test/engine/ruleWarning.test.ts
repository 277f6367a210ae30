/** Early warnings of rules from outside, on a simulated plant whose harm comes late. */
import { describe, expect, it } from "vitest"
import type { WarningAction } from "../../src/domain/Rule.ts"
import type { ArqonEngine, AuditRecord, EngineOptions } from "../../src/index.ts"
import { createEngine } from "../../src/index.ts"
import { replay } from "../../src/journal/replay/replay.ts"
import { wobble } from "./plant.ts"
import { recorder } from "./recordedRun.ts"

const EVERY_US = 20_000
const LIMIT = 400
const RULE = `queue < ${LIMIT}`

const engineWith = async (
  rules: NonNullable<EngineOptions<"servers">["rules"]>,
  options: Partial<EngineOptions<"servers">> = {},
): Promise<ArqonEngine<"servers">> => {
  const engine = createEngine({
    clock: "manual",
    window: { digests: 2, settleUs: 0 },
    guardrails: { preset: "aggressive", appliesPerSecond: 1000, minIntervalUs: 0 },
    guard: false,
    params: { servers: { min: 1, max: 16, initial: 12 } },
    extras: ["queue"],
    seed: 5,
    ...options,
    rules,
  })
  await engine.start()
  return engine
}

/** Servers cost at once; too few of them let a queue grow slowly. The tuner sees the cost alone. Returns each queue. */
function serve(engine: ArqonEngine<"servers">, digests: number): ReadonlyArray<number> {
  let queue = 0
  return Array.from({ length: digests }, (_, i) => {
    const { servers } = engine.values
    queue = Math.max(0, queue + 2 * (7 - servers) + wobble(i, 3))
    const timestampUs = engine.nowUs + EVERY_US
    engine.tick(timestampUs)
    engine.observe({ objective: servers + wobble(i, 0.2), timestampUs, extras: { queue } })
    return queue
  })
}

const broken = (queues: ReadonlyArray<number>): number => queues.filter((queue) => queue >= LIMIT).length
const ruleRecords = (records: ReadonlyArray<AuditRecord>): ReadonlyArray<AuditRecord> =>
  records.filter(({ kind }) => kind === "rule")
const warned = (onWarning: WarningAction) => ({
  formula: RULE,
  onViolation: "warn" as const,
  warning: { horizon: 20, warnFrom: 0.3, onWarning },
})

const DIGESTS = 3_000

describe("an early warning", () => {
  it("is on the record before the rule is violated, with its probability", async () => {
    const engine = await engineWith([{ name: "short queue", ...warned("warn") }])
    serve(engine, DIGESTS)
    const [foreseen, violated] = ruleRecords(engine.audit.records())
    expect(violated.reason).toBe("violated")
    expect(foreseen).toMatchObject({ reason: "foreseen", action: "warn", rule: 0 })
    expect(foreseen.atUs).toBeLessThan(violated.atUs)
    expect(foreseen.value).toBeGreaterThanOrEqual(0.3)
    expect(foreseen.note).toBe(
      `short queue: a violation within 20 digests has a probability of ${Number(foreseen.value).toFixed(2)}`,
    )
  })

  it("that only warns changes nothing that the engine does", async () => {
    const run = async (rule: object): Promise<ReadonlyArray<unknown>> => {
      const engine = await engineWith([{ formula: RULE, onViolation: "warn", ...rule }])
      serve(engine, 1_000)
      return engine.audit
        .records()
        .slice(1)
        .flatMap(({ kind, atUs, generation, asked, values, action, reason }) =>
          kind === "rule" ? [] : [[kind, atUs, generation, asked, values, action, reason]],
        )
    }
    expect(await run(warned("warn"))).toEqual(await run({}))
  })

  it("that rolls back spares the plant nearly every violation", async () => {
    const alone = await engineWith([warned("warn")])
    const without = broken(serve(alone, DIGESTS))
    const engine = await engineWith([warned("rollback")])
    expect(100 * broken(serve(engine, DIGESTS))).toBeLessThan(without)
    const { mode, counters, rules } = engine.getSnapshot()
    expect(mode).toBe("adapting")
    expect(counters.rollbacks).toBeGreaterThan(0)
    expect(rules?.[0].warning?.warnings).toBeGreaterThan(0)
  })

  it("that holds keeps the tuner on its base until it has passed", async () => {
    const engine = await engineWith([warned("hold")])
    let queue = 0
    let held = 0
    const bases: Array<number> = []
    for (let i = 0; i < 2_000; i++) {
      // The plant itself is to blame, in spells; the tuner can do nothing about it.
      queue = Math.max(0, queue + (i % 500 < 250 ? 2 : -4) + wobble(i, 3))
      const timestampUs = engine.nowUs + EVERY_US
      engine.tick(timestampUs)
      engine.observe({ objective: engine.values.servers + wobble(i, 0.2), timestampUs, extras: { queue } })
      const { base, values, rules } = engine.getSnapshot()
      if (rules?.[0].warning?.warns !== true) {
        bases.length = 0
        continue
      }
      held++
      bases.push(base.servers)
      expect(base.servers).toBe(bases[0])
      // The probe that was live when the warning came is not followed by another.
      if (bases.length > 4) expect(values.servers).toBe(base.servers)
    }
    expect(held).toBeGreaterThan(100)
    // A cycle whose sides both stayed on the base says so, and blames no budget.
    const reasons = new Set(
      engine.audit.records().flatMap(({ kind, reason }) => (kind === "noChange" ? [reason] : [])),
    )
    expect(reasons).toContain("held")
    expect(reasons).not.toContain("budgetExhausted")
    expect(
      ruleRecords(engine.audit.records()).filter(({ reason }) => reason === "passed").length,
    ).toBeGreaterThan(1)
    expect(engine.audit.records().filter(({ kind }) => kind === "violation")).toEqual([])
  })

  it("shows in the snapshot what it says and how well it was kept, and nothing where nobody asked for it", async () => {
    const engine = await engineWith([warned("warn"), "servers > 0"])
    serve(engine, 1_000)
    const [shown, other] = engine.getSnapshot().rules ?? []
    expect(shown.warning).toMatchObject({ horizon: 20, warnFrom: 0.3, onWarning: "warn", warns: true })
    // Of 1,000 digests the first 15 have no probability yet and the last 20 no outcome.
    expect(shown.warning?.count).toBe(965)
    expect(shown.warning?.brier).toBeGreaterThanOrEqual(0)
    expect(other).not.toHaveProperty("warning")
  })

  it.each(["warn", "hold", "rollback"] as const)(
    "that does %s is replayed byte for byte",
    async (onWarning) => {
      const { sink, recorded } = recorder()
      const engine = await engineWith([warned(onWarning)], { sinks: [sink], audit: { digests: true } })
      serve(engine, 1_000)
      await engine.stop()
      expect(recorded.words.some(({ reason }) => reason === "foreseen")).toBe(true)
      const run = {
        run: recorded.words[0].run,
        config: JSON.parse(JSON.stringify(recorded.words[0].start?.["config"])),
        records: recorded.records.map(({ numbers }) => numbers),
      }
      expect(replay(run)).toMatchObject({ verdict: "identical", difference: null })
    },
  )

  it.each([
    [{ horizon: 0 }, "rules[0].warning.horizon"],
    [{ warnFrom: 1 }, "rules[0].warning.warnFrom"],
    [{ onWarning: "trip" }, "rules[0].warning.onWarning"],
    [{ from: 0.5 }, "rules[0].warning"],
  ])("%j is refused where it is written", async (warning, path) => {
    await expect(engineWith([{ formula: RULE, warning } as never])).rejects.toThrow(path)
  })
})
