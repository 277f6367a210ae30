/** `arqon/node`: what only Node has. */
export { openJsonLines } from "./jsonLinesSink.ts"
export { type HasMetrics, metricsHandler } from "./metricsHandler.ts"
export { NodePlatform, nodePlatform } from "./nodePlatform.ts"
