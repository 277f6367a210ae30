/**
 * A storage in PostgreSQL 15 or later, for the processes of many machines, through the optional package `@effect/sql-pg`. What would
 * break later is refused at once: a transaction pooler, a standby, an old server, a user without rights.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { ConfigError, type Problem } from "../../domain/errors.ts"
import { problem, tidy } from "../../domain/problems.ts"
import { optionsOf, unknownOptions } from "../../replica/replicaProblems.ts"
import { StorageError, type StorageReason } from "../StorageError.ts"
import { storageFailure } from "../storageFailure.ts"
import type { Storage } from "../Storage.ts"

/** Where the server is, and how this process uses it. */
export interface PostgresOptions {
  /** `postgres://user:password@host:port/database?sslmode=require`. */
  readonly url: string
  /** Makes the tables when it is opened. Default false: `arqon cluster migrate` does, as a user who may. */
  readonly migrate?: boolean
  /** Connections of this process at most. Default 4. */
  readonly maxConnections?: number
  /** Longest wait for a connection, ms. Default 5,000. */
  readonly connectTimeoutMs?: number
}

/** The version that Debian and the clouds still serve: 15.0. */
const OLDEST = 150_000
/** Longest silence of a process inside a transaction, ms. */
const LONGEST_IDLE_MS = 15_000
const PACKAGE = "@effect/sql-pg@4.0.5"

const OPTIONS = ["url", "migrate", "maxConnections", "connectTimeoutMs"] as const satisfies ReadonlyArray<
  keyof PostgresOptions
>

/** What was given is not shown: a url may hold a password. */
function postgresProblems(options: PostgresOptions): ReadonlyArray<Problem> {
  const { url, migrate = false, maxConnections = 4, connectTimeoutMs = 5_000 } = options
  return [
    ...(typeof url === "string"
      ? []
      : [problem(["url"], "must be a text.", "Give postgres://user:password@host:port/database.")]),
    ...(typeof migrate === "boolean" ? [] : [problem(["migrate"], "must be true or false.")]),
    ...(Number.isInteger(maxConnections) && maxConnections >= 1
      ? []
      : [problem(["maxConnections"], "must be a whole number from 1.")]),
    ...(Number.isFinite(connectTimeoutMs) && connectTimeoutMs > 0
      ? []
      : [problem(["connectTimeoutMs"], "must be a number above 0.")]),
    ...unknownOptions(options, OPTIONS),
  ]
}

/** A storage in PostgreSQL. Nothing is opened before it is used. Throws a ConfigError that lists every problem of the options. */
export function postgres(given: PostgresOptions): Storage {
  const options = optionsOf(given)
  const wrong = postgresProblems(options)
  if (wrong.length > 0) throw new ConfigError({ problems: tidy(wrong) })
  const { url, migrate = false, maxConnections = 4, connectTimeoutMs = 5_000 } = options
  const name = nameOf(url)
  const refuse = (reason: StorageReason, detail: string): StorageError =>
    new StorageError({ reason, storage: name ?? "PostgreSQL", detail })
  const client = Effect.gen(function* () {
    if (name === null)
      return yield* refuse(
        "badUrl",
        "the url is not one of PostgreSQL: postgres://user:password@host:port/database.",
      )
    const { layer } = yield* Effect.tryPromise({
      try: () => import("@effect/sql-pg/PgClient"),
      catch: () => refuse("missingPackage", `it needs the package @effect/sql-pg: npm install ${PACKAGE}`),
    })
    return layer({
      url: Redacted.make(url),
      applicationName: "arqon",
      // The check for a pooler takes two at once.
      maxConnections: Math.max(2, maxConnections),
      connectTimeout: connectTimeoutMs,
      // A process that is frozen, or whose machine is gone, holds no row for longer than this.
      startupParameters: { idle_in_transaction_session_timeout: String(LONGEST_IDLE_MS) },
    }).pipe(
      Layer.tap((context) => Effect.provide(checkServer(refuse), context)),
      Layer.catch((cause: SqlError | StorageError) =>
        Layer.effect(
          SqlClient.SqlClient,
          Effect.fail(cause instanceof StorageError ? cause : storageFailure(name, cause)),
        ),
      ),
    )
  })
  return { name: name ?? "PostgreSQL", migrate, connect: Layer.unwrap(client) }
}

/** The url as people may see it; null for what is none. */
function nameOf(text: string): string | null {
  const url = URL.parse(text)
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) return null
  const port = url.port === "" ? "5432" : url.port
  return `PostgreSQL ${url.hostname || "localhost"}:${port}${url.pathname}`
}

const checkServer = (refuse: (reason: StorageReason, detail: string) => StorageError) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [server] = yield* sql<{ version: number; shown: string; standby: boolean; readonly: string }>`SELECT
      current_setting('server_version_num')::integer AS version, current_setting('server_version') AS shown,
      pg_is_in_recovery() AS standby, current_setting('default_transaction_read_only') AS readonly`
    if (server.version < OLDEST)
      return yield* refuse(
        "tooOld",
        `it is PostgreSQL ${server.shown}, and 15 is the oldest that will do. Upgrade it.`,
      )
    if (server.standby || server.readonly === "on")
      return yield* refuse(
        "readOnly",
        "it cannot be written to: a standby, or set to read only. Use the primary server.",
      )
    if (yield* isPooled(sql))
      return yield* refuse(
        "pooler",
        "two statements of one session met two sessions of the server: a pooler in transaction mode is in between. Connect to the server itself, or set the pooler to session mode.",
      )
  })

/**
 * Whether a session keeps its session of the server while another one works. A pooler in transaction mode lends this one's to the
 * other (the last one used comes first), or gives this one another afterwards.
 */
const isPooled = (sql: SqlClient.SqlClient): Effect.Effect<boolean, SqlError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const one = yield* sql.reserve
      const other = yield* sql.reserve
      const pid = (connection: typeof one) =>
        Effect.map(
          connection.executeUnprepared("SELECT pg_backend_pid() AS pid", [], undefined),
          (rows) => (rows as ReadonlyArray<{ pid: number }>)[0].pid,
        )
      const before = yield* pid(one)
      yield* other.executeUnprepared("BEGIN", [], undefined)
      const beside = yield* pid(other)
      const after = yield* pid(one)
      yield* other.executeUnprepared("ROLLBACK", [], undefined)
      return beside === before || after !== before
    }),
  )
