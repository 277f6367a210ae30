/** `arqon/replica/effect` under Node: the list of `index.effect.ts`, for a Node that is new enough, with an agent that speaks `node:http`. */
import "../system/requireNode.ts"

export * from "./index.effect.ts"
export { Replica } from "./ReplicaServiceInNode.ts"
