/**
 * Where a run stands, from its records as they go past: base, baseline, SafeMode, rollbacks. The head of every segment but a
 * run's first says where the run stood there, so that reading the last segment is enough to know where it ended.
 */
import {
  RECORD_CODE,
  RECORD_DETAIL,
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_LIMIT,
  RECORD_POINT,
  RECORD_TIMESTAMP_US,
  RECORD_VALUE,
} from "../../hot/AuditRing.ts"
import {
  AUDIT_APPLY,
  AUDIT_BASELINE_SET,
  AUDIT_COMMAND,
  AUDIT_GUARDRAILS_SET,
  AUDIT_NO_CHANGE,
  AUDIT_ROLLBACK,
  AUDIT_SAFE_MODE_ENTERED,
  AUDIT_SAFE_MODE_EXITED,
  AUDIT_VERDICT,
  COMMAND_ROLLBACK,
  NO_CHANGE_MEMORY_PROVEN,
  NO_CHANGE_MEMORY_UNPROVEN,
  NO_CHANGE_WINDOWS_SHORT,
  ROLLBACK,
  UPDATE,
} from "../../hot/codes.ts"
import { guardrailFault, type GuardrailNumbers } from "../../hot/Guardrails.ts"
import { readGuardrails } from "../../hot/guardrailRecord.ts"
import { noteRollback } from "../../control/tripRules.ts"
import type { PlantMemory } from "../../control/windowAdvice.ts"
import { RECORD_ROWS } from "../../domain/records.ts"
import { VERDICT_REASONS } from "../../domain/words.ts"

/** Plain data: positions in unit space, by the id of the knob. */
export interface StandingData {
  /** The latest time that a record of the engine's own tells. */
  readonly atUs: number
  readonly generation: number
  /** What is live, a perturbation included; null before the first record. */
  readonly live: ReadonlyArray<number> | null
  /** Without perturbation. */
  readonly base: ReadonlyArray<number> | null
  readonly baseline: ReadonlyArray<number> | null
  /** Why SafeMode is open, by trip code, in the order of the trips; empty while it is not. */
  readonly trips: ReadonlyArray<{ readonly code: number; readonly atUs: number }>
  /** Rollbacks within an hour that no person asked for. */
  readonly rollbacksUs: ReadonlyArray<number>
  /** The guardrails that a person put in force while it ran; null or absent where nobody did. */
  readonly guardrails?: GuardrailNumbers | null
  /** How far readings were projected at last, and how long a window took; null or absent where the plant was not found to remember. */
  readonly memory?: PlantMemory | null
}

export const NOWHERE: StandingData = {
  atUs: 0,
  generation: 0,
  live: null,
  base: null,
  baseline: null,
  trips: [],
  rollbacksUs: [],
}

const CLOSING_PROOF = VERDICT_REASONS.indexOf("closingProof")

/** More rollbacks an hour than any policy allows. */
const ROLLBACKS = 1024
/** Trips while SafeMode is open: the reasons there are, and the last ones after them. */
const TRIPS = 32

/** Whether a record's point is what was live after it. Of a kind that this build does not know nobody can say so. */
export function showsLive(kind: number): boolean {
  const point = RECORD_ROWS[kind]?.point
  return point === "live" || point === "base"
}

/** Whether a record's point is the base too: after it the plant runs without perturbation. */
export const endsOnBase = (numbers: Float64Array): boolean =>
  RECORD_ROWS[numbers[RECORD_KIND]]?.point === "base" ||
  (numbers[RECORD_KIND] === AUDIT_APPLY && numbers[RECORD_DETAIL] === UPDATE)

type Point = "live" | "base" | "baseline"
type Numbers = ReadonlyArray<number> | Float64Array

export class Standing {
  private readonly knobs: number
  private now: {
    -readonly [K in keyof StandingData]: StandingData[K] | (K extends Point ? Float64Array : never)
  }
  /** A person has asked for the rollback that comes next. */
  private asked = false

