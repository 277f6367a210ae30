/**
 * A cluster's runner as an Effect service: its scope starts and stops it, and what is refused comes up the error channel. Use it in an Effect
 * program; otherwise use `createCluster`, which is the same cluster.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { AuditError, ConfigError, ResultError, StateError, VariantError } from "../../domain/errors.ts"
import type { VariantRecord } from "../../domain/Variant.ts"
import { quietly } from "../../engine/calls/quietly.ts"
import type { FollowedKey } from "../../replica/FollowedKeys.ts"
import { type ReplicaService, runReplica } from "../../replica/ReplicaService.ts"
import type { ReplicaStatus, TunerStatus } from "../../replica/TunerHost.ts"
import type { BucketView, KeyView } from "../BucketOwner.ts"
import { CampaignError } from "../campaign/CampaignError.ts"
import type { CampaignFailure } from "../campaign/Campaigns.ts"
import { ClusterError } from "../ClusterError.ts"
import { KEY_COMMANDS, type KeyCommandName, type KeyDone } from "../keyStanding.ts"
import { StorageError } from "../StorageError.ts"
import { StudyError } from "../study/StudyError.ts"
import { type CommandDone, PLAIN_COMMANDS, type PlainTunerCommand } from "../TunerOwner.ts"
import type { OwnerTurns } from "../turnRows.ts"
import type { ClusterCampaign, ClusterCampaigns } from "./clusterCampaigns.ts"
import type { ClusterFleet, ClusterKey } from "./clusterFleets.ts"
import type { ClusterTuner } from "./clusterTuner.ts"
import type { CommandNote } from "./commandNote.ts"
import {
  type Cluster as Runner,
  type ClusterOptions,
  type ClusterStatus,
  createCluster,
} from "./createCluster.ts"

type CanaryEnd = NonNullable<CommandDone["end"]>

/** No owner can carry it out now, or its key is taken; its note, or its candidate, has problems. */
type CommandRefusal = ClusterError | ConfigError

/**
 * One tuner of a cluster in an Effect program. A command is carried out once it is sent: interrupting the effect ends the waiting, not the
 * command.
 */
export interface ClusterTunerService
  extends Pick<ClusterTuner, "name" | "transport">,
    Readonly<Record<PlainTunerCommand, (note?: CommandNote) => Effect.Effect<CommandDone, CommandRefusal>>> {
  readonly status: Effect.Effect<TunerStatus & { readonly began: string | null }, ClusterError>
  readonly replicas: Effect.Effect<ReadonlyArray<ReplicaStatus>, ClusterError>
  /** Who owns it and who has, and how each of them began. */
  readonly owners: Effect.Effect<OwnerTurns, ClusterError | StorageError>
  /** What people asked of it, oldest first. */
  readonly commands: Effect.Effect<ReadonlyArray<CommandDone>, ClusterError>
  /** The last 100 records of the present owner, oldest first. */
  readonly records: Effect.Effect<ReadonlyArray<AuditRecord>, ClusterError>
  /** Puts a candidate on the canaries; what has become of it, after minutes. Fails with a ConfigError where the tuner refuses it. */
  readonly rollOut: (
    values: Readonly<Record<string, number>>,
    note?: CommandNote,
  ) => Effect.Effect<CanaryEnd, CommandRefusal>
  /** The same for an approved or promoted variant. */
  readonly rollOutVariant: (
    variant: VariantRecord,
    note?: CommandNote,
  ) => Effect.Effect<CanaryEnd, CommandRefusal>
}

/** One key of a fleet in an Effect program. */
export interface ClusterKeyService
  extends Readonly<Record<KeyCommandName, (note?: CommandNote) => Effect.Effect<KeyDone, CommandRefusal>>> {
  readonly key: string
  /** Null: no owner can be reached, or its bucket has no room for it. */
  readonly status: Effect.Effect<KeyView | null>
}

