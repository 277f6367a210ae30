/**
 * A storage in one file, for the processes of one machine, by Node's own SQLite. No server, no port, no package. Effect's `SqlClient` over
 * `node:sqlite`: one connection, write-ahead log, every commit on disk before it counts.
 *
 * `node:sqlite` is synchronous, so the wait for another process's lock is ours: the event loop goes on meanwhile.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite"
import { resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { classifySqliteError, SqlError } from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import * as Stream from "effect/Stream"
import { ConfigError } from "../../domain/errors.ts"
import { problem } from "../../domain/problems.ts"
import { loadSqlite } from "../../system/loadSqlite.ts"
import { lockFile } from "../../system/lockFile.ts"
import { messageOf } from "../../system/messageOf.ts"
import { shortPath } from "../../system/paths.ts"
import { storageFailure } from "../storageFailure.ts"
import type { Storage } from "../Storage.ts"
import { StorageError } from "../StorageError.ts"
import { databaseFile } from "./sqliteFile.ts"

/** How long a statement waits for another process's lock. */
const PATIENCE_MS = 10_000
const OTHERWISE = "use another file, or PostgreSQL for a cluster of several processes"
/** Statements kept prepared; ours are fewer than a hundred. */
const MOST_PREPARED = 200

/**
 * A storage in a file, made where it is missing with its tables; `:memory:` is one that ends with the process. Throws a ConfigError where
 * `path` is no path.
 */
export function sqlite(path: string): Storage {
  if (typeof path !== "string" || path.trim() === "")
    throw new ConfigError({
      problems: [problem(["path"], "must be that of a file.", 'Give sqlite("./arqon.db").')],
    })
  const file = path === ":memory:" ? path : resolve(path)
  const name = path === ":memory:" ? "SQLite in memory" : `SQLite ${shortPath(file)}`
  const client = Effect.gen(function* () {
    const real = path === ":memory:" ? path : yield* fileOf(file, name)
    const db = yield* Effect.acquireRelease(
      attempt("open", () => open(real)),
      (db) => Effect.sync(() => db.close()),
    )
    const connection = new SqliteConnection(db)
    const acquirers = SqlClient.makeSqliteAcquirers({
      connection: Effect.succeed(connection),
      semaphore: yield* Semaphore.make(1),
      isTransaction: () => db.isTransaction,
    })
    return yield* SqlClient.make({
      ...acquirers,
      compiler: Statement.makeCompilerSqlite(),
      driver: "sqlite-node",
      spanAttributes: [["db.system.name", "sqlite"]],
      // The lock first: two writers never begin from the same state.
      beginTransaction: "BEGIN IMMEDIATE",
      releaseSavepoint: (savepoint) => `RELEASE SAVEPOINT ${savepoint}`,
    })
  }).pipe(Effect.mapError((cause) => (cause instanceof StorageError ? cause : storageFailure(name, cause))))
  return {
    name,
    migrate: true,
    connect: Layer.effect(SqlClient.SqlClient, client).pipe(Layer.provide(Reactivity.layer)),
    alone: path === ":memory:" ? Effect.void : alone(file, name),
  }
}

const alone = (file: string, name: string): Effect.Effect<void, StorageError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.flatMap(fileOf(file, name), (real) =>
      Effect.tryPromise({
        try: () =>
          lockFile(real, { command: "a cluster", brief: false, patienceMs: 0, otherwise: OTHERWISE }),
        catch: (cause) => new StorageError({ reason: "locked", storage: name, detail: messageOf(cause) }),
      }),
    ),
    ({ release }) => Effect.sync(release),
  )

const fileOf = (file: string, name: string): Effect.Effect<string, StorageError> =>
  Effect.try({ try: () => databaseFile(file, name), catch: (cause) => cause as StorageError })

function open(file: string): DatabaseSync {
  const { DatabaseSync: Database } = loadSqlite()
  const db = new Database(file, { timeout: 0 })
  try {
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON")
    return db
  } catch (cause) {
    db.close()
    throw cause
  }
}

const attempt = <A>(operation: string, work: () => A): Effect.Effect<A, SqlError> =>
  Effect.try({ try: work, catch: (cause) => sqlError(cause, operation) }).pipe(
    Effect.retry({
      while: ({ reason }) => reason._tag === "LockTimeoutError",
      schedule: Schedule.spaced("5 millis").pipe(Schedule.jittered, Schedule.upTo({ duration: PATIENCE_MS })),
    }),
  )

/** `node:sqlite` has SQLite's result code as `errcode`; Effect looks for it as `errno`. */
function sqlError(cause: unknown, operation: string): SqlError {
  const { errcode } = cause as { readonly errcode?: unknown }
  const message = messageOf(cause)
  const known = Object.assign(new Error(message), typeof errcode === "number" ? { errno: errcode } : {})
  return new SqlError({ reason: classifySqliteError(known, { message, operation }) })
}

class SqliteConnection implements Connection {
  private readonly db: DatabaseSync
  private readonly prepared = new Map<string, StatementSync>()

  constructor(db: DatabaseSync) {
    this.db = db
  }

  execute: Connection["execute"] = (text, params, transform) =>
    Effect.map(this.all(text, params), (rows) =>
      transform === undefined ? rows : transform(rows as object[]),
    )

  executeUnprepared: Connection["executeUnprepared"] = (text, params, transform) =>
    this.execute(text, params, transform)

  executeRaw: Connection["executeRaw"] = (text, params) => this.all(text, params)

  executeValues: Connection["executeValues"] = (text, params) =>
    Effect.map(this.all(text, params), (rows) => rows.map((row) => Object.values(row as object)))

  executeValuesUnprepared: Connection["executeValuesUnprepared"] = (text, params) =>
    this.executeValues(text, params)

  executeStream: Connection["executeStream"] = (text, params, transform) =>
    Stream.fromIterableEffect(this.execute(text, params, transform))

  private all(text: string, params: ReadonlyArray<unknown>): Effect.Effect<ReadonlyArray<unknown>, SqlError> {
    return Effect.withFiber((fiber) => {
      const safe = fiber.getRef(SqlClient.SafeIntegers)
      return attempt("execute", () => {
        const statement = this.statement(text)
        statement.setReadBigInts(safe)
        return statement.all(...params.map(toSqlite))
      })
    })
  }

  private statement(text: string): StatementSync {
    const known = this.prepared.get(text)
    if (known !== undefined) return known
    const statement = this.db.prepare(text)
    if (this.prepared.size >= MOST_PREPARED) this.prepared.clear()
    this.prepared.set(text, statement)
    return statement
  }
}

function toSqlite(value: unknown): SQLInputValue {
  if (typeof value === "boolean") return value ? 1 : 0
  if (value instanceof Date) return value.toISOString()
  return (value ?? null) as SQLInputValue
}
