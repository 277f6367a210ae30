/**
 * `arqon/replica/effect`: the agent of one replica for Effect programs, scoped.
 *
 * Stability: unstable.
 */
export { ConfigError } from "../domain/errors.ts"
export { Replica, type ReplicaNamed, type ReplicaService } from "./ReplicaService.ts"
