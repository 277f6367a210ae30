/**
 * Where a cluster keeps what must not be lost: a SQL database behind Effect's own `SqlClient`. Made by `sqlite` and `postgres` of
 * `arqon/cluster`; `ready` opens one for work, `migrate` makes its tables. DDL is `migrate`'s alone.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Migrator from "effect/sql/Migrator"
import type * as Scope from "effect/Scope"
import * as SqlClient from "effect/sql/SqlClient"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { MIGRATIONS, type Migration, TABLES } from "./migrations.ts"
import { makeWeeks } from "./records/weeks.ts"
import { CLUSTER_TABLES, clusterTables } from "./runners.ts"
import { StorageError } from "./StorageError.ts"
import { storageFailure } from "./storageFailure.ts"

/** A database that can be opened. It holds nothing open by itself. */
export interface Storage {
  /** For people, without a password: `PostgreSQL db.internal:5432/arqon`. */
  readonly name: string
  /** Whether opening it makes its tables, or only checks that they are there. */
  readonly migrate: boolean
  /** Opens it and checks the server. Its tables may be missing. */
  readonly connect: Layer.Layer<SqlClient.SqlClient, StorageError>
  /**
   * Keeps other single runners off for as long as the scope lives, where files can do that. Absent: the database's own locks do it. Others may
   * read and write meanwhile.
   */
  readonly alone?: Effect.Effect<void, StorageError, Scope.Scope>
}

/** The table that says which migrations were done. */
const DONE = "arqon_migration"

const LATEST = MIGRATIONS.at(-1)?.id ?? 0

/** Opens a storage for work: its tables are there afterwards, of this version, and may be read and written. */
export const ready = (storage: Storage): Layer.Layer<SqlClient.SqlClient, StorageError> =>
  storage.connect.pipe(
    Layer.tap((context) =>
      Effect.provide(storage.migrate ? migrateTables(storage.name) : requireTables(storage.name), context),
    ),
  )

/** Makes the tables or brings them up to this version; the names of the steps taken. Two at once wait for each other. */
export const migrate = (storage: Storage): Effect.Effect<ReadonlyArray<string>, StorageError> =>
  migrateTables(storage.name).pipe(Effect.provide(storage.connect))

const migrateTables = (
  name: string,
): Effect.Effect<ReadonlyArray<string>, StorageError, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    // With nothing to do, nothing is asked for that only an owner may do.
    const done = yield* doneMigrations(sql)
    const whole = yield* hasClusterTables(sql)
    // Without the right to make tables, records go to the partition for the rest.
    if (done === LATEST && whole) return yield* Effect.as(Effect.ignore(makeWeeks(sql)), [])
    yield* refuseNewer(name, done)
    const steps = yield* Migrator.make({})({
      table: DONE,
      loader: Effect.succeed(
        MIGRATIONS.map((one) => [one.id, one.name, Effect.succeed(runStep(sql, one))] as const),
      ),
    })
    if (!whole) yield* Effect.scoped(Effect.asVoid(Layer.build(clusterTables)))
    yield* makeWeeks(sql)
    return steps.map(([, step]) => step)
  }).pipe(
    // Those of effect/cluster fail with defects.
    Effect.catchDefect((defect) =>
      isSqlError(defect) || isMigrationError(defect) ? Effect.fail(defect) : Effect.die(defect),
    ),
    Effect.mapError((cause) => {
      if (cause instanceof StorageError) return cause
      const failure = cause._tag === "MigrationError" ? cause.cause : cause
      return isSqlError(failure)
        ? storageFailure(name, failure)
        : new StorageError({
            reason: "failed",
            storage: name,
            detail: `migrating failed (${cause.message}).`,
          })
    }),
  )

const runStep = (sql: SqlClient.SqlClient, { statements }: Migration) =>
  Effect.forEach(
    statements,
    (one) => {
      const text =
        typeof one === "string" ? one : sql.onDialectOrElse({ pg: () => one.pg, orElse: () => one.sqlite })
      return sql.unsafe(text)
    },
    { discard: true },
  )

/** The last migration that was done, 0 where there was none. */
const doneMigrations = (sql: SqlClient.SqlClient): Effect.Effect<number, SqlError> =>
  Effect.gen(function* () {
    const there = yield* sql.onDialectOrElse({
      pg: () => sql<{ found: unknown }>`SELECT 1 AS found WHERE to_regclass(${DONE}) IS NOT NULL`,
      orElse: () =>
        sql<{ found: unknown }>`SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = ${DONE}`,
    })
    if (there.length === 0) return 0
    const rows = yield* sql<{ last: unknown }>`SELECT max(migration_id) AS last FROM ${sql(DONE)}`
    return Number(rows[0]?.last ?? 0)
  })

const isMigrationError = (defect: unknown): defect is Migrator.MigrationError =>
  defect instanceof Migrator.MigrationError

/** Whether messages and locks of `effect/cluster` have their tables. */
const hasClusterTables = (sql: SqlClient.SqlClient): Effect.Effect<boolean, SqlError> =>
  Effect.map(
    Effect.filter(CLUSTER_TABLES, (table) =>
      Effect.map(
        sql.onDialectOrElse({
          pg: () => sql<{ found: unknown }>`SELECT 1 AS found WHERE to_regclass(${table}) IS NOT NULL`,
          orElse: () =>
            sql<{
              found: unknown
            }>`SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = ${table}`,
        }),
        (rows) => rows.length > 0,
      ),
    ),
    (there) => there.length === CLUSTER_TABLES.length,
  )

const refuseNewer = (name: string, done: number): Effect.Effect<void, StorageError> =>
  done <= LATEST
    ? Effect.void
    : Effect.fail(
        new StorageError({
          reason: "newer",
          storage: name,
          detail: `its tables are of version ${done}, and this Arqon knows ${LATEST}. Update this Arqon.`,
        }),
      )

const requireTables = (name: string): Effect.Effect<void, StorageError, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const done = yield* doneMigrations(sql)
    yield* refuseNewer(name, done)
    if (done < LATEST || !(yield* hasClusterTables(sql)))
      return yield* new StorageError({
        reason: "notMigrated",
        storage: name,
        detail:
          done === 0
            ? "it has no tables of Arqon yet. Run `arqon cluster migrate`, or pass migrate: true."
            : `its tables are of version ${done} and this Arqon needs ${LATEST}. Run \`arqon cluster migrate\`.`,
      })
    const lacking = yield* sql.onDialectOrElse({
      pg: () =>
        Effect.filter([...TABLES, ...CLUSTER_TABLES], (table) =>
          Effect.map(
            sql<{ all: boolean }>`SELECT has_table_privilege(${table}, 'SELECT')
              AND has_table_privilege(${table}, 'INSERT') AND has_table_privilege(${table}, 'UPDATE')
              AND has_table_privilege(${table}, 'DELETE') AS all`,
            (rows) => !rows[0].all,
          ),
        ),
      orElse: () => Effect.succeed([] as ReadonlyArray<string>),
    })
    if (lacking.length > 0)
      return yield* new StorageError({
        reason: "noRights",
        storage: name,
        detail: `the user may not read and write ${lacking.join(", ")}. Run: GRANT SELECT, INSERT, UPDATE, DELETE ON ${lacking.join(", ")} TO the user.`,
      })
  }).pipe(Effect.mapError((cause) => (cause instanceof StorageError ? cause : storageFailure(name, cause))))
