/**
 * An audit record for people and programs: the numbers of the ring in words, with knob names, kinds and reasons. One
 * needs it to read the trail, to write it out, or to answer "why did it do that".
 */
import {
  RECORD_CODE,
  RECORD_DETAIL,
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_KNOB,
  RECORD_LIMIT,
  RECORD_MARGIN,
  RECORD_OBJECTIVE,
  RECORD_POINT,
  RECORD_PROPOSAL_ID,
  RECORD_SEQUENCE,
  RECORD_TIMESTAMP_US,
  RECORD_VALUE,
} from "../../hot/AuditRing.ts"
import { presetOf } from "../../control/guardrails.ts"
import { guardActText } from "../../control/runaway.ts"
import type { EngineSettings } from "../../domain/Config.ts"
import { byName } from "../../domain/listOf.ts"
import type { Preset } from "../../domain/configSchema.ts"
import { type GuardNumber, readGuardRecord } from "../../hot/guardRecord.ts"
import { readGuardrails } from "../../hot/guardrailRecord.ts"
import {
  APPLY_KINDS,
  AUDIT_KINDS,
  type AuditKind,
  COMMANDS,
  GUARD_ACTS,
  NO_CHANGE_REASONS,
  REGIME_REASONS,
  RELOCATION_CAUSES,
  RELOCATION_REASONS,
  SAFE_MODE_EXITS,
  SWITCH_ACTIONS,
  SWITCH_REASONS,
  TRIP_REASONS,
  VALIDITIES,
  VERDICT_REASONS,
  VERDICTS,
  VIOLATIONS,
} from "../../domain/words.ts"
import type { ParamSpace } from "../../domain/ParamSpace.ts"

/** One record. Fields that do not belong to a kind are absent; a number that is none is null. */
export interface AuditRecord {
  readonly run: string
  /** What people call the engine, where it has a name. */
  readonly name?: string
  /** Counts from 1 without gaps: a missing number is a missing record. */
  readonly seq: number
  readonly kind: AuditKind
  readonly atUs: number
  /** The live generation after what is recorded; for a digest the one it claims. */
  readonly generation: number | null
  readonly proposal?: number
  /** What an apply, a proposal or a violation was for; what a command asked for. */
  readonly action?: string
  /** Why: of a violation, a trip, a decision to change nothing; validity of a digest; what a tick led to. */
  readonly reason?: string
  /** How SafeMode was left. */
  readonly exit?: string
  readonly knob?: string
  readonly value?: number | null
  readonly limit?: number | null
  readonly margin?: number | null
  /** Number of the regime that a relocation goes to, or that was stored or let go. */
  readonly regime?: number
  /**
   * Of a verdict: the loss of the base less that of the baseline, in the pair that led to it. Of a relocation: the loss of the
   * canary less that before it set out.
   */
  readonly difference?: number | null
  /** Live values after the record, user units, by name. */
  readonly values?: Readonly<Record<string, number | null>>
  /** Unit space, by name: what a proposal, a violation or a relocation asked for, where a regime lies. */
  readonly asked?: Readonly<Record<string, number | null>>
  /** A digest's channels. */
  readonly digest?: Readonly<Record<string, number | null>>
  /** What a person said with a trip, a reset, a rollback or a baseline; how what died did so. */
  readonly note?: string
  /** The numbers that the runaway guard decided by; losses, so lower is better. */
  readonly guard?: Readonly<Record<GuardNumber, number | null>>
  /** The policy that was put in force, and the preset that it is, where it is one. */
  readonly guardrails?: Readonly<Record<string, number | null>>
  readonly preset?: Preset
  /** What was started: enough to run it again. */
  readonly start?: Readonly<Record<string, unknown>>
}

/** Words for what a digest or a tick led to, by due code. */
const DUE = [
  "nothing",
  "windowClosed",
  "windowExpired",
  "emergency",
  "ringFull",
  "rejected",
  "deadline",
] as const

const numberOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null)

/** The loss before, and what it is uncertain by. */
const levels = (block: Float64Array, at: number) => ({
  value: numberOrNull(block[at + RECORD_VALUE]),
  limit: numberOrNull(block[at + RECORD_LIMIT]),
})

/** A relocation's numbers: see `recordRelocation`. */
function relocation(block: Float64Array, at: number) {
  const regime = block[at + RECORD_KNOB]
  const proposal = block[at + RECORD_PROPOSAL_ID]
  return {
    ...(Number.isNaN(proposal) ? {} : { proposal }),
    action: RELOCATION_CAUSES[block[at + RECORD_DETAIL]],
    reason: RELOCATION_REASONS[block[at + RECORD_CODE]],
    ...(regime < 0 ? {} : { regime }),
    ...levels(block, at),
    margin: numberOrNull(block[at + RECORD_MARGIN]),
    difference: numberOrNull(block[at + RECORD_OBJECTIVE]),
  }
}

/** Reads records of one run off the ring. */
export class AuditDecoder {
  private readonly run: string
  private readonly space: ParamSpace
  private readonly extras: ReadonlyArray<string>
  private readonly named: { readonly name?: string }

  constructor(run: string, { name, space, extras }: Pick<EngineSettings, "name" | "space" | "extras">) {
    this.run = run
    this.named = name === null ? {} : { name }
    this.space = space
    this.extras = extras
  }

  /** A copy in words of the record at `block[at]`. */
  decode(block: Float64Array, at: number): AuditRecord {
    const kind = AUDIT_KINDS[block[at + RECORD_KIND]]
    const head = {
      run: this.run,
      ...this.named,
      seq: block[at + RECORD_SEQUENCE],
      kind,
      atUs: block[at + RECORD_TIMESTAMP_US],
      generation: numberOrNull(block[at + RECORD_GENERATION]),
    }
    const code = block[at + RECORD_CODE]
    switch (kind) {
      case "proposal":
        return { ...head, ...this.about(block, at), asked: this.asked(block, at) }
      case "apply":
      case "rollback":
        return { ...head, ...this.about(block, at), values: this.values(block, at) }
      case "violation":
        return {
          ...head,
          ...this.about(block, at),
          reason: VIOLATIONS[code],
          ...this.offence(block, at),
          asked: this.asked(block, at),
        }
      case "noChange":
        return {
          ...head,
          proposal: block[at + RECORD_PROPOSAL_ID],
          ...this.noChange(code, block[at + RECORD_VALUE]),
        }
      case "safeModeEntered":
      case "resetDemanded":
        return { ...head, reason: TRIP_REASONS[code], values: this.values(block, at) }
      case "safeModeExited": {
        const exit = SAFE_MODE_EXITS[block[at + RECORD_VALUE]]
        const how = exit === undefined ? {} : { exit }
        return { ...head, reason: TRIP_REASONS[code], ...how, values: this.values(block, at) }
      }
      case "digest":
        return { ...head, reason: VALIDITIES[code], digest: this.digest(block, at) }
      case "tick":
        return { ...head, reason: DUE[code] ?? "nothing" }
      case "verdict": {
        const value = numberOrNull(block[at + RECORD_VALUE])
        const difference = numberOrNull(block[at + RECORD_OBJECTIVE])
        const margin = numberOrNull(block[at + RECORD_MARGIN])
        const what = { action: VERDICTS[block[at + RECORD_DETAIL]], reason: VERDICT_REASONS[code] }
        const numbers = { value, limit: numberOrNull(block[at + RECORD_LIMIT]), difference }
        return { ...head, ...what, ...numbers, ...(margin === null ? {} : { margin }) }
      }
      case "command": {
        const value = numberOrNull(block[at + RECORD_VALUE])
        return { ...head, action: COMMANDS[code] ?? "unknown", ...(value === null ? {} : { value }) }
      }
      case "relocation":
        return { ...head, ...relocation(block, at), asked: this.asked(block, at) }
      case "regime": {
        const { value, limit } = levels(block, at)
        const regime = block[at + RECORD_PROPOSAL_ID]
        return { ...head, regime, reason: REGIME_REASONS[code], value, limit, asked: this.asked(block, at) }
      }
      case "variant": {
        const value = numberOrNull(block[at + RECORD_VALUE])
        const action = SWITCH_ACTIONS[block[at + RECORD_DETAIL]]
        return { ...head, action, reason: SWITCH_REASONS[code], value }
      }
      case "guard": {
        const numbers = Object.entries(readGuardRecord(block, at)) as ReadonlyArray<[GuardNumber, number]>
        const guard = Object.fromEntries(numbers.map(([name, value]) => [name, numberOrNull(value)]))
        const act = GUARD_ACTS[code] ?? "nothing"
        const known = guard as Record<GuardNumber, number | null>
        return { ...head, action: act, guard: known, note: guardActText(act, known) }
      }
      case "rangeEarned":
        return { ...head, ...levels(block, at) }
      case "guardrailsSet": {
        const policy = readGuardrails(block, at)
        const preset = presetOf(policy)
        const numbers = Object.entries(policy).map(([name, value]) => [name, numberOrNull(value)] as const)
        return { ...head, ...(preset === null ? {} : { preset }), guardrails: Object.fromEntries(numbers) }
      }
      default:
        return { ...head, values: this.values(block, at) }
    }
  }

