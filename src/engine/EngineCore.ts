/**
 * One engine without a lifetime of its own: the hot path, the machines around it and the audit trail, wired, and every
 * call a user can make, synchronous. Effect owns when it begins and ends (`runEngine`); `createEngine` and `Engine.make`
 * are its two faces. It has no timer and no fiber: in manual time this is all there is.
 */
import { windows$ } from "../telemetry/windows.ts"
import type { Actor } from "xstate"
import {
  COMMAND_AUDIT_FULL,
  COMMAND_DRAINED,
  DEADLINE,
  DIGEST_TIMESTAMP_US,
  EMERGENCY,
  NOT_TRIPPED,
  NOTHING_DUE,
  RING_FULL,
  WINDOW_CLOSED,
  WINDOW_EXPIRED,
} from "../hot/codes.ts"
import type { HotPath } from "../hot/HotPath.ts"
import type { EngineSettings } from "../domain/Config.ts"
import { type EngineFaultError, EngineStateError } from "../domain/errors.ts"
import { type CoarseKnob, coarseKnobs } from "../domain/ParamSpace.ts"
import type { Resumption } from "../domain/Resumption.ts"
import type { Window } from "../domain/Window.ts"
import type { engineMachine } from "../../machines/engine.machine.ts"
import { completeWhen } from "./interop/completeWhen.ts"
import { observeLater } from "./interop/observeLater.ts"
import { dueOf } from "../telemetry/dueOf.ts"
import type { Sample } from "../telemetry/samples.ts"
import { ActorTree } from "./ActorTree.ts"
import { UserCalls } from "./calls/UserCalls.ts"
import { EngineLife } from "./EngineLife.ts"
import { AuditDecoder } from "./audit/AuditDecoder.ts"
import { AuditTrail } from "./audit/AuditTrail.ts"
import { ClockWatch } from "./supervision/ClockWatch.ts"
import { carryOut, type Command } from "./commands.ts"
import { CycleTimes } from "./metrics/CycleTimes.ts"
import { type EngineCoreOptions, liveView, machineInputOf, startRecord } from "./engineParts.ts"
import { copyDigest, emptyDigest } from "../hot/writeDigest.ts"
import { readDigest, timeError, writeSample } from "./digestInput.ts"
import type { WatchedRules } from "./contract/RuleParts.ts"
import { cyclesOf, type EngineSnapshot, safeModeState } from "./contract/EngineSnapshot.ts"
import { snapshotNow, takeSnapshot } from "./contract/takeSnapshot.ts"
import { guardInspector } from "./calls/guarded.ts"
import type { MetaPort } from "./contract/MetaState.ts"
import type { StabilityPort } from "./contract/StabilityState.ts"
import type { SchedulePort } from "./contract/ScheduleState.ts"
import { Recovery } from "./supervision/Recovery.ts"
import { Relocations } from "./relocation/Relocations.ts"
import { resumedHotPath } from "./resume.ts"
import { Notifications } from "./calls/Notifications.ts"
import { type Callbacks, Listeners, type Subscription } from "./calls/Listeners.ts"

/** Due codes that one tick can lead to, one after another, before something is wrong. */
const MOST_DUE = 64

