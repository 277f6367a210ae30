/**
 * A small simulated plant around a hot path in manual time, for driving machines in tests: two knobs, a quadratic loss
 * with a little deterministic noise, one digest every 20 ms of virtual time.
 */
import type { KnobNumbers } from "../../src/hot/KnobTable.ts"
import { type Actor, createActor } from "xstate"
import { engineMachine } from "../../machines/engine.machine.ts"
import { relocationMachine } from "../../machines/relocation.machine.ts"
import type { EngineInput } from "../../machines/engineContext.ts"
import { AUDIT_APPLY, AUDIT_ROLLBACK, LINEAR, TRIMMED_MEAN } from "../../src/hot/codes.ts"
import {
  RECORD_CODE,
  RECORD_DETAIL,
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_POINT,
  RECORD_TIMESTAMP_US,
} from "../../src/hot/AuditRing.ts"
import type { GuardrailNumbers } from "../../src/hot/Guardrails.ts"
import { type DigestFields, HotPath, type HotPathOptions } from "../../src/hot/HotPath.ts"
import type { WindowNumbers } from "../../src/hot/WindowAccumulator.ts"
import { KnobTable } from "../../src/hot/KnobTable.ts"

export const SECOND_US = 1_000_000
export const DIGEST_US = 20_000

export const POLICY: GuardrailNumbers = {
  maxStep: 0.1,
  appliesPerSecond: 10,
  minIntervalUs: 100_000,
  turnsPerMinute: 3,
  cooldownUs: 30 * SECOND_US,
  rangePerMinute: 0.5,
  pathPerMinute: 2.5,
  regressionsToTrip: 5,
  rollbackRegressions: 3,
  rollbacksPerHour: 4,
  minStableUs: 5 * SECOND_US,
  emergencyMargin: -0.5,
}

export const WINDOW: WindowNumbers = {
  windowDigests: 5,
  windowUs: 500_000,
  settleUs: 10_000,
  maxAgeUs: SECOND_US,
  aggregate: TRIMMED_MEAN,
  trim: 0.1,
}

const KNOBS: ReadonlyArray<KnobNumbers> = [
  { min: 0, max: 10, scale: LINEAR, step: 0, maxStep: 0 },
  { min: 1, max: 64, scale: LINEAR, step: 1, maxStep: 0 },
]

export function hotPath(over: Partial<HotPathOptions> = {}): HotPath {
  return new HotPath({
    table: new KnobTable(KNOBS),
    policy: POLICY,
    initialUnit: Float64Array.of(0.3, 0.6),
    window: WINDOW,
    auditCapacity: 4_096,
    manualTime: true,
    ...over,
  })
}

/** Uniform in [-0.5, 0.5), a function of its argument. */
export function wobble(i: number): number {
  let h = Math.imul(i ^ 0x9e3779b9, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32 - 0.5
}

export const quadratic = (hot: HotPath, i: number): number =>
  100 * ((hot.config.unit(0) - 0.7) ** 2 + (hot.config.unit(1) - 0.3) ** 2) + 0.1 * wobble(i)

/** What a plant reports: an objective, or a whole digest, or nothing (silence). */
export type PlantReport = number | Partial<DigestFields> | null
export type PlantModel = (hot: HotPath, i: number) => PlantReport

/** Something that changed the live configuration, as the audit tells it. */
export interface Written {
  readonly kind: number
  readonly detail: number
  readonly generation: number
  readonly atUs: number
  readonly units: ReadonlyArray<number>
}

export interface AuditLine {
  readonly kind: number
  readonly code: number
  readonly detail: number
  readonly atUs: number
}

export class Rig {
  readonly hot: HotPath
  readonly engine: Actor<typeof engineMachine>
  readonly written: Array<Written> = []
  readonly audit: Array<AuditLine> = []
  i = 0

  constructor(engine: Actor<typeof engineMachine>, hot: HotPath) {
    this.engine = engine
    this.hot = hot
  }

  get nowUs(): number {
    return this.hot.nowCell[0]
  }

  get mode(): string {
    return JSON.stringify(this.engine.getSnapshot().value)
  }

  /** Reports `count` digests, 20 ms apart, or lets the time pass where the plant is silent. */
  run(count: number, plant: PlantModel = quadratic, drain = true): void {
    for (let n = 0; n < count; n++) {
      this.i++
      const timestampUs = this.nowUs + DIGEST_US
      const report = plant(this.hot, this.i)
      if (report === null) {
        this.hot.nowCell[0] = timestampUs
        this.hot.tick()
      } else {
        const fields = typeof report === "number" ? { objective: report } : report
        this.hot.observeObject({ objective: 0, timestampUs, ...fields })
      }
      if (drain) this.drain()
    }
  }

  drain(): void {
    const { knobs } = this.hot.config
    this.hot.audit.drain((block, offset) => {
      const line = {
        kind: block[offset + RECORD_KIND],
        code: block[offset + RECORD_CODE],
        detail: block[offset + RECORD_DETAIL],
        atUs: block[offset + RECORD_TIMESTAMP_US],
      }
      this.audit.push(line)
      if (line.kind !== AUDIT_APPLY && line.kind !== AUDIT_ROLLBACK) return
      const from = offset + RECORD_POINT
      this.written.push({
        ...line,
        generation: block[offset + RECORD_GENERATION],
        units: Array.from(block.subarray(from, from + knobs)),
      })
    })
  }

  kinds(kind: number): ReadonlyArray<AuditLine> {
    return this.audit.filter((line) => line.kind === kind)
  }

  /** Live units and base, as bits would compare them. */
  get live(): ReadonlyArray<number> {
    return Array.from({ length: this.hot.config.knobs }, (_, i) => this.hot.config.unit(i))
  }

  get base(): ReadonlyArray<number> {
    return Array.from(this.hot.executor.base)
  }
}

/** An engine on a fresh hot path, started at time 0. */
/** Its tuner never rests unless a test asks for the default by `settings: {}`: most tests are about something else. */
export function rig(input: Partial<EngineInput> = {}, options: Partial<HotPathOptions> = {}): Rig {
  const hot = input.hot ?? hotPath(options)
  const wholeMachine = engineMachine.provide({ actors: { relocation: relocationMachine } })
  const engine = createActor(wholeMachine, { input: { hot, seed: 42, settings: { prove: false }, ...input } })
  engine.start()
  engine.send({ type: "start", nowUs: 0 })
  return new Rig(engine, hot)
}
