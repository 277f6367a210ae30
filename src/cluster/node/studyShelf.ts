/**
 * The shared studies of a storage, for who looks at them: which there are, and how each stands. It takes part in none, runs no solver and
 * changes nothing.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as SqlClient from "effect/sql/SqlClient"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import type { SolverConfig } from "../../solver/SolverConfig.ts"
import { ready, type Storage } from "../Storage.ts"
import { storageFailure } from "../storageFailure.ts"
import { StudyError } from "../study/StudyError.ts"
import { StudyLedger } from "../study/StudyLedger.ts"
import type { StudyLook, StudySource } from "../study/StudyLook.ts"
import { parseEvent } from "../study/StudyReplica.ts"
import { StudyStore } from "../study/StudyStore.ts"

/** Ledgers that are kept between two looks; the one that was looked at longest ago makes room. */
const MOST_KEPT = 16

/** The studies of a storage that is open until it is closed. */
export interface StudyShelf extends StudySource {
  readonly close: () => Promise<void>
}

/** Opens a storage to look at its studies. Rejects with a StorageError. */
export async function openStudyShelf(storage: Storage): Promise<StudyShelf> {
  const scope = Effect.runSync(Scope.make())
  const close = (): Promise<void> => Effect.runPromise(Scope.close(scope, Exit.void))
  const sql = await Effect.runPromise(
    Effect.flatMap(Layer.build(ready(storage)), (context) =>
      Effect.provide(SqlClient.SqlClient, context),
    ).pipe(Scope.provide(scope)),
  ).catch(async (cause: unknown) => {
    await close()
    throw cause
  })
  return { ...studiesOf(sql, storage.name), close }
}

/** The same over a connection that is open already. `storage`: its name, for people. */
export function studiesOf(sql: SqlClient.SqlClient, storage: string): StudySource {
  const kept = new Map<string, KeptStudy>()
  const run = <A, E>(work: Effect.Effect<A, E | SqlError>): Promise<A> =>
    Effect.runPromise(
      Effect.mapError(work, (cause) => (isSqlError(cause) ? storageFailure(storage, cause) : cause)),
    )
  return {
    list: () =>
      run(
        Effect.map(
          sql<{
            name: string
            created_ms: unknown
          }>`SELECT name, created_ms FROM arqon_study ORDER BY created_ms DESC, name`,
          (rows) => rows.map(({ name, created_ms }) => ({ name, createdMs: Number(created_ms) })),
        ),
      ),
    look: (name) => {
      const study = kept.get(name) ?? new KeptStudy(sql, name)
      kept.delete(name)
      kept.set(name, study)
      for (const oldest of [...kept.keys()].slice(0, -MOST_KEPT)) kept.delete(oldest)
      return run(study.look)
    },
  }
}

/** One study, read on from where it was read last. */
class KeptStudy {
  private readonly name: string
  private readonly store: StudyStore
  /** Two who look at once would read the same events twice. */
  private readonly turn = Semaphore.makeUnsafe(1)
  private begun: Pick<StudyLook, "config" | "leaseMs" | "ledger"> | null = null

  constructor(sql: SqlClient.SqlClient, name: string) {
    this.name = name
    this.store = new StudyStore(sql, name)
  }

  readonly look = Effect.suspend(() => this.turn.withPermit(this.read()))

  private read() {
    const { name, store } = this
    return Effect.gen({ self: this }, function* () {
      this.begun ??= yield* this.begin()
      const { ledger } = this.begun
      for (;;) {
        const { events, bodies } = yield* store.read(ledger.applied)
        for (const body of bodies) ledger.apply(parseEvent(body, ledger.applied + 1))
        if (ledger.applied >= events) break
      }
      const [out, workers] = yield* Effect.all([store.out(), store.workers()])
      return { name, ...this.begun, out, workers } satisfies StudyLook
    })
  }

  private begin() {
    const { name, store } = this
    return Effect.gen(function* () {
      const row = yield* store.open(null)
      if (row === null)
        return yield* new StudyError({
          reason: "unknown",
          study: name,
          detail: "there is no study of this name.",
        })
      const config = JSON.parse(row.config) as SolverConfig
      return { config, leaseMs: row.leaseMs, ledger: new StudyLedger(config.budget) }
    })
  }
}