export class EngineCore {
  readonly settings: EngineSettings
  readonly runId: string
  readonly hot: HotPath
  readonly trail: AuditTrail
  /** Every finished window, until the engine is over. */
  readonly windows$: ReturnType<typeof windows$>
  readonly cycleTimes = new CycleTimes()
  /** Live values by name: every read is one array load. */
  readonly values: Readonly<Record<string, number>>
  /** By the guardrails in force. */
  coarse: ReadonlyArray<CoarseKnob>
  readonly snapshots = new Listeners<EngineSnapshot>("subscriber")
  /** Called when a person lets the engine continue: children that died too often may try again. */
  readonly releases = new Listeners<void>("release")
  /** Called once when the engine has ended: with null after a stop, with the fault if it could not be recovered. */
  readonly endings = new Listeners<EngineFaultError | null>("ending")
  readonly life = new EngineLife(this)
  /** What the faces of the engine call. */
  readonly calls = new UserCalls(this)
  /** Where it begins and why, where it takes the place of another one; settled once it has begun. */
  resumption: Resumption | null
  readonly clockWatch: ClockWatch
  private readonly readClock: (() => number) | null
  /** Calls to user functions that wait until the engine is at rest. */
  readonly notifications = new Notifications()
  /** Calls to the listeners of an actor. */
  private readonly actorListeners = new Listeners<() => unknown>("actor")
  readonly tree: ActorTree
  readonly recovery: Recovery
  readonly relocations: Relocations
  /** Only where the settings ask for it; set before the engine begins. */
  declare stability: StabilityPort | undefined
  declare schedule: SchedulePort | undefined
  /** Likewise. */
  declare rules: WatchedRules | undefined
  declare meta: MetaPort | undefined
  readonly listeners: ReadonlyArray<Callbacks>
  /** What the plant showed last; null before the first window and after the end. */
  lastWindow: Window | null = null
  readonly due: ReturnType<typeof dueOf>
  readonly counts = { windows: 0, windowsExpired: 0, cycles: 0 }
  /** Digests of a user's that are being read: a getter of one may report another. */
  reading = 0
  private readonly draft: Float64Array

  constructor(options: EngineCoreOptions) {
    const { settings } = options
    const { space } = settings
    this.settings = settings
    this.runId = options.runId
    this.readClock = options.readClock
    this.clockWatch = new ClockWatch(options.readClock === null ? null : settings.tickUs)
    this.resumption = options.resume ?? null
    this.hot = resumedHotPath(settings, options.readClock === null, this.resumption, options.shared)
    this.coarse = coarseKnobs(space, this.hot.executor.policy.maxStep)
    this.draft = this.hot.digest.slice()
    this.values = liveView(this.hot, space.names)
    this.trail = new AuditTrail({
      ring: this.hot.audit,
      decoder: new AuditDecoder(options.runId, settings),
      memory: settings.auditMemory,
      immediate: options.readClock === null,
      start: () => startRecord(this.relocations.settings, this.coarse, this.resumption),
      notifications: this.notifications,
      decodesLater: true,
    })
    const input = machineInputOf(settings, this.hot)
    const due = dueOf(this.hot, { objective: settings.objective })
    this.due = due
    // A fault is not the end: after a person's reset there are windows again.
    this.windows$ = completeWhen(
      // After a stop no further window is reported.
      observeLater(windows$(due), (call) =>
        this.notifications.add(() => (this.status === "stopped" ? undefined : call())),
      ),
      (done) => this.whenOver((fault) => (fault === null ? done() : undefined)),
    )
    this.actorListeners.add((call) => call())
    // Before the actors: an inspector is called as they are made, and may fail at once.
    this.recovery = new Recovery(this, settings.window.windowUs)
    this.relocations = new Relocations(this, options.relocation ?? null)
    const inspector =
      options.inspect === undefined ? null : guardInspector(options.inspect, this.notifications)
    this.listeners = [
      this.snapshots,
      this.trail.listeners,
      this.endings,
      this.actorListeners,
      ...this.relocations.calls,
      ...(inspector === null ? [] : [inspector.calls]),
    ]
    for (const listeners of this.listeners) {
      listeners.onFirstFailure = (detail) => {
        this.recovery.unreported.push(detail)
        this.notifications.add(() => {
          this.recovery.reportCallbacks()
          this.trail.pump()
        })
      }
    }
    this.tree = new ActorTree({
      hot: this.hot,
      input,
      due,
      inspect: inspector?.observer,
      machine: options.machine,
      onEvent: () => this.afterEvent(),
      later: (call) => this.notifications.add(() => this.actorListeners.notify(call)),
      mayEnd: () => this.life.proving,
      onDeath: (death) => this.recovery.rootDied(death),
      relocation: () => this.relocations.parts?.machine,
      onVariant: (event) => this.relocations.variantChosen(event),
    })
    this.notifications.tell()
  }

  get status(): EngineLife["status"] {
    return this.life.status
  }

