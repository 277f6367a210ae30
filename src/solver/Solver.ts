/**
 * The solver: probe, classify, select, refine, driven by asking and telling. This is its face: what users call and what
 * is saved. The book of trials is `TrialLog`'s, the way through the phases `Course`'s, what to recommend `recommend`'s.
 *
 * A run is the order of its asks and tells. That order is what `state()` saves; `Solver.restore` repeats it, and since
 * everything in between is a function of it, the restored solver asks for the same points bit for bit.
 */
import { StateError } from "../domain/errors.ts"
import type { Classification, LabelChange } from "./Classification.ts"
import { Course, type SolverPhase } from "./Course.ts"
import { type Failing, failingAt } from "./failing.ts"
import { PhaseTimes } from "./PhaseTimes.ts"
import { recommend } from "./recommend.ts"
import { readResults, type Result } from "./results.ts"
import type { Answer } from "./Answer.ts"
import { describeClassification, type Environment, type RunArtifact } from "./RunArtifact.ts"
import type { Params } from "./SearchSpace.ts"
import { requireSolverConfig, type SolverSettings } from "./SolverConfig.ts"
import { runName, runNotes } from "./runWords.ts"
import { type HistoryEntry, parseSolverState, type SolverState } from "./SolverState.ts"
import type { StrategyDefinition } from "./Strategy.ts"
import { definitionOf } from "./strategies/definitionOf.ts"
import { type Origin, type RecordedTrial, type RunPhase, TrialLog } from "./TrialLog.ts"

export type { SolverPhase }

/** A point that wants to be read. */
export interface Trial<P = Params> {
  /** Counts up from 0 in the order asked. */
  readonly id: number
  readonly params: P
  readonly phase: RunPhase
  /** Why this point: "probe", "repeat", "fill", or the strategy's own word. */
  readonly move: string
}

/** The recommended point. */
export interface Best<P = Params> {
  readonly params: P
  /** The reading where readings repeat; under noise the mean over the neighbourhood the recommendation rests on. */
  readonly value: number
  /** Standard error of `value`; null where a reading repeats itself. */
  readonly standardError: number | null
  /** The trial at that point; null for a point that was known before the run or told without having been asked. */
  readonly id: number | null
  /** Readings that `value` rests on. */
  readonly readings: number
}

/** What became of the results handed to `tell` or `seed`. */
export interface TellReport {
  readonly accepted: number
  /** Known already, and ignored. */
  readonly duplicates: number
  /** Accepted, but without a number. */
  readonly failed: number
  /** Accepted, though nobody had asked for them. */
  readonly foreign: number
}

/** How far a run is, in evaluations. */
export interface SolverCounts {
  readonly budget: number
  /** Evaluations spent: trials asked for and readings told unasked. */
  readonly spent: number
  readonly asked: number
  readonly told: number
  readonly pending: number
  readonly failed: number
  readonly duplicates: number
  readonly seeded: number
  readonly foreign: number
}

/** What a solver is given besides its configuration. */
export interface SolverOptions {
  /** Strategies of one's own and those of `arqon/solver/extra`, chosen by their names in `strategy`. */
  readonly strategies?: ReadonlyArray<StrategyDefinition>
  /** Name of the run; made from the configuration when omitted. */
  readonly runId?: string
  /** Milliseconds from any fixed point, for the phase timings of the artifact; without it they are null. */
  readonly nowMs?: () => number
}

/** A search by ask and tell; `createSolver` makes one. Throws a ResultError for results it cannot take, and takes none of the batch then. */
export class Solver<P = Params> {
  readonly runId: string
  readonly settings: SolverSettings
  private readonly log: TrialLog
  private readonly course: Course
  private readonly times: PhaseTimes
  private recommended: { readonly at: number; readonly best: Best<P> | null } = { at: -1, best: null }

  /** Use `createSolver`; this trusts its settings. */
  constructor(settings: SolverSettings, options: SolverOptions = {}) {
    this.settings = settings
    this.runId = options.runId ?? runName(settings)
    this.times = new PhaseTimes(options.nowMs)
    this.log = new TrialLog(settings.space)
    const definition = definitionOf(settings.strategy, options.strategies ?? [])
    this.course = new Course(settings, definition, this.log, (phase) => this.times.begin(phase))
  }

