/**
 * The layers of one runner of a cluster, without what is Node's: shards and their locks, persisted messages, epochs. `singleRunner` is one
 * process alone, without a port.
 */
import type * as MessageStorage from "effect/cluster/MessageStorage"
import * as RunnerHealth from "effect/cluster/RunnerHealth"
import * as Runners from "effect/cluster/Runners"
import * as RunnerStorage from "effect/cluster/RunnerStorage"
import * as Sharding from "effect/cluster/Sharding"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as SqlMessageStorage from "effect/cluster/SqlMessageStorage"
import * as SqlRunnerStorage from "effect/cluster/SqlRunnerStorage"
import * as Digest from "effect/crypto/Digest"
import * as Layer from "effect/Layer"
import type * as SqlClient from "effect/sql/SqlClient"
import { shardLocks } from "./shardLocks.ts"

/** Tables of `effect/cluster` begin with this. */
const PREFIX = "arqon"

/** How long the lock on a shard outlives a runner that does not refresh it, and how often it is refreshed. */
export interface LockTimes {
  readonly expirationMs: number
  readonly refreshMs: number
  /** False: a runner that was frozen goes on until SQL refuses it. For drills alone: they show that the self-fence is needed. */
  readonly selfFence?: boolean
}

export const LOCK_TIMES: LockTimes = { expirationMs: 15_000, refreshMs: 5_000 }

/** Shards are assigned again at least this often. */
const MOST_ASSIGNMENTS_MS = 250

/** The same in all runners. */
export const SHARDS = 256

/** What every runner's sharding has in common. */
export const shardingConfig = ({
  expirationMs,
  refreshMs,
}: LockTimes): Partial<ShardingConfig.ShardingConfig["Service"]> => ({
  shardsPerGroup: SHARDS,
  shardLockExpiration: expirationMs,
  shardLockRefreshInterval: refreshMs,
  refreshAssignmentsInterval: Math.min(MOST_ASSIGNMENTS_MS, refreshMs / 2),
  // Commands of people wake their tuner by a message; this is for those that were left by a runner that died.
  entityMessagePollInterval: "1 second",
  entityTerminationTimeout: "10 seconds",
  maxResidentEntities: "unbounded",
  simulateRemoteSerialization: false,
})

/** What a program needs to read and write of them. */
export const CLUSTER_TABLES: ReadonlyArray<string> = ["messages", "replies", "runners", "locks"].map(
  (table) => `${PREFIX}_${table}`,
)

/** Makes the tables that `effect/cluster` keeps its messages and locks in. */
export const clusterTables: Layer.Layer<never, never, SqlClient.SqlClient> = Layer.mergeAll(
  SqlMessageStorage.layerMigrations({ prefix: PREFIX }),
  SqlRunnerStorage.layerMigrations({ prefix: PREFIX }),
)

/** Messages that survive. */
export const messageStorage: Layer.Layer<
  MessageStorage.MessageStorage,
  never,
  SqlClient.SqlClient | ShardingConfig.ShardingConfig
> = SqlMessageStorage.layerStorage({ prefix: PREFIX }).pipe(Layer.provide(Digest.layerWebCrypto))

/** Who is a runner, and which one holds which shard. */
export const runnerStorage: Layer.Layer<
  RunnerStorage.RunnerStorage,
  never,
  SqlClient.SqlClient | ShardingConfig.ShardingConfig
> = shardLocks(PREFIX)

/** One process that owns everything, without a port. Who else uses its database has to be kept off by other means. */
export const singleRunner = (
  times: LockTimes,
): Layer.Layer<Sharding.Sharding | MessageStorage.MessageStorage, never, SqlClient.SqlClient> =>
  Sharding.layer.pipe(
    Layer.provide(Runners.layerNoop),
    Layer.provideMerge(messageStorage),
    Layer.provide([RunnerStorage.layerMemory, RunnerHealth.layerNoop]),
    Layer.provide(ShardingConfig.layer(shardingConfig(times))),
  )