  /** The root of the statecharts; another one after it had to be put in its place. */
  get actor(): Actor<typeof engineMachine> {
    return this.tree.root
  }

  /** Latest time known: the clock's own, or in manual time the latest stamp or tick. */
  get nowUs(): number {
    return this.readClock === null ? this.hot.nowUs : Math.max(this.hot.nowUs, this.readClock())
  }

  /** Puts the clock's time in the cell; in manual time it stands there. */
  private takeTime(): void {
    const { readClock } = this
    if (readClock === null) return
    const { nowCell } = this.hot
    const nowUs = readClock()
    if (nowUs > nowCell[0]) nowCell[0] = nowUs
  }

  /** In manual time, before it begins: what time it will be. */
  beginsAt(nowUs: number | undefined): void {
    if (this.readClock === null && nowUs !== undefined) this.hot.nowCell[0] = nowUs
  }

  /** Throws a DigestError when it is no digest, an EngineStateError when nobody is there to take it. */
  observe(input: unknown): boolean {
    if (this.status !== "running") this.life.expect("running", "observe")
    const { hot } = this
    this.takeTime()
    const draft = this.reading === 0 ? this.draft : hot.digest.slice()
    emptyDigest(draft, hot.config.generation)
    draft[DIGEST_TIMESTAMP_US] = hot.nowCell[0]
    this.reading++
    const error = readDigest(draft, input, this.settings.extras)
    this.reading--
    if (error !== null) throw error
    // Reading it may have called anything.
    if (this.status !== "running") this.life.expect("running", "observe")
    copyDigest(draft, hot.digest)
    this.clockWatch.look(hot.nowCell)
    return this.afterDue(hot.observe()) !== RING_FULL
  }

  /** A finished call: as `observe` of its digest. */
  observeSample(sample: Sample): void {
    if (this.status !== "running") return
    const { hot } = this
    this.takeTime()
    emptyDigest(hot.digest, sample.generation)
    hot.digest[DIGEST_TIMESTAMP_US] = hot.nowCell[0]
    writeSample(hot.digest, sample, this.settings.objective)
    this.clockWatch.look(hot.nowCell)
    this.afterDue(hot.observe())
  }

  /** The form without objects: fill `hot.digest` by position first. NaN stamps and generations are now and the live one. */
  observeDigest(): number {
    if (this.status !== "running") this.life.expect("running", "observeDigest")
    const { hot } = this
    const { digest } = hot
    // NaN is the only number that is not itself.
    if (digest[0] !== digest[0]) digest[0] = hot.nowCell[0]
    // The cell is as old as the last tick: a stamp beyond it may be ahead of it and not of the time. Reading the clock
    // allocates, so who wants none leaves the stamp away.
    else if (digest[0] > hot.nowCell[0] && this.readClock !== null) hot.nowCell[0] = this.nowUs
    if (digest[1] !== digest[1]) digest[1] = hot.config.generation
    this.clockWatch.look(hot.nowCell)
    const code = hot.observe()
    return code === NOTHING_DUE && !hot.audit.full ? code : this.afterDue(code)
  }

  /** Lets time be `nowUs`. In manual time a user calls it; otherwise the runtime's own fiber does. */
  tick(nowUs: number): void {
    const error = timeError(nowUs)
    if (error !== null) throw error
    this.hot.nowCell[0] = nowUs
    this.clockWatch.ticked(this.hot.nowCell)
    let code = WINDOW_CLOSED
    for (let i = 0; i < MOST_DUE && code !== NOTHING_DUE && code !== RING_FULL; i++) {
      code = this.afterDue(this.hot.tick())
      // A callback may have stopped the engine.
      if (this.status === "stopped") return
    }
    // Waiting for room in the audit is not a hang.
    if (code !== RING_FULL) this.recovery.watch()
    this.settle()
  }

  /** `tick` as a user calls it: allowed in manual time only. */
  manualTick(nowUs: number): void {
    this.life.expect("running", "tick")
    if (this.readClock !== null) throw new EngineStateError({ reason: "notManual", call: "tick" })
    this.tick(nowUs)
  }

