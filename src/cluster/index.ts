/**
 * `arqon/cluster`: what more than one process shares, over PostgreSQL or over SQLite in a file. Under Node only.
 *
 * Stability: unstable.
 */
export {
  type Cluster,
  type ClusterOptions,
  type ClusterStatus,
  createCluster,
} from "./node/createCluster.ts"
export type { ClusterTuner } from "./node/clusterTuner.ts"
export type { CommandNote } from "./node/commandNote.ts"
export type { AccessToken, GatewayOptions, Right } from "./node/access.ts"
export type { TelemetryOptions } from "./node/telemetry.ts"
export type { ClusterState } from "./node/gateway.ts"
export type { NodeOptions } from "./node/nodeRunner.ts"
export type { ClusterFleet, ClusterFleetConfig, ClusterKey } from "./node/clusterFleets.ts"
export type { FleetCounts, FollowedKey } from "../replica/FollowedKeys.ts"
export type { ClusterCampaign, ClusterCampaigns } from "./node/clusterCampaigns.ts"
export type { CampaignFailure, CampaignStatus } from "./campaign/Campaigns.ts"
export type { CampaignOptions, CampaignSettings } from "./campaign/campaignOptions.ts"
export type { CampaignState, CampaignStep, SignedWord } from "./campaign/CampaignStore.ts"
export { CampaignError, type CampaignReason } from "./campaign/CampaignError.ts"
export type { BucketView, KeyView } from "./BucketOwner.ts"
export type { KeyDone, KeyRefusal } from "./keyStanding.ts"
export type { DigestCounts, KeyAnswer } from "../cohort/keyProtocol.ts"
export type { LockTimes } from "./runners.ts"
export type { TunerConfig } from "./tunerEntity.ts"
export type { CommandDone } from "./TunerOwner.ts"
export type { OwnerRow } from "./owners.ts"
export type { Beginning, OwnerTurnRow, OwnerTurns } from "./turnRows.ts"
export type { EpochCounts } from "./Epochs.ts"
export { sqlite } from "./node/sqlite.ts"
export { postgres, type PostgresOptions } from "./node/postgres.ts"
export { postgresJournal, type PostgresJournal, type PostgresJournalOptions } from "./node/postgresJournal.ts"
export type { RecordsOptions } from "./node/recordsOptions.ts"
export { copyRecords, type CopiedRecords, type CopyRecordsOptions } from "./node/copyRecords.ts"
export type { KeptRecords } from "./records/BucketRecords.ts"
export { ClusterError, type ClusterReason } from "./ClusterError.ts"
export type { Storage } from "./Storage.ts"
export { StorageError, type StorageReason } from "./StorageError.ts"
export { openStudy, type SharedStudy } from "./node/openStudy.ts"
export type { Evaluation, RunningTrial, TrialsOptions } from "./node/trials.ts"
export { Study } from "./study/Study.ts"
export type { StudyOptions } from "./study/joinStudy.ts"
export { StudyError, type StudyReason } from "./study/StudyError.ts"
export type { StudyProgress, Taken } from "./study/StudyReplica.ts"
export type { StudyFailure, StudyResult, StudyStatus, StudyTrial } from "./study/studyTypes.ts"
export type { OutRow, WorkerRow } from "./study/StudyStore.ts"
