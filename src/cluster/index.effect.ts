/**
 * `arqon/cluster/effect`: a cluster's runner for Effect programs, scoped. Under Node only.
 *
 * Stability: unstable.
 */
export { AuditError, ConfigError, ResultError, StateError, VariantError } from "../domain/errors.ts"
export { CampaignError, type CampaignReason } from "./campaign/CampaignError.ts"
export { ClusterError, type ClusterReason } from "./ClusterError.ts"
export {
  Cluster,
  type ClusterFleetService,
  type ClusterService,
  type ClusterKeyService,
  type ClusterTunerService,
} from "./node/ClusterService.ts"
export { StorageError } from "./StorageError.ts"
export { StudyError } from "./study/StudyError.ts"
