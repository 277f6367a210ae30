/**
 * The weeks of the records: in PostgreSQL a partition each, made ahead by whoever may make tables, and dropped as a whole. A week without a
 * partition goes to the one for the rest, so that no record waits for a person.
 */
import * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { timeOf } from "../databaseTime.ts"

/** Partitions are made so many weeks ahead. */
const AHEAD = 12
const DAY_MS = 24 * 3_600_000

/** The week of a time, counted from 1970. */
export const weekOf = (ms: number): number => Math.floor(ms / (7 * DAY_MS))

const partitionOf = (week: number): string => `arqon_record_w${week}`

/** Makes the partitions of this week and the next ones, where they are missing; how many. A file of SQLite has none. */
export const makeWeeks = (sql: SqlClient): Effect.Effect<number, SqlError> =>
  sql.onDialectOrElse({
    pg: () =>
      Effect.gen(function* () {
        const first = weekOf(yield* timeOf(sql))
        const weeks = Array.from({ length: AHEAD }, (_, i) => first + i)
        const there = yield* partitions(sql)
        const rows = yield* sql<{ week: number }>`SELECT DISTINCT week FROM arqon_record_rest`
        // What the rest has cannot get a partition any more.
        const taken = new Set([...there, ...rows.map(({ week }) => week)])
        const missing = weeks.filter((week) => !taken.has(week))
        for (const week of missing)
          yield* sql.unsafe(
            `CREATE TABLE IF NOT EXISTS ${partitionOf(week)} PARTITION OF arqon_record FOR VALUES FROM (${week}) TO (${week + 1})`,
          )
        return missing.length
      }),
    orElse: () => Effect.succeed(0),
  })

/** Weeks that have a partition of their own. */
const partitions = (sql: SqlClient): Effect.Effect<ReadonlyArray<number>, SqlError> =>
  Effect.map(
    sql<{ name: string }>`
      SELECT child.relname AS name FROM pg_inherits
      JOIN pg_class child ON child.oid = inhrelid WHERE inhparent = to_regclass('arqon_record')`,
    (rows) =>
      rows.flatMap(({ name }) => {
        const found = /^arqon_record_w(\d+)$/.exec(name)
        return found === null ? [] : [Number(found[1])]
      }),
  )

/** Removes every week whose last record is older than so many days; how many weeks. What is left begins with a segment. */
export const removeWeeks = (sql: SqlClient, keepDays: number): Effect.Effect<number, SqlError> =>
  Effect.gen(function* () {
    // A segment is written to for a day at most.
    const least = weekOf((yield* timeOf(sql)) - (keepDays + 1) * DAY_MS)
    const old = yield* sql<{ week: number }>`SELECT DISTINCT week FROM arqon_record WHERE week < ${least}`
    const dropped = yield* sql.onDialectOrElse({
      pg: () =>
        Effect.tap(
          Effect.map(partitions(sql), (weeks) => weeks.filter((week) => week < least)),
          Effect.forEach((week) => sql.unsafe(`DROP TABLE ${partitionOf(week)}`), { discard: true }),
        ),
      orElse: () => Effect.succeed([] as ReadonlyArray<number>),
    })
    yield* sql`DELETE FROM arqon_record WHERE week < ${least}`
    return new Set([...old.map(({ week }) => week), ...dropped]).size
  })
