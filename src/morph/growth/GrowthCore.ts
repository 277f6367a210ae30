/**
 * A growing host without threads, disks or promises: one synchronous boundary per epoch. It trains, measures, takes every graft through its
 * gates, asks the policy, and carries out what the risk rules let pass. The clock is given; nothing here draws chance.
 */
import { GrowthError, growthProblem } from "../../domain/GrowthError.ts"
import type { AnyBlueprint } from "../blueprints/Blueprint.ts"
import type { GraftCommand } from "../grafting/graftEvents.ts"
import { GraftTable, type GraftTableStanding } from "../grafting/GraftTable.ts"
import { grown, type GrowthMode, permits } from "../grafting/growthMode.ts"
import { isLive } from "../grafting/transitions.ts"
import type { NeuralHost } from "../neural/NeuralHost.ts"
import { noRoom } from "../neural/options.ts"
import { dispose } from "../policy/disposal.ts"
import type { PolicySource } from "../policy/PolicyAnswer.ts"
import type { PolicyCommand } from "../policy/PolicyCommand.ts"
import type { GrowthReport } from "../policy/reports.ts"
import { judgeRisk, lossJump, volatility } from "../policy/riskRules.ts"
import { emergencyIn, type EmergencyReason, type EmergencyWord } from "../training/EmergencyWord.ts"
import type { Judgement } from "../training/Governor.ts"
import { CoreMemory } from "./CoreMemory.ts"
import { germinationProblems, type TryFirst } from "./germination.ts"
import { type AlarmLevel, Alarms, type Listen, reasonOfRule } from "./Alarms.ts"
import type { GerminateRequest, GrowthBoundary, SocketView } from "./GrowthBoundary.ts"
import { noteMoves } from "./noteMoves.ts"
import { packetOf } from "./packet.ts"
import { requireWhy } from "./requireWhy.ts"
import { type PartView, partViews, socketView } from "./partViews.ts"

/** Losses that a policy sees. */
const HISTORY = 200
/** Reports in memory; a state folder keeps those of a day. */
export const REPORTS_KEPT = 1000
/** A rollback that takes longer leaves the host unanswered for too long: a person has to look at it. */
const SLOW_ROLLBACK_MS = 500

export interface CoreOptions {
  readonly host: NeuralHost
  readonly catalogue: ReadonlyArray<AnyBlueprint>
  /** A `GraftingInput`. */
  readonly grafting?: unknown
  /** Null: only what a person asks for. Its answer is read before anything looks at it. */
  readonly policy: PolicySource | null
  /** Milliseconds; only differences count. */
  readonly now: () => number
  /** Milliseconds, for what is shown and for nothing else; `now` if left out. */
  readonly stopwatch?: (() => number) | undefined
  /** Gets each report as it arises. */
  readonly filed?: (report: GrowthReport) => void
  readonly tryFirst?: TryFirst<GrowthCore> | undefined
  readonly listen?: Listen | undefined
  /** Where another core of the same options stood (`standing.ts`); the host has been made from its part of it. */
  readonly standing?: GraftTableStanding
}

export class GrowthCore {
  readonly host: NeuralHost
  readonly table: GraftTable
  readonly reports: Array<GrowthReport> = []
  private readonly options: CoreOptions
  readonly memory: CoreMemory
  /** Where any thread that shares the host's memory says, and sees, that something is wrong. */
  readonly emergency: EmergencyWord
  private readonly alarms: Alarms
  private readonly counts: CoreMemory["counts"]
  /** At the last boundary. */
  private policyLate = false
  /** A boundary threw half-way: there is nothing here to go on from. */
  private broken = false

  constructor(options: CoreOptions) {
    const { host, grafting = {}, standing } = options
    this.options = options
    this.host = host
    this.memory = new CoreMemory(host.structure)
    this.counts = this.memory.counts
    this.emergency = emergencyIn(host.arena.memory)
    this.alarms = new Alarms(this.emergency)
    this.table = new GraftTable({
      host,
      options: grafting,
      ...(standing === undefined ? {} : { standing }),
    })
  }

