/**
 * A shared study's rows: the log, the trials that are out with their leases, the workers. Each function is one statement or two; what
 * belongs together runs in the transaction of `locked`, under the study's row lock. All times are the database's own.
 */
import * as Effect from "effect/Effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { Fragment } from "effect/sql/Statement"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { nowMs } from "../databaseTime.ts"

export interface StudyRow {
  readonly config: string
  readonly leaseMs: number
  readonly retries: number
}

/** A trial that is out, as `show` lists it. */
export interface OutRow {
  readonly id: number
  readonly attempt: number
  readonly worker: string
  /** Of its lease; negative where it has run out. */
  readonly leftMs: number
}

/** A worker of a study, as `show` lists it. */
export interface WorkerRow {
  readonly worker: string
  readonly seenMsAgo: number
  /** Where it runs. */
  readonly about: string
}

/** What a worker has not read yet. */
interface Read {
  /** Events in the log. */
  readonly events: number
  /** Whether a lease has run out. */
  readonly someLost: boolean
  readonly bodies: ReadonlyArray<string>
}

/** A trial as it goes out. */
export interface LentTrial {
  readonly id: number
  readonly attempt: number
  readonly worker: string
  readonly leaseMs: number
}

interface Event extends Record<string, unknown> {
  readonly study: string
  readonly n: number
  readonly body: string
}

/** Events that are read at once at most: a row of them stays far below what a driver takes. */
export const PAGE = 500
/** Between two bodies: JSON on one line has none. */
const NEXT = "\n"

/** PostgreSQL gives 64-bit numbers as texts or bigints; ours are all below 2^53. */
type Whole = number | bigint | string

export class StudyStore {
  private readonly sql: SqlClient.SqlClient
  private readonly name: string

  constructor(sql: SqlClient.SqlClient, name: string) {
    this.sql = sql
    this.name = name
  }

  /** The study, made from `row` where there is none; null where there is none and nothing to make it from. */
  open(row: StudyRow | null): Effect.Effect<StudyRow | null, SqlError> {
    const { sql, name } = this
    return Effect.gen(function* () {
      if (row !== null)
        yield* sql`INSERT INTO arqon_study (name, config, lease_ms, retries, created_ms)
          VALUES (${name}, ${row.config}, ${row.leaseMs}, ${row.retries}, ${nowMs(sql)}) ON CONFLICT (name) DO NOTHING`
      const [found] = yield* sql<{
        config: string
        lease_ms: Whole
        retries: number
      }>`SELECT config, lease_ms, retries
        FROM arqon_study WHERE name = ${name}`
      return found === undefined
        ? null
        : { config: found.config, leaseMs: Number(found.lease_ms), retries: found.retries }
    })
  }

  /** Runs `work` in a transaction that holds the study's row. What has been read was committed before the lock was asked for. */
  locked<A, E>(applied: number, work: (read: Read) => Effect.Effect<A, E>): Effect.Effect<A, E | SqlError> {
    const { sql } = this
    // SQLite has taken the lock of the whole file by now.
    const lock = sql.onDialectOrElse({
      pg: () => sql.literal("FOR NO KEY UPDATE"),
      orElse: () => sql.literal(""),
    })
    return sql.withTransaction(Effect.flatMap(this.readWith(applied, lock), work)).pipe(
      // Where the connection is gone, Effect makes a defect of the rollback that it cannot send.
      Effect.catchDefect((defect) => (isSqlError(defect) ? Effect.fail(defect) : Effect.die(defect))),
    )
  }

  /** What came after the first `applied` events, at most a page of it. */
  read(applied: number): Effect.Effect<Read, SqlError> {
    return this.readWith(applied, this.sql.literal(""))
  }

  /** One row for all of it: taking rows apart costs a worker more than reading the events. */
  private readWith(applied: number, lock: Fragment): Effect.Effect<Read, SqlError> {
    const { sql, name } = this
    return Effect.map(
      sql<{ events: Whole; lost: Whole; bodies: string | null }>`SELECT events,
        (SELECT count(*) FROM arqon_trial WHERE study = ${name} AND lease_until_ms < ${nowMs(sql)}) AS lost,
        (SELECT string_agg(body, ${NEXT} ORDER BY n) FROM arqon_study_event
          WHERE study = ${name} AND n > ${applied} AND n <= ${applied + PAGE}) AS bodies
        FROM arqon_study WHERE name = ${name} ${lock}`,
      ([{ events, lost, bodies }]) => ({
        events: Number(events),
        someLost: Number(lost) > 0,
        bodies: bodies === null ? [] : bodies.split(NEXT),
      }),
    )
  }

