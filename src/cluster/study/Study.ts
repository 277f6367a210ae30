/**
 * A shared study as one worker takes part in it: `Study.open` for Effect programs; `openStudy` wraps it for others. Nobody coordinates. A
 * step is one transaction under the study's row lock: read what others have appended since, record results, take trials, append. A
 * worker may die at any statement: what it had not committed never was, and its trials go to others when their leases run out.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as SqlClient from "effect/sql/SqlClient"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { ConfigError } from "../../domain/errors.ts"
import { tidy } from "../../domain/problems.ts"
import type { RunArtifact } from "../../solver/RunArtifact.ts"
import type { Best } from "../../solver/Solver.ts"
import type { SolverConfig } from "../../solver/SolverConfig.ts"
import { optionsOf } from "../../replica/replicaProblems.ts"
import { ready } from "../Storage.ts"
import { isPassing, storageFailure } from "../storageFailure.ts"
import { type JoinOptions, joinStudy, type StudyOptions, studyProblems } from "./joinStudy.ts"
import type { StudyEvent } from "./StudyEvent.ts"
import { parseEvent, type StudyProgress, StudyReplica, type Taken } from "./StudyReplica.ts"
import { PAGE, StudyStore } from "./StudyStore.ts"
import { type Done, forAnybody, stepOf, type Work } from "./studyStep.ts"
import {
  asFailure,
  type Stepped,
  type StudyFailure,
  type StudyResult,
  type StudyStatus,
  type StudyTrial,
} from "./studyTypes.ts"

/** How long a step is tried again while the database is away, ms. */
const PATIENCE_MS = 60_000
const PATIENTLY = Schedule.exponential("50 millis").pipe(
  Schedule.jittered,
  Schedule.upTo({ duration: PATIENCE_MS }),
)

/** One worker of a shared study; `Study.open` makes it. */
export class Study {
  readonly name: string
  /** The name of this worker in the log. */
  readonly worker: string
  readonly leaseMs: number
  readonly config: SolverConfig
  private readonly storage: { readonly name: string }
  private readonly store: StudyStore
  private readonly retries: number
  private readonly about: string
  private readonly fresh: () => StudyReplica
  /** One step at a time: each begins where the one before ended. */
  private readonly turn = Semaphore.makeUnsafe(1)
  /** The attempt by trial, of those that this worker was given and has not told. */
  private readonly held = new Map<number, number>()
  private replica: StudyReplica
  private steps = 0

  private constructor(
    storage: { readonly name: string },
    sql: SqlClient.SqlClient,
    joined: Effect.Success<ReturnType<typeof joinStudy>>,
  ) {
    const { name, config, leaseMs, retries, worker, about, strategies } = joined
    this.name = name
    this.worker = worker
    this.leaseMs = leaseMs
    this.config = config
    this.storage = storage
    this.retries = retries
    this.about = about
    this.store = new StudyStore(sql, name)
    this.fresh = () => new StudyReplica(name, config, strategies)
    this.replica = this.fresh()
  }

  /** Takes part in a study, and makes it where there is none and `config` is given. Closing the scope leaves it. */
  static readonly open = Effect.fn("Study.open")(function* (
    options: StudyOptions,
  ): Effect.fn.Return<Study, StudyFailure, Scope.Scope> {
    const wrong = studyProblems(optionsOf(options))
    if (wrong.length > 0) return yield* new ConfigError({ problems: tidy(wrong) })
    const context = yield* Layer.build(ready(options.storage))
    const sql = yield* Effect.provide(SqlClient.SqlClient, context)
    const study = yield* Study.watch(sql, options)
    yield* study.present
    yield* Effect.addFinalizer(() => Effect.ignore(study.store.left(study.worker)))
    return study
  })

  /** The same over a storage that is open already, and unseen by the workers until it takes trials. */
  static readonly watch = Effect.fnUntraced(function* (
    sql: SqlClient.SqlClient,
    options: JoinOptions,
  ): Effect.fn.Return<Study, StudyFailure> {
    const study = new Study(options.storage, sql, yield* joinStudy(sql, options))
    yield* study.refresh
    return study
  })

