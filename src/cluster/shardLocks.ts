/**
 * The locks on shards as `effect/cluster` keeps them in SQL, handed over in fewer steps. It gives back lock by lock, two round trips each; a
 * bucket has no owner meanwhile. Which locks there are, and who may take them, stays its own.
 */
import * as RunnerStorage from "effect/cluster/RunnerStorage"
import * as SqlRunnerStorage from "effect/cluster/SqlRunnerStorage"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SqlClient } from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import type { SqlError } from "effect/sql/SqlError"
import { together } from "./together.ts"

/** A session that does not give a lock back within this share of the time between two refreshes is not waited for. */
const PATIENCE_SHARE = 0.4
/** Locks that are given back in one statement at most. */
const MOST_RELEASED = 1024
/** The number of a shard's lock in PostgreSQL, of the only group of shards that there is. */
const FIRST_LOCK = 1_000_000

type Locks = RunnerStorage.RunnerStorage["Service"]

/** Who is a runner, and which one holds which shard, in tables with this prefix. */
export const shardLocks = (
  prefix: string,
): Layer.Layer<RunnerStorage.RunnerStorage, never, SqlClient | ShardingConfig.ShardingConfig> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const sql = yield* SqlClient
      const { shardLockRefreshInterval } = yield* ShardingConfig.ShardingConfig
      const patienceMs =
        PATIENCE_SHARE * Duration.toMillis(Duration.fromInputUnsafe(shardLockRefreshInterval))
      const session: Session = { connection: null }
      return Layer.effect(
        RunnerStorage.RunnerStorage,
        Effect.map(RunnerStorage.RunnerStorage, (storage) =>
          leavesLast(handsOver(storage, session, patienceMs)),
        ),
      ).pipe(
        Layer.provide(SqlRunnerStorage.layerStorage({ prefix })),
        Layer.provide(Layer.succeed(SqlClient, watched(sql, session))),
      )
    }),
  )

/** The session that holds the locks; null: there is none, or it is not known. */
interface Session {
  connection: Connection | null
}

/** The same client, which remembers what is reserved of it: the storage of runners reserves nothing but its session. */
const watched = (sql: SqlClient, session: Session): SqlClient => {
  const reserve = Effect.tap(sql.reserve, (connection) => {
    session.connection = connection
    return Effect.addFinalizer(() =>
      Effect.sync(() => {
        if (session.connection === connection) session.connection = null
      }),
    )
  })
  return new Proxy(sql, {
    get: (client, name): unknown => {
      if (name === "reserve") return reserve
      if (name === "withoutTransforms") return () => watched(client.withoutTransforms(), session)
      return Reflect.get(client, name)
    },
  })
}

/** Gives locks back together. */
const handsOver = (storage: Locks, session: Session, patienceMs: number): Locks => {
  const release = together((shards: ReadonlyArray<number>) => unlock(session, shards), MOST_RELEASED)
  return {
    ...storage,
    release: (address, shard) =>
      Effect.flatMap(
        // A session that has gone quiet, as that of a runner that was frozen, must not keep shards from being given back.
        release(shard.id).pipe(
          Effect.timeout(patienceMs),
          Effect.orElseSucceed(() => false),
        ),
        // As it is done without us: it also says so where it cannot be done.
        (released) => (released ? Effect.void : storage.release(address, shard)),
      ),
  }
}

/** Which of these the session gave back; none of them where there is no session. */
const unlock = (
  { connection }: Session,
  shards: ReadonlyArray<number>,
): Effect.Effect<ReadonlyArray<boolean>, SqlError> => {
  if (connection === null) return Effect.succeed(shards.map(() => false))
  const numbers = shards.map((id) => FIRST_LOCK + id)
  return Effect.map(
    connection.executeValues(
      `WITH held AS MATERIALIZED (
        SELECT classid, objid FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND pid = pg_backend_pid()
          AND objid IN (${numbers.join(", ")})
      ) SELECT objid::bigint::text, pg_advisory_unlock(classid::integer, objid::integer) FROM held`,
      [],
    ),
    (rows) => {
      const released = new Set(rows.flatMap(([number, done]) => (done === true ? [Number(number)] : [])))
      return numbers.map((number) => released.has(number))
    },
  )
}

/**
 * A runner that ends gives back all its locks in one statement, once nothing runs on them, and leaves the list of runners after that.
 * `Sharding` asks for it the other way round. The others try for its shards when they miss it in the list.
 */
const leavesLast = (storage: Locks): Locks => {
  let leaves = false
  return {
    ...storage,
    unregister: () => Effect.sync(() => void (leaves = true)),
    release: (address, shardId) =>
      Effect.suspend(() => (leaves ? Effect.void : storage.release(address, shardId))),
    // The last thing that `Sharding` does.
    releaseAll: (address) =>
      Effect.ensuring(
        storage.releaseAll(address),
        Effect.suspend(() => (leaves ? Effect.ignore(storage.unregister(address)) : Effect.void)),
      ),
  }
}
