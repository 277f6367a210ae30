/**
 * A shared study for programs without Effect: `for await (const trial of study.trials()) await trial.run(evaluate)`. It renews the leases
 * of what it evaluates, tells what came out, and hands back what it did not finish.
 */
import { hostname } from "node:os"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { SolverInput, Bound, ParamsOf } from "../../solver/createSolver.ts"
import type { RunArtifact } from "../../solver/RunArtifact.ts"
import type { Params } from "../../solver/SearchSpace.ts"
import type { Best } from "../../solver/Solver.ts"
import type { SolverConfig } from "../../solver/SolverConfig.ts"
import { optionsOf } from "../../replica/replicaProblems.ts"
import { Study } from "../study/Study.ts"
import type { StudyOptions } from "../study/joinStudy.ts"
import type { StudyProgress, Taken } from "../study/StudyReplica.ts"
import type { StudyFailure, StudyResult, StudyStatus, StudyTrial } from "../study/studyTypes.ts"
import { type RunningTrial, trialsOf, type TrialsOptions } from "./trials.ts"

/** A shared study, as `openStudy` gives it. Every call rejects with a tagged error, and has changed nothing then. */
export interface SharedStudy<P = Params> {
  readonly name: string
  /** The name of this worker in the log. */
  readonly worker: string
  /** What the study was made with. */
  readonly config: SolverConfig
  /** Trials to evaluate, until the study is done or stopped. Ends when what it gave out has been told. */
  trials(options?: TrialsOptions): AsyncGenerator<RunningTrial<P>, void, undefined>
  /** Up to `n` trials for a loop of your own; call `renew` before a lease ends. */
  ask(n?: number): Promise<ReadonlyArray<StudyTrial & { readonly params: P }>>
  /** Records results; what became of each. */
  tell(results: StudyResult | ReadonlyArray<StudyResult>): Promise<ReadonlyArray<Taken>>
  /** Renews leases; the ids of trials that another worker has by now. */
  renew(ids: ReadonlyArray<number>): Promise<ReadonlyArray<number>>
  /** Hands trials back unevaluated: the next worker gets them, and the attempt does not count. */
  handBack(ids: ReadonlyArray<number>): Promise<void>
  /** Another budget for the whole study, in evaluations, while it runs. */
  raise(budget: number): Promise<void>
  /** Gives out no more trials, in any worker. */
  stop(): Promise<void>
  /** Takes `stop` back. */
  resume(): Promise<void>
  /** Has failed trials evaluated again, outside the budget: all, or one. How many. */
  retry(id?: number): Promise<number>
  /** As far as this worker has read. */
  readonly progress: StudyProgress
  /** The recommended point, as far as this worker has read. */
  readonly best: Best<P> | null
  /** Nothing is out and nothing is left to ask for, as far as this worker has read. */
  readonly done: boolean
  /** How the study stands now, with trials and workers. */
  status(): Promise<StudyStatus>
  /** The record of the study; the same in every worker, bit for bit. `rerun` repeats it. */
  artifact(): Promise<RunArtifact>
  /** Leaves the study and closes the storage. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Takes part in a shared study; makes it where there is none and `config` is given. Rejects with a tagged error. */
export async function openStudy<const B extends Readonly<Record<string, Bound>>>(
  options: Omit<StudyOptions, "config"> & { readonly config?: SolverInput<B> },
): Promise<SharedStudy<ParamsOf<B>>> {
  const scope = Effect.runSync(Scope.make())
  const here = `${hostname()} ${process.pid}`
  const close = (): Promise<void> => Effect.runPromise(Scope.close(scope, Exit.void))
  const study = await Effect.runPromise(
    Study.open({ worker: `${hostname()}-${process.pid}`, about: here, ...optionsOf(options) }).pipe(
      Scope.provide(scope),
    ),
  ).catch(async (cause: unknown) => {
    await close()
    throw cause
  })
  return shared(study, close) as unknown as SharedStudy<ParamsOf<B>>
}

function shared(study: Study, close: () => Promise<void>): SharedStudy {
  const run = <A>(work: Effect.Effect<A, StudyFailure>): Promise<A> => Effect.runPromise(work)
  return {
    name: study.name,
    worker: study.worker,
    config: study.config,
    trials: (options = {}) => trialsOf(study, options),
    ask: (n = 1) => run(study.ask(n)),
    tell: (results) => run(study.tell(Array.isArray(results) ? results : [results as StudyResult])),
    renew: (ids) => run(Effect.andThen(study.present, study.renew(ids))),
    handBack: (ids) => run(study.handBack(ids)),
    raise: (budget) => run(study.raise(budget)),
    stop: () => run(study.stop),
    resume: () => run(study.resume),
    retry: (id) => run(study.retry(id)),
    get progress() {
      return study.progress
    },
    get best() {
      return study.best
    },
    get done() {
      return study.done
    },
    status: () => run(study.status),
    artifact: () => run(study.artifact),
    close,
    [Symbol.asyncDispose]: close,
  }
}
