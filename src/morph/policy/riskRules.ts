/**
 * What stands between a policy and the host: an ordered list of rules over measured numbers. The first rule that is hit decides, and
 * the list goes from the gravest action to the mildest, so that a mild hit never hides a grave one. A number that is missing (NaN) hits.
 */

/** Numbers that a rule can look at; flags are 0 or 1. */
export interface RiskReadings {
  /** Of the proposed command, by the policy itself; 0 without one. */
  readonly policyRisk: number
  /** Of the blueprint that the command would plant; 0 where it plants none. */
  readonly blueprintRisk: number
  readonly quarantineOnly: number
  readonly conservative: number
  readonly policyLate: number
  /** Boundaries in a row that took longer than their budget. */
  readonly lateBoundaries: number
  /** Rise of the held-out loss since the boundary before; see `lossJump`. */
  readonly lossJump: number
  /** Isolation violations since the boundary before. */
  readonly isolationViolations: number
  /** How much the held-out loss swings; see `volatility`. */
  readonly volatility: number
  /** Share of the arena in use. */
  readonly memory: number
}

/**
 * - `emergency`: raises the emergency level to conservative; nothing is planted, grafts that are not part of the host are culled.
 * - `cullAndConserve`: the graft in question is culled, and conservative mode begins. `conserve`: conservative mode begins.
 * - `pause`: no graft moves at this boundary, and only commands that take risk away are carried out.
 * - `refuse`: only commands that take risk away are carried out.
 * - `downgrade`: the same, and planting becomes a lower learning rate.
 */
export const RISK_ACTIONS = [
  "emergency",
  "cullAndConserve",
  "conserve",
  "pause",
  "refuse",
  "downgrade",
] as const
export type RiskAction = (typeof RISK_ACTIONS)[number]

export interface RiskRule {
  readonly id: string
  /** The number it looks at. */
  readonly when: keyof RiskReadings
  readonly threshold: number
  /** Whether the number has to exceed the threshold; reaching it is enough otherwise. */
  readonly above?: true
  /** Once hit, the rule stays hit until the number is this much below the threshold. */
  readonly hysteresis: number
  readonly action: RiskAction
}

export const RISK_RULES: ReadonlyArray<RiskRule> = [
  { id: "memoryFull", when: "memory", threshold: 0.95, hysteresis: 0.02, action: "emergency" },
  {
    id: "isolation",
    when: "isolationViolations",
    threshold: 1,
    hysteresis: 0,
    action: "cullAndConserve",
  },
  { id: "policyRiskGrave", when: "policyRisk", threshold: 0.98, hysteresis: 0, action: "conserve" },
  {
    id: "lossJumpGrave",
    when: "lossJump",
    threshold: 0.15,
    above: true,
    hysteresis: 0.05,
    action: "conserve",
  },
  { id: "conservative", when: "conservative", threshold: 1, hysteresis: 0, action: "pause" },
  { id: "policyLate", when: "policyLate", threshold: 1, hysteresis: 0, action: "pause" },
  { id: "boundaryLate", when: "lateBoundaries", threshold: 3, hysteresis: 2, action: "pause" },
  { id: "quarantineOnly", when: "quarantineOnly", threshold: 1, hysteresis: 0, action: "refuse" },
  { id: "blueprintRiskGrave", when: "blueprintRisk", threshold: 0.8, hysteresis: 0, action: "refuse" },
  { id: "memoryHigh", when: "memory", threshold: 0.85, hysteresis: 0.05, action: "refuse" },
  { id: "policyRisk", when: "policyRisk", threshold: 0.85, hysteresis: 0, action: "downgrade" },
  { id: "blueprintRisk", when: "blueprintRisk", threshold: 0.5, hysteresis: 0, action: "downgrade" },
  {
    id: "lossJump",
    when: "lossJump",
    threshold: 0.075,
    above: true,
    hysteresis: 0.025,
    action: "downgrade",
  },
  { id: "volatility", when: "volatility", threshold: 0.5, hysteresis: 0.1, action: "downgrade" },
]

export interface RiskVerdict {
  /** The rule that decides; null where none is hit. */
  readonly rule: RiskRule | null
  /** What it read. */
  readonly value: number
  /** Ids of every rule that is hit: give them to the next judgement, for the hysteresis. */
  readonly hit: ReadonlySet<string>
}

export function judgeRisk(
  readings: RiskReadings,
  before: ReadonlySet<string>,
  rules: ReadonlyArray<RiskRule> = RISK_RULES,
): RiskVerdict {
  const hits = rules.filter((rule) => isHit(rule, readings[rule.when], before.has(rule.id)))
  const rule = hits.at(0) ?? null
  return { rule, value: rule === null ? 0 : readings[rule.when], hit: new Set(hits.map(({ id }) => id)) }
}

function isHit({ threshold, above, hysteresis }: RiskRule, value: number, wasHit: boolean): boolean {
  // With a margin the number has to fall below it; each comparison is false for NaN.
  if (wasHit && hysteresis > 0) return !(value < threshold - hysteresis)
  return above === true ? !(value <= threshold) : !(value < threshold)
}

/** The last rise of a loss: in the loss's own unit, and as a share of it where it is above 1. 0 before there are two. */
export function lossJump(heldOut: ReadonlyArray<number>): number {
  if (heldOut.length < 2) return 0
  const previous = heldOut[heldOut.length - 2]
  return (heldOut[heldOut.length - 1] - previous) / Math.max(1, Math.abs(previous))
}

/** Losses that `volatility` looks at. */
const SWING_WINDOW = 10

/**
 * How much of the way that a loss goes is back and forth: mean absolute step without the trend, over the mean loss, or over 1
 * where that is larger. 0 before there are ten.
 */
export function volatility(heldOut: ReadonlyArray<number>): number {
  if (heldOut.length < SWING_WINDOW) return 0
  const from = heldOut.length - SWING_WINDOW
  const steps = SWING_WINDOW - 1
  const trend = (heldOut[heldOut.length - 1] - heldOut[from]) / steps
  let swing = 0
  let sum = heldOut[from]
  for (let i = from + 1; i < heldOut.length; i++) {
    swing += Math.abs(heldOut[i] - heldOut[i - 1] - trend)
    sum += heldOut[i]
  }
  return swing / steps / Math.max(1, Math.abs(sum / SWING_WINDOW))
}
