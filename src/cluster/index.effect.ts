/**
 * `arqon/cluster/effect`: a cluster's runner for Effect programs, scoped. Under Node only.
 *
 * Stability: unstable.
 */
export { AuditError, ConfigError } from "../domain/errors.ts"
export { ClusterError, type ClusterReason } from "./ClusterError.ts"
export {
  Cluster,
  type ClusterFleetService,
  type ClusterService,
  type ClusterKeyService,
  type ClusterTunerService,
} from "./node/ClusterService.ts"
export { StorageError } from "./StorageError.ts"
