/**
 * Runs the analyses of an engine off the digest's path. The deadline executive does their steps between digests, so Tier 1 never
 * waits for one. Only engines with the option `schedule` load it.
 *
 * A result takes effect at the end of the next window, never earlier or later, so no decision depends on how fast the machine was.
 * One that is not there by then is dropped, and the audit records that; a replay drops the same ones. When too many were late,
 * and the option asks for it, SafeMode opens.
 */
import * as Effect from "effect/Effect"
import { type PatternRooms } from "../../control/pattern.ts"
import { sightingSteps } from "../../control/homeostasis.ts"
import type { EngineSettings } from "../../domain/Config.ts"
import { WINDOW_CLOSED, WINDOW_EXPIRED } from "../../hot/codes.ts"
import type { HotPath } from "../../hot/HotPath.ts"
import { recordVerdict } from "../../../machines/hotAudit.ts"
import type { Waiting } from "../../../machines/relocationState.ts"
import { type Admission, DeadlineExecutive } from "../../scheduler/DeadlineExecutive.ts"
import type { dueOf } from "../../telemetry/dueOf.ts"
import type { AuditTrail } from "../audit/AuditTrail.ts"
import { mayTrip } from "../calls/mayTrip.ts"
import { errorText } from "../calls/outcome.ts"
import type { Notifications } from "../calls/Notifications.ts"
import type { EngineActor } from "../contract/EngineSnapshot.ts"
import type { Analysis, EngineSchedule, SchedulePort } from "../contract/ScheduleState.ts"
import type { ChildSpec } from "../supervision/supervise.ts"

/** The engine, as far as its analyses go. */
export interface ScheduleHost {
  readonly settings: EngineSettings
  readonly hot: HotPath
  readonly trail: AuditTrail
  readonly actor: EngineActor
  readonly due: ReturnType<typeof dueOf>
  readonly nowUs: number
  readonly notifications: Notifications
  readonly fault: (detail: string) => void
}

/** What every kind of analysis asks of the thread: 2 ms in 10 ms, and no more often than once a second where there are many. */
const DEMAND = {
  class: "analysis",
  periodUs: 10_000,
  slowestPeriodUs: 1_000_000,
  budgetUs: 2_000,
  stepUs: 250,
  releasedBy: "call",
} as const
/** Results that are looked back upon by default. */
const OF = 10
/** Longest time that the thread is kept, ns. */
const SLICE_NS = 500_000

/** One kind of analysis. */
interface Task {
  readonly number: number
  readonly name: string
  readonly admission: Admission["answer"]
  current: Current | null
  asked: number
  delivered: number
  late: number
  failed: number
}

/** An analysis under way. */
interface Current {
  readonly analysis: Analysis<unknown>
  /** The window after whose end it was asked for. */
  readonly window: number
  outcome: { readonly result: unknown } | { readonly error: unknown } | null
}

/** `recorded`: the engine repeats a record, so nothing is late that was not late there. */
export function runSchedule(host: ScheduleHost, recorded = false): SchedulePort {
  return new EngineAnalyses(host, recorded)
}

class EngineAnalyses implements SchedulePort {
  readonly specs: ReadonlyArray<ChildSpec>
  private readonly host: ScheduleHost
  private readonly executive: DeadlineExecutive
  private readonly tasks: Array<Task> = []
  /** Results are there when they are due, however long they take. */
  private readonly timeless: boolean
  private readonly recorded: boolean
  private windows = 0
  /** The last outcomes, newest in the lowest bit; 1 is late. */
  private outcomes = 0
  private expected: ReadonlyArray<number> = []
  private seen: Waiting["between"] | null = null
  private readonly rooms: PatternRooms = new Map()

  constructor(host: ScheduleHost, recorded: boolean) {
    const { hot, settings } = host
    const manual = settings.clock === "manual"
    const originUs = host.nowUs
    this.host = host
    this.recorded = recorded
    this.timeless = manual || recorded
    this.executive = new DeadlineExecutive({ nowNs: () => Math.round((host.nowUs - originUs) * 1_000) })
    this.specs = manual ? [] : [{ name: "schedule", run: Effect.forever(Effect.suspend(() => this.turn())) }]
    // The first subscriber keeps the hook in place for good, so what is put around it stays around it.
    host.due.subscribe({ next: () => undefined })
    const passOn = hot.onDue
    hot.onDue = (code) => {
      const ended = code === WINDOW_CLOSED || code === WINDOW_EXPIRED
      if (ended) this.windows++
      passOn?.(code)
      if (ended) this.deliverAll()
      this.lookAtRegimes()
    }
  }

  state(): EngineSchedule {
    const analyses = this.tasks.map(({ name, admission, asked, delivered, late, failed }) => ({
      name,
      admission,
      asked,
      delivered,
      late,
      failed,
    }))
    return { ...this.executive.schedule(), analyses }
  }

  ask<R>(analysis: Analysis<R>): boolean {
    const task = this.taskOf(analysis.name)
    if (task.current !== null) return false
    task.asked++
    // The executive knows no types: what the steps return is what `deliver` takes.
    task.current = { analysis: analysis as Analysis<unknown>, window: this.windows, outcome: null }
    if (!this.timeless) this.executive.release(task.name)
    return true
  }

