/** `arqon/cluster/effect` under Node: the list of `index.effect.ts`, for a Node that is new enough. */
import "../system/requireNode.ts"

export * from "./index.effect.ts"
