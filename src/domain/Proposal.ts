/**
 * What Tier 2 asks of Tier 1: a target in unit space for every knob, with the generation it was reckoned from. One
 * needs it wherever proposals are made, sent or recorded. A proposal is a value: nothing in it leads to a
 * configuration.
 */
import type { NoChangeReason, ProposalKind } from "./words.ts"

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
}

/** A decision to leave the configuration alone, and why: it belongs to the audit like any other decision. */
export interface NoChange {
  readonly _tag: "noChange"
  readonly id: number
  readonly nowUs: number
  readonly reason: NoChangeReason
}

export type Proposal = ApplyProposal | NoChange
