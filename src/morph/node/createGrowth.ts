/** `createGrowth` under Node: policies can have threads. */
import { createGrowthWith, type Growth, type GrowthOptions } from "../service/createGrowth.ts"
import { HEURISTIC_MODULE, PolicyThread } from "./PolicyThread.ts"

/** Makes a growing host. Throws a `GrowthError` with every problem. */
export const createGrowth = (options: GrowthOptions): Growth =>
  createGrowthWith(options, (policy, deadlineMs) =>
    PolicyThread.start({ module: policy === "heuristic" ? HEURISTIC_MODULE : policy, deadlineMs }),
  )
