/**
 * What a solver actor remembers, and what each event makes of it: plain functions under the statechart. The solver itself
 * lies in a box; beside it stand the few values that a user interface or an inspector wants to see.
 */
import type { AnyActorRef } from "xstate"
import { ResultError } from "../src/domain/errors.ts"
import type { Classification } from "../src/solver/Classification.ts"
import { createSolver, type SolverInput } from "../src/solver/createSolver.ts"
import type { RunArtifact } from "../src/solver/RunArtifact.ts"
import {
  type Best,
  Solver,
  type SolverCounts,
  type SolverOptions,
  type SolverPhase,
  type Trial,
} from "../src/solver/Solver.ts"
import { Opaque } from "./Opaque.ts"
import type { AskEvent, RejectedEvent, SeedEvent, SolverReply, TellEvent } from "./solverEvents.ts"
import { SolverMoment } from "./SolverMoment.ts"

/** A new run from its configuration, or the run that a saved state holds. */
export type SolverMachineInput =
  | {
      readonly config: SolverInput
      readonly state?: null | undefined
      /** Strategies of one's own, the run's name, a clock for the timings. */
      readonly options?: SolverOptions
    }
  | {
      /** Not read: the state brings its own. */
      readonly config?: SolverInput
      /** What `state()` of a solver gave, or the same read from JSON. */
      readonly state: object
      readonly options?: SolverOptions
    }

/** Context of `solverMachine`: the run at one moment, and what has come out so far. */
export interface SolverContext {
  readonly run: Opaque<SolverMoment>
  readonly phase: SolverPhase
  readonly counts: SolverCounts
  /** Null until the classify phase is over. */
  readonly classification: Classification | null
  /** What was odd about the configuration but not wrong. */
  readonly warnings: ReadonlyArray<string>
}

/** What a run leaves when it ends. */
export interface SolverOutput {
  readonly best: Best | null
  readonly classification: Classification | null
  readonly counts: SolverCounts
  /** False when it was stopped before its budget was spent. */
  readonly complete: boolean
  readonly artifact: RunArtifact
}

/** A step of the run: what changes, and what is answered. */
export interface SolverStep {
  /** Null: nothing. */
  readonly changes: Partial<SolverContext> | null
  readonly reply: SolverReply
  readonly replyTo: AnyActorRef | undefined
}

/** The context to begin with. Throws a ConfigError or a StateError, which makes it an actor that failed to start. */
export function initialSolver(input: SolverMachineInput): SolverContext {
  const options = input.options ?? {}
  const solver: Solver =
    input.state === undefined || input.state === null
      ? createSolver(input.config, options)
      : Solver.restore(input.state, options)
  return { ...seen(solver), run: boxed(new SolverMoment(solver, options)), warnings: solver.warnings }
}

/** The answer to `ask`: a step. */
export function asked(context: SolverContext, event: AskEvent): SolverStep {
  const { n, replyTo } = event
  if (n !== undefined && !(Number.isInteger(n) && n >= 1))
    return unchanged(
      rejected("ask", `The number of points must be a whole number above 0, got ${n}.`),
      replyTo,
    )
  const moment = context.run.get()
  const solver = moment.get()
  const trials = solver.askTrials(n)
  const reply = { type: "asked" as const, trials, phase: solver.phase }
  return { changes: after(moment, solver), reply, replyTo }
}

/** The answer to `tell` and `seed`: a step. */
export function told(context: SolverContext, event: TellEvent | SeedEvent): SolverStep {
  const moment = context.run.get()
  const solver = moment.get()
  const report = accepted(() =>
    event.type === "tell" ? solver.tell(event.results) : solver.seed(event.history),
  )
  if (report instanceof ResultError)
    return unchanged(rejected(event.type, report.message, report.problems), event.replyTo)
  const reply = { type: "told" as const, of: event.type, report, phase: solver.phase }
  return { changes: after(moment, solver), reply, replyTo: event.replyTo }
}

/** What the actor leaves: of a run that ended by itself, or was stopped. */
export function solverOutput(context: SolverContext): SolverOutput {
  const { classification, counts, phase } = context
  const artifact = context.run.get().get().artifact()
  return { best: bestSoFar(context), classification, counts, complete: phase === "done", artifact }
}

/**
 * The recommended point, null before the first reading. Not in the context: under noise every reading is weighed for it, which is worth doing
 * when somebody asks and not at every result.
 */
export function bestSoFar(context: Pick<SolverContext, "run">): Best | null {
  return context.run.get().get().best
}

/** Trials that are out: after a restore, those whose results the workers of before may have taken with them. */
export function pendingTrials(context: Pick<SolverContext, "run">): ReadonlyArray<Trial> {
  return context.run.get().get().pending
}

const boxed = (moment: SolverMoment): Opaque<SolverMoment> => new Opaque("solver", moment)

/** What of a solver is on show. */
function seen(solver: Solver): Pick<SolverContext, "phase" | "counts" | "classification"> {
  const { phase, counts, classification } = solver
  return { phase, counts, classification }
}

const after = (moment: SolverMoment, solver: Solver): Partial<SolverContext> => ({
  ...seen(solver),
  run: boxed(moment.next(solver)),
})

const unchanged = (reply: SolverReply, replyTo: AnyActorRef | undefined): SolverStep => ({
  changes: null,
  reply,
  replyTo,
})

function rejected(
  of: RejectedEvent["of"],
  message: string,
  problems: RejectedEvent["problems"] = [],
): RejectedEvent {
  return { type: "rejected", of, message, problems }
}

/** Invalid results are the sender's fault: the sender gets the error and the run continues. Anything else is a defect. */
function accepted<A>(take: () => A): A | ResultError {
  try {
    return take()
  } catch (error) {
    if (error instanceof ResultError) return error
    throw error
  }
}