  private about(block: Float64Array, at: number): { proposal?: number; action?: string } {
    const id = block[at + RECORD_PROPOSAL_ID]
    const action = APPLY_KINDS[block[at + RECORD_DETAIL]]
    return {
      ...(Number.isNaN(id) ? {} : { proposal: id }),
      ...(action === undefined ? {} : { action }),
    }
  }

  /** What is learnt of the plant's memory has a horizon. */
  private noChange(code: number, value: number): Pick<AuditRecord, "reason" | "value"> {
    return { reason: NO_CHANGE_REASONS[code], ...(Number.isFinite(value) ? { value } : {}) }
  }

  private offence(block: Float64Array, at: number): Pick<AuditRecord, "knob" | "value" | "limit"> {
    const name = this.space.names[block[at + RECORD_KNOB]]
    return {
      ...(name === undefined ? {} : { knob: name }),
      value: numberOrNull(block[at + RECORD_VALUE]),
      limit: numberOrNull(block[at + RECORD_LIMIT]),
    }
  }

  private values(block: Float64Array, at: number): Readonly<Record<string, number | null>> {
    const { names, table } = this.space
    return byName(names, (i) => numberOrNull(table.decode(i, block[at + RECORD_POINT + i])))
  }

  private asked(block: Float64Array, at: number): Readonly<Record<string, number | null>> {
    return byName(this.space.names, (i) => numberOrNull(block[at + RECORD_POINT + i]))
  }

  /** A digest uses the header otherwise: see AuditRing. */
  private digest(block: Float64Array, at: number): Readonly<Record<string, number | null>> {
    const channels: ReadonlyArray<readonly [string, number]> = [
      ["receivedUs", RECORD_PROPOSAL_ID],
      ["objective", RECORD_OBJECTIVE],
      ["latencyP99Us", RECORD_DETAIL],
      ["throughputRps", RECORD_KNOB],
      ["errorRate", RECORD_VALUE],
      ["constraintMargin", RECORD_MARGIN],
      ...this.extras.map((name, i) => [name, RECORD_POINT + i] as const),
    ]
    const given = channels.filter(([name, place]) => name === "objective" || !Number.isNaN(block[at + place]))
    return Object.fromEntries(given.map(([name, place]) => [name, numberOrNull(block[at + place])]))
  }
}
