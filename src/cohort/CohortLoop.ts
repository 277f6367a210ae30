/**
 * The control loop of a tuner with many replicas: Tier 1, the tuning rule, and the gathering of what replicas report. It takes the decisions of
 * `HotLoop` (pacing, refusals, regressions, emergencies, SafeMode, the runaway guard) with other readings: a stage closes when
 * enough replicas on each side have measured enough, and its two sides are read at the same time.
 *
 * It knows no clock, no transport and no chance. An Effect entity, a host in one process and a test in virtual time drive it with
 * `take`, `answer` and `tick`. Tier 1 stays the sole decider: both targets of a pair are one proposal, checked whole, under
 * one generation; budgets count the base, as ever.
 */
import {
  GUARD_RETREAT,
  PLUS,
  RING_FULL,
  TRIP_AUDIT_QUEUE_FULL,
  TRIP_ENGINE_FAULT,
  TRIP_TELEMETRY_LOST,
  UPDATE,
} from "../hot/codes.ts"
import type { HotPath } from "../hot/HotPath.ts"
import { APPLYING_MINUS, APPLYING_PLUS, FROZEN, WAITING_PLUS } from "../hot/phases.ts"
import { LOSS_MINUS, LOSS_PLUS, MARGIN_MINUS, MARGIN_PLUS, type SpsaKernel } from "../hot/SpsaKernel.ts"
import { P_TARGET } from "../hot/SafetyExecutor.ts"
import {
  drawnText,
  MINUS_SIDE,
  readText,
  writeCohortRecord,
  writeProposalRecord,
  writeSide,
} from "./cohortRecords.ts"
import {
  type CohortEvidence,
  comparisonFrom,
  comparisonState,
  EVIDENCE_VERSION,
  readEvidence,
} from "./cohortEvidence.ts"
import type { CohortStanding } from "./CohortStanding.ts"
import type { CohortStart } from "./ComparedLoop.ts"
import { ASIDE, GatheringLoop } from "./GatheringLoop.ts"
import { designFor, sideIn, stagesOf } from "./designs.ts"
import { type FoundInterference, NEEDED_EVIDENCE } from "./Interference.ts"
import { SharedKnobs } from "./SharedKnobs.ts"
import { comparePairs, samePair } from "./order.ts"
import { PairCheck } from "./PairCheck.ts"
import { pairFits } from "./pairFits.ts"
import { type Report, type Role, ROLES } from "./protocol.ts"
import type { Taken } from "./Roster.ts"
import type { StageReading } from "./sideReadings.ts"

export class CohortLoop extends GatheringLoop {
  /** Stages that have closed with enough readings, and stages that have not. */
  stages = 0
  expiries = 0
  private draw = 0
  /** The stage of the cycle that is to be applied or measured next. */
  private stage = 0
  private readonly check: PairCheck
  private readonly sharing: SharedKnobs | null
  private readonly first: Array<StageReading> = []
  private reading: StageReading | null = null
  /** The objective as last read: an emergency brings none of its own. */
  private level = 0

  constructor(hot: HotPath, kernel: SpsaKernel, start: CohortStart) {
    super(hot, kernel, start)
    this.check = new PairCheck(hot.table)
    this.sharing = start.shared === null ? null : new SharedKnobs(kernel, start.shared)
  }

  override takeOver(left: CohortStanding, baseline: Float64Array | null): void {
    const { learned, resumption } = left
    const { interference, comparison } = readEvidence(learned?.evidence, this.hot.table.size).evidence
    if (interference !== null) this.check.interference.resume(interference)
    // After a kill the plant stands on the baseline, and what was shown is about where it stood.
    const standsThere = resumption.from.ended && baseline !== null
    if (comparison !== null && this.cohort.comparison !== null)
      this.comparison = comparisonFrom(comparison, this.hot.nowCell[0], standsThere)
    super.takeOver(left, baseline)
  }

  /** What its tests have shown so far, for the owner that takes this one's place. */
  get evidence(): CohortEvidence {
    const { check, comparison } = this
    return {
      version: EVIDENCE_VERSION,
      interference: check.interference.begun ? check.interference.save() : null,
      comparison: comparison && comparisonState(comparison),
    }
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
  protected hearEmergency(side: Role | undefined, margin: number): void {
    if (this.records)
      writeCohortRecord(this.hot, { act: "emergency", value: ROLES.indexOf(side as Role), margin })
    // The others do not stand where a candidate has led.
    if (side === "canary" && this.onTrial !== null) return this.endTrial("constraint")
    const { hot, fences } = this
    const probe = side === "plus" ? this.plus : side === "minus" ? this.minus : null
    if (probe === null || !this.inStage) fences.ended()
    else fences.applied({ block: probe, unitsAt: 0 }, true)
    this.respond(hot.observeObject({ objective: this.level, constraintMargin: margin }))
  }

  /** Lets the time in `hot.nowCell` pass: closes what can be closed, and does what is due. */
  override tick(): number {
    this.countSilence()
    this.followGeneration()
    this.closeStage()
    this.followGeneration()
    if (this.tooManySilent()) {
      if (this.records) writeCohortRecord(this.hot, { act: "silent" })
      this.open(TRIP_TELEMETRY_LOST)
    }
    return super.tick()
  }

  /** What cannot be recorded is not decided on, and nobody stays on a perturbation for it. */
  protected override respond(code: number): void {
    if (code === RING_FULL && this.phase !== FROZEN) this.open(TRIP_AUDIT_QUEUE_FULL)
    super.respond(code)
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
    if (this.awaitsReplicas()) return false
    if (this.stage === 0) {
      if (this.judged()) return false
      this.drawCycle()
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
    this.beginStage(kind)
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

  private drawCycle(): void {
    const { design } = this.cohort
    const off = this.spread(this.draw++)
    if (this.records) writeCohortRecord(this.hot, { act: "present", value: off })
    const turns = this.interferes ? design === "auto" : this.sharing?.turn === true
    this.design = designFor(turns ? "together" : design, off)
    // With fewer than two nothing differs between replicas, and all knobs are tried at once.
    if (!this.interferes && (turns || this.design !== "together"))
      this.sharing?.hold(this.state, this.hot.executor.base)
    this.check.active = false
    if (design === "auto" && this.design === "split") this.check.begin()
  }

  private beginStage(kind: number): void {
    const present = this.roster.present(this.hot.nowCell[0])
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
    const reading = this.gather()
    if (reading === null) return
    const { loss, margin } = reading
    this.reading = reading
    if (waiting) {
      this.stages++
      this.noteReading(reading)
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

  private noteReading({ plus, minus }: StageReading): void {
    const { design, roster, hot, cohort } = this
    const sides = this.sidesInPlay()
    const difference = plus.loss - minus.loss
    // One record has room for one margin.
    if (this.records && !Number.isNaN(minus.margin)) writeSide(hot, MINUS_SIDE, minus)
    const { margin } = plus
    const note = { act: "read", design, value: plus.loss, limit: minus.loss, difference, margin } as const
    const text = (): string => readText(roster, sides, cohort.minSamples, hot.nowCell[0])
    this.noteThat(writeCohortRecord(hot, note), text)
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