/** One fleet of a cluster in an Effect program. `observe` is a plain call. */
export interface ClusterFleetService extends Pick<ClusterFleet, "name" | "observe"> {
  /** Reads the knobs of a key locally, with the lease of a replica, for as long as the scope lives. */
  readonly follow: (key: string) => Effect.Effect<FollowedKey, never, Scope.Scope>
  readonly key: (key: string) => ClusterKeyService
  /** What became of the digests of this process. */
  readonly counts: Effect.Effect<ReturnType<ClusterFleet["counts"]>>
  /** Sends the digests that wait. */
  readonly flush: Effect.Effect<void>
  /** Numbers of the bucket that has this key. Null: no owner can be reached. */
  readonly bucket: (key: string) => Effect.Effect<BucketView | null>
}

/** What a call on a campaign is refused with. */
type CampaignRefusal = CampaignFailure | ClusterError

/** Each call of `D` as an effect. */
type Effects<D, E> = {
  readonly [K in keyof D]: D[K] extends (...args: infer P) => Promise<infer A>
    ? (...args: P) => Effect.Effect<A, E>
    : D[K]
}

/** One runner of a cluster in an Effect program; its scope stops it. */
export interface ClusterService {
  readonly status: Effect.Effect<ClusterStatus, ClusterError | StorageError>
  /** Where the gateway listens; null without one. */
  readonly url: string | null
  /** Prometheus text. */
  readonly metrics: Effect.Effect<string>
  /** One tuner, whichever runner owns it. Fails for a name that is not in the options. */
  readonly tuner: (name: string) => Effect.Effect<ClusterTunerService, ConfigError>
  /** The engines of a fleet by key. Fails for a name that is not in the options. */
  readonly fleet: (name: string) => Effect.Effect<ClusterFleetService, ConfigError>
  /** From studies to roll-outs, with a person's approval. */
  readonly campaigns: Effects<ClusterCampaigns, CampaignRefusal>
  readonly campaign: (name: string) => Effects<ClusterCampaign, CampaignRefusal>
  /** An agent in this process, without a network, with the knobs of the tuner. The scope starts and stops it. */
  readonly replica: (
    name: string,
    options?: Parameters<Runner["replica"]>[1],
  ) => Effect.Effect<ReplicaService, ConfigError, Scope.Scope>
  /** Is not ready for `waitMs` while it goes on serving, then stops. */
  readonly drain: (waitMs?: number) => Effect.Effect<void, ConfigError | AuditError>
  /** Saves where every tuner stands and ends, as the end of the scope does. An AuditError names what sinks have not. */
  readonly stop: Effect.Effect<void, AuditError>
  /** Comes back once it has stopped, such as by a drain through its gateway. */
  readonly ended: Effect.Effect<void>
}

/** What a cluster refuses is expected; all else is a defect. */
const REFUSALS = [
  ConfigError,
  ClusterError,
  StorageError,
  AuditError,
  CampaignError,
  StudyError,
  StateError,
  ResultError,
  VariantError,
] as const
type Refusal = InstanceType<(typeof REFUSALS)[number]>

const expected = <A, E extends Refusal>(call: Effect.Effect<A, unknown>): Effect.Effect<A, E> =>
  Effect.catch(call, (error) =>
    REFUSALS.some((refusal) => error instanceof refusal) ? Effect.fail(error as E) : Effect.die(error),
  )

/** Which refusals a call can meet, the interfaces say. An interrupted call is told by its signal. */
const asked = <A, E extends Refusal>(call: (signal: AbortSignal) => Promise<A>): Effect.Effect<A, E> =>
  expected(Effect.tryPromise({ try: call, catch: (error) => error }))

const found = <A>(call: () => A): Effect.Effect<A, ConfigError> =>
  expected(Effect.try({ try: call, catch: (error) => error }))

const commandsOf = <C extends string, A>(
  names: ReadonlyArray<C>,
  to: Readonly<Record<C, (note?: CommandNote) => Promise<A>>>,
) =>
  Object.fromEntries(
    names.map((name) => [name, (note?: CommandNote) => asked(() => to[name](note))]),
  ) as Readonly<Record<C, (note?: CommandNote) => Effect.Effect<A, CommandRefusal>>>

