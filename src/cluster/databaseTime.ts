/** The time by the database's clock: the one clock that all processes of a cluster share. */
import * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"

/** Milliseconds since 1970 by the database's own clock, as a fragment. */
export const nowMs = (sql: SqlClient) =>
  sql.onDialectOrElse({
    pg: () => sql.literal("(extract(epoch from clock_timestamp()) * 1000)::bigint"),
    orElse: () => sql.literal("CAST(unixepoch('subsec') * 1000 AS INTEGER)"),
  })

/** The same, asked for. */
export const timeOf = (sql: SqlClient): Effect.Effect<number, SqlError> =>
  Effect.map(sql<{ now: unknown }>`SELECT ${nowMs(sql)} AS now`, ([row]) => Number(row.now))
