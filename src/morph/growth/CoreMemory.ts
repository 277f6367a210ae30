/**
 * Everything that a growing host's boundaries have left behind, beside the host and the lives of its grafts. It is one object, so that a
 * checkpoint cannot leave a part of it out.
 */
import { type GrowthLife, newGrowth } from "../grafting/growthMode.ts"
import { BlueprintRecords } from "../policy/BlueprintRecords.ts"
import { ReportWindows } from "../policy/reports.ts"
import { Governor } from "../training/Governor.ts"
import { SnapshotRing } from "../training/SnapshotRing.ts"
import { BoundaryTimes } from "./BoundaryTimes.ts"

/** Counters, and what was seen so far. Plain data. */
interface Counts {
  growth: GrowthLife
  /** Held-out losses of what answers, the latest last. */
  heldOut: ReadonlyArray<number>
  /** Losses of the host alone since its parts last changed: what risk is judged by. */
  own: ReadonlyArray<number>
  structure: string
  /** Risk rules that were hit at the last boundary. */
  hit: ReadonlyArray<string>
  /** By socket: the held-out loss at which its graft entered its state. */
  entries: Readonly<Record<string, number>>
  downgradedAt: number | null
  grewAt: number | null
  pausedUntil: number
  /** Why a person has paused it; null where nobody has. */
  paused: string | null
  /** Of a policy, and plantings of anybody. */
  commands: number
  plantings: number
  epoch: number
}

export class CoreMemory {
  readonly governor = new Governor()
  readonly ring = new SnapshotRing()
  readonly times = new BoundaryTimes()
  readonly records = new BlueprintRecords()
  readonly windows = new ReportWindows()
  readonly counts: Counts

  constructor(structure: string) {
    this.counts = {
      growth: newGrowth(),
      heldOut: [],
      own: [],
      structure,
      hit: [],
      entries: {},
      downgradedAt: null,
      grewAt: null,
      pausedUntil: 0,
      paused: null,
      commands: 0,
      plantings: 0,
      epoch: 0,
    }
  }
}
