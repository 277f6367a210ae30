/**
 * The journal of an engine in a database, as a sink: `createEngine({ sinks: [await postgresJournal({ storage, name })] })`. The process that
 * opened it last is the one that writes. If the engine runs elsewhere next, its records go on in the same chain. A file of SQLite works
 * as well as PostgreSQL.
 */
import { hostname } from "node:os"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Scope from "effect/Scope"
import { ConfigError } from "../../domain/errors.ts"
import { problem, tidy } from "../../domain/problems.ts"
import type { AuditSink } from "../../engine/audit/AuditSink.ts"
import { optionsOf, unknownOptions } from "../../replica/replicaProblems.ts"
import { Epochs } from "../Epochs.ts"
import { recordsSink } from "../records/recordsSink.ts"
import { LOCK_TIMES } from "../runners.ts"
import { ready, type Storage } from "../Storage.ts"
import { storageFailure } from "../storageFailure.ts"
import { storageProblems } from "../storageProblems.ts"
import { type RecordsOptions, recordsFormat, segmentProblems } from "./recordsOptions.ts"

/** Options of `postgresJournal`. */
export interface PostgresJournalOptions extends RecordsOptions {
  readonly storage: Storage
  /** Name of the engine. The next run under this name continues its records. */
  readonly name: string
}

/** The journal of an engine in a database. */
export interface PostgresJournal extends AuditSink {
  /** Higher than that of every run of this name before. */
  readonly epoch: number
}

const OPTIONS = ["storage", "name", "segmentBytes"] as const satisfies ReadonlyArray<
  keyof PostgresJournalOptions
>

/** Takes the place of the process that wrote under this name before. Rejects with a ConfigError or a StorageError. */
export async function postgresJournal(given: PostgresJournalOptions): Promise<PostgresJournal> {
  const options = optionsOf(given)
  const { storage, name } = options
  const wrong = [
    ...unknownOptions(options, OPTIONS),
    ...storageProblems(storage),
    ...(typeof name === "string" && name !== "" ? [] : [problem(["name"], "must be a text.")]),
    ...segmentProblems(options, []),
  ]
  if (wrong.length > 0) throw new ConfigError({ problems: tidy(wrong) })
  const runner = `${hostname()}#${process.pid} ${crypto.randomUUID()}`
  const runtime = ManagedRuntime.make(
    Epochs.layer({ runner, expirationMs: LOCK_TIMES.expirationMs }).pipe(
      Layer.provideMerge(ready(storage)),
      // A library prints nothing.
      Layer.provide(Logger.layer([])),
    ),
  )
  const thing = { kind: "engine", name } as const
  const scope = Effect.runSync(Scope.make())
  const ownership = await runtime
    .runPromise(
      Effect.flatMap(Epochs, ({ own }) => own(thing)).pipe(
        Scope.provide(scope),
        Effect.mapError((error) => storageFailure(storage.name, error)),
      ),
    )
    .catch(async (cause: unknown) => {
      await runtime.dispose()
      throw cause
    })
  const clock = await runtime.runPromise(Clock.Clock)
  const sink = recordsSink({
    thing,
    ownership,
    place: { storage: storage.name, format: recordsFormat(options) },
    clock,
    afterFence: "fail",
  })
  const leave = Effect.andThen(
    Scope.close(scope, Exit.void),
    Effect.promise(() => runtime.dispose()),
  )
  return { ...sink, epoch: ownership.epoch, close: Effect.ensuring(sink.close, leave) }
}
