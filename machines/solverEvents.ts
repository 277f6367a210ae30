/**
 * What is said to a solver actor and what it says. A worker asks with `replyTo: self` and is sent the answer; whoever
 * gives no address hears it with `actor.on`, where every answer is emitted as well. Plain objects, no clock.
 */
import type { AnyActorRef } from "xstate"
import type { Classification } from "../src/solver/Classification.ts"
import type { Problem } from "../src/domain/errors.ts"
import type { Result } from "../src/solver/results.ts"
import type { SolverPhase, TellReport, Trial } from "../src/solver/Solver.ts"

/** Wants points to evaluate: `n`, or all that need no earlier answer. */
export interface AskEvent {
  readonly type: "ask"
  readonly n?: number
  readonly replyTo?: AnyActorRef
}

/** Brings results, in any order; as `tell` of a solver. */
export interface TellEvent {
  readonly type: "tell"
  readonly results: Result | ReadonlyArray<Result>
  readonly replyTo?: AnyActorRef
}

/** Brings what was known before the run; it does not count in the budget. */
export interface SeedEvent {
  readonly type: "seed"
  readonly history: Result | ReadonlyArray<Result>
  readonly replyTo?: AnyActorRef
}

/** Ends the run where it stands. */
export interface StopEvent {
  readonly type: "stop"
}

/** What `solverMachine` answers to. */
export type SolverEvent = AskEvent | TellEvent | SeedEvent | StopEvent

/** The answer to `ask`: null when there is nothing more to ask for. */
export interface AskedEvent {
  readonly type: "asked"
  readonly trials: ReadonlyArray<Trial> | null
  readonly phase: SolverPhase
}

/** The answer to `tell` and `seed`; with the last result of a run the phase is "done". */
export interface ToldEvent {
  readonly type: "told"
  readonly of: "tell" | "seed"
  readonly report: TellReport
  readonly phase: SolverPhase
}

/** The answer to what cannot be taken. Nothing has changed. */
export interface RejectedEvent {
  readonly type: "rejected"
  readonly of: "ask" | "tell" | "seed"
  readonly message: string
  readonly problems: ReadonlyArray<Problem>
}

/** What comes back to who asked, told or seeded. */
export type SolverReply = AskedEvent | ToldEvent | RejectedEvent

/** To the parent and to every listener: the phases as they begin, and what the classify phase found. */
export type SolverReport =
  | { readonly type: "phaseBegan"; readonly phase: SolverPhase }
  | { readonly type: "classified"; readonly classification: Classification }
