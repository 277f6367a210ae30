/**
 * `arqon/replica`: one tuner for the replicas of a service. `createReplica` is the agent in each replica, browsers too; `createTuner` owns the
 * tuner in one process; `followFleet` uses keys of a cluster's fleet.
 *
 * Stability: unstable.
 */
export { createReplica, type Replica } from "./createReplica.ts"
export type { ReplicaOptions } from "./replicaOptions.ts"
export type { ReplicaSnapshot } from "./replicaSnapshot.ts"
export { createTuner, type Tuner } from "./createTuner.ts"
export { followFleet, type FollowedFleet, type FollowOptions } from "./followFleet.ts"
export type { FleetCounts, FollowedKey } from "./FollowedKeys.ts"
export type { ReplicaStatus, TunerStatus } from "./TunerHost.ts"
export type { TunerOptions } from "./tunerOptions.ts"
export type { TraceReport, Transport } from "./transport.ts"
