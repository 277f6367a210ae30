/** Which moment a chart over time ends at, and the one that a replay stands at. */
import type { Scope } from "../core/cell.ts"
import type { Model } from "../core/Model.ts"

/** The right end of the time line: the end of a recording, or now. */
export const nowOf = (model: Model): number =>
  model.replay.value?.toUs ?? Math.max(model.snapshot.value?.nowUs ?? 0, model.track.value?.lastUs ?? 0)

/** Draws again whenever a replay moves. */
export function followReplay(model: Model, scope: Scope, update: () => void): void {
  const { value: replay } = model.replay
  if (replay !== null) scope.watch([replay.atUs], update)
}