  /** Epochs so far. */
  get epochs(): number {
    return this.counts.epoch
  }

  /** False where a boundary broke off half-way. */
  get isWhole(): boolean {
    return !this.broken
  }

  get mode(): GrowthMode {
    return this.counts.growth.mode
  }

  /** Trains for one epoch and takes its boundary. */
  next(): GrowthBoundary {
    if (this.broken) throw growthProblem("run", "A boundary broke off.", "Go on from the last good boundary.")
    this.listen()
    if (!permits(this.counts.growth.mode).trains)
      throw growthProblem("run", `The host is halted: ${this.counts.growth.reason}.`, "Reset it first.")
    try {
      return this.advance()
    } catch (error) {
      this.broken = true
      throw noRoom(error)
    }
  }

  /** Takes an alarm that another thread has raised. */
  listen(): void {
    const { listen = (heard) => heard() } = this.options
    const heard = listen(() => this.alarms.heard())
    if (heard !== null) this.caution(heard.level, `another thread raised the alarm: ${heard.reason}`)
  }

  /** Removes everything that is planted. */
  cullAll(): void {
    for (const { slot, state } of this.table.lives) if (isLive(state)) this.table.fault(slot, "governor")
  }

  private advance(): GrowthBoundary {
    const trainingLoss = this.host.trainEpoch(this.counts.epoch)
    const epoch = ++this.counts.epoch
    const { now, stopwatch = now } = this.options
    const began = now()
    const shownFrom = stopwatch()
    const judgement = this.memory.governor.observe(trainingLoss)
    const shared = { panics: judgement === "panic" ? 1 : 0, boundaryP95Ms: this.memory.times.p95Ms }
    const { plants } = permits(this.counts.growth.mode)
    const { moves, refusals: refused } = this.table.atBoundary(epoch, { plants, shared })
    // What was asked for before the pause is planted, and goes no further.
    if (this.counts.paused !== null) this.holdAll("pause", this.counts.paused)
    const restored = moves.some(({ from, to }) => from === "probationary" && to === "culled")
    const rolledBackTo =
      judgement === "panic" && !restored ? this.goBack(epoch, "the governor panicked") : null
    const { loss, accuracy } = this.host.answerScore()
    const hostLoss = this.host.hostScore().loss
    noteMoves(this, moves, refused, loss)
    this.remember(epoch, judgement, loss, hostLoss)
    const { proposal, refusal: why } = this.consult()
    this.file(this.memory.windows.measure(epoch, loss))
    const clean = judgement === "usual" && !this.isViolated() && !this.policyLate
    if (judgement === "panic")
      this.alarm("elevated", "the loss left its course", Number.isFinite(trainingLoss) ? "lossPanic" : "nan")
    const { mode } = this
    this.counts.growth = grown(this.counts.growth, { type: "boundary", boundary: epoch, clean })
    if (mode !== "operational" && this.mode === "operational") this.alarms.clear()
    this.memory.times.add(now() - began)
    return {
      epoch,
      trainingLoss,
      loss,
      hostLoss,
      accuracy,
      parameters: this.host.parameters,
      mode: this.mode,
      boundaryMs: stopwatch() - shownFrom,
      sockets: this.sockets,
      moves,
      refused,
      rolledBackTo,
      proposal,
      refusal: why,
    }
  }

  get sockets(): ReadonlyArray<SocketView> {
    return this.table.lives.map(socketView)
  }

  /** The network with all that its sockets have shown at the last boundary. */
  get parts(): ReadonlyArray<PartView> {
    return partViews(this.host.stations(), this.table)
  }

