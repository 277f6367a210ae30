/**
 * Who owns what, in SQL: one row for each owned thing. A new owner takes the next epoch and reads what was left behind in one statement; from
 * then on no statement of an older owner changes anything, because each carries its epoch and matches no row.
 */
import * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { nowMs } from "./databaseTime.ts"

/** What can be owned: a tuner by its name, a bucket of a fleet, or an engine of one process that keeps its records in the database. */
export interface OwnedThing {
  readonly kind: "tuner" | "bucket" | "engine"
  readonly name: string
}

/** What a new owner gets. */
export interface Claim {
  readonly epoch: number
  /** What the last owner saved; null where there was none. */
  readonly standing: string | null
  /**
   * Whether the last owner may go on answering for as long as it trusts itself: it has not said that it ended, and its runner was there
   * lately. Its lock can be lost before it notices, as where its way to the database is cut.
   */
  readonly mayBeAnswered: boolean
}

/** One row, for people. */
export interface OwnerRow extends OwnedThing {
  readonly epoch: number
  readonly runner: string
  readonly sinceMs: number
  readonly savedMs: number | null
}

/** Makes this runner the owner: one epoch above everybody before. `expirationMs`: how long a runner is in the list that says nothing. */
export const claim = (
  sql: SqlClient,
  thing: OwnedThing,
  runner: string,
  expirationMs = 0,
): Effect.Effect<Claim, SqlError> =>
  Effect.map(claimAll(sql, [thing], runner, expirationMs), ([claimed]) => claimed)

/** The same for different things, in their order, by one statement. */
export const claimAll = (
  sql: SqlClient,
  things: ReadonlyArray<OwnedThing>,
  runner: string,
  expirationMs = 0,
): Effect.Effect<ReadonlyArray<Claim>, SqlError> => {
  const given = rowsOf(sql, things)
  // One process alone has no list of runners.
  const isThere = sql.onDialectOrElse({
    pg: () => sql`EXISTS (
      SELECT 1 FROM arqon_runners
      WHERE substr(o.runner, 1, length(address) + 1) = address || ' '
        AND substr(${runner}, 1, length(address) + 1) <> address || ' '
        AND last_heartbeat > NOW() - make_interval(secs => ${expirationMs / 1000}))`,
    orElse: () => sql`0`,
  })
  const before = sql<{ kind: string; name: string; epoch: unknown; ended: unknown; there: unknown }>`
    SELECT o.kind, o.name, o.epoch, o.ended_epoch AS ended, ${isThere} AS there
    FROM arqon_owner AS o JOIN (${given}) AS given ON o.kind = given.kind AND o.name = given.name`
  return Effect.zipWith(
    before,
    sql<{ kind: string; name: string; epoch: unknown; standing: string | null }>`
      INSERT INTO arqon_owner (kind, name, epoch, runner, since_ms)
      SELECT kind, name, 1, ${runner}, ${nowMs(sql)} FROM (${given}) AS given WHERE true ORDER BY kind, name
      ON CONFLICT (kind, name) DO UPDATE SET
        epoch = arqon_owner.epoch + 1, runner = excluded.runner, since_ms = excluded.since_ms
      RETURNING kind, name, epoch, standing`,
    (last, rows) => {
      const owned = new Map(last.map((row) => [`${row.kind}\0${row.name}`, row]))
      const claimed = new Map(rows.map((row) => [`${row.kind}\0${row.name}`, row]))
      return things.map(({ kind, name }) => {
        const key = `${kind}\0${name}`
        const { epoch, standing } = claimed.get(key)!
        const found = owned.get(key)
        const hasEnded = Number(found?.ended ?? 0) === Number(epoch) - 1
        // Somebody else has owned it in between.
        const isOther = Number(found?.epoch ?? 0) !== Number(epoch) - 1
        const isThere = Boolean(found?.there)
        return { epoch: Number(epoch), standing, mayBeAnswered: !hasEnded && (isThere || isOther) }
      })
    },
  )
}

/** These things as rows of a query: kind, name, and the epoch where it is given. */
function rowsOf(sql: SqlClient, things: ReadonlyArray<OwnedThing & { readonly epoch?: number }>) {
  const body = JSON.stringify(things.map(({ kind, name, epoch }) => [kind, name, epoch]))
  return sql.onDialectOrElse({
    pg: () => sql`
      SELECT value ->> 0 AS kind, value ->> 1 AS name, (value ->> 2)::bigint AS epoch
      FROM json_array_elements(${body}::json)`,
    orElse: () => sql`
      SELECT json_extract(value, '$[0]') AS kind, json_extract(value, '$[1]') AS name,
        json_extract(value, '$[2]') AS epoch FROM json_each(${body})`,
  })
}

/** Saves where the owner of this epoch stands. False: somebody else owns it by now, and nothing was written. */
export const save = (
  sql: SqlClient,
  { kind, name }: OwnedThing,
  epoch: number,
  standing: string,
): Effect.Effect<boolean, SqlError> =>
  Effect.map(
    sql<{ epoch: unknown }>`
      UPDATE arqon_owner SET standing = ${standing}, saved_ms = ${nowMs(sql)}
      WHERE kind = ${kind} AND name = ${name} AND epoch = ${epoch}
      RETURNING epoch`,
    (rows) => rows.length === 1,
  )

/** Of what was ended under its epoch: from now on nothing of that owner is answered. Nothing happens where it has another owner. */
export const endAll = (
  sql: SqlClient,
  turns: ReadonlyArray<OwnedThing & { readonly epoch: number }>,
): Effect.Effect<ReadonlyArray<void>, SqlError> => {
  return Effect.as(
    sql`UPDATE arqon_owner SET ended_epoch = given.epoch FROM (${rowsOf(sql, turns)}) AS given
      WHERE arqon_owner.kind = given.kind AND arqon_owner.name = given.name AND arqon_owner.epoch = given.epoch`,
    turns.map(() => undefined),
  )
}

/**
 * Raises every epoch below `after` to it; how many there were. Who owns one of them is fenced by that, and the next owner begins above it.
 * For a database that was restored: replicas refuse epochs that they have seen the end of.
 */
export const raiseEpochs = (sql: SqlClient, after: number): Effect.Effect<number, SqlError> =>
  Effect.map(
    sql`UPDATE arqon_owner SET epoch = ${after} WHERE epoch < ${after} RETURNING name`,
    (rows) => rows.length,
  )

/** What this runner owns now, with its epochs. */
export const ownedBy = (
  sql: SqlClient,
  runner: string,
): Effect.Effect<ReadonlyArray<OwnedThing & { readonly epoch: number }>, SqlError> =>
  Effect.map(
    sql<OwnedThing & { epoch: unknown }>`SELECT kind, name, epoch FROM arqon_owner WHERE runner = ${runner}`,
    (rows) => rows.map(({ kind, name, epoch }) => ({ kind, name, epoch: Number(epoch) })),
  )

/** Everything that has an owner, by kind and name. */
export const allOwners = (sql: SqlClient): Effect.Effect<ReadonlyArray<OwnerRow>, SqlError> =>
  Effect.map(
    sql<OwnedThing & { epoch: unknown; runner: string; since_ms: unknown; saved_ms: unknown }>`
      SELECT kind, name, epoch, runner, since_ms, saved_ms FROM arqon_owner ORDER BY kind, name`,
    (rows) =>
      rows.map(({ kind, name, epoch, runner, since_ms, saved_ms }) => ({
        kind,
        name,
        epoch: Number(epoch),
        runner,
        sinceMs: Number(since_ms),
        savedMs: saved_ms === null ? null : Number(saved_ms),
      })),
  )
