/**
 * A loop that compares configurations on replicas side by side: its control replicas, on the baseline, with as many on the base, for as
 * long as it runs; and a candidate, on its canaries, with as many on the base, until the evidence decides. Apart from how pairs
 * are drawn and read, so that each can be read as one.
 */
import {
  beginAnew,
  beginComparison,
  comparePair,
  compareSilence,
  type Comparison,
} from "../control/comparison.ts"
import { UNKNOWN_NOISE } from "../control/pairEvidence.ts"
import type { CycleOptions } from "../hot/cycleOptions.ts"
import type { HotPath } from "../hot/HotPath.ts"
import type { SpsaKernel } from "../hot/SpsaKernel.ts"
import { Canary, type CanaryEnd, type CanaryState, type VariantTrial } from "./Canary.ts"
import { type CohortNote, writeCohortRecord, writeTurn, writeVerdictRecord } from "./cohortRecords.ts"
import type { CohortSettings } from "./cohortOptions.ts"
import type { Design } from "./designs.ts"
import { BEFORE_ALL, type Pair } from "./order.ts"
import { OwnedLoop } from "./OwnedLoop.ts"
import type { Role } from "./protocol.ts"
import { Roster, type RosterEntry } from "./Roster.ts"
import { type GroupReading, type MemberReading, SideBySide, type Turn } from "./SideBySide.ts"

/** Stages of a canary's turn: few, because replicas wait for what it shows. */
const CANARY_STAGES = 2

export interface CohortStart {
  /** Higher than that of every owner before. */
  readonly epoch: number
  readonly seed: number
  readonly cohort: CohortSettings
  /** By knob: whether it must be equal on all replicas while others may differ; null: no knob, or all. */
  readonly shared: ReadonlyArray<boolean> | null
  /** What replicas have shown is recorded, so that the run can be decided again. */
  readonly records: boolean
  readonly cycle: Partial<CycleOptions>
}

export class ComparedLoop extends OwnedLoop {
  readonly epoch: number
  readonly roster: Roster
  readonly cohort: CohortSettings
  readonly records: boolean
  /** The design of the cycle under way. */
  design: Design = "together"
  /** Takes the words that belong on the record of this number. */
  onNote: ((seq: number, text: string) => void) | null = null
  /** The last candidate; null: there was none. */
  canary: Canary | null = null
  /** Who asks and why, while a person's command is carried out. */
  saying: string | undefined
  /** What the control replicas have shown; null before they first did. */
  comparison: Comparison | null = null
  /** The first pair under which the canaries of this turn stood there. */
  protected turnSince: Pair = BEFORE_ALL
  protected readonly seed: number
  private readonly controls: SideBySide
  private readonly trial: SideBySide

  constructor(hot: HotPath, kernel: SpsaKernel, { epoch, seed, cohort, records, cycle }: CohortStart) {
    super(hot, kernel, cycle)
    this.epoch = epoch
    this.seed = seed
    this.cohort = cohort
    this.records = records
    this.roster = new Roster(cohort.reportUs)
    this.controls = new SideBySide("control", cohort.comparison?.everyCycles ?? 1, cohort.quorum)
    this.trial = new SideBySide("canary", CANARY_STAGES, cohort.quorum)
    this.guard.earnsByTime = cohort.comparison === null
  }

  /** What is live: the newest that any replica may be told. */
  get pair(): Pair {
    return [this.epoch, this.hot.config.generation]
  }

  /** Puts a candidate, unit space on the grid, on the canaries. The one before must have ended. `from`: what it has shown under another owner. */
  tryOut(units: Float64Array, variant: VariantTrial | null = null, from?: CanaryState): void {
    this.canary = new Canary(units, this.comparison?.watch.noise ?? UNKNOWN_NOISE, variant)
    if (from !== undefined) this.canary.resume(from)
    this.trial.forget()
    this.noteCanary(this.canary, "on trial")
  }

  /** The candidate that is on trial. */
  get onTrial(): Canary | null {
    return this.canary?.end === null ? this.canary : null
  }

  /** Ends the trial of a candidate: nobody stands there any more, unless everybody does. */
  endTrial(end: CanaryEnd): void {
    const { canary, trial } = this
    if (canary === null) return
    canary.end = end
    this.noteCanary(canary, end)
    trial.forget()
    for (const entry of this.roster.all) {
      if (entry.drawn === "canary") entry.drawn = "control"
      // To the baseline at once; back to the base from the next draw on.
      if (entry.side === "canary") entry.side = "control"
    }
    if (end !== "rolledOut") return
    // Asked for: no rollback that counts.
    this.executorNow().keepAsBaseline(canary.units)
    this.guard.rebaselined()
    this.toBaseline(true)
    this.resume()
  }

