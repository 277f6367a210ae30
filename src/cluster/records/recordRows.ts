/**
 * Records in SQL: the bytes of a journal's segments, a batch a row, under who owns what they are about. A row is written by a statement
 * that holds the writer's epoch against the owner's row, so an owner whose epoch is over adds nothing.
 */
import * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { JournalLink } from "../../journal/format/JournalHeader.ts"
import type { OwnedThing } from "../owners.ts"

/** A batch of frames, as it is written. */
export interface RecordRow {
  readonly segment: number
  /** Counts the rows of a segment from 1. */
  readonly part: number
  /** The week in which its segment was begun. */
  readonly week: number
  readonly run: string
  /** Number of the last record in it, or before it where it has none. */
  readonly lastSeq: number
  readonly records: number
  /** State of the chain behind it: 64 hexadecimal digits. */
  readonly head: string
  readonly frames: Uint8Array
}

/** Where a batch lies: everything is read in this order. */
export interface RecordPlace {
  readonly epoch: number
  readonly segment: number
  readonly part: number
}

/**
 * Adds a batch in one statement. False: another owner has taken the place, and nothing was written. A batch that is there already, because
 * the answer to it was lost, is not added again, and that is true as well.
 */
export const append = (
  sql: SqlClient,
  { kind, name }: OwnedThing,
  epoch: number,
  row: RecordRow,
): Effect.Effect<boolean, SqlError> => {
  const { segment, part, week, run, lastSeq, records, head, frames } = row
  const mine = sql`SELECT epoch FROM arqon_owner WHERE kind = ${kind} AND name = ${name} AND epoch = ${epoch}`
  const given = sql.onDialectOrElse({
    pg: () => sql`
      WITH mine AS (${mine} FOR SHARE)
      INSERT INTO arqon_record (kind, name, epoch, segment, part, week, run, last_seq, records, head, frames)
      SELECT ${kind}, ${name}, mine.epoch, ${segment}::integer, ${part}::integer, ${week}::integer, ${run},
        ${lastSeq}::bigint, ${records}::integer, ${head}, ${frames}::bytea
      FROM mine`,
    orElse: () => sql`
      INSERT INTO arqon_record (kind, name, epoch, segment, part, week, run, last_seq, records, head, frames)
      SELECT ${kind}, ${name}, mine.epoch, ${segment}, ${part}, ${week}, ${run}, ${lastSeq}, ${records}, ${head}, ${frames}
      FROM (${mine}) AS mine WHERE true`,
  })
  return Effect.flatMap(sql<{ part: unknown }>`${given} ON CONFLICT DO NOTHING RETURNING part`, (written) =>
    written.length > 0 ? Effect.succeed(true) : isThere(sql, { kind, name }, epoch, row),
  )
}

const isThere = (
  sql: SqlClient,
  { kind, name }: OwnedThing,
  epoch: number,
  { segment, part, head }: RecordRow,
): Effect.Effect<boolean, SqlError> =>
  Effect.map(
    sql<{ head: string }>`
      SELECT head FROM arqon_record WHERE kind = ${kind} AND name = ${name} AND epoch = ${epoch}
        AND segment = ${segment} AND part = ${part}`,
    ([row]) => row?.head === head,
  )

/** Where the records of the owners before this epoch end; null where there are none. Nobody adds to them any more. */
export const endBefore = (
  sql: SqlClient,
  { kind, name }: OwnedThing,
  epoch: number,
): Effect.Effect<JournalLink | null, SqlError> =>
  Effect.map(
    sql<{ run: string; segment: unknown; last_seq: unknown; head: string }>`
      SELECT run, segment, last_seq, head FROM arqon_record
      WHERE kind = ${kind} AND name = ${name} AND epoch < ${epoch}
      ORDER BY epoch DESC, segment DESC, part DESC LIMIT 1`,
    ([row]) =>
      row === undefined
        ? null
        : {
            run: row.run,
            segment: Number(row.segment),
            lastSeq: Number(row.last_seq),
            hash: row.head,
            cutBytes: 0,
          },
  )

/** The next so many batches behind a place, oldest first. */
export const batchesAfter = (
  sql: SqlClient,
  { kind, name }: OwnedThing,
  { epoch, segment, part }: RecordPlace,
  most: number,
): Effect.Effect<ReadonlyArray<RecordPlace & { readonly frames: Uint8Array }>, SqlError> =>
  Effect.map(
    sql<{ epoch: unknown; segment: unknown; part: unknown; frames: Uint8Array }>`
      SELECT epoch, segment, part, frames FROM arqon_record
      WHERE kind = ${kind} AND name = ${name} AND (epoch, segment, part) > (${epoch}, ${segment}, ${part})
      ORDER BY epoch, segment, part LIMIT ${most}`,
    (rows) =>
      rows.map((row) => ({
        epoch: Number(row.epoch),
        segment: Number(row.segment),
        part: Number(row.part),
        frames: row.frames,
      })),
  )

/** Whether records are kept of it. */
export const hasRecords = (sql: SqlClient, { kind, name }: OwnedThing): Effect.Effect<boolean, SqlError> =>
  Effect.map(
    sql<{ part: unknown }>`SELECT part FROM arqon_record WHERE kind = ${kind} AND name = ${name} LIMIT 1`,
    (rows) => rows.length > 0,
  )

/** Everything that records are kept of. */
export const recorded = (sql: SqlClient): Effect.Effect<ReadonlyArray<OwnedThing>, SqlError> =>
  sql<OwnedThing>`
    SELECT kind, name FROM arqon_owner AS owner WHERE EXISTS
      (SELECT 1 FROM arqon_record AS record WHERE record.kind = owner.kind AND record.name = owner.name)
    ORDER BY kind, name`
