/**
 * The control loop of a tuner with many replicas: Tier 1, the tuning rule, and the gathering of what replicas report. It takes the decisions of
 * `HotLoop` (pacing, refusals, regressions, emergencies, SafeMode, the runaway guard) with other readings: a stage closes when
 * enough replicas on each side have measured enough, and its two sides are read at the same time.
 *
 * It knows no clock, no transport and no chance. An Effect entity, a host in one process and a test in virtual time drive it with
 * `take`, `answer` and `tick`. Tier 1 stays the sole decider: both targets of a pair are one proposal, checked whole, under
 * one generation; budgets count the base, as ever.
 */
import { GUARD_RETREAT, PLUS, TRIP_ENGINE_FAULT, TRIP_TELEMETRY_LOST, UPDATE } from "../hot/codes.ts"
import type { HotPath } from "../hot/HotPath.ts"
import {
  APPLYING_MINUS,
  APPLYING_PLUS,
  COMPUTING,
  FROZEN,
  WAITING_MINUS,
  WAITING_PLUS,
} from "../hot/phases.ts"
import { LOSS_MINUS, LOSS_PLUS, MARGIN_MINUS, MARGIN_PLUS, type SpsaKernel } from "../hot/SpsaKernel.ts"
import { P_TARGET } from "../hot/SafetyExecutor.ts"
import { drawnText, readText, writeCohortRecord, writeProposalRecord } from "./cohortRecords.ts"
import { ComparedLoop, type CohortStart } from "./ComparedLoop.ts"
import { designFor, sideIn, stagesOf } from "./designs.ts"
import { type Gathering, LEAST_PER_SIDE, type SideCount, stageCloses } from "./quorum.ts"
import { type FoundInterference, NEEDED_EVIDENCE } from "./Interference.ts"
import { SharedKnobs } from "./SharedKnobs.ts"
import { comparePairs, samePair } from "./order.ts"
import { PairCheck } from "./PairCheck.ts"
import { pairFits } from "./pairFits.ts"
import type { Report, Role } from "./protocol.ts"
import { drawRoles } from "./roles.ts"
import type { RosterEntry, Taken } from "./Roster.ts"
import { readStage, type StageReading } from "./sideReadings.ts"

/** Roles that a stage neither gives nor takes. */
const ASIDE: ReadonlySet<Role> = new Set(["control", "canary"])

/** Where a replica is to stand, unit space. Read at once: the arrays are the loop's own. */
export interface Place {
  readonly role: Role
  readonly units: Float64Array
}

export class CohortLoop extends ComparedLoop {
  /** Stages that have closed with enough readings, and stages that have not. */
  stages = 0
  expiries = 0
  private draw = 0
  /** The stage of the cycle that is to be applied or measured next. */
  private stage = 0
  /** The generation of the stage under way; NaN: there is none. */
  private stageGeneration = Number.NaN
  private sinceUs = 0
  /** What is live, as gathered: another generation begins from nothing. */
  private gathered = Number.NaN
  private readonly plus: Float64Array
  private readonly minus: Float64Array
  private readonly live: Float64Array
  private readonly check: PairCheck
  private readonly sharing: SharedKnobs | null
  private readonly first: Array<StageReading> = []
  private reading: StageReading | null = null
  /** The objective as last read: an emergency brings none of its own. */
  private level = 0
  private lookedUs = Number.NaN

  constructor(hot: HotPath, kernel: SpsaKernel, start: CohortStart) {
    super(hot, kernel, start)
    this.plus = new Float64Array(hot.table.size)
    this.minus = new Float64Array(hot.table.size)
    this.live = new Float64Array(hot.table.size)
    this.check = new PairCheck(hot.table)
    this.sharing = start.shared === null ? null : new SharedKnobs(kernel, start.shared)
  }

  /** Takes a report that was read, at the time in `hot.nowCell`. A replica's emergency is dealt with here and now. */
  take(report: Report): Taken {
    this.followGeneration()
    const now = this.hot.nowCell[0]
    const { emergency } = report
    const taken = this.roster.take(report, now, this.pair)
    if (emergency === undefined) return taken
    const side = this.roster.find(report.replica, report.boot)?.side
    // A canary stands on its candidate, or walks there, under every pair of its turn.
    const asCanary = side === "canary" && comparePairs(emergency.at, this.turnSince) >= 0
    // One that was sent again may bring an emergency of since then.
    if (asCanary || samePair(emergency.at, this.pair)) this.hearEmergency(side, emergency.margin)
    return taken
  }

