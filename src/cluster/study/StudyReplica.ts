/**
 * One process's copy of a shared study: the solver that the log leads to, and who holds which trial. A function of the log alone, so all
 * copies are equal bit for bit once they have read it to the same place.
 *
 * A raised budget begins the search again from everything that is known (a warm start): what a solver asks for depends on its budget, so
 * the old one could not go on and still be repeated.
 */
import { ResultError, StateError } from "../../domain/errors.ts"
import { problem } from "../../domain/problems.ts"
import type { RunArtifact } from "../../solver/RunArtifact.ts"
import type { Result } from "../../solver/results.ts"
import type { Params } from "../../solver/SearchSpace.ts"
import { type Best, Solver, type SolverPhase } from "../../solver/Solver.ts"
import { requireSolverConfig, type SolverConfig } from "../../solver/SolverConfig.ts"
import type { StrategyDefinition } from "../../solver/Strategy.ts"
import { StudyError } from "./StudyError.ts"
import { type AskEvent, LOST, NOBODY, type StudyEvent, type TellEvent } from "./StudyEvent.ts"

/** How far a shared study is, and what went wrong on the way. */
export interface StudyProgress {
  readonly phase: SolverPhase
  /** Evaluations of the whole study. */
  readonly budget: number
  readonly asked: number
  /** Trials with a result, failed ones included. */
  readonly told: number
  /** Trials without a result. */
  readonly out: number
  readonly failed: number
  /** Trials given to another worker. */
  readonly retried: number
  /** Trials that failed because no worker came back, as often as they were given out. */
  readonly lost: number
  /** Results of a trial that had one already; ignored. */
  readonly duplicates: number
  /** Results from a worker whose lease had run out, taken because they were the first. */
  readonly late: number
  /** Results from somebody who was never given the trial, taken because they were the first. */
  readonly strangers: number
  readonly stopped: boolean
}

/** What became of a result. */
export type Taken = "told" | "late" | "stranger" | "duplicate"

interface TrialRecord {
  readonly params: Params
  worker: string
  attempt: number
  state: "out" | "ok" | "failed"
  /** Who held it before. */
  readonly earlier: Array<string>
}

/** What a worker's last step in the log came to. */
export interface LastStep {
  readonly step: number
  readonly given: Array<number>
  readonly taken: Array<Taken>
}

export class StudyReplica {
  /** Events read so far. */
  applied = 0
  private readonly name: string
  private readonly config: SolverConfig
  private readonly strategies: ReadonlyArray<StrategyDefinition>
  private readonly trials: Array<TrialRecord> = []
  private readonly outIds = new Set<number>()
  /** Trials whose result the solver hears as one from outside: of before a raise, or failed once. */
  private readonly outside = new Set<number>()
  private readonly steps = new Map<string, LastStep>()
  private readonly counts = { told: 0, failed: 0, retried: 0, lost: 0, duplicates: 0, late: 0, strangers: 0 }
  private solver: Solver
  private budget: number
  /** Id of the first trial of the solver at work. */
  private from = 0
  private stopped = false

  constructor(name: string, config: SolverConfig, strategies: ReadonlyArray<StrategyDefinition>) {
    this.name = name
    this.config = config
    this.strategies = strategies
    this.budget = config.budget
    this.solver = this.solverWith(config.budget)
  }

  get progress(): StudyProgress {
    const { budget, stopped } = this
    return {
      phase: this.solver.phase,
      budget,
      asked: this.trials.length,
      out: this.outIds.size,
      ...this.counts,
      stopped,
    }
  }

  /** Nothing is out and nothing is left to ask for. */
  get done(): boolean {
    return this.outIds.size === 0 && this.solver.phase === "done"
  }

  /** The budget is not spent: a step may get a trial that nobody had. */
  get mayAsk(): boolean {
    return !this.stopped && this.trials.length < this.budget && this.solver.phase !== "done"
  }

  get isStopped(): boolean {
    return this.stopped
  }

  get best(): Best | null {
    return this.solver.best
  }

  artifact(): RunArtifact {
    return this.solver.artifact()
  }

  params(id: number): Params {
    return this.trials[id].params
  }

  attempt(id: number): number {
    return this.trials[id].attempt
  }

  isOut(id: number): boolean {
    return this.outIds.has(id)
  }

  get failedIds(): ReadonlyArray<number> {
    return this.trials.flatMap(({ state }, id) => (state === "failed" ? [id] : []))
  }

  lastStep(worker: string): LastStep | undefined {
    return this.steps.get(worker)
  }

  /** The next trial as an event, applied; null where there is nothing to ask for now. */
  ask(worker: string, step: number): AskEvent | null {
    if (this.stopped) return null
    const trial = this.solver.askTrials(1)?.[0]
    if (trial === undefined) return null
    const event: AskEvent = { kind: "ask", worker, step, id: this.from + trial.id, params: trial.params }
    this.asked(event)
    this.applied++
    return event
  }

