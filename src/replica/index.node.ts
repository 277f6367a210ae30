/** `arqon/replica` under Node: the list of `index.ts`, for a Node that is new enough, with an agent that speaks `node:http`. */
import "../system/requireNode.ts"

export * from "./index.ts"
export { createReplica, followFleet } from "./createReplicaInNode.ts"
export { createTuner } from "./node/createTuner.ts"
