/** The engines of fleets in SQL: one row for each key that was ever saved, written by the owner of its bucket alone. */
import * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { nowMs } from "./databaseTime.ts"

/** Where an engine stands, as text, under its key. */
export type EngineRow = readonly [key: string, standing: string]

/** What was saved of these engines; those without a row are left out. */
export const load = (
  sql: SqlClient,
  bucket: string,
  keys: ReadonlyArray<string>,
): Effect.Effect<ReadonlyArray<EngineRow>, SqlError> =>
  Effect.map(
    sql<{ name: string; standing: string }>`
      SELECT name, standing FROM arqon_engine WHERE bucket = ${bucket} AND ${sql.in("name", keys)}`,
    (rows) => rows.map(({ name, standing }) => [name, standing]),
  )

/** Saves a batch in one statement. False: another runner owns the bucket by now, and nothing was written. `rows` must not be empty. */
export const save = (
  sql: SqlClient,
  bucket: string,
  epoch: number,
  rows: ReadonlyArray<EngineRow>,
): Effect.Effect<boolean, SqlError> => {
  const body = JSON.stringify(rows)
  const mine = sql`SELECT epoch FROM arqon_owner WHERE kind = 'bucket' AND name = ${bucket} AND epoch = ${epoch}`
  const given = sql.onDialectOrElse({
    pg: () => sql`
      WITH mine AS (${mine} FOR SHARE)
      INSERT INTO arqon_engine (bucket, name, standing, saved_ms)
      SELECT ${bucket}, given.value ->> 0, given.value ->> 1, ${nowMs(sql)}
      FROM json_array_elements(${body}::json) AS given, mine`,
    orElse: () => sql`
      INSERT INTO arqon_engine (bucket, name, standing, saved_ms)
      SELECT ${bucket}, json_extract(given.value, '$[0]'), json_extract(given.value, '$[1]'), ${nowMs(sql)}
      FROM json_each(${body}) AS given, (${mine}) AS mine WHERE true`,
  })
  return Effect.map(
    sql<{ name: string }>`${given}
      ON CONFLICT (bucket, name) DO UPDATE SET standing = excluded.standing, saved_ms = excluded.saved_ms
      RETURNING name`,
    (written) => written.length > 0,
  )
}