  /** Asks for a blueprint to be planted: it is tried in quarantine now, and the next boundary decides. Throws with every problem. */
  germinate(socket: string, request: GerminateRequest): void {
    const lost = this.options.tryFirst?.(this, socket, request) ?? null
    if (lost !== null) {
      this.memory.records.culled(request.blueprint, this.counts.epoch)
      throw new GrowthError({ problems: [lost] })
    }
    const at = this.host.sockets().find(({ name }) => name === socket)
    const problems = [...germinationProblems(request, this.options.catalogue, this.counts.growth, at)]
    const { blueprint, why, by, parameters = {}, operator = "residual" } = request
    const graft = `g${this.counts.plantings + 1}`
    const planting = { graft, blueprint, parameters, operator, owner: by ?? "a person" }
    const command = { type: "germinate", why, ...(by === undefined ? {} : { by }), planting } as const
    const refused = this.table.problemsWith(socket, command)
    // What is wrong with a planting has been listed by the name that a person gave it.
    const known = problems.flatMap(({ path }) => [path, `planting.${path}`])
    problems.push(...refused.filter(({ path }) => !known.includes(path)))
    if (problems.length > 0) throw new GrowthError({ problems })
    this.counts.plantings++
    this.ask(socket, command)
  }

  /** Asks something of a graft; the next boundary decides. Throws where it is refused, and then nothing has changed. */
  ask(socket: string, command: GraftCommand): void {
    const problems = this.table.command(socket, command)
    if (problems.length > 0) throw new GrowthError({ problems })
  }

  /** What cannot be held is on its way out. */
  private holdAll(type: "pause" | "resume", why: string): void {
    for (const { slot, state, conditions } of this.table.lives)
      if (isLive(state) && (conditions.paused === null) === (type === "pause"))
        this.table.command(slot, { type, why })
  }

  /** Holds every graft where it is, and asks no policy; training goes on. Throws where it is paused already. */
  pause(why: string): void {
    requireWhy(why)
    if (this.counts.paused !== null)
      throw growthProblem("pause", "The growing host is paused already.", "Resume it first.")
    this.counts.paused = why
    this.holdAll("pause", why)
  }

  resume(why: string): void {
    requireWhy(why)
    if (this.counts.paused === null)
      throw growthProblem("resume", "The growing host is not paused.", "Pause it first.")
    this.counts.paused = null
    this.holdAll("resume", why)
  }

  /** Puts the host back on the last good boundary before this one. Throws where there is none. */
  rollback(why: string): number {
    requireWhy(why)
    const to = this.goBack(this.counts.epoch, why)
    if (to === null)
      throw growthProblem("rollback", "There is no snapshot to go back to.", "Run some epochs first.")
    return to
  }

  private goBack(before: number, why: string): number | null {
    const began = this.options.now()
    const to = this.memory.ring.restore(before, (words) => this.host.put(words))
    const tookMs = this.options.now() - began
    if (tookMs > SLOW_ROLLBACK_MS)
      this.alarm("halt", `a rollback took ${Math.round(tookMs)} ms`, "rollbackSlow")
    if (to !== null) {
      this.table.rolledBack(why)
      this.file(this.memory.windows.abort(why))
    }
    return to
  }

  private file(reports: ReadonlyArray<GrowthReport>): void {
    this.reports.push(...reports)
    for (const report of reports) this.options.filed?.(report)
    this.reports.splice(0, this.reports.length - REPORTS_KEPT)
  }

  /** A person goes on after a halt. Throws where it is not halted. */
  reset(by: string, why: string): void {
    if (permits(this.counts.growth.mode).trains)
      throw growthProblem("reset", `The host is ${this.mode}, and not halted.`, "Go on without it.")
    this.counts.growth = grown(this.counts.growth, { type: "reset", by, note: why })
    this.alarms.clear()
  }

  private isViolated(): boolean {
    return this.table.lives.some(({ slot }) => (this.table.figuresOf(slot)["violations"] ?? 0) > 0)
  }

  private remember(epoch: number, judgement: Judgement, loss: number, hostLoss: number): void {
    const structure = this.host.structure
    if (structure !== this.counts.structure) {
      // Copies of another structure do not fit, and its losses are no measure of this one.
      this.counts.structure = structure
      this.memory.ring.clear()
      this.counts.own = []
    }
    this.counts.heldOut = [...this.counts.heldOut.slice(1 - HISTORY), loss]
    this.counts.own = [...this.counts.own.slice(1 - HISTORY), hostLoss]
    if (judgement === "usual" && Number.isFinite(hostLoss)) this.memory.ring.push(epoch, this.host.copy())
  }

