/**
 * A campaign's rows: what it was begun with, where it stands, what its steps came to. `once` is the dedupe: a step's outcome is committed
 * with the step's effect, so a step that is carried out again, by whichever process, finds it and does nothing.
 */
import * as Effect from "effect/Effect"
import type * as SqlClient from "effect/sql/SqlClient"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { nowMs } from "../databaseTime.ts"
import type { CampaignSettings } from "./campaignOptions.ts"

/**
 * `studying`: the study is not done. `waiting`: for a person. `trying`: approved, and on canaries. `rolledOut` and `back` are ends: every
 * replica has it, or none.
 */
export type CampaignState = "studying" | "waiting" | "trying" | "rolledOut" | "back"

/** Who said it, and why. */
export interface SignedWord {
  readonly by: string
  readonly why: string
}

/** A step that was taken, and what it came to. */
export interface CampaignStep {
  readonly step: string
  readonly body: unknown
  readonly atMs: number
}

export interface CampaignRow {
  readonly settings: CampaignSettings
  readonly state: CampaignState
  /** Why it ended; null: it has not, or as it was meant to. */
  readonly reason: string | null
  /** Who wants it to end. */
  readonly cancelled: SignedWord | null
}

/** What a step came to, and where the campaign stands after it. */
export interface Taken<A> {
  readonly body: A
  readonly state?: CampaignState
  readonly reason?: string
}

interface Raw {
  readonly options: string
  readonly state: CampaignState
  readonly reason: string | null
  readonly cancelled: string | null
}

const rowOf = ({ options, state, reason, cancelled }: Raw): CampaignRow => ({
  settings: JSON.parse(options) as CampaignSettings,
  state,
  reason,
  cancelled: cancelled === null ? null : (JSON.parse(cancelled) as SignedWord),
})

export class CampaignStore {
  private readonly sql: SqlClient.SqlClient

  constructor(sql: SqlClient.SqlClient) {
    this.sql = sql
  }

  /** Keeps what it is begun with, unless there is one of this name; what is kept. */
  begin(settings: CampaignSettings): Effect.Effect<CampaignRow, SqlError> {
    const { sql } = this
    return Effect.andThen(
      sql`INSERT INTO arqon_campaign (name, options, state, created_ms)
        VALUES (${settings.name}, ${JSON.stringify(settings)}, ${"studying"}, ${nowMs(sql)})
        ON CONFLICT (name) DO NOTHING`,
      Effect.map(this.read(settings.name), (row) => row as CampaignRow),
    )
  }

  read(name: string): Effect.Effect<CampaignRow | null, SqlError> {
    return Effect.map(
      this.sql<Raw>`SELECT options, state, reason, cancelled FROM arqon_campaign WHERE name = ${name}`,
      ([row]) => (row === undefined ? null : rowOf(row)),
    )
  }

  /** All, the oldest first. */
  get all(): Effect.Effect<ReadonlyArray<CampaignRow>, SqlError> {
    return Effect.map(
      this.sql<Raw>`SELECT options, state, reason, cancelled FROM arqon_campaign ORDER BY created_ms, name`,
      (rows) => rows.map(rowOf),
    )
  }

  /** Those that wait for a study or for canaries. */
  get waiting(): Effect.Effect<ReadonlyArray<CampaignRow>, SqlError> {
    return Effect.map(
      this.sql<Raw>`SELECT options, state, reason, cancelled FROM arqon_campaign
        WHERE state IN ('studying', 'trying')`,
      (rows) => rows.map(rowOf),
    )
  }

  steps(name: string): Effect.Effect<ReadonlyArray<CampaignStep>, SqlError> {
    return Effect.map(
      this.sql<{ step: string; body: string; at_ms: unknown }>`SELECT step, body, at_ms
        FROM arqon_campaign_step WHERE campaign = ${name} ORDER BY n`,
      (rows) => rows.map(({ step, body, at_ms }) => ({ step, body: JSON.parse(body), atMs: Number(at_ms) })),
    )
  }

  /** What a step came to; null: it was not taken. */
  taken(name: string, step: string): Effect.Effect<{ readonly body: unknown } | null, SqlError> {
    return Effect.map(
      this.sql<{ body: string }>`SELECT body FROM arqon_campaign_step
        WHERE campaign = ${name} AND step = ${step}`,
      ([row]) => (row === undefined ? null : { body: JSON.parse(row.body) as unknown }),
    )
  }

  /** Writes down that somebody wants it to end; the first one is kept. */
  cancel(name: string, said: SignedWord): Effect.Effect<void, SqlError> {
    return Effect.asVoid(
      this.sql`UPDATE arqon_campaign SET cancelled = ${JSON.stringify(said)}
        WHERE name = ${name} AND cancelled IS NULL`,
    )
  }

  /** Takes a step, unless it was taken: then `work` is not run, and what the step came to is the answer. One transaction, under the campaign's row. */
  once<A, E>(
    name: string,
    step: string,
    work: (row: CampaignRow) => Effect.Effect<Taken<A>, E>,
  ): Effect.Effect<A, E | SqlError> {
    const { sql } = this
    const lock = sql.onDialectOrElse({ pg: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })
    return sql
      .withTransaction(
        Effect.gen({ self: this }, function* () {
          const [row] = yield* sql<Raw>`SELECT options, state, reason, cancelled
            FROM arqon_campaign WHERE name = ${name} ${lock}`
          const before = yield* this.taken(name, step)
          if (before !== null) return before.body as A
          const { body, state = row.state, reason = row.reason } = yield* work(rowOf(row))
          yield* sql`INSERT INTO arqon_campaign_step (campaign, step, n, body, at_ms)
            VALUES (${name}, ${step},
              (SELECT count(*) + 1 FROM arqon_campaign_step WHERE campaign = ${name}),
              ${JSON.stringify(body)}, ${nowMs(sql)})`
          yield* sql`UPDATE arqon_campaign SET state = ${state}, reason = ${reason} WHERE name = ${name}`
          return body
        }),
      )
      .pipe(
        // Where the connection is gone, Effect makes a defect of the rollback that it cannot send.
        Effect.catchDefect((defect) => (isSqlError(defect) ? Effect.fail(defect) : Effect.die(defect))),
      )
  }
}