  /** Takes in one event of the log. Throws a StudyError where this build would have done something else. */
  apply(event: StudyEvent): void {
    this.applied++
    switch (event.kind) {
      case "ask":
        return this.repeat(event)
      case "retry": {
        const trial = this.trials[event.id]
        trial.earlier.push(trial.worker)
        trial.worker = event.worker
        trial.attempt = event.attempt
        if (event.attempt > 1) this.counts.retried++
        this.stepOf(event).given.push(event.id)
        return
      }
      case "tell":
        return this.tell(event)
      case "again":
        this.trials[event.id].state = "out"
        this.counts.told--
        this.counts.failed--
        this.outside.add(event.id)
        this.outIds.add(event.id)
        return
      case "budget":
        return this.raise(event.budget)
      case "stop":
        this.stopped = true
        return
      case "resume":
        this.stopped = false
    }
  }

  /** Throws a ResultError for a trial that nobody asked for. */
  requireTrial(id: number): void {
    if (Number.isInteger(id) && id >= 0 && id < this.trials.length) return
    const known =
      this.trials.length === 0
        ? "Nothing has been asked for yet."
        : `Trials so far: 0 to ${this.trials.length - 1}.`
    throw new ResultError({ problems: [problem(["id"], `must name a trial, got ${id}.`, known)] })
  }

  /** Throws a StudyError for a budget that is spent already. */
  requireBudget(budget: number): void {
    const least = this.trials.length + 1
    if (Number.isInteger(budget) && budget >= least) return
    throw new StudyError({
      reason: "budget",
      study: this.name,
      detail: `a budget must be a whole number of at least ${least}, because ${least - 1} trials were asked for; got ${budget}.`,
    })
  }

  private repeat(event: AskEvent): void {
    const trial = this.solver.askTrials(1)?.[0]
    const id = trial === undefined ? -1 : this.from + trial.id
    if (trial === undefined || id !== event.id || !equalParams(trial.params, event.params))
      throw new StudyError({
        reason: "diverged",
        study: this.name,
        detail: `this program does not ask for trial ${event.id} as ${event.worker} did. Use the same version of Arqon, and of a strategy of your own, in every worker.`,
      })
    this.asked(event)
  }

  private asked(event: AskEvent): void {
    const { id, params, worker } = event
    this.trials[id] = { params, worker, attempt: 1, state: "out", earlier: [] }
    this.outIds.add(id)
    this.stepOf(event).given.push(id)
  }

  private tell(event: TellEvent): void {
    const { id, value, failed } = event
    const trial = this.trials[id]
    const taken = this.standingOf(event, trial)
    this.stepOf(event).taken.push(taken)
    if (taken === "duplicate") {
      this.counts.duplicates++
      return
    }
    this.outIds.delete(id)
    trial.state = value === null ? "failed" : "ok"
    this.counts.told++
    if (value === null) this.counts.failed++
    if (taken === "late") this.counts.late++
    if (taken === "stranger") this.counts.strangers++
    if (event.worker === NOBODY && failed === LOST) this.counts.lost++
    const result = { value, cost: event.cost, ...(failed === undefined ? {} : { failed }) }
    if (this.outside.delete(id)) this.solver.seed({ ...result, params: trial.params })
    else this.solver.tell({ ...result, id: id - this.from })
  }

  private standingOf({ worker, attempt }: TellEvent, trial: TrialRecord): Taken {
    if (trial.state !== "out") return "duplicate"
    if (worker === NOBODY || (worker === trial.worker && attempt === trial.attempt)) return "told"
    return trial.earlier.includes(worker) || worker === trial.worker ? "late" : "stranger"
  }

  private raise(budget: number): void {
    const { history } = this.solver
    this.budget = budget
    this.from = this.trials.length
    for (const id of this.outIds) this.outside.add(id)
    this.solver = this.solverWith(budget - this.from)
    this.solver.seed(
      history.map(
        ({ params, value, cost, status, error }): Result => ({
          params,
          value,
          cost,
          ...(status === "failed" ? { failed: error ?? true } : {}),
        }),
      ),
    )
  }

  private solverWith(budget: number): Solver {
    const { strategies } = this
    const settings = requireSolverConfig({ ...this.config, budget }, strategies)
    return new Solver(settings, { strategies, runId: this.name })
  }

  private stepOf({ worker, step }: { readonly worker: string; readonly step: number }): LastStep {
    const known = this.steps.get(worker)
    if (known?.step === step) return known
    const next: LastStep = { step, given: [], taken: [] }
    this.steps.set(worker, next)
    return next
  }
}

/** Whether two points are the same, their order of knobs included: what JSON keeps of a number is all of it. */
function equalParams(a: Params, b: Params): boolean {
  const [names, others] = [Object.keys(a), Object.keys(b)]
  return names.length === others.length && names.every((name, i) => name === others[i] && a[name] === b[name])
}

/** An event as the log holds it. Throws a StateError for what is none. */
export function parseEvent(body: string, n: number): StudyEvent {
  try {
    const event = JSON.parse(body) as StudyEvent
    if (KINDS.includes(event.kind)) return event
  } catch {
    // Told below.
  }
  throw new StateError({
    problems: [
      problem(["log", n], "is not an event of a study.", "It was damaged, or written by a later Arqon."),
    ],
  })
}

const KINDS: ReadonlyArray<StudyEvent["kind"]> = ["ask", "retry", "tell", "budget", "again", "stop", "resume"]