  /** One replica in an emergency is one too many: all go back. The fence goes up where that one stood. */
  private hearEmergency(side: Role | undefined, margin: number): void {
    // The others do not stand where a candidate has led.
    if (side === "canary" && this.onTrial !== null) return this.endTrial("constraint")
    const { hot, fences } = this
    const probe = side === "plus" ? this.plus : side === "minus" ? this.minus : null
    if (probe === null || !this.inStage) fences.ended()
    else fences.applied({ block: probe, unitsAt: 0 }, true)
    this.respond(hot.observeObject({ objective: this.level, constraintMargin: margin }))
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

  /** Lets the time in `hot.nowCell` pass: closes what can be closed, and does what is due. */
  override tick(): number {
    this.countSilence()
    this.followGeneration()
    this.closeStage()
    this.followGeneration()
    if (this.tooManySilent()) this.open(TRIP_TELEMETRY_LOST)
    return super.tick()
  }

  /** Replicas are silent only while the owner listens: what it slept itself, in a debugger or on a suspended machine, does not count. */
  private countSilence(): void {
    const now = this.hot.nowCell[0]
    const sleptUs = now - this.lookedUs - this.cohort.reportUs
    if (sleptUs > 0) this.roster.excuse(sleptUs, now)
    this.lookedUs = now
    this.roster.forgetGone(now)
  }

  /** A generation that somebody published: what was measured under the one before is void. */
  private followGeneration(): void {
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
  private tooManySilent(): boolean {
    if (!this.inStage) return false
    const off = this.roster.all.filter(({ side, replaced }) => side !== "base" && !replaced)
    const now = this.hot.nowCell[0]
    return 2 * off.filter((entry) => this.roster.isSilent(entry, now)).length > off.length
  }

  private get inStage(): boolean {
    return this.stageGeneration === this.hot.config.generation
  }

  protected override ready(): void {
    this.stage = 0
    this.first.length = 0
    if (this.sharing !== null && !this.interferes)
      this.state = this.sharing.next(this.state, this.hot.executor.base)
    super.ready()
  }

  protected override plantMoves(): void {
    super.plantMoves()
    this.sharing?.plantMoved()
  }

  /** Both targets of a pair go through Tier 1 as one. */
  protected override ask(kind: number): boolean {
    if (kind === UPDATE) return this.propose(kind)
    const { hot, kernel, state, plus, minus } = this
    const now = hot.nowCell[0]
    const present = this.roster.present(now)
    if (present.length === 0) {
      this.due[0] = now + this.cohort.reportUs
      return false
    }
    if (this.stage === 0) {
      if (this.judged()) return false
      this.drawCycle(present)
    }
    kernel.plusTarget(state, plus, 0)
    kernel.minusTarget(state, minus, 0)
    if (this.check.active) {
      this.check.place(hot.executor, plus, minus)
      hot.executor.proposal.set(kind === PLUS ? plus : minus, P_TARGET)
    }
    const [target, other] = kind === PLUS ? [plus, minus] : [minus, plus]
    const fits = this.design === "together" || pairFits(hot.executor, target, other)
    // Tier 1 itself refuses, and records, what does not fit.
    if (!fits) hot.executor.proposal.set(other, P_TARGET)
    if (!this.propose(kind)) return false
    if (!fits) {
      this.open(TRIP_ENGINE_FAULT)
      return false
    }
    this.beginStage(kind, present)
    const { design, draw, epoch, seed, roster } = this
    const point = design === "together" ? undefined : other
    const note = { act: "drawn", design, value: draw - 1, limit: epoch, ...(point && { point }) } as const
    this.noteThat(writeCohortRecord(hot, note), () => drawnText(roster, seed, now))
    return true
  }

  private propose(kind: number): boolean {
    writeProposalRecord(this.hot, kind)
    return super.ask(kind)
  }

  private drawCycle(present: ReadonlyArray<RosterEntry>): void {
    const { exposure, control, design, comparison } = this.cohort
    const numbers = { seed: this.seed, epoch: this.epoch, draw: this.draw++ }
    const aside = this.drawAside(present)
    const rest = present.filter(({ key }) => !aside.has(key))
    const inTime = rest.filter((entry) => !this.roster.isLate(entry))
    const free = inTime.length < LEAST_PER_SIDE ? rest : inTime
    const roles = drawRoles(free, { exposure, control: comparison === null ? control : 0 }, numbers)
    const off = roles.filter((role) => role === "plus" || role === "minus").length
    const turns = this.interferes ? design === "auto" : this.sharing?.turn === true
    this.design = designFor(turns ? "together" : design, off)
    // With fewer than two nothing differs between replicas, and all knobs are tried at once.
    if (!this.interferes && (turns || this.design !== "together"))
      this.sharing?.hold(this.state, this.hot.executor.base)
    this.check.active = false
    if (design === "auto" && this.design === "split") this.check.begin()
    for (const entry of this.roster.all) entry.drawn = "base"
    free.forEach((entry, i) => {
      entry.drawn = roles[i]
    })
    for (const entry of present) entry.drawn = aside.get(entry.key) ?? entry.drawn
  }

  private beginStage(kind: number, present: ReadonlyArray<RosterEntry>): void {
    this.stageGeneration = this.hot.config.generation
    this.followGeneration()
    for (const entry of this.roster.all) entry.side = ASIDE.has(entry.drawn) ? entry.drawn : "base"
    const plusNow = kind === PLUS
    for (const entry of present) {
      if (this.design === "together") entry.side = sideIn("together", 0, entry.drawn, plusNow)
      else entry.side = sideIn(this.design, this.stage, entry.drawn, plusNow)
    }
  }

  /** Closes the stage, or the window of the base, if enough has been measured: the loop then takes it as one window. */
  private closeStage(): void {
    const now = this.hot.nowCell[0]
    const waiting = this.isWaiting
    if (waiting && !this.inStage) return
    const over = now - this.sinceUs >= this.cohort.windowUs
    const sides: ReadonlyArray<Role> = waiting ? this.sidesInPlay() : ["base"]
    const counts = sides.map((side) => this.countOf(side))
    if (!stageCloses(counts, this.cohort.quorum, over)) return
    const readings = this.readingsWhere(({ side }) => sides.includes(side))
    this.reading = waiting
      ? readStage(readings, this.design === "split" ? this.ownDeviations : null)
      : readStage(
          readings.map((one) => ({ ...one, side: "plus" as const })),
          null,
        )
    const { loss, margin } = this.reading
    if (Number.isNaN(loss)) return
    if (waiting) {
      this.stages++
      this.noteReading(sides, this.reading)
    }
    this.readAside()
    this.roster.noteLate(this.pair, this.sinceUs, now)
    this.sinceUs = now
    this.roster.clearMeasured()
    this.level = this.options.sign * loss
    const constraintMargin = Number.isNaN(margin) ? undefined : margin
    this.respond(this.hot.observeObject({ objective: this.level, constraintMargin }))
    this.reading = null
  }

  private noteReading(sides: ReadonlyArray<Role>, { plus, minus }: StageReading): void {
    const { design, roster, hot, cohort } = this
    const difference = plus.loss - minus.loss
    const note = { act: "read", design, value: plus.loss, limit: minus.loss, difference } as const
    const text = (): string => readText(roster, sides, cohort.minSamples, hot.nowCell[0])
    this.noteThat(writeCohortRecord(hot, note), text)
  }

  private sidesInPlay(): ReadonlyArray<Role> {
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

  private get isWaiting(): boolean {
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

  /** The stage has closed: both sides at once, or one of two stages. */
  protected override read(): void {
    const waiting = this.isWaiting
    const { reading } = this
    if (waiting && reading !== null && this.check.active) {
      this.readCheck(reading)
      return
    }
    if (!waiting || this.design === "together" || reading === null) {
      super.read()
      return
    }
    this.timeouts = 0
    if (this.guard.take(reading.loss) === GUARD_RETREAT) {
      this.retreated()
      return
    }
    this.first.push(reading)
    if (this.first.length < stagesOf(this.design)) {
      this.stage++
      this.phase = this.phase === WAITING_PLUS ? APPLYING_MINUS : APPLYING_PLUS
      return
    }
    const mean = (pick: (one: StageReading) => number): number =>
      this.first.reduce((sum, one) => sum + pick(one), 0) / this.first.length
    this.readings[LOSS_PLUS] = mean(({ plus }) => plus.loss)
    this.readings[LOSS_MINUS] = mean(({ minus }) => minus.loss)
    this.readings[MARGIN_PLUS] = mean(({ plus }) => plus.margin)
    this.readings[MARGIN_MINUS] = mean(({ minus }) => minus.margin)
    this.compute()
  }

  /** A stage of a check has closed. */
  private readCheck(reading: StageReading): void {
    this.timeouts = 0
    if (this.guard.take(reading.loss) === GUARD_RETREAT) {
      this.retreated()
      return
    }
    const came = this.check.take(reading)
    if (came === "more") {
      this.stage++
      this.design = this.check.design
      this.phase = this.phase === WAITING_PLUS ? APPLYING_MINUS : APPLYING_PLUS
      return
    }
    if (came === "found") this.stayTogether()
    this.ready()
  }

  /** Where halves have led is not trusted: back to the baseline, and from there in turns, with nothing that halves have taught. */
  private stayTogether(): void {
    const { hot, kernel, check } = this
    const { knob, evidence, difference, checks } = check.interference.found as FoundInterference
    this.interferes = true
    const note = { act: "interference", design: "together", value: evidence, limit: NEEDED_EVIDENCE } as const
    this.noteThat(writeCohortRecord(hot, { ...note, difference, knob }), () => `after ${checks} checks`)
    this.rollback()
    kernel.initial(this.state, hot.executor.base)
  }

  /** What was found out about replicas that interfere; null where nothing was. */
  get interference(): FoundInterference | null {
    return this.check.interference.found
  }

  /** Nobody measured enough: the pair is drawn again, for others. */
  protected override expired(): void {
    super.expired()
    this.expiries++
    this.roster.noteLate(this.pair, this.sinceUs, this.hot.nowCell[0])
    this.sinceUs = this.hot.nowCell[0]
    if (this.isWaiting) this.ready()
  }
}
