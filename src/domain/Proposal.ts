/**
 * What Tier 2 asks of Tier 1: a target in unit space for every knob, with the generation it was reckoned from. One
 * needs it wherever proposals are made, sent or recorded. A proposal is a value: nothing in it leads to a
 * configuration.
 */
import type { NoChangeReason, ProposalKind, RelocationCause, RelocationReason } from "./words.ts"

/** What is done next with a relocation, or how it ended, with the numbers it rests on. Losses: lower is better. */
export interface RelocationStep {
  readonly cause: RelocationCause
  readonly reason: RelocationReason
  /** The regime it goes to; null for a variant. */
  readonly regime: number | null
  /** Loss before it set out, and the standard error of that. */
  readonly level: number | null
  readonly error: number | null
  /** Loss of the canary less that before, where it has spoken. */
  readonly difference: number | null
  /** Where it sets out: how far apart the contexts are, in spreads. Else two standard errors of the difference. */
  readonly margin: number | null
}

/** A wish to move the live configuration. */
export interface ApplyProposal {
  readonly _tag: ProposalKind
  /** Counts up from 1 within one proposer. */
  readonly id: number
  /** The generation the proposer believes to be live; Tier 1 refuses any other. */
  readonly expectedGeneration: number
  readonly nowUs: number
  /** Absolute positions in unit space, one per knob. */
  readonly targets: Float64Array
  /** Estimated slope of the loss per knob, with updates only. */
  readonly gradient?: Float64Array
  /** With updates: the level provably falls, so the minute may hold more range and turns. Tier 1 says how much. */
  readonly earned?: boolean
  /** What it is a step of, with updates that take the base to a place known before: recorded beside it. */
  readonly relocation?: RelocationStep
}

/** A decision to leave the configuration alone, and why: it belongs to the audit like any other decision. */
export interface NoChange {
  readonly _tag: "noChange"
  readonly id: number
  readonly nowUs: number
  readonly reason: NoChangeReason
  /** How far readings are projected from now on, with what is learned of the plant's memory; 0: not yet known. */
  readonly horizonUs?: number
  /** How long one window takes, where that is known. */
  readonly windowUs?: number
}

export type Proposal = ApplyProposal | NoChange