  /** Roles of those that take no part in the pair of this cycle, by key. */
  protected drawAside(present: ReadonlyArray<RosterEntry>): ReadonlyMap<string, Role> {
    const { seed, epoch, cohort, controls, trial } = this
    const numbers = { seed, epoch }
    const roles = new Map<string, Role>()
    const place = (pair: SideBySide, size: number, role: Role): void => {
      const free = present.filter(({ key }) => !roles.has(key))
      const here = new Set(free.map(({ key }) => key))
      const { aside, beside } = pair.groups
      // Somebody of the groups has gone: two others, of one size again.
      if ([...aside, ...beside].some((key) => !here.has(key))) pair.forget()
      const groups = pair.draw(free, size, numbers)
      for (const key of groups.aside) roles.set(key, role)
      for (const key of groups.beside) roles.set(key, "base")
    }
    const before = trial.groups
    if (this.onTrial !== null) place(trial, cohort.canary, "canary")
    if (trial.groups !== before) this.turnSince = this.pair
    if (cohort.comparison !== null)
      place(controls, Math.max(1, Math.floor(cohort.control * present.length + 1e-9)), "control")
    return roles
  }

  /** A stage has closed: what was measured in it goes to the turns under way. */
  protected readAside(): void {
    const readings = this.readingsWhere(() => true)
    this.controls.take(readings)
    this.trial.take(readings)
  }

  /** What those replicas have measured that measured enough. */
  protected readingsWhere(holds: (entry: RosterEntry) => boolean): ReadonlyArray<MemberReading> {
    const { sign } = this.options
    return this.roster.all
      .filter((entry) => entry.measured.n >= this.cohort.minSamples && holds(entry))
      .map(({ key, side, measured: { n, sum, margins, margined, errors, p99Us } }) => ({
        entry: key,
        // The own deviation of a replica outlives a restart.
        key: key.slice(0, key.indexOf("\0")),
        side,
        n,
        mean: (sign * sum) / n,
        margin: margined === 0 ? Number.NaN : margins / margined,
        errorRate: errors / n,
        p99Us,
      }))
  }

  /** A cycle is to begin: judges the turns that have ended. True where that has moved the plant. */
  protected judged(): boolean {
    return this.judgeControls() || this.judgeCanary()
  }

  /** A cycle begins: the turn that has ended with it; null where none has. */
  protected turnOf(which: "control" | "canary"): Turn | "silent" | null {
    const ended = (which === "control" ? this.controls : this.trial).ends()
    if (ended === null || !this.records) return ended
    const broken = which === "canary" && ended !== "silent" && this.onTrial?.breaks(ended.aside) === true
    writeTurn(this.hot, which, ended, broken)
    return ended
  }

  private judgeControls(): boolean {
    const policy = this.cohort.comparison
    if (policy === null) return false
    const ended = this.turnOf("control")
    if (ended === null) return false
    const { hot } = this
    const nowUs = hot.nowCell[0]
    const before = (this.comparison ??= beginComparison(nowUs))
    const side = ({ loss }: GroupReading) => ({ loss, closedUs: nowUs })
    const compared =
      ended === "silent"
        ? compareSilence(before, nowUs, policy)
        : comparePair(
            before,
            { nowUs, baseline: side(ended.aside), tuned: side(ended.beside) },
            [...hot.executor.base],
            policy,
          )
    if (compared === null) return false
    this.comparison = compared.comparison
    writeVerdictRecord(hot, compared.verdict)
    if (compared.outcome === "promote") this.setBaseline()
    if (compared.outcome !== "rollBack") return false
    this.rollBack()
    return true
  }

  private judgeCanary(): boolean {
    const { onTrial } = this
    if (onTrial === null) return false
    const ended = this.turnOf("canary")
    const end = ended === null ? null : onTrial.take(ended)
    if (end === null) return false
    this.endTrial(end)
    return end === "rolledOut"
  }

  /** The plant was put elsewhere: what was compared is void, and so is a candidate beside it. */
  private compareAnew(): void {
    this.controls.forget()
    this.comparison &&= beginAnew(this.comparison, this.hot.nowCell[0])
  }

  override setBaseline(): void {
    super.setBaseline()
    this.compareAnew()
  }

  protected override toBaseline(asked: boolean): void {
    this.plantMoves()
    super.toBaseline(asked)
  }

  protected override retreated(): void {
    this.plantMoves()
    super.retreated()
  }

  override freeze(reason: number): void {
    this.plantMoves()
    super.freeze(reason)
  }

  override rest(): void {
    this.plantMoves()
    super.rest()
  }

  protected plantMoves(): void {
    this.compareAnew()
    if (this.onTrial !== null) this.endTrial("withdrawn")
  }

  protected noteThat(seq: number, text: () => string): void {
    if (seq > 0) this.onNote?.(seq, text())
  }

  protected note(note: Omit<CohortNote, "design">, text: () => string): void {
    this.noteThat(writeCohortRecord(this.hot, { ...note, design: this.design }), text)
  }

  private noteCanary({ units, worse, sound, difference, turns, variant }: Canary, end: string): void {
    const said = this.saying === undefined ? end : `${end} ${this.saying}`
    const what = variant === null ? said : `variant "${variant.name}" ${said}`
    const margin = variant?.afterBreaches
    const note = { act: "canary", value: worse, limit: sound, difference, margin, point: units } as const
    this.note(note, () => (turns === 0 ? what : `${what} after ${turns} turns`))
  }
}
