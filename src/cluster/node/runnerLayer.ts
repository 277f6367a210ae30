/** The layers of one runner, put together. Each build opens the storage and closes it with its scope. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type { OwnedHere } from "../clusterMetrics.ts"
import { Epochs } from "../Epochs.ts"
import { type LockTimes, SHARDS, singleRunner } from "../runners.ts"
import { agree, bucketsSetting } from "../settings.ts"
import { ready, type Storage } from "../Storage.ts"
import type { TunerConfig } from "../tunerEntity.ts"
import { Campaigns } from "../campaign/Campaigns.ts"
import { bucketLayer } from "../bucketEntity.ts"
import { Fleets } from "../Fleets.ts"
import { Tuners } from "../Tuners.ts"
import type { RecordsPlace } from "../records/recordsSink.ts"
import type { FleetInBuckets } from "./clusterFleets.ts"
import { nodeRunner, type NodeOptions } from "./nodeRunner.ts"
import { telemetryLayer, type TelemetryOptions } from "./telemetry.ts"

/** What a runner is made of. */
interface Parts {
  readonly storage: Storage
  readonly node: NodeOptions | undefined
  readonly tuners: Readonly<Record<string, TunerConfig>>
  readonly fleets: ReadonlyMap<string, FleetInBuckets>
  readonly records: RecordsPlace | null
  readonly times: LockTimes
  readonly telemetry: TelemetryOptions | undefined
  readonly runner: string
  readonly here: OwnedHere
}

/** All that runs in one runner, from its storage to what it owns. */
export function runnerLayer({
  storage,
  node,
  tuners,
  fleets,
  records,
  times,
  telemetry,
  runner,
  here,
}: Parts) {
  const sharding =
    node === undefined
      ? singleRunner(times).pipe(Layer.provide(Layer.effectDiscard(storage.alone ?? Effect.void)))
      : nodeRunner(node, times)
  const settings = [
    { path: "shards", value: SHARDS },
    ...Array.from(fleets, ([name, { buckets }]) => bucketsSetting(name, buckets)),
  ]
  const owned = Layer.mergeAll(
    Tuners.layer(new Map(Object.entries(tuners)), here.tuners, records),
    Fleets.layer.pipe(Layer.provideMerge(bucketLayer(fleets, here.buckets, records))),
  )
  return Campaigns.layer(storage.name, tuners).pipe(
    Layer.provideMerge(owned),
    Layer.provideMerge(
      Epochs.layer({ runner, expirationMs: times.expirationMs, selfFence: times.selfFence !== false }),
    ),
    Layer.provide(sharding.pipe(Layer.provide(Layer.effectDiscard(agree(storage.name, settings))))),
    Layer.provideMerge(ready(storage)),
    Layer.provideMerge(telemetryLayer(telemetry, runner)),
    // A library prints nothing.
    Layer.provide(Logger.layer([])),
  )
}