  /**
   * The next points to evaluate, or null when there is nothing more to ask for. Without `n`: all that need no earlier
   * answer (at most `batch_size` of the configuration), at least one. With `n`: that many while the budget lasts; where the
   * strategy must wait for answers the rest are perturbations of the best point, so that workers are never idle.
   */
  ask(n?: number): ReadonlyArray<P> | null {
    const trials = this.askTrials(n)
    return trials === null ? null : trials.map((trial) => trial.params)
  }

  /** As `ask`, with the ids that `tell` may refer to. */
  askTrials(n?: number): ReadonlyArray<Trial<P>> | null {
    if (n !== undefined && !(Number.isInteger(n) && n >= 1))
      throw new RangeError(`ask: the number of points must be a whole number above 0, got ${n}.`)
    if (!this.times.has("probe")) this.times.begin("probe")
    const trials: Array<Trial<P>> = []
    const most = Math.min(n ?? this.settings.batchSize ?? Number.POSITIVE_INFINITY, this.course.remaining)
    while (trials.length < most) {
      const fill = n !== undefined || trials.length === 0
      const id = this.course.ask(fill)
      if (id < 0) break
      trials.push(this.trial(id))
    }
    return trials.length === 0 ? null : trials
  }

  /**
   * Takes results in any order: late, partial, repeated, failed. All of them are checked before any is taken: a
   * ResultError lists every problem and changes nothing.
   */
  tell(results: Result | ReadonlyArray<Result>): TellReport {
    return this.take(readResults(results, this.settings.space, this.log), "run")
  }

  /** Tells what was known before the run. It guides the strategies and does not count in the budget. */
  seed(history: Result | ReadonlyArray<Result>): TellReport {
    return this.take(readResults(history, this.settings.space, this.log, true), "seed")
  }

  /** The recommended point, or null before the first reading. Under noise it is not the luckiest reading. */
  get best(): Best<P> | null {
    if (this.recommended.at !== this.course.readings.count) {
      const choice = recommend(this.course.readings, this.settings.space, this.course.noise)
      this.recommended = {
        at: this.course.readings.count,
        best: choice === null ? null : this.bestOf(choice),
      }
    }
    return this.recommended.best
  }

  get phase(): SolverPhase {
    return this.course.phase
  }

  /** What the classify phase found; null until then. */
  get classification(): Classification | null {
    return this.course.classification
  }

  /** How the label has changed since, oldest first: the strategy at work may revoke what the classify phase found. */
  get labelChanges(): ReadonlyArray<LabelChange> {
    return this.course.labelChanges
  }

  /** How far the search's region of trust reaches along each of its axes, in shares of a range; null where it has none at the moment. */
  get reach(): ReadonlyArray<number> | null {
    return this.course.reach
  }

  /** Noise of one reading as a share of the probe's spread; 0 until the probe is done. */
  get noise(): number {
    return this.course.noise
  }

  get counts(): SolverCounts {
    const { asked, told, failed, duplicates, seeded, foreign, pending } = this.log
    const { budget } = this.settings
    return { budget, spent: asked + foreign, asked, told, pending, failed, duplicates, seeded, foreign }
  }

  /** The evaluations that failed last. The solver goes on all the same: whoever evaluates decides when that makes no sense. */
  get failing(): Failing {
    return failingAt(this.log.history)
  }

  /** Trials that no result has come for, in the order asked. */
  get pending(): ReadonlyArray<Trial<P>> {
    return this.log.pendingIds().map((id) => this.trial(id))
  }

  /** What was odd about the configuration but not wrong. */
  get warnings(): ReadonlyArray<string> {
    return this.settings.warnings
  }

  /** Everything told so far in its order; what `state` and `artifact` hold. */
  get history(): ReadonlyArray<HistoryEntry> {
    return this.log.history
  }

  /** The run as JSON: what a state file holds and `restore` takes. */
  state(): SolverState {
    return {
      schema_version: 1,
      run_id: this.runId,
      config: this.settings.config,
      history: this.log.history.slice(),
      pending: this.log.pendingEntries(),
      counts: this.counts,
    }
  }

