/** What happens in a shared study. The log of these is the study: repeating it gives the same solver. */
import type { Params } from "../../solver/SearchSpace.ts"

/** A worker's step, so that one whose answer was lost on the way is not taken twice. */
interface Step {
  readonly worker: string
  /** Counts up with each step of the worker. */
  readonly step: number
}

export interface AskEvent extends Step {
  readonly kind: "ask"
  readonly id: number
  /** What the asking worker's solver asked for: every other must ask for the same. */
  readonly params: Params
}

/** A trial that goes to another worker: its lease ran out, it was handed back, or it failed and is wanted again. */
export interface RetryEvent extends Step {
  readonly kind: "retry"
  readonly id: number
  readonly attempt: number
}

export interface TellEvent extends Step {
  readonly kind: "tell"
  readonly id: number
  /** The teller's attempt; 0 for somebody who was never given the trial. */
  readonly attempt: number
  readonly value: number | null
  readonly cost: number
  /** Why it failed; absent where it did not. */
  readonly failed?: string
}

/** The budget of the whole study, in evaluations, from here on. */
export interface BudgetEvent {
  readonly kind: "budget"
  readonly budget: number
}

/** A failed trial is wanted again. */
export interface AgainEvent {
  readonly kind: "again"
  readonly id: number
}

export type StudyEvent =
  | AskEvent
  | RetryEvent
  | TellEvent
  | BudgetEvent
  | AgainEvent
  | { readonly kind: "stop" }
  | { readonly kind: "resume" }

/** Who tells that nobody evaluated a trial. */
export const NOBODY = ""
export const LOST = "lost"
