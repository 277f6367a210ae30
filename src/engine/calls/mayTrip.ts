/** Whether a watch of the engine may open SafeMode now. Used by watches that only some engines load. */
import { NOT_TRIPPED } from "../../hot/codes.ts"
import type { HotPath } from "../../hot/HotPath.ts"
import { type EngineActor, isProving } from "../contract/EngineSnapshot.ts"

/** SafeMode is closed, and the engine tunes or relocates. One that proves its base before a stop ends by itself. */
export function mayTrip({ hot, actor }: { readonly hot: HotPath; readonly actor: EngineActor }): boolean {
  if (Atomics.load(hot.executor.latch, 0) !== NOT_TRIPPED) return false
  return actor.getSnapshot().matches("running") && !isProving(actor)
}
