/**
 * What a tuner's loop knows of its replicas: where each is to stand, who is heard of, and what has been measured in the stage under way.
 * Apart from what is decided on that, so that a recorded run can be decided again without them: what is `protected` here is all that
 * `journal/replay` answers from the record.
 */
import type { HotPath } from "../hot/HotPath.ts"
import { COMPUTING, FROZEN, WAITING_MINUS, WAITING_PLUS } from "../hot/phases.ts"
import type { SpsaKernel } from "../hot/SpsaKernel.ts"
import { ComparedLoop, type CohortStart } from "./ComparedLoop.ts"
import type { Role } from "./protocol.ts"
import { type Gathering, LEAST_PER_SIDE, type SideCount, stageCloses } from "./quorum.ts"
import { drawRoles } from "./roles.ts"
import type { RosterEntry } from "./Roster.ts"
import { readStage, type StageReading } from "./sideReadings.ts"

/** Roles that a stage neither gives nor takes. */
export const ASIDE: ReadonlySet<Role> = new Set(["control", "canary"])

/** Where a replica is to stand, unit space. Read at once: the arrays are the loop's own. */
export interface Place {
  readonly role: Role
  readonly units: Float64Array
}

export class GatheringLoop extends ComparedLoop {
  /** The generation of the stage under way; NaN: there is none. */
  protected stageGeneration = Number.NaN
  protected sinceUs = 0
  protected readonly plus: Float64Array
  protected readonly minus: Float64Array
  private readonly live: Float64Array
  /** What is live, as gathered: another generation begins from nothing. */
  private gathered = Number.NaN
  private lookedUs = Number.NaN

  constructor(hot: HotPath, kernel: SpsaKernel, start: CohortStart) {
    super(hot, kernel, start)
    this.plus = new Float64Array(hot.table.size)
    this.minus = new Float64Array(hot.table.size)
    this.live = new Float64Array(hot.table.size)
  }

  /** Where this replica is to stand now. */
  place({ side }: RosterEntry): Place {
    const { hot, live, onTrial } = this
    if (side === "canary" && onTrial !== null) return { role: side, units: onTrial.units }
    if (side === "control" || side === "canary") {
      if (hot.config.hasBaseline) hot.config.baselineUnits(live)
      else live.set(hot.executor.base)
      return { role: "control", units: live }
    }
    if (this.stageGeneration === hot.config.generation && side !== "base")
      return { role: side, units: side === "plus" ? this.plus : this.minus }
    return { role: "base", units: hot.executor.base }
  }

  /** Replicas are silent only while the owner listens: what it slept itself, in a debugger or on a suspended machine, does not count. */
  protected countSilence(): void {
    const now = this.hot.nowCell[0]
    const sleptUs = now - this.lookedUs - this.cohort.reportUs
    if (sleptUs > 0) this.roster.excuse(sleptUs, now)
    this.lookedUs = now
    this.roster.forgetGone(now)
  }

  /** A generation that somebody published: what was measured under the one before is void. */
  protected followGeneration(): void {
    const { generation } = this.hot.config
    if (this.gathered === generation) return
    this.gathered = generation
    this.sinceUs = this.hot.nowCell[0]
    this.roster.clearMeasured()
    if (this.stageGeneration === generation) return
    this.stageGeneration = Number.NaN
    for (const entry of this.roster.all) if (!ASIDE.has(entry.side)) entry.side = "base"
  }

  /** More than half of those that stand off the base were not heard of late: nobody knows what the stage does to the plant. */
  protected tooManySilent(): boolean {
    if (!this.inStage) return false
    const off = this.roster.all.filter(({ side, replaced }) => side !== "base" && !replaced)
    const now = this.hot.nowCell[0]
    return 2 * off.filter((entry) => this.roster.isSilent(entry, now)).length > off.length
  }

  protected get inStage(): boolean {
    return this.stageGeneration === this.hot.config.generation
  }

  protected sidesInPlay(): ReadonlyArray<Role> {
    return this.design === "together" ? [this.phase === WAITING_PLUS ? "plus" : "minus"] : ["plus", "minus"]
  }

  /** How far the sides of the stage under way have got; none where nothing is measured. */
  get sides(): ReadonlyArray<SideCount> {
    return this.gathering === "measuring" ? this.sidesInPlay().map((side) => this.countOf(side)) : []
  }

  /** What it is doing, as `cohortMachine` has it. */
  get gathering(): Gathering {
    if (this.phase === FROZEN) return "frozen"
    if (this.phase === COMPUTING) return "deciding"
    return this.isWaiting && this.inStage ? "measuring" : "gathering"
  }

  protected get isWaiting(): boolean {
    return this.phase === WAITING_PLUS || this.phase === WAITING_MINUS
  }

  private countOf(side: Role): SideCount {
    const now = this.hot.nowCell[0]
    const members = this.roster.all.filter((entry) => entry.side === side)
    const ready = members.filter(({ measured }) => measured.n >= this.cohort.minSamples)
    const waited = members.filter((entry) => this.roster.isWaitedFor(entry, now))
    return {
      ready: ready.length,
      waited: waited.length,
      members: members.filter(({ replaced }) => !replaced).length,
    }
  }

  /** Nobody is there to draw a pair for: looks again after a report. */
  protected awaitsReplicas(): boolean {
    const now = this.hot.nowCell[0]
    if (this.roster.present(now).length > 0) return false
    this.due[0] = now + this.cohort.reportUs
    return true
  }

  /** Draws the roles of the cycle that begins; how many replicas may stand off the base. */
  protected spread(draw: number): number {
    const { exposure, control, comparison } = this.cohort
    const present = this.roster.present(this.hot.nowCell[0])
    const numbers = { seed: this.seed, epoch: this.epoch, draw }
    const aside = this.drawAside(present)
    const rest = present.filter(({ key }) => !aside.has(key))
    const inTime = rest.filter((entry) => !this.roster.isLate(entry))
    const free = inTime.length < LEAST_PER_SIDE ? rest : inTime
    const roles = drawRoles(free, { exposure, control: comparison === null ? control : 0 }, numbers)
    for (const entry of this.roster.all) entry.drawn = "base"
    free.forEach((entry, i) => {
      entry.drawn = roles[i]
    })
    for (const entry of present) entry.drawn = aside.get(entry.key) ?? entry.drawn
    return roles.filter((role) => role === "plus" || role === "minus").length
  }

  /** What was read, once the stage, or the window of the base, has what it needs; null: it goes on. */
  protected gather(): StageReading | null {
    const now = this.hot.nowCell[0]
    const waiting = this.isWaiting
    const over = now - this.sinceUs >= this.cohort.windowUs
    const sides: ReadonlyArray<Role> = waiting ? this.sidesInPlay() : ["base"]
    const counts = sides.map((side) => this.countOf(side))
    if (!stageCloses(counts, this.cohort.quorum, over)) return null
    const readings = this.readingsWhere(({ side }) => sides.includes(side))
    const reading = waiting
      ? readStage(readings, this.design === "split" ? this.ownDeviations : null)
      : readStage(
          readings.map((one) => ({ ...one, side: "plus" as const })),
          null,
        )
    if (Number.isNaN(reading.loss)) return null
    const keys = readings.map(({ entry }) => entry)
    // A window of the base is no stage: nobody stands on a side in it.
    if (waiting) this.roster.noteWeights(keys, reading.weights)
    return reading
  }
}