  /** Up to `n` trials: those of lost workers first. None where nothing is to be had at the moment, or ever. */
  ask(n = 1): Effect.Effect<ReadonlyArray<StudyTrial>, StudyFailure> {
    return Effect.map(this.step([], n), ({ given }) => given)
  }

  /** Records results; what became of each. */
  tell(results: ReadonlyArray<StudyResult>): Effect.Effect<ReadonlyArray<Taken>, StudyFailure> {
    return Effect.map(this.step(results, 0), ({ taken }) => taken)
  }

  /** Records results and takes up to `n` trials, in one transaction. */
  step(results: ReadonlyArray<StudyResult>, n: number): Effect.Effect<Stepped, StudyFailure> {
    const { worker, leaseMs, retries, held } = this
    return this.inTurn(
      Effect.suspend(() => {
        const step = ++this.steps
        return this.again(
          this.transaction((replica, someLost) =>
            stepOf(replica, this.store, { worker, leaseMs, retries, held, step, results, n }, someLost),
          ),
        )
      }),
    ).pipe(
      Effect.tap(({ given }) =>
        Effect.sync(() => {
          for (const { id } of results) this.held.delete(id)
          for (const { id, attempt } of given) this.held.set(id, attempt)
        }),
      ),
    )
  }

  /** Reads what others have appended. */
  get refresh(): Effect.Effect<void, StudyFailure> {
    return Effect.asVoid(this.look)
  }

