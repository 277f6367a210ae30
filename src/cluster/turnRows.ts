/**
 * Who has owned a thing, one row for each owner: for people who look back. Nothing is decided by it. An owner that ends before it has
 * decided anything leaves no row.
 */
import * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { nowMs, timeOf } from "./databaseTime.ts"
import type { OwnedThing } from "./owners.ts"

export const BEGINNINGS = ["first", "wentOn", "baseline"] as const
/** How an owner began: nobody was before it, the one before had stopped and it went on there, or that one died and it began on the baseline. */
export type Beginning = (typeof BEGINNINGS)[number]

/** One owner. Times are milliseconds since 1970 by the database's clock. */
export interface OwnerTurnRow {
  readonly epoch: number
  readonly runner: string
  readonly sinceMs: number
  /** When the owner before it saved last; null: it never did. */
  readonly leftMs: number | null
  readonly began: Beginning
  /** When it had handed over; null: it has not, or it died. */
  readonly endedMs: number | null
}

/** The owners that are remembered, at most 200, and the database's time. */
export interface OwnerTurns {
  readonly nowMs: number
  /** By epoch, rising. */
  readonly turns: ReadonlyArray<OwnerTurnRow>
}

/** Owners of one thing that are remembered. */
export const MOST_TURNS = 200

/** Notes that the owner of this epoch has begun. False: it is the owner no more. */
export const noteBegun = (
  sql: SqlClient,
  { kind, name }: OwnedThing,
  epoch: number,
  began: Beginning,
): Effect.Effect<boolean, SqlError> =>
  Effect.gen(function* () {
    // Before its own first save, so that the last one is still that of the owner before.
    const rows = yield* sql`
      INSERT INTO arqon_owner_turn (kind, name, epoch, runner, since_ms, left_ms, began)
      SELECT kind, name, epoch, runner, since_ms, saved_ms, ${began} FROM arqon_owner
      WHERE kind = ${kind} AND name = ${name} AND epoch = ${epoch}
      ON CONFLICT (kind, name, epoch) DO UPDATE SET began = excluded.began
      RETURNING epoch`
    // Counted by rows: after a restore `raiseEpochs` leaves a gap in the epochs that is wider than the whole history.
    if (epoch > MOST_TURNS)
      yield* sql`
        DELETE FROM arqon_owner_turn
        WHERE kind = ${kind} AND name = ${name} AND epoch <= (
          SELECT epoch FROM arqon_owner_turn WHERE kind = ${kind} AND name = ${name}
          ORDER BY epoch DESC LIMIT 1 OFFSET ${MOST_TURNS})`
    return rows.length === 1
  })

/** Notes that it has handed over; nothing once another one owns it, whose turn has begun by then. */
export const noteEnded = (
  sql: SqlClient,
  { kind, name }: OwnedThing,
  epoch: number,
): Effect.Effect<void, SqlError> =>
  Effect.asVoid(
    sql`UPDATE arqon_owner_turn SET ended_ms = ${nowMs(sql)}
      WHERE kind = ${kind} AND name = ${name} AND epoch = ${epoch} AND EXISTS (
        SELECT 1 FROM arqon_owner AS now WHERE now.kind = ${kind} AND now.name = ${name} AND now.epoch = ${epoch})`,
  )

/** Who has owned it. */
export const turnsOf = (sql: SqlClient, { kind, name }: OwnedThing): Effect.Effect<OwnerTurns, SqlError> =>
  Effect.all({
    nowMs: timeOf(sql),
    turns: Effect.map(
      sql<{
        epoch: unknown
        runner: string
        since_ms: unknown
        left_ms: unknown
        began: Beginning
        ended_ms: unknown
      }>`
        SELECT epoch, runner, since_ms, left_ms, began, ended_ms FROM arqon_owner_turn
        WHERE kind = ${kind} AND name = ${name} ORDER BY epoch`,
      (rows) =>
        rows.map(({ epoch, runner, since_ms, left_ms, began, ended_ms }) => ({
          epoch: Number(epoch),
          runner,
          sinceMs: Number(since_ms),
          leftMs: numberOrNull(left_ms),
          began,
          endedMs: numberOrNull(ended_ms),
        })),
    ),
  })

const numberOrNull = (value: unknown): number | null => (value === null ? null : Number(value))
