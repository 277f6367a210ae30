/** `arqon/adapters` under Node: the list of `index.ts`, with a disk for `state: "./directory"`. */
import "../system/requireNode.ts"
import { createEngineOn } from "../engine/createEngine.ts"
import { nodePlatform } from "../platform/node/nodePlatform.ts"
import { type Tune, tuneOn } from "./tune.ts"

export * from "./index.ts"

/** Makes an engine over the knobs of adapters, attaches them and starts it; `docs/how-to/adapters.md` has one example each. */
export const tune: Tune = tuneOn(createEngineOn(nodePlatform))