  /** Asks the policy, and carries out what the rules let pass. */
  private consult(): { readonly proposal: PolicyCommand | null; readonly refusal: string | null } {
    const { policy } = this.options
    this.policyLate = false
    if (policy === null || this.counts.paused !== null || this.counts.epoch <= this.counts.pausedUntil)
      return { proposal: null, refusal: null }
    const conservative = this.counts.growth.mode === "conservative"
    const packet = packetOf({
      host: this.host,
      table: this.table,
      catalogue: this.options.catalogue,
      records: this.memory.records,
      boundary: this.counts.epoch,
      sinceGrowth: this.counts.grewAt === null ? null : this.counts.epoch - this.counts.grewAt,
      heldOut: this.counts.heldOut,
      conservative,
      entries: this.counts.entries,
    })
    // A policy that gives no command, for whatever reason, does not keep the rules from being asked.
    const answer = policy.ask(packet)
    this.policyLate = answer.kind === "late"
    const proposal = answer.kind === "answered" ? answer.command : null
    const blueprint =
      proposal?.type === "graft"
        ? packet.catalogue.find(({ name }) => name === proposal.blueprint)
        : undefined
    const verdict = judgeRisk(
      {
        policyRisk: proposal?.risk ?? 0,
        blueprintRisk: blueprint?.risk ?? 0,
        quarantineOnly: blueprint?.quarantineOnly === true ? 1 : 0,
        conservative: conservative ? 1 : 0,
        policyLate: this.policyLate ? 1 : 0,
        lateBoundaries: this.memory.times.late,
        lossJump: lossJump(this.counts.own),
        isolationViolations: this.isViolated() ? 1 : 0,
        volatility: volatility(this.counts.own),
        memory: packet.memory,
      },
      new Set(this.counts.hit),
    )
    this.counts.hit = [...verdict.hit]
    const disposal = dispose(proposal, verdict, this.counts.epoch, this.counts.downgradedAt)
    this.counts.downgradedAt = disposal.downgradedAt
    if (
      disposal.action === "conserve" ||
      disposal.action === "cullAndConserve" ||
      disposal.action === "emergency"
    )
      this.alarm("conservative", verdict.rule?.id ?? "risk", reasonOfRule(verdict.rule?.id ?? ""))
    if (disposal.action === "emergency") this.cullAll()
    const note = answer.kind === "answered" ? null : `${policy.name}: ${answer.note}`
    return { proposal, refusal: note ?? disposal.refusal ?? this.carryOut(disposal.command) }
  }

  /** Null where it was carried out, else why not. */
  private carryOut(command: PolicyCommand | null): string | null {
    if (command === null) return null
    try {
      this.execute(command)
    } catch (error) {
      if (error instanceof GrowthError) return error.message
      throw error
    }
    this.counts.commands++
    const loss = this.counts.heldOut.at(-1) ?? Number.NaN
    this.memory.windows.begin(
      `c${this.counts.commands}`,
      command,
      this.counts.epoch,
      loss,
      this.options.policy?.name ?? "",
    )
    return null
  }

  private execute(command: PolicyCommand): void {
    const { why } = command
    const by = this.options.policy?.name ?? ""
    switch (command.type) {
      case "graft":
        if (command.operation === "germinate")
          return this.germinate(command.socket, { blueprint: command.blueprint ?? "", why, by })
        if (command.operation === "unknown") return
        return this.ask(command.socket, { type: command.operation, why, by })
      case "optimiser":
        return this.host.adjust({ rate: this.host.rates.rate * command.factor })
      case "rollback":
        return void this.rollback(why)
      case "pause":
        this.counts.pausedUntil = this.counts.epoch + command.boundaries
        return
      default:
        if (command.level !== "unknown") this.alarm(command.level, why, "asked")
    }
  }

  private alarm(level: AlarmLevel, why: string, reason: EmergencyReason): void {
    this.alarms.raise(level, reason, this.counts.epoch)
    this.caution(level, why)
  }

  private caution(level: AlarmLevel, reason: string): void {
    this.counts.growth = grown(this.counts.growth, { type: "emergency", level, reason })
  }
}