  /** Renews the leases of trials; the ids of those that are no longer this worker's. */
  renew(ids: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<number>, StudyFailure> {
    const { store, worker, leaseMs } = this
    return Effect.gen(function* () {
      if (ids.length === 0) return []
      const kept = new Set(yield* store.renew(worker, ids, leaseMs))
      return ids.filter((id) => !kept.has(id))
    }).pipe(Effect.mapError(this.failure))
  }

  /** Says that this worker is there. One that has not said so for ten leases is forgotten. */
  get present(): Effect.Effect<void, StudyFailure> {
    return Effect.mapError(this.store.seen(this.worker, this.about, this.leaseMs), this.failure)
  }

  /** Reads what others have appended; whether there may be a trial to have. */
  get look(): Effect.Effect<boolean, StudyFailure> {
    return this.inTurn(Effect.map(this.again(this.catchUp), (someLost) => someLost || this.replica.mayAsk))
  }

  /** Hands trials back unevaluated: the next worker who asks gets them, and the attempt does not count. */
  handBack(ids: ReadonlyArray<number>): Effect.Effect<void, StudyFailure> {
    return ids.length === 0
      ? Effect.void
      : Effect.mapError(this.store.handBack(this.worker, ids), this.failure)
  }

  /** Another budget for the whole study, while it runs: the search begins again from everything that is known. */
  raise(budget: number): Effect.Effect<void, StudyFailure> {
    return Effect.asVoid(
      this.append((replica) => {
        replica.requireBudget(budget)
        return [{ kind: "budget", budget }]
      }),
    )
  }

  /** Gives out no more trials; those that are out come to their end. */
  get stop(): Effect.Effect<void, StudyFailure> {
    return Effect.asVoid(this.append(({ isStopped }) => (isStopped ? [] : [{ kind: "stop" }])))
  }

  get resume(): Effect.Effect<void, StudyFailure> {
    return Effect.asVoid(this.append(({ isStopped }) => (isStopped ? [{ kind: "resume" }] : [])))
  }

  /** Has failed trials evaluated again, outside the budget: all of them, or one. How many. */
  retry(id?: number): Effect.Effect<number, StudyFailure> {
    return this.append((replica) => {
      if (id !== undefined) replica.requireTrial(id)
      return replica.failedIds
        .filter((one) => id === undefined || one === id)
        .map((one) => ({ kind: "again", id: one }))
    })
  }

  /** Nothing is out and nothing is left to ask for, as far as this worker has read. */
  get done(): boolean {
    return this.replica.done
  }

  get progress(): StudyProgress {
    return this.replica.progress
  }

  /** The recommended point, as far as this worker has read. */
  get best(): Best | null {
    return this.replica.best
  }

  /** Everything, read now. */
  get status(): Effect.Effect<StudyStatus, StudyFailure> {
    const { store, name } = this
    return Effect.gen({ self: this }, function* () {
      yield* this.refresh
      const [trials, workers] = yield* Effect.all([store.out(), store.workers()]).pipe(
        Effect.mapError(this.failure),
      )
      return { name, ...this.progress, best: this.best, trials, workers }
    })
  }

  /** The record of the study as it stands now. The same in every worker, bit for bit. */
  get artifact(): Effect.Effect<RunArtifact, StudyFailure> {
    return Effect.map(this.refresh, () => this.replica.artifact())
  }

  private readonly failure = (cause: StudyFailure | SqlError): StudyFailure =>
    isSqlError(cause) ? storageFailure(this.storage.name, cause) : cause

  private inTurn<A, E>(work: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return this.turn.withPermit(work)
  }

  /** Tries again while the database is away, each time from the log: what was begun may or may not be in it. */
  private again<A>(work: Effect.Effect<A, StudyFailure | SqlError>): Effect.Effect<A, StudyFailure> {
    return work.pipe(
      Effect.retry({
        while: (cause) => isSqlError(cause) && isPassing(cause),
        schedule: PATIENTLY,
      }),
      Effect.mapError(this.failure),
    )
  }

  /** Reads the log to its end; whether a lease had run out by then. */
  private get catchUp(): Effect.Effect<boolean, StudyFailure | SqlError> {
    return Effect.gen({ self: this }, function* () {
      for (;;) {
        const { events, someLost, bodies } = yield* this.store.read(this.replica.applied)
        yield* this.repeat(bodies)
        if (this.replica.applied >= events) return someLost
      }
    })
  }

  private repeat(bodies: ReadonlyArray<string>): Effect.Effect<void, StudyFailure> {
    return Effect.try({
      try: () => {
        for (const body of bodies) this.replica.apply(parseEvent(body, this.replica.applied + 1))
      },
      catch: (cause) => {
        this.replica = this.fresh()
        return asFailure(cause)
      },
    })
  }

  /**
   * Runs `work` under the study's lock, on a replica that has read everything. Where it fails, the replica is made from the log again. Whoever
   * is a page behind reads before it takes the lock: others wait for that.
   */
  private transaction<A>(work: Work<A>): Effect.Effect<A, StudyFailure | SqlError> {
    const { store } = this
    return Effect.suspend(() => {
      let read = this.replica.applied
      return store
        .locked(this.replica.applied, ({ events, someLost, bodies }) =>
          Effect.gen({ self: this }, function* () {
            if (events - this.replica.applied > PAGE) return null
            yield* this.repeat(bodies)
            // What came while this worker waited for the lock.
            if (events > this.replica.applied) yield* this.catchUp
            read = this.replica.applied
            const done = yield* work(this.replica, someLost)
            yield* this.record(read, done)
            return done
          }),
        )
        .pipe(
          Effect.onError(() =>
            Effect.sync(() => {
              if (this.replica.applied !== read) this.replica = this.fresh()
            }),
          ),
          Effect.flatMap((done) =>
            done === null
              ? Effect.andThen(this.catchUp, this.transaction(work))
              : Effect.succeed(done.answer),
          ),
        )
    })
  }

  private record(before: number, { events, ended, lent }: Done<unknown>): Effect.Effect<void, SqlError> {
    if (events.length === 0) return Effect.void
    const bodies = events.map((event) => JSON.stringify(event))
    return this.store.record(before, bodies, ended, lent)
  }

  private append(
    make: (replica: StudyReplica) => ReadonlyArray<StudyEvent>,
  ): Effect.Effect<number, StudyFailure> {
    return this.inTurn(
      this.again(
        this.transaction((replica) =>
          Effect.try({
            try: () => {
              const events = make(replica)
              for (const event of events) replica.apply(event)
              const again = events.filter((event) => event.kind === "again")
              return { answer: events.length, events, lent: again.map(({ id }) => forAnybody(id)) }
            },
            catch: asFailure,
          }),
        ),
      ),
    )
  }
}
