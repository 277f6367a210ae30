/** When a stage closes: how many of each side must have measured enough. Pure: the chart of a cohort and its loop share it. */

/** What a cohort is doing: `cohortMachine`. */
export type Gathering = "gathering" | "measuring" | "deciding" | "frozen"

/** Replicas with readings that a side needs at least, where so many stand on it. */
export const LEAST_PER_SIDE = 2

/** How far a side has got, in replicas. */
export interface SideCount {
  /** Those that have measured enough. */
  readonly ready: number
  /** Those that may still be waited for, the ready ones among them. */
  readonly waited: number
  /** All that stand there. */
  readonly members: number
}

/** Whether every side has what it needs: a quorum of those that are waited for; once the stage is `over`, two replicas. */
export function stageCloses(sides: ReadonlyArray<SideCount>, quorum: number, over: boolean): boolean {
  return sides.every(({ ready, waited, members }) => {
    if (ready < Math.max(1, Math.min(LEAST_PER_SIDE, members))) return false
    return over || ready >= Math.ceil(quorum * Math.max(waited, ready) - 1e-9)
  })
}
