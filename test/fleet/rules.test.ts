/** Written rules in a fleet: each engine is watched by itself, as an engine alone is, also over a rest. */
import { describe, expect, it } from "vitest"
import { type AuditRecord, ConfigError, createEngine, type EngineOptions } from "../../src/index.ts"
import { createFleet as createUnderNode } from "../../src/index.node.ts"
import type { DigestInput } from "../../src/domain/Digest.ts"
import { parseFormula } from "../../src/temporal/logic/parseFormula.ts"
import { synthesizeShield } from "../../src/temporal/logic/synthesizeShield.ts"
import { bowl, fleetOf, type Knob, params, STEP_US, wobble } from "./rig.ts"

type Rules = NonNullable<EngineOptions<Knob>["rules"]>
type Report = Pick<DigestInput, "objective" | "latencyP99Us">

const FAST = "always[0,60s](p99 < 200ms)"
const PROMISE = "p99 > 170ms -> eventually[0,5](p99 < 160ms)"

/** Every move that leaves `n` below 10 is permitted, wherever the latency goes. */
const { shield } = synthesizeShield({
  knobs: [{ name: "n", cuts: [10], whole: true }],
  channels: [{ name: "p99", cuts: [170_000] }],
  rule: parseFormula("n < 10", { channels: { n: "number" } }),
  next: () => ({ p99: [0, 1] }),
  waits: true,
})

/** Everything that was decided, in its order. */
const decisions = (records: ReadonlyArray<AuditRecord>): ReadonlyArray<string> =>
  records
    .filter(({ kind }) => ["apply", "rollback", "safeModeEntered", "safeModeExited", "rule"].includes(kind))
    .filter(({ action }) => action !== "returnToBase")
    .map(({ kind, atUs, generation, action, reason, values, note, margin }) =>
      JSON.stringify({ kind, atUs, generation, action, reason, values, note, margin }),
    )

const report = (values: Readonly<Record<Knob, number>>, step: number): Report => ({
  objective: bowl(values) + wobble(step),
  latencyP99Us: 150_000 + 400_000 * Math.abs(values.x - 0.5) + wobble(step, 20_000),
})

async function alone(rules: Rules, steps: number): Promise<ReadonlyArray<string>> {
  const engine = createEngine({ params, seed: 7, clock: "manual", rules, audit: { memory: 100_000 } })
  await engine.start()
  for (let step = 0; step < steps; step++) {
    const timestampUs = (step + 1) * STEP_US
    engine.tick(timestampUs)
    engine.observe({ ...report(engine.values, step), timestampUs })
  }
  return decisions(engine.audit.records())
}

async function inFleet(rules: Rules, steps: number): Promise<ReadonlyArray<string>> {
  const fleet = fleetOf({ auditMemory: 100_000 }, { rules })
  await fleet.start()
  const engine = fleet.spawn("one", { seed: 7 })
  const other = fleet.spawn("other")
  for (let step = 0; step < steps; step++) {
    const timestampUs = (step + 1) * STEP_US
    fleet.tick(timestampUs)
    engine.observe({ ...report(engine.values, step), timestampUs })
    other.observe({ objective: wobble(step * 7), latencyP99Us: 100_000, timestampUs })
  }
  return decisions(fleet.audit.records().filter(({ run }) => run === "fleet/one"))
}

describe("the rules of an engine of a fleet", () => {
  it.each([
    ["trip", "violated", [FAST]],
    ["roll back", "violated", [{ formula: FAST, onViolation: "rollback" }]],
    ["warn", "violated", [{ formula: FAST, onViolation: "warn" }]],
    ["keep a promise with an end", "violated", [{ formula: PROMISE, onViolation: "rollback" }]],
    ["stay below a shield", "clipped", [{ name: "few", shield: shield?.table }]],
  ] as ReadonlyArray<readonly [string, string, Rules]>)(
    "%s as those of an engine alone",
    async (_, reason, rules) => {
      const one = await alone(rules, 4_000)
      const other = await inFleet(rules, 4_000)
      const at = one.findIndex((line, i) => line !== other[i])
      expect(
        at < 0 ? null : { at, alone: one.slice(at, at + 3), inFleet: other.slice(at, at + 3) },
      ).toBeNull()
      expect(other).toHaveLength(one.length)
      expect(one.join()).toContain(`"reason":"${reason}"`)
    },
  )

  it("concern that engine alone", async () => {
    const fleet = fleetOf({}, { rules: [FAST] })
    await fleet.start()
    const [slow, fast] = [fleet.spawn("slow"), fleet.spawn("fast")]
    fleet.tick(STEP_US)
    slow.observe({ objective: 1, latencyP99Us: 300_000 })
    fast.observe({ objective: 1, latencyP99Us: 100_000 })
    expect(slow.getSnapshot()).toMatchObject({
      mode: "safe",
      safeMode: { reason: "ruleViolated" },
      rules: [
        {
          status: "violated",
          violations: 1,
          last: `${FAST}: p99 < 200000 is missed by 100000 (read 300000)`,
        },
      ],
    })
    expect(fast.getSnapshot()).toMatchObject({
      mode: "adapting",
      rules: [{ status: "holds", violations: 0 }],
    })
  })

  it("remember over a rest and over being put away", async () => {
    const fleet = fleetOf(
      {},
      { rules: [{ formula: "err > 5% -> eventually[0,1h](err < 1%)", onViolation: "warn" }] },
    )
    await fleet.start()
    const engine = fleet.spawn("one")
    fleet.tick(STEP_US)
    engine.observe({ objective: 1, errorRate: 0.2 })
    fleet.tick(1_800_000_000)
    expect(engine.getSnapshot().status).toBe("passive")
    expect(engine.getSnapshot().rules?.[0].violations).toBe(0)
    fleet.tick(2 * 3_600_000_000)
    engine.observe({ objective: 1, errorRate: 0.2 })
    expect(engine.getSnapshot().rules?.[0]).toMatchObject({ status: "violated", violations: 1 })
  })

  it("are refused with their place when they are none", () => {
    const make = () => createUnderNode({ engine: { params, clock: "manual", rules: ["p99 < 200ms and"] } })
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(/engine\.rules\[0\]/)
  })

  it("are refused at the start where they are fetched", async () => {
    const fleet = fleetOf({}, { rules: ["always(nonsense < 1)"] })
    await expect(fleet.start()).rejects.toThrow(/engine\.rules\[0\]/)
  })
})