const tunerOf = (tuner: ClusterTuner): ClusterTunerService => ({
  name: tuner.name,
  transport: tuner.transport,
  ...commandsOf<PlainTunerCommand, CommandDone>(PLAIN_COMMANDS, tuner),
  status: asked(tuner.status),
  replicas: asked(tuner.replicas),
  owners: asked(tuner.owners),
  commands: asked(tuner.commands),
  records: asked(tuner.records),
  rollOut: (values, note) => asked((signal) => tuner.rollOut(values, note, { signal })),
  rollOutVariant: (variant, note) => asked((signal) => tuner.rollOutVariant(variant, note, { signal })),
})

const keyOf = (key: ClusterKey): ClusterKeyService => ({
  key: key.key,
  ...commandsOf<KeyCommandName, KeyDone>(KEY_COMMANDS, key),
  status: Effect.promise(key.status),
})

const fleetOf = (fleet: ClusterFleet): ClusterFleetService => ({
  name: fleet.name,
  observe: fleet.observe,
  follow: (key) =>
    Effect.acquireRelease(
      Effect.sync(() => fleet.follow(key)),
      ({ stop }) => Effect.sync(stop),
    ),
  key: (key) => keyOf(fleet.key(key)),
  counts: Effect.sync(fleet.counts),
  flush: Effect.promise(fleet.flush),
  bucket: (key) => Effect.promise(() => fleet.bucket(key)),
})

const campaignsOf = ({ start, list, variants }: ClusterCampaigns): ClusterService["campaigns"] => ({
  start: (options) => asked(() => start(options)),
  list: () => asked(list),
  variants: () => asked(variants),
})

const campaignOf = (campaign: ClusterCampaign): ReturnType<ClusterService["campaign"]> => ({
  name: campaign.name,
  status: () => asked(campaign.status),
  evaluate: (evidence, said) => asked(() => campaign.evaluate(evidence, said)),
  approve: (said) => asked(() => campaign.approve(said)),
  reject: (said) => asked(() => campaign.reject(said)),
  cancel: (said) => asked(() => campaign.cancel(said)),
})

/**
 * The cluster of a program. `Cluster.make` starts a runner and stops it with the scope; `Cluster.layer` provides it. Options that are refused,
 * and a storage that cannot be used, are in the error channel, and nothing runs then.
 */
export class Cluster extends Context.Service<Cluster, ClusterService>()("arqon/Cluster") {
  static readonly make: (
    options: ClusterOptions,
  ) => Effect.Effect<ClusterService, ConfigError | StorageError, Scope.Scope> = Effect.fn("Cluster.make")(
    function* (options: ClusterOptions) {
      const runner = yield* found(() => createCluster(options))
      const stop = asked<void, AuditError>(runner.stop)
      // Before the start: that may take as long as the database does, and may be interrupted.
      yield* Effect.addFinalizer(() => quietly(stop))
      yield* asked<void, StorageError>(runner.start)
      return {
        status: asked<ClusterStatus, ClusterError | StorageError>(runner.status),
        url: runner.url,
        metrics: Effect.sync(runner.metrics),
        tuner: (name: string) =>
          Effect.map(
            found(() => runner.tuner(name)),
            tunerOf,
          ),
        fleet: (name: string) =>
          Effect.map(
            found(() => runner.fleet(name)),
            fleetOf,
          ),
        campaigns: campaignsOf(runner.campaigns),
        campaign: (name: string) => campaignOf(runner.campaign(name)),
        replica: (name: string, more?: Parameters<Runner["replica"]>[1]) =>
          runReplica(() => runner.replica(name, more)),
        drain: (waitMs?: number) => asked<void, ConfigError | AuditError>(() => runner.drain(waitMs)),
        stop,
        ended: Effect.promise(() => runner.ended),
      }
    },
  )

  static readonly layer = (options: ClusterOptions): Layer.Layer<Cluster, ConfigError | StorageError> =>
    Layer.effect(Cluster, Cluster.make(options))
}
