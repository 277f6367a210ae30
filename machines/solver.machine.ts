/**
 * The solver as a statechart: probe, classify, refine, done, one after the other and none left out. Workers ask it for
 * trials and tell it what they measured; it decides nothing by itself that the solver does not. One needs it where a search
 * is to be one actor among others: inspected, persisted, supervised, shared by many workers.
 *
 * No timers and no clock: a trial that nobody answers stays out until someone tells it, as failed if need be.
 */
import { type ActorRefFrom, type AnyActorRef, enqueueActions, setup } from "xstate"
import { asData } from "./asData.ts"
import {
  asked,
  initialSolver,
  solverOutput,
  told,
  type SolverContext,
  type SolverMachineInput,
  type SolverOutput,
} from "./solverContext.ts"
import type { SolverOptions } from "../src/solver/Solver.ts"
import { solverFrom } from "./SolverMoment.ts"
import type { SolverEvent, SolverReply, SolverReport } from "./solverEvents.ts"

const solverSetup = setup({
  types: {
    context: {} as SolverContext,
    events: {} as SolverEvent,
    input: {} as SolverMachineInput,
    output: {} as SolverOutput,
    emitted: {} as SolverReply | SolverReport,
    tags: {} as "live" | "safe",
  },
  guards: {
    probeIsOver: ({ context }) => context.phase !== "probe",
    landscapeIsClassified: ({ context }) => context.classification !== null,
    budgetIsSpent: ({ context }) => context.phase === "done",
  },
  actions: {
    /** Takes the step and answers it, to the given address and to every listener. */
    answer: enqueueActions(({ context, event, enqueue }) => {
      if (event.type === "stop") return
      const { changes, reply, replyTo } = event.type === "ask" ? asked(context, event) : told(context, event)
      if (changes !== null) enqueue.assign(changes)
      if (replyTo !== undefined) enqueue.sendTo(replyTo, reply)
      enqueue.emit(reply)
    }),
    reportPhase: enqueueActions(({ enqueue, self }, params: { phase: SolverContext["phase"] }) => {
      const report = { type: "phaseBegan" as const, phase: params.phase }
      if (self._parent !== undefined) enqueue.sendTo(self._parent, report)
      enqueue.emit(report)
    }),
    reportClassification: enqueueActions(({ context, enqueue, self }) => {
      if (context.classification === null) return
      const report = { type: "classified" as const, classification: context.classification }
      if (self._parent !== undefined) enqueue.sendTo(self._parent, report)
      enqueue.emit(report)
    }),
  },
})

const begins = (phase: SolverContext["phase"]) => ({ type: "reportPhase" as const, params: { phase } })

/** What every phase answers. */
const answers = {
  ask: { actions: "answer" as const },
  tell: { actions: "answer" as const },
  seed: { actions: "answer" as const },
  stop: { target: "#solver.stopped" as const },
}

const chart = solverSetup.createMachine({
  id: "solver",
  description: "Searches a space for its best point within a budget of evaluations.",
  context: ({ input }) => initialSolver(input),
  output: ({ context }) => solverOutput(context),
  initial: "probe",
  states: {
    probe: {
      tags: ["live"],
      description:
        "Spreads the first points over the space; the last repeats the best, which measures the noise.",
      entry: begins("probe"),
      always: { guard: "probeIsOver", target: "classify" },
      on: answers,
    },
    classify: {
      tags: ["live"],
      description: "Reads until the landscape can be classified: a fixed number of readings, never skipped.",
      entry: begins("classify"),
      always: {
        guard: "landscapeIsClassified",
        target: "refine",
        actions: "reportClassification",
      },
      on: answers,
    },
    refine: {
      tags: ["live"],
      description: "Spends the rest of the budget with the strategy that the classification selects.",
      entry: begins("refine"),
      always: { guard: "budgetIsSpent", target: "done" },
      on: answers,
    },
    done: {
      tags: ["safe"],
      type: "final",
      description:
        "The budget is spent and every trial is answered: the output holds the best point and the artifact.",
      entry: begins("done"),
    },
    stopped: {
      tags: ["safe"],
      type: "final",
      description: "Stopped before its budget was spent: the output holds what was found.",
    },
  },
})

/** Strategies of one's own are no data: an actor that is restored has them from its input. */
function optionsOf(actor: AnyActorRef): SolverOptions | undefined {
  const { options } = actor as AnyActorRef & { options?: { input?: Partial<SolverMachineInput> } }
  return options?.input?.options
}

/**
 * An offline search as a statechart: send `ask` and `tell`; `bestSoFar` of its context is its recommendation. Its output is the
 * finished run.
 */
export const solverMachine = asData(chart, {
  show: ({ phase, counts, classification }: SolverContext) => ({
    phase,
    counts,
    landscape: classification?.label,
  }),
  solver: (state, actor) => solverFrom(state, optionsOf(actor)),
})

/** A running solver, as a parent machine holds it. */
export type SolverActorRef = ActorRefFrom<typeof solverMachine>