  constructor(knobs: number, before: StandingData = NOWHERE) {
    this.knobs = knobs
    this.now = { ...before }
  }

  get data(): StandingData {
    const { now } = this
    const list = (point: Numbers | null): ReadonlyArray<number> | null =>
      point === null ? null : Array.from(point)
    return { ...now, live: list(now.live), base: list(now.base), baseline: list(now.baseline) }
  }

  take(numbers: Float64Array): void {
    const kind = numbers[RECORD_KIND]
    const atUs = numbers[RECORD_TIMESTAMP_US]
    const { now } = this
    if (kind === AUDIT_COMMAND) this.asked = numbers[RECORD_CODE] === COMMAND_ROLLBACK
    // A stop is asked for too, and may end on the baseline; a trip in its midst is not.
    else if (kind === AUDIT_VERDICT && numbers[RECORD_CODE] === CLOSING_PROOF) this.asked = true
    else if (kind === AUDIT_SAFE_MODE_ENTERED) this.asked = false
    if (kind === AUDIT_BASELINE_SET) now.baseline = this.point(numbers)
    if (kind === AUDIT_NO_CHANGE) this.remember(numbers)
    if (kind === AUDIT_GUARDRAILS_SET) now.guardrails = readGuardrails(numbers, 0)
    if (!showsLive(kind)) return
    // A digest may be stamped anyhow, and time is never followed backwards.
    if (atUs > now.atUs) now.atUs = atUs
    now.live = this.point(numbers)
    now.generation = numbers[RECORD_GENERATION]
    if (endsOnBase(numbers)) now.base = now.live
    if (kind === AUDIT_SAFE_MODE_EXITED) now.trips = []
    else if (kind === AUDIT_SAFE_MODE_ENTERED) {
      const [first, ...others] = [...now.trips, { code: numbers[RECORD_CODE], atUs }]
      now.trips = [first, ...others.slice(1 - TRIPS)]
    } else if (kind === AUDIT_ROLLBACK && numbers[RECORD_DETAIL] === ROLLBACK) {
      if (!this.asked) now.rollbacksUs = noteRollback(now.rollbacksUs, atUs, ROLLBACKS)
      this.asked = false
    }
  }

  private remember(numbers: Float64Array): void {
    const { [RECORD_CODE]: code, [RECORD_VALUE]: horizonUs, [RECORD_LIMIT]: windowUs } = numbers
    if (code === NO_CHANGE_MEMORY_UNPROVEN) this.now.memory = null
    else if ((code === NO_CHANGE_MEMORY_PROVEN || code === NO_CHANGE_WINDOWS_SHORT) && windowUs > 0)
      this.now.memory = { horizonUs, windowUs }
  }

  private point(numbers: Float64Array): Float64Array {
    return numbers.slice(RECORD_POINT, RECORD_POINT + this.knobs)
  }
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value)
const isPoint = (value: unknown, knobs: number): boolean =>
  value === null || (Array.isArray(value) && value.length === knobs && value.every(isNumber))

/** What a header says of it, or null where it says none that fits so many knobs. */
export function readStanding(value: unknown, knobs: number): StandingData | null {
  if (typeof value !== "object" || value === null) return null
  const { atUs, generation, live, base, baseline, trips, rollbacksUs, guardrails, memory } =
    value as Partial<StandingData>
  const whole =
    isNumber(atUs) &&
    isNumber(generation) &&
    [live, base, baseline].every((point) => isPoint(point, knobs)) &&
    Array.isArray(trips) &&
    trips.every(
      (trip: Partial<StandingData["trips"][number]> | null) => isNumber(trip?.code) && isNumber(trip.atUs),
    ) &&
    Array.isArray(rollbacksUs) &&
    rollbacksUs.every(isNumber) &&
    (guardrails === undefined || guardrails === null || guardrailFault(guardrails) === null) &&
    (memory === undefined || memory === null || (isNumber(memory.horizonUs) && memory.windowUs > 0))
  return whole ? (value as StandingData) : null
}
