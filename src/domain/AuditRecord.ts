/**
 * An audit record for people and programs: the numbers of the ring decoded, with knob names, kinds and reasons. Use it to read the
 * trail, to write it out, or to answer "why did it do that". `records.ts` lists the fields of each kind.
 */
import type { GuardNumber } from "../hot/guardRecord.ts"
import type { Preset } from "./configSchema.ts"
import type { AuditKind } from "./records.ts"

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
  /** Number of a written rule, from 0, in the order of the configuration; and the time of the digest that decides. */
  readonly rule?: number
  readonly witnessUs?: number | null
  /** What was started: enough to run it again. */
  readonly start?: Readonly<Record<string, unknown>>
}