  /** The run as a record to keep: the state, and what was found. */
  artifact(environment: Environment | null = null): RunArtifact {
    const best = this.best
    return {
      ...this.state(),
      seed: this.settings.seed,
      budget: this.settings.budget,
      classification: describeClassification(this.course.classification, this.labelChanges),
      noise: this.course.noise,
      best:
        best === null
          ? null
          : {
              params: best.params as Params,
              value: best.value,
              standard_error: best.standardError,
              eval_id: best.id,
              readings: best.readings,
            },
      phases: this.times.timings((phase) => this.log.askedIn(phase)),
      notes: runNotes(this.settings, {
        told: this.log.told,
        failed: this.log.failed,
        exhausted: this.course.exhausted,
        classification: this.classification,
      }),
      environment,
    }
  }

  /**
   * The solver that a state belongs to. Repeats every ask and tell; throws a StateError for what is no state, and where the
   * recorded points are not those this build asks for.
   */
  static restore<P = Params>(input: unknown, options: SolverOptions = {}): Solver<P> {
    const state = parseSolverState(input, options.strategies)
    if (state instanceof StateError) throw state
    return Solver.fromState(state, options)
  }

  /**
   * As `restore`, for a state that has been read and checked already.
   *
   * @param told called after every entry of the history, with the solver as it stood then
   */
  static fromState<P = Params>(
    state: SolverState,
    options: SolverOptions = {},
    told: (solver: Solver<P>) => void = () => {},
  ): Solver<P> {
    const settings = requireSolverConfig(state.config, options.strategies)
    const solver = new Solver<P>(settings, { ...options, runId: state.run_id })
    const order = TrialLog.recorded(state)
    let next = 0
    const askUpTo = (position: number): void => {
      for (; next < order.length && order[next].asked_after === position; next++) solver.repeat(order[next])
    }
    state.history.forEach((entry, position) => {
      askUpTo(position)
      if (entry.phase === "seed") solver.seed(resultOf(entry))
      else if (entry.eval_id !== null && entry.asked_after !== null) solver.tell(resultOf(entry))
      else solver.tellUnasked(entry)
      told(solver)
    })
    askUpTo(state.history.length)
    solver.log.duplicates = state.counts?.duplicates ?? 0
    return solver
  }

  /** An entry of a history that belongs to no trial: a foreign reading, also where its point was asked for. */
  private tellUnasked(entry: HistoryEntry): void {
    this.take(readResults(resultOf(entry), this.settings.space, this.log, true), "outside")
  }

  private take(answers: ReadonlyArray<Answer>, origin: Origin): TellReport {
    let accepted = 0
    let failed = 0
    let foreign = 0
    const duplicatesBefore = this.log.duplicates
    for (const answer of answers) {
      const { kind, id, unit } = this.log.tell(answer, origin)
      if (kind === "duplicate") continue
      accepted++
      if (kind === "foreign") foreign++
      if (answer.value === null) failed++
      this.course.tell(id, unit, answer.value)
      if (kind !== "seed") this.course.advance()
    }
    return { accepted, failed, foreign, duplicates: this.log.duplicates - duplicatesBefore }
  }

  private trial(id: number): Trial<P> {
    const { params, phase, move } = this.log.trial(id)
    return { id, params: params as P, phase, move }
  }

  private bestOf(choice: NonNullable<ReturnType<typeof recommend>>): Best<P> {
    const { space, objective } = this.settings
    const id = this.course.readings.ids[choice.index]
    const sign = objective === "maximize" ? -1 : 1
    return {
      params: (id >= 0
        ? this.log.trial(id).params
        : space.decode(this.course.readings.units, choice.index * space.size)) as P,
      value: sign * choice.loss + 0,
      standardError: choice.standardError,
      id: id >= 0 ? id : null,
      readings: choice.readings,
    }
  }

  private repeat(recorded: RecordedTrial): void {
    const id = this.course.ask(true)
    const difference = id < 0 ? "this build asks for nothing" : this.log.differenceFrom(id, recorded)
    if (difference !== null)
      throw new StateError({
        problems: [
          {
            path: `eval_id ${recorded.eval_id}`,
            message: difference,
            suggestion:
              "Import the history as a warm start instead: its readings are kept, and the run starts again.",
          },
        ],
      })
  }
}

function resultOf(entry: HistoryEntry): Result {
  return {
    ...(entry.eval_id === null || entry.asked_after === null ? {} : { id: entry.eval_id }),
    params: entry.params,
    value: entry.value,
    cost: entry.cost,
    ...(entry.status === "failed" ? { failed: entry.error ?? true } : {}),
  }
}
