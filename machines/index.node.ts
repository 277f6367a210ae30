/** `arqon/machines` under Node: the list of `index.ts`, for a Node that is new enough. */
import "../src/system/requireNode.ts"

export * from "./index.ts"
