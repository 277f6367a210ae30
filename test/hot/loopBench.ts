/** A loop over two knobs, driven by hand in virtual time: for the tests of `HotLoop`. */
import {
  DIGEST_CONSTRAINT_MARGIN,
  DIGEST_GENERATION,
  DIGEST_OBJECTIVE,
  DIGEST_TIMESTAMP_US,
  LINEAR,
  LOG,
  TRIMMED_MEAN,
} from "../../src/hot/codes.ts"
import type { CycleOptions } from "../../src/hot/cycleOptions.ts"
import { HotLoop } from "../../src/hot/HotLoop.ts"
import { HotPath } from "../../src/hot/HotPath.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"
import { WAITING_MINUS, WAITING_PLUS } from "../../src/hot/phases.ts"
import { SpsaKernel } from "../../src/hot/SpsaKernel.ts"
import { DEFAULT_SPSA, type SpsaSettings } from "../../src/hot/spsaSettings.ts"
import { GUARDRAILS } from "../../src/domain/guardrailPresets.ts"

export const SECOND = 1_000_000
export const READING = 350_000
/** No base earns to be the baseline: these tests want it where it was. */
export const policy = { ...GUARDRAILS.balanced, minStableUs: 1e15 }

export interface Overrides {
  readonly options?: Partial<CycleOptions>
  readonly auditCapacity?: number
  readonly beginsElsewhere?: boolean
  readonly kernelMaxStep?: number
  readonly policy?: typeof policy
  readonly settings?: Partial<SpsaSettings>
}

export class LoopBench {
  readonly hot: HotPath
  readonly loop: HotLoop
  readonly startedAt: ReadonlyArray<number>
  now = SECOND

  constructor(overrides: Overrides = {}) {
    const table = new KnobTable([
      { min: 0, max: 1, scale: LINEAR, step: 0, maxStep: 0 },
      { min: 1, max: 64, scale: LOG, step: 1, maxStep: 0 },
    ])
    this.hot = new HotPath({
      table,
      policy: overrides.policy ?? policy,
      initialUnit: Float64Array.of(0.3, table.encode(1, 8)),
      window: {
        windowDigests: 1,
        windowUs: 4 * READING,
        settleUs: 0,
        maxAgeUs: SECOND,
        aggregate: TRIMMED_MEAN,
        trim: 0.1,
      },
      auditCapacity: overrides.auditCapacity ?? 1024,
      beginsElsewhere: overrides.beginsElsewhere ?? false,
      manualTime: true,
    })
    const maxStep = overrides.kernelMaxStep ?? policy.maxStep
    const settings = { ...DEFAULT_SPSA, seed: 7, maxStep, ...overrides.settings }
    this.loop = new HotLoop(this.hot, new SpsaKernel(table, settings), { guard: false, ...overrides.options })
    this.hot.nowCell[0] = this.now
    this.startedAt = this.live
  }

  get live(): ReadonlyArray<number> {
    return [this.hot.config.unit(0), this.hot.config.unit(1)]
  }

  get base(): ReadonlyArray<number> {
    return [...this.hot.executor.base]
  }

  tick(us: number): number {
    this.now += us
    this.hot.nowCell[0] = this.now
    return this.loop.tick()
  }

  digest(objective: number, margin = Number.NaN, generation = this.hot.config.generation): number {
    this.now += READING
    const cells = this.hot.digest
    cells.fill(Number.NaN)
    cells[DIGEST_TIMESTAMP_US] = this.now
    cells[DIGEST_GENERATION] = generation
    cells[DIGEST_OBJECTIVE] = objective
    cells[DIGEST_CONSTRAINT_MARGIN] = margin
    return this.loop.observe()
  }

  /** Lets the timer of SafeMode run out, and the window close that ends it then. */
  outlast(us: number): void {
    this.tick(us)
    this.digest(1)
  }

  bowl(): number {
    return (this.hot.config.unit(0) - 0.7) ** 2 + (this.hot.config.unit(1) - 0.8) ** 2
  }

  /** Reads and waits as a plant would, for so many readings. */
  run(readings: number, objective: () => number = () => this.bowl()): void {
    for (let i = 0; i < readings; i++) {
      this.digest(objective())
      this.tick(0)
      if (this.loop.phase !== WAITING_PLUS && this.loop.phase !== WAITING_MINUS) this.tick(100_000)
      if (this.hot.audit.size > 500) this.hot.audit.drain(() => {})
    }
  }
}
