/**
 * Two configurations on two groups of replicas of one size, at the same time: the baseline beside the base (the control cohort), or a
 * candidate beside the base (the canary). What all replicas share cancels in the difference. What two groups differ by for good does not:
 * so they change places by a coin, turn by turn. Where the configurations do not differ, that coin alone decides
 * the sign of a turn's difference, which is all that the sequential tests of `control/pairEvidence.ts` need.
 */
import { drawGroups, type DrawNumbers, type Groups, type Member } from "./roles.ts"
import { robustSpread, sideMean } from "./sideMean.ts"
import type { KeyedReading } from "./sideReadings.ts"

/** A turn in which the groups hardly ever measured together ends after so many times the cycles that it should have taken. */
export const PATIENCE = 8

/** What a turn has read: means over its stages, lower is better. What nobody has reported is NaN. */
export interface Turn {
  readonly aside: GroupReading
  readonly beside: GroupReading
}

export interface GroupReading {
  readonly loss: number
  readonly margin: number
  /** Share of the measurements that failed. */
  readonly errorRate: number
  /** 99th percentile of the latency, microseconds: the mean of the replicas'. */
  readonly p99Us: number
}

/** What a replica that may be in a group has measured. */
export interface MemberReading extends KeyedReading {
  /** Key of the replica's start, as its group has it. */
  readonly entry: string
  readonly errorRate: number
  /** NaN where there is none. */
  readonly p99Us: number
}

const NOBODY: Groups = { aside: new Set(), beside: new Set() }

export class SideBySide {
  groups: Groups = NOBODY
  private readonly what: string
  private readonly stagesOfTurn: number
  private readonly quorum: number
  private turns = 0
  private cycles = 0
  private stages: Array<Turn> = []

  /** `what` names the comparison among those of a tuner; a turn takes so many stages in which both groups have measured. */
  constructor(what: string, stagesOfTurn: number, quorum: number) {
    this.what = what
    this.stagesOfTurn = stagesOfTurn
    this.quorum = quorum
  }

  /** A cycle begins: what the turn has read that ends with it, "silent" if it ends without, null if it goes on or there was none. */
  ends(): Turn | "silent" | null {
    const { stages, groups } = this
    this.cycles++
    const over = stages.length >= this.stagesOfTurn || this.cycles > PATIENCE * this.stagesOfTurn
    if (groups.aside.size > 0 && !over) return null
    this.forget()
    if (groups.aside.size === 0) return null
    if (stages.length === 0) return "silent"
    return { aside: meanOf(stages, "aside"), beside: meanOf(stages, "beside") }
  }

  /** Draws the groups again where the turn has ended; members that are taken are none of these. */
  draw(members: ReadonlyArray<Member>, size: number, numbers: Omit<DrawNumbers, "draw">): Groups {
    if (this.groups.aside.size === 0)
      this.groups = drawGroups(members, size, { ...numbers, draw: this.turns++ }, this.what)
    return this.groups
  }

  /** What was read of this turn is void, and so is the turn: another configuration is compared from the next draw on. */
  forget(): void {
    this.groups = NOBODY
    this.cycles = 0
    this.stages = []
  }

  /** A stage has closed: these replicas have measured enough in it. */
  take(readings: ReadonlyArray<MemberReading>): void {
    const { aside, beside } = this.groups
    const of = (keys: ReadonlySet<string>) => readings.filter(({ entry }) => keys.has(entry))
    const [there, here] = [of(aside), of(beside)]
    const least = Math.max(1, Math.ceil(this.quorum * aside.size - 1e-9))
    if (there.length < least || here.length < least) return
    const spread = robustSpread([there, here])
    const read = (side: ReadonlyArray<MemberReading>): GroupReading => ({
      loss: sideMean(side, spread),
      margin: meanOfKnown(side.map(({ margin }) => margin)),
      errorRate: meanOfKnown(side.map(({ errorRate }) => errorRate)),
      p99Us: meanOfKnown(side.map(({ p99Us }) => p99Us)),
    })
    this.stages.push({ aside: read(there), beside: read(here) })
  }
}

function meanOf(stages: ReadonlyArray<Turn>, side: keyof Turn): GroupReading {
  const mean = (pick: keyof GroupReading): number =>
    stages.reduce((sum, stage) => sum + stage[side][pick], 0) / stages.length
  return { loss: mean("loss"), margin: mean("margin"), errorRate: mean("errorRate"), p99Us: mean("p99Us") }
}

function meanOfKnown(values: ReadonlyArray<number>): number {
  const known = values.filter((value) => !Number.isNaN(value))
  return known.reduce((sum, value) => sum + value, 0) / known.length
}