  /** Appends to the log, whose length was `before`, and changes the trials that are out with it: one event at least. */
  record(
    before: number,
    bodies: ReadonlyArray<string>,
    ended: ReadonlyArray<number> = [],
    lent: ReadonlyArray<LentTrial> = [],
  ): Effect.Effect<void, SqlError> {
    const { sql, name } = this
    const events = bodies.map((body, i) => ({ study: name, n: before + 1 + i, body }))
    const rows = lent.map(
      ({ id, attempt, worker, leaseMs }) =>
        sql`(${name}, ${id}, ${attempt}, ${worker}, ${nowMs(sql)} + ${leaseMs})`,
    )
    const statements = [
      sql`INSERT INTO arqon_study_event ${sql.insert(events as [Event, ...Array<Event>])}`,
      ...(ended.length === 0
        ? []
        : [sql`DELETE FROM arqon_trial WHERE study = ${name} AND ${sql.in("id", ended)}`]),
      ...(rows.length === 0
        ? []
        : [
            sql`INSERT INTO arqon_trial (study, id, attempt, worker, lease_until_ms) VALUES ${sql.csv(rows)}
              ON CONFLICT (study, id) DO UPDATE SET attempt = excluded.attempt, worker = excluded.worker,
                lease_until_ms = excluded.lease_until_ms`,
          ]),
    ]
    const count = sql`UPDATE arqon_study SET events = ${before + bodies.length} WHERE name = ${name}`
    return sql.onDialectOrElse({
      // One way to the server and back, while others wait for the lock.
      pg: () => {
        const changes = statements.map((one, i) => sql`${sql(`change${i}`)} AS (${one})`)
        return Effect.asVoid(sql`WITH ${sql.csv(changes)} ${count}`)
      },
      orElse: () => Effect.forEach([...statements, count], (one) => one, { discard: true }),
    })
  }

  /** Trials whose lease has run out, the oldest first. */
  lost(
    most: number,
  ): Effect.Effect<ReadonlyArray<{ readonly id: number; readonly attempt: number }>, SqlError> {
    const { sql, name } = this
    return Effect.map(
      sql<{ id: Whole; attempt: number }>`SELECT id, attempt FROM arqon_trial
        WHERE study = ${name} AND lease_until_ms < ${nowMs(sql)} ORDER BY id LIMIT ${most}`,
      (rows) => rows.map(({ id, attempt }) => ({ id: Number(id), attempt })),
    )
  }

  /** Renews the leases of a worker's trials; those that are still its own. */
  renew(
    worker: string,
    ids: ReadonlyArray<number>,
    leaseMs: number,
  ): Effect.Effect<ReadonlyArray<number>, SqlError> {
    const { sql, name } = this
    return Effect.map(
      sql<{ id: Whole }>`UPDATE arqon_trial SET lease_until_ms = ${nowMs(sql)} + ${leaseMs}
        WHERE study = ${name} AND worker = ${worker} AND lease_until_ms > 0 AND ${sql.in("id", ids)} RETURNING id`,
      (rows) => rows.map(({ id }) => Number(id)),
    )
  }

  /** Hands trials of a worker back: the next one who asks gets them, and the attempt does not count. */
  handBack(worker: string, ids: ReadonlyArray<number>): Effect.Effect<void, SqlError> {
    const { sql, name } = this
    return Effect.asVoid(
      sql`UPDATE arqon_trial SET lease_until_ms = 0, attempt = attempt - 1
        WHERE study = ${name} AND worker = ${worker} AND lease_until_ms > 0 AND ${sql.in("id", ids)}`,
    )
  }

  /** Says that a worker is there, and forgets those that have not said so for ten leases. */
  seen(worker: string, about: string, leaseMs: number): Effect.Effect<void, SqlError> {
    const { sql, name } = this
    const forget = sql`DELETE FROM arqon_study_worker
      WHERE study = ${name} AND worker <> ${worker} AND seen_ms < ${nowMs(sql)} - ${10 * leaseMs}`
    const say = sql`INSERT INTO arqon_study_worker (study, worker, seen_ms, about) VALUES (${name}, ${worker}, ${nowMs(sql)}, ${about})
      ON CONFLICT (study, worker) DO UPDATE SET seen_ms = excluded.seen_ms`
    return sql.onDialectOrElse({
      pg: () => Effect.asVoid(sql`WITH forgotten AS (${forget}) ${say}`),
      orElse: () => Effect.asVoid(Effect.andThen(forget, say)),
    })
  }

  left(worker: string): Effect.Effect<void, SqlError> {
    const { sql, name } = this
    return Effect.asVoid(sql`DELETE FROM arqon_study_worker WHERE study = ${name} AND worker = ${worker}`)
  }

  out(): Effect.Effect<ReadonlyArray<OutRow>, SqlError> {
    const { sql, name } = this
    return Effect.map(
      sql<{ id: Whole; attempt: number; worker: string; left: Whole }>`SELECT id, attempt, worker,
        lease_until_ms - ${nowMs(sql)} AS left FROM arqon_trial WHERE study = ${name} ORDER BY id`,
      (rows) =>
        rows.map(({ id, attempt, worker, left }) => ({
          id: Number(id),
          attempt,
          worker,
          leftMs: Number(left),
        })),
    )
  }

  workers(): Effect.Effect<ReadonlyArray<WorkerRow>, SqlError> {
    const { sql, name } = this
    return Effect.map(
      sql<{ worker: string; ago: Whole; about: string }>`SELECT worker, ${nowMs(sql)} - seen_ms AS ago, about
        FROM arqon_study_worker WHERE study = ${name} ORDER BY worker`,
      (rows) => rows.map(({ worker, ago, about }) => ({ worker, seenMsAgo: Number(ago), about })),
    )
  }
}
