import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { dispose, DOWNGRADE_REST } from "../../../src/morph/policy/disposal.ts"
import type { PolicyCommand } from "../../../src/morph/policy/PolicyCommand.ts"
import {
  judgeRisk,
  lossJump,
  RISK_ACTIONS,
  RISK_RULES,
  type RiskReadings,
  volatility,
} from "../../../src/morph/policy/riskRules.ts"
import { GERMINATE } from "./packets.ts"

const CALM: RiskReadings = {
  policyRisk: 0,
  blueprintRisk: 0,
  quarantineOnly: 0,
  conservative: 0,
  policyLate: 0,
  lateBoundaries: 0,
  lossJump: 0,
  isolationViolations: 0,
  volatility: 0,
  memory: 0,
}
const NONE: ReadonlySet<string> = new Set()

/** Each rule, a number at which it is not hit, the least at which it is, and one at which it stays hit once it was. */
const ROWS = [
  ["memoryFull", "memory", 0.949, 0.95, 0.93, "emergency"],
  ["isolation", "isolationViolations", 0, 1, null, "cullAndConserve"],
  ["policyRiskGrave", "policyRisk", 0.979, 0.98, null, "conserve"],
  ["lossJumpGrave", "lossJump", 0.15, 0.1501, 0.1, "conserve"],
  ["conservative", "conservative", 0, 1, null, "pause"],
  ["policyLate", "policyLate", 0, 1, null, "pause"],
  ["boundaryLate", "lateBoundaries", 2, 3, 1, "pause"],
  ["quarantineOnly", "quarantineOnly", 0, 1, null, "refuse"],
  ["blueprintRiskGrave", "blueprintRisk", 0.79, 0.8, null, "refuse"],
  ["memoryHigh", "memory", 0.849, 0.85, 0.8, "refuse"],
  ["policyRisk", "policyRisk", 0.849, 0.85, null, "downgrade"],
  ["blueprintRisk", "blueprintRisk", 0.499, 0.5, null, "downgrade"],
  ["lossJump", "lossJump", 0.075, 0.0751, 0.05, "downgrade"],
  ["volatility", "volatility", 0.499, 0.5, 0.4, "downgrade"],
] as const

describe("a risk rule", () => {
  it("has a row in this table, in the same order", () => {
    expect(ROWS.map(([id]) => id)).toEqual(RISK_RULES.map(({ id }) => id))
  })

  it.each(ROWS)("%s looks at %s: not hit at %d, hit at %d", (id, when, below, at, stays, action) => {
    const hitAt = (value: number, before = NONE): boolean =>
      judgeRisk({ ...CALM, [when]: value }, before).hit.has(id)
    expect([below, at, at * 1.01].map((value) => hitAt(value))).toEqual([false, true, true])
    expect(hitAt(Number.NaN)).toBe(true)
    expect(RISK_RULES.find((rule) => rule.id === id)?.action).toBe(action)
    const hit = new Set([id])
    if (stays === null) expect(hitAt(below, hit)).toBe(false)
    else {
      expect(hitAt(below, hit)).toBe(true)
      expect(hitAt(stays, hit)).toBe(true)
      expect(hitAt(stays - 1e-9, hit)).toBe(false)
    }
  })
})

const readings = fc.record(
  Object.fromEntries(
    Object.keys(CALM).map((name) => [
      name,
      fc.oneof(fc.constant(0), fc.double({ min: 0, max: 4 }), fc.constant(Number.NaN)),
    ]),
  ) as { readonly [K in keyof RiskReadings]: fc.Arbitrary<number> },
)

describe("the list of risk rules", () => {
  it("lets calm pass", () => {
    expect(judgeRisk(CALM, NONE)).toEqual({ rule: null, value: 0, hit: NONE })
  })

  it("decides by the gravest action of all rules that are hit", () => {
    fc.assert(
      fc.property(readings, (given) => {
        const { rule, hit } = judgeRisk(given, NONE)
        const gravest = Math.min(
          ...RISK_RULES.filter(({ id }) => hit.has(id)).map(({ action }) => RISK_ACTIONS.indexOf(action)),
        )
        expect(rule === null ? Number.POSITIVE_INFINITY : RISK_ACTIONS.indexOf(rule.action)).toBe(gravest)
      }),
    )
  })

  it("is open to others: the first one that is hit decides", () => {
    const rules = [
      { id: "mine", when: "memory", threshold: 0.5, hysteresis: 0, action: "pause" },
      ...RISK_RULES,
    ] as const
    expect(judgeRisk({ ...CALM, memory: 0.99 }, NONE, rules).rule?.id).toBe("mine")
  })
})

