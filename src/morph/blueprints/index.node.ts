/** `arqon/morph/blueprints` under Node: the list of `index.ts`, for a Node that is new enough. */
import "../../system/requireNode.ts"

export * from "./index.ts"
