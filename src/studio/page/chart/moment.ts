/** Which moment a chart over time ends at, and the one that a replay stands at. */
import type { Scope } from "../core/cell.ts"
import type { Cell } from "../core/cell.ts"
import type { ReplayFeed } from "../core/ReplayFeed.ts"
import type { Track } from "../core/Track.ts"

type Values = Readonly<Record<string, number>>

/** What charts and knobs need to know of an engine, whether it stands alone or in a fleet. */
export interface TimelineModel {
  readonly replay: Cell<ReplayFeed | null>
  readonly track: Cell<Track | null>
  readonly snapshot: Cell<{
    readonly nowUs: number
    readonly values: Values
    readonly base: Values
    readonly baseline: Values | null
  } | null>
}

/** The right end of the time line: the end of a recording, or now. */
export const nowOf = (model: TimelineModel): number =>
  model.replay.value?.toUs ?? Math.max(model.snapshot.value?.nowUs ?? 0, model.track.value?.lastUs ?? 0)

/** Draws again whenever a replay moves. */
export function followReplay(model: TimelineModel, scope: Scope, update: () => void): void {
  const { value: replay } = model.replay
  if (replay !== null) scope.watch([replay.atUs], update)
}