  /**
   * Carries out what a person asks: it has happened when this returns. False where there was no such regime to evict. Throws a tagged
   * error where it cannot be carried out, and then nothing has changed.
   */
  send(command: Command): boolean {
    if (command.type === "evict") return this.relocations.evict(command.regime, command.note)
    if (command.type === "offer") {
      this.relocations.offer(command.variants)
      return true
    }
    this.life.expect("running", command.type)
    if (command.type === "setGuardrails") {
      // What can be written makes room for its record.
      this.settle()
      this.life.expect("running", command.type)
    }
    // What died since the last call is started anew first: whatever lets SafeMode go for that lets nothing go that is asked now.
    this.recovery.recoverAll()
    carryOut(this, command)
    this.settle()
    return true
  }

  /** Calls back once, when the engine is over; at once when it is. */
  whenOver(done: (fault: EngineFaultError | null) => void): Subscription {
    if (this.status !== "stopped") return this.endings.add(done)
    done(null)
    return { unsubscribe: () => {} }
  }

  snapshot(): EngineSnapshot {
    return snapshotNow(this)
  }

  /** A defect was met: the plant is safe, and everything is settled, when this returns. */
  fault(detail: string): void {
    this.recovery.fault(detail)
    this.settle()
  }

  /** What every call and every tick ends with. */
  settle(): void {
    this.advance()
    if (this.life.isProved) this.life.end()
    this.notifications.tell()
  }

  private advance(): void {
    this.recovery.recoverAll()
    // What waits for the audit is in SafeMode.
    if (!this.trail.pump() || !this.recovery.latchOpen) return
    const state = safeModeState(this.actor, this.hot)
    if (state?.exit === "auditDrained" && this.trail.blocked === null && this.status === "running") {
      this.hot.journalCommand(COMMAND_DRAINED)
      this.actor.send({ type: "drained", nowUs: this.hot.nowUs })
      this.trail.pump()
    }
  }

  /** Sets the time and journals what is asked; returns the time. */
  command(code: number): number {
    const { hot } = this
    hot.nowCell[0] = this.nowUs
    hot.journalCommand(code)
    return hot.nowCell[0]
  }

  /** A digest was not taken because the audit is full: nothing that cannot be recorded may be decided. */
  private haltForAudit(): void {
    const { hot } = this
    this.trail.pump()
    if (this.status === "stopped" || !hot.audit.full || Atomics.load(hot.executor.latch, 0) !== NOT_TRIPPED)
      return
    this.actor.send({ type: "trip", reason: "auditQueueFull", nowUs: this.command(COMMAND_AUDIT_FULL) })
  }

  private afterDue(code: number): number {
    switch (code) {
      case WINDOW_CLOSED:
        this.counts.windows++
        break
      case WINDOW_EXPIRED:
        this.counts.windowsExpired++
        break
      case EMERGENCY:
      case DEADLINE:
        break
      case RING_FULL:
        this.haltForAudit()
        return code
      default:
        // The next digest needs a place, and ticks may be far away.
        if (this.hot.audit.full) this.trail.pump()
        return code
    }
    this.tree.beats.due++
    // In manual time nobody else comes by to empty the ring; otherwise the next tick does, unless it is filling up.
    if (
      this.readClock === null ||
      this.hot.audit.size * 2 > this.hot.audit.capacity ||
      this.recovery.waiting ||
      this.life.isProved
    ) {
      this.settle()
    } else this.notifications.tell()
    return code
  }

  /** After every event of the engine's machine. */
  private afterEvent(): void {
    const { counts } = this
    const cycles = cyclesOf(this.actor) ?? counts.cycles
    if (cycles !== counts.cycles) this.cycleTimes.add(this.hot.nowUs)
    counts.cycles = cycles
    this.recovery.afterEvent()
    this.publish()
  }

  /** The present state is to be shown to who subscribed, once the engine is at rest. */
  publish(): void {
    if (this.snapshots.size === 0) return
    const snapshot = takeSnapshot(this)
    this.notifications.add(() => this.snapshots.notify(snapshot))
  }
}
