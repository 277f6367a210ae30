/**
 * Tier 1 for a competitor, with every guardrail of the policy on: targets are clipped to what one apply may do, moves of the base to the
 * budgets too, so that nobody loses by being refused.
 */
import { AtomicConfig } from "../../src/hot/AtomicConfig.ts"
import { AuditRing } from "../../src/hot/AuditRing.ts"
import { ACCEPTED, UPDATE } from "../../src/hot/codes.ts"
import type { GuardrailNumbers } from "../../src/hot/Guardrails.ts"
import { KnobTable, type KnobNumbers } from "../../src/hot/KnobTable.ts"
import {
  P_EXPECTED_GENERATION,
  P_LENGTH,
  P_NOW_US,
  P_TARGET,
  SafetyExecutor,
} from "../../src/hot/SafetyExecutor.ts"

const HAIR = 1e-12

export class Tier1 {
  readonly executor: SafetyExecutor
  /** Where the competitor wants to be; filled in before `apply`. */
  readonly wanted: Float64Array
  /** Where it is. */
  readonly live: Float64Array
  refused = 0
  private readonly table: KnobTable
  private readonly config: AtomicConfig
  private readonly audit: AuditRing
  private readonly band: Float64Array
  private readonly steps: Float64Array

  constructor(knobs: ReadonlyArray<KnobNumbers>, start: ReadonlyArray<number>, policy: GuardrailNumbers) {
    this.table = new KnobTable(knobs)
    const n = this.table.size
    this.config = new AtomicConfig(this.table, Float64Array.from(start))
    this.audit = new AuditRing(n, 256)
    this.executor = new SafetyExecutor(this.table, this.config, this.audit, policy)
    this.wanted = new Float64Array(n)
    this.live = Float64Array.from(start)
    this.band = new Float64Array(2 * n)
    this.steps = new Float64Array(n)
  }

  /** Applies `wanted`, clipped. The caller has waited until `executor.nextApplyUs`. */
  apply(kind: number, nowUs: number): void {
    const { audit, band, config, executor, live, steps, table, wanted } = this
    const inbox = executor.proposal
    inbox[P_NOW_US] = nowUs
    executor.band(band)
    executor.stepLimits(steps)
    config.readUnits(live)
    for (let i = 0; i < wanted.length; i++) {
      const base = executor.base[i]
      // Both |target - live| and |target - base| are limited; a hair inside, or rounding makes it too far.
      let low = Math.max(live[i], base) - steps[i] + HAIR
      let high = Math.min(live[i], base) + steps[i] - HAIR
      if (kind === UPDATE) {
        low = Math.max(low, base + band[2 * i])
        high = Math.min(high, base + band[2 * i + 1])
      }
      let target = table.snap(i, Math.min(high, Math.max(low, wanted[i])))
      if (table.step[i] > 0) {
        const toward = target > base ? -1 : 1
        for (let hops = 0; hops < 3 && (target < low - 2 * HAIR || target > high + 2 * HAIR); hops++) {
          target = table.gridUnit(i, table.gridIndex(i, target) + toward)
        }
      }
      inbox[P_TARGET + i] = target
    }
    inbox[P_EXPECTED_GENERATION] = config.generation
    inbox[P_LENGTH] = wanted.length
    if (executor.apply(kind) !== ACCEPTED) this.refused++
    audit.drain(() => {})
    config.readUnits(live)
  }
}
