/** Rules with a shield and an early warning, and a meta level, of an engine in a thread of its own. */
import { expect, it } from "vitest"
import { parseFormula } from "../../src/temporal/logic/parseFormula.ts"
import { synthesizeShield } from "../../src/temporal/logic/synthesizeShield.ts"
import { createEngine } from "../../src/index.node.ts"
import { ConfigError } from "../../src/domain/errors.ts"
import { FAST, feed, place } from "./rig.ts"

const { shield } = synthesizeShield({
  knobs: [{ name: "timeout", cuts: [4] }],
  rule: parseFormula("timeout < 4", { channels: { timeout: "number" } }),
  waits: true,
})

it("are kept and shown as in this thread", async () => {
  const engine = place({
    rules: [
      { name: "short", shield: shield?.table ?? {} },
      { formula: "batch > 0", warning: { horizon: 5 } },
    ],
    meta: { depth: 1 },
    gains: { prove: false },
    telemetry: { capacity: 4096 },
  })
  await engine.start()
  let highest = 0
  await feed(engine, () => {
    highest = Math.max(highest, engine.values.timeout)
    return (engine.getSnapshot().rules?.[0].shield?.clipped ?? 0) > 10
  })
  await engine.stop()
  const { rules, meta, mode } = engine.getSnapshot()
  // The best place is at 7.
  expect(highest).toBeLessThan(4)
  expect(mode).toBe("adapting")
  expect(rules?.[0]).toMatchObject({ name: "short", violations: 0, shield: { status: "kept" } })
  expect(rules?.[1].warning).toMatchObject({ horizon: 5, warns: false })
  expect(meta).toMatchObject({ depth: 1 })
  const clipped = engine.audit.records().filter(({ kind, reason }) => kind === "rule" && reason === "clipped")
  expect(clipped.length).toBeGreaterThan(0)
  expect(engine.metrics()).toMatch(/arqon_rule_clipped_total\{rule="short"\} [1-9]/)
})

it("are refused where the engine is made if the table was changed", () => {
  const rules = [{ shield: { ...shield?.table, checksum: "00000000" } }]
  expect(() => createEngine({ ...FAST, rules })).toThrow(ConfigError)
})
