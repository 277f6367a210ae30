/** The engines of fleets in SQL: one row for each key that was ever saved, written by the owner of its bucket alone. */
import * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { nowMs } from "./databaseTime.ts"

/** Where an engine stands, as text, under its key. */
export type EngineRow = readonly [key: string, standing: string]

/** Keys of a bucket, to read what was saved of them. */
export interface EngineKeys {
  readonly bucket: string
  readonly keys: ReadonlyArray<string>
}

/** What was saved of these engines, by bucket in the order of the question; those without a row are left out. */
export const load = (
  sql: SqlClient,
  asked: ReadonlyArray<EngineKeys>,
): Effect.Effect<ReadonlyArray<ReadonlyArray<EngineRow>>, SqlError> => {
  const body = JSON.stringify(asked.map(({ bucket, keys }) => [bucket, keys]))
  const given = sql.onDialectOrElse({
    pg: () => sql`
      SELECT one.at - 1 AS at, one.value ->> 0 AS bucket, name
      FROM json_array_elements(${body}::json) WITH ORDINALITY AS one (value, at),
        json_array_elements_text(one.value -> 1) AS name`,
    orElse: () => sql`
      SELECT one.key AS at, json_extract(one.value, '$[0]') AS bucket, name.value AS name
      FROM json_each(${body}) AS one, json_each(one.value, '$[1]') AS name`,
  })
  return Effect.map(
    sql<{ at: unknown; name: string; standing: string }>`
      SELECT given.at, saved.name, saved.standing FROM (${given}) AS given
      JOIN arqon_engine AS saved ON saved.bucket = given.bucket AND saved.name = given.name`,
    (rows) => {
      const found = asked.map((): Array<EngineRow> => [])
      for (const { at, name, standing } of rows) found[Number(at)].push([name, standing])
      return found
    },
  )
}

/** Engines of a bucket, as its owner of this epoch saves them; at least one. */
export interface EngineBatch {
  readonly bucket: string
  readonly epoch: number
  readonly rows: ReadonlyArray<EngineRow>
}

/**
 * Saves batches of different buckets in one statement, each whole or not at all. False, in their order: another runner owns the bucket by now, and
 * nothing of it was written.
 */
export const save = (
  sql: SqlClient,
  batches: ReadonlyArray<EngineBatch>,
): Effect.Effect<ReadonlyArray<boolean>, SqlError> => {
  const body = JSON.stringify(batches.map(({ bucket, epoch, rows }) => [bucket, epoch, rows]))
  // Owners are locked in the order of their names, so that two statements never wait for each other.
  const given = sql.onDialectOrElse({
    pg: () => sql`
      WITH given AS MATERIALIZED (
        SELECT value ->> 0 AS bucket, (value ->> 1)::bigint AS epoch, value -> 2 AS rows
        FROM json_array_elements(${body}::json)
      ), mine AS MATERIALIZED (
        SELECT given.bucket, given.epoch, given.rows FROM given
        JOIN arqon_owner ON kind = 'bucket' AND name = given.bucket AND arqon_owner.epoch = given.epoch
        ORDER BY arqon_owner.name FOR SHARE OF arqon_owner
      ), written AS (
        INSERT INTO arqon_engine (bucket, name, standing, saved_ms)
        SELECT mine.bucket, one ->> 0, one ->> 1, ${nowMs(sql)} FROM mine, json_array_elements(mine.rows) AS one
        ON CONFLICT (bucket, name) DO UPDATE SET standing = excluded.standing, saved_ms = excluded.saved_ms
      ) SELECT bucket, epoch FROM mine`,
    orElse: () => sql`
      INSERT INTO arqon_engine (bucket, name, standing, saved_ms)
      SELECT mine.name, json_extract(one.value, '$[0]'), json_extract(one.value, '$[1]'), ${nowMs(sql)}
      FROM json_each(${body}) AS given
      JOIN arqon_owner AS mine ON mine.kind = 'bucket' AND mine.name = json_extract(given.value, '$[0]')
        AND mine.epoch = json_extract(given.value, '$[1]'),
      json_each(given.value, '$[2]') AS one WHERE true
      ON CONFLICT (bucket, name) DO UPDATE SET standing = excluded.standing, saved_ms = excluded.saved_ms
      RETURNING bucket, (SELECT epoch FROM arqon_owner WHERE kind = 'bucket' AND name = bucket) AS epoch`,
  })
  return Effect.map(sql<{ bucket: string; epoch: unknown }>`${given}`, (written) => {
    const mine = new Set(written.map(({ bucket, epoch }) => `${Number(epoch)} ${bucket}`))
    return batches.map(({ bucket, epoch }) => mine.has(`${epoch} ${bucket}`))
  })
}