const FOSSILIZE: PolicyCommand = {
  type: "graft",
  operation: "fossilize",
  socket: "hidden1",
  why: "gain",
}
const RISES: PolicyCommand = { type: "optimiser", factor: 1.5, why: "faster" }
const HARMLESS: ReadonlyArray<PolicyCommand> = [
  { type: "graft", operation: "cull", socket: "hidden1", why: "no gain" },
  { type: "graft", operation: "cancel", socket: "hidden1", why: "no gain" },
  { type: "rollback", why: "loss" },
  { type: "pause", boundaries: 3, why: "load" },
  { type: "emergency", level: "halt", why: "fire" },
  { type: "optimiser", factor: 0.5, why: "slower" },
]

const disposed = (command: PolicyCommand | null, given: Partial<RiskReadings>, at: number | null = null) =>
  dispose(command, judgeRisk({ ...CALM, ...given }, NONE), 100, at)

describe("a proposal", () => {
  it("passes unchanged while no rule is hit", () => {
    for (const command of [GERMINATE, FOSSILIZE, RISES, ...HARMLESS, null])
      expect(disposed(command, {})).toEqual({ command, action: null, refusal: null, downgradedAt: null })
  })

  it("that takes risk away passes whatever is hit, and the rule's action is carried out all the same", () => {
    for (const rule of RISK_RULES)
      for (const command of [...HARMLESS, null]) {
        const disposal = disposed(command, { [rule.when]: rule.threshold + 1e-9 })
        expect(disposal).toMatchObject({ command, refusal: null })
        expect(disposal.action).not.toBeNull()
      }
  })

  it("to plant becomes a lower learning rate under a downgrade, once a plateau", () => {
    const first = disposed(GERMINATE, { volatility: 0.6 })
    expect(first.command).toMatchObject({ type: "optimiser", factor: 0.5 })
    expect(first).toMatchObject({ action: "downgrade", downgradedAt: 100 })
    expect(first.refusal).toBe("volatility: volatility is 0.6, the limit is 0.5")
    expect(disposed(GERMINATE, { volatility: 0.6 }, 100 - DOWNGRADE_REST + 1).command).toBeNull()
    expect(disposed(GERMINATE, { volatility: 0.6 }, 100 - DOWNGRADE_REST).command).not.toBeNull()
  })

  it("to keep a graft or to raise the learning rate is refused under a downgrade", () => {
    for (const command of [FOSSILIZE, RISES])
      expect(disposed(command, { volatility: 0.7 })).toMatchObject({ command: null, downgradedAt: null })
  })

  it("to plant, to keep or to raise is refused under every graver action", () => {
    for (const rule of RISK_RULES.filter(({ action }) => action !== "downgrade"))
      for (const command of [GERMINATE, FOSSILIZE, RISES]) {
        const { command: left, refusal } = disposed(command, { [rule.when]: rule.threshold + 1e-9 })
        expect(left).toBeNull()
        expect(refusal).toContain(rule.when)
      }
  })
})

describe("the measured numbers", () => {
  it("call the last rise of the loss a jump, in its own unit below 1 and as a share above", () => {
    expect(lossJump([])).toBe(0)
    expect(lossJump([0.5])).toBe(0)
    expect(lossJump([9, 0.01, 0.02])).toBeCloseTo(0.01)
    expect(lossJump([10, 12])).toBeCloseTo(0.2)
    expect(lossJump([0.5, 0.4])).toBeLessThan(0)
    expect(lossJump([0.5, Number.NaN])).toBeNaN()
  })

  it("call back and forth volatile, and a steady fall not", () => {
    expect(volatility([1, 2, 3])).toBe(0)
    expect(volatility(Array.from({ length: 10 }, (_, i) => 1 - i / 20))).toBeCloseTo(0)
    expect(volatility(Array.from({ length: 10 }, (_, i) => 0.1 + (i % 2) * 0.02))).toBeLessThan(0.05)
    expect(volatility(Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? 0.1 : 1.1)))).toBeGreaterThan(0.5)
    expect(volatility([Number.NaN, ...Array.from({ length: 9 }, () => 1)])).toBeNaN()
  })
})
