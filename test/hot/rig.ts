/** What the tests of Tier 1 stand on: knob tables, policies and a driver that fills the inbox. */
import { LINEAR, LOG, PERIODIC } from "../../src/hot/codes.ts"
import { AtomicConfig } from "../../src/hot/AtomicConfig.ts"
import { AuditRing } from "../../src/hot/AuditRing.ts"
import type { GuardrailNumbers } from "../../src/hot/Guardrails.ts"
import { type KnobNumbers, KnobTable } from "../../src/hot/KnobTable.ts"
import {
  P_EXPECTED_GENERATION,
  P_ID,
  P_LENGTH,
  P_NOW_US,
  P_TARGET,
  SafetyExecutor,
} from "../../src/hot/SafetyExecutor.ts"

export const linear = (min = 0, max = 1): KnobNumbers => ({ min, max, scale: LINEAR, step: 0, maxStep: 0 })
export const logarithmic = (min = 1, max = 1000): KnobNumbers => ({
  min,
  max,
  scale: LOG,
  step: 0,
  maxStep: 0,
})
export const periodic = (min = 0, max = 360): KnobNumbers => ({
  min,
  max,
  scale: PERIODIC,
  step: 0,
  maxStep: 0,
})
export const concurrency: KnobNumbers = { min: 1, max: 256, scale: LOG, step: 1, maxStep: 0 }
export const stepped = (min: number, max: number, step: number, scale = LINEAR): KnobNumbers => ({
  min,
  max,
  scale,
  step,
  maxStep: 0,
})

/** One knob of every shape. */
export const everyShape: ReadonlyArray<KnobNumbers> = [
  linear(-3, 7),
  logarithmic(0.01, 100),
  periodic(-180, 180),
  stepped(0, 40, 1),
  concurrency,
  stepped(0, 24, 1, PERIODIC),
]

export const balanced: GuardrailNumbers = {
  maxStep: 0.1,
  appliesPerSecond: 10,
  minIntervalUs: 100_000,
  turnsPerMinute: 3,
  cooldownUs: 30_000_000,
  rangePerMinute: 0.5,
  pathPerMinute: 2.5,
  regressionsToTrip: 5,
  rollbackRegressions: 3,
  rollbacksPerHour: 4,
  minStableUs: 5_000_000,
  emergencyMargin: -0.5,
}

/** Nothing but bounds and steps: for tests about something else. */
export const unlimited: GuardrailNumbers = {
  ...balanced,
  appliesPerSecond: Number.POSITIVE_INFINITY,
  minIntervalUs: 0,
  turnsPerMinute: Number.POSITIVE_INFINITY,
  cooldownUs: 0,
  rangePerMinute: Number.POSITIVE_INFINITY,
  pathPerMinute: Number.POSITIVE_INFINITY,
}

export interface Rig {
  readonly table: KnobTable
  readonly config: AtomicConfig
  readonly audit: AuditRing
  readonly executor: SafetyExecutor
  /** Fills the inbox and applies; `more` overrides single positions. */
  readonly ask: (kind: number, nowUs: number, targets: ArrayLike<number>, more?: Asked) => number
  /** Sets the time for a safety action. */
  readonly at: (nowUs: number) => SafetyExecutor
  readonly live: () => Float64Array
}

export interface Asked {
  readonly generation?: number
  readonly length?: number
  readonly id?: number
}

export const makeRig = (
  knobs: ReadonlyArray<KnobNumbers>,
  policy: GuardrailNumbers = balanced,
  initial: ArrayLike<number> = knobs.map(() => 0.5),
  auditCapacity = 4096,
): Rig => {
  const table = new KnobTable(knobs)
  const config = new AtomicConfig(table, Float64Array.from(initial))
  const audit = new AuditRing(table.size, auditCapacity)
  const executor = new SafetyExecutor(table, config, audit, policy)
  const ask = (kind: number, nowUs: number, targets: ArrayLike<number>, more: Asked = {}): number => {
    const inbox = executor.proposal
    inbox[P_NOW_US] = nowUs
    inbox[P_EXPECTED_GENERATION] = more.generation ?? config.generation
    inbox[P_ID] = more.id ?? 1
    inbox[P_LENGTH] = more.length ?? targets.length
    for (let i = 0; i < Math.min(targets.length, table.size); i++) inbox[P_TARGET + i] = targets[i]
    return executor.apply(kind)
  }
  const at = (nowUs: number): SafetyExecutor => {
    executor.proposal[P_NOW_US] = nowUs
    return executor
  }
  const live = (): Float64Array => {
    const out = new Float64Array(table.size)
    config.readUnits(out)
    return out
  }
  return { table, config, audit, executor, ask, at, live }
}

/** Copies of all waiting records. */
export const drained = (audit: AuditRing): ReadonlyArray<Float64Array> => {
  const records: Array<Float64Array> = []
  audit.drain((block, offset) => records.push(block.slice(offset, offset + audit.width)))
  return records
}

/** The bits of doubles, for comparisons that must not be approximate. */
export const bits = (values: Float64Array): BigUint64Array =>
  new BigUint64Array(Float64Array.from(values).buffer)