  expectLate(analyses: ReadonlyArray<number>): void {
    this.expected = analyses
  }

  /** What the driving fiber does next: a slice of work, or a rest. */
  private turn(): Effect.Effect<void> {
    const { executive } = this
    const waitNs = executive.nextNs - executive.nowNs
    if (waitNs <= 0)
      return Effect.andThen(
        Effect.sync(() => void executive.runDue(SLICE_NS)),
        Effect.yieldNow,
      )
    const sooner = Effect.callback<void>((resume) => {
      executive.onSooner = () => resume(Effect.void)
      return Effect.sync(() => (executive.onSooner = null))
    })
    return waitNs === Number.POSITIVE_INFINITY
      ? sooner
      : Effect.raceFirst(sooner, Effect.sleep(waitNs / 1_000_000))
  }

  private taskOf(name: string): Task {
    const known = this.tasks.find((task) => task.name === name)
    if (known !== undefined) return known
    const steps = () => this.work(task)
    const { answer } = this.executive.add({ ...DEMAND, name, run: steps })
    const task: Task = {
      number: this.tasks.length,
      name,
      admission: answer,
      current: null,
      asked: 0,
      delivered: 0,
      late: 0,
      failed: 0,
    }
    this.tasks.push(task)
    return task
  }

  /** A job of the executive: whatever is under way. One that was dropped gives way to the next. */
  private *work(task: Task): Generator<undefined> {
    for (;;) {
      const { current } = task
      if (current === null || current.outcome !== null) return
      step(current)
      yield
    }
  }

  private deliverAll(): void {
    const { expected } = this
    this.expected = []
    for (const task of this.tasks) {
      const { current } = task
      if (current !== null && current.window < this.windows)
        this.deliver(task, current, expected.includes(task.number))
    }
  }

  private deliver(task: Task, current: Current, wasLate: boolean): void {
    if (this.timeless && !wasLate) while (current.outcome === null) step(current)
    task.current = null
    const { outcome, analysis } = current
    const late = outcome === null
    if (late) this.noteLate(task)
    else if ("error" in outcome) this.noteFailure(task, outcome.error)
    else task.delivered++
    analysis.deliver(late || "error" in outcome ? null : outcome.result)
    this.judge(late)
  }

  /** For the audit, where a replay finds it again: which one, and how many of its kind by now. */
  private noteLate(task: Task): void {
    const { hot, trail, settings } = this.host
    task.late++
    trail.withNote("verdict", task.name, () =>
      recordVerdict(
        hot,
        {
          verdict: "hold",
          reason: "analysisLate",
          evidence: task.late,
          threshold: optionsOf(settings).trip ?? 0,
          difference: task.number,
        },
        hot.nowCell[0],
      ),
    )
  }

  /** A defect: the plant is made safe once the engine is at rest. A record has that already. */
  private noteFailure(task: Task, error: unknown): void {
    const { host } = this
    task.failed++
    if (!this.recorded) host.notifications.add(() => host.fault(`analysis ${task.name}: ${errorText(error)}`))
  }

  /** Opens SafeMode when so many of the last results were late as the option says. */
  private judge(late: boolean): void {
    const { settings, hot, actor } = this.host
    const { trip, of = OF } = optionsOf(settings)
    if (trip === undefined) return
    const kept = Math.max(trip, of)
    this.outcomes = ((this.outcomes << 1) | (late ? 1 : 0)) & (kept === 32 ? -1 : (1 << kept) - 1)
    let count = 0
    for (let rest = this.outcomes; rest !== 0; rest &= rest - 1) count++
    if (count < trip) return
    this.outcomes = 0
    if (mayTrip(this.host)) actor.send({ type: "trip", reason: "deadlinesMissed", nowUs: hot.nowCell[0] })
  }

  /** The temporal key of the homeostasis cache: what waits for a look at the context gets one. */
  private lookAtRegimes(): void {
    const { settings, actor, hot } = this.host
    if (settings.homeostasis?.key !== "temporal") return
    const child = actor.getSnapshot().children.relocation
    const snapshot = child?.getSnapshot()
    if (child === undefined || snapshot?.status !== "active") return
    const { deferred, waiting, reentry, given } = snapshot.context
    if (!deferred) child.send({ type: "defer" })
    if (waiting === null || waiting.between === this.seen) return
    this.seen = waiting.between
    this.ask({
      name: "regimes",
      steps: sightingSteps(reentry.memory, given.policy.reentry, this.rooms),
      deliver: (sighting) => {
        // A restart may have put another in its place.
        const now = this.host.actor.getSnapshot().children.relocation
        if (now?.getSnapshot().status === "active")
          now.send({ type: "sighted", sighting, nowUs: hot.nowCell[0] })
      },
    })
  }
}

const optionsOf = ({ schedule }: EngineSettings): Exclude<EngineSettings["schedule"], boolean> =>
  typeof schedule === "object" ? schedule : {}

/** One step of it, to its outcome. */
function step(current: Current): void {
  try {
    const { done, value } = current.analysis.steps.next()
    if (done === true) current.outcome = { result: value }
  } catch (error) {
    current.outcome = { error }
  }
}
