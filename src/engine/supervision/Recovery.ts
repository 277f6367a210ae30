/**
 * How an engine recovers when one of its parts dies. The plant is made safe at once, and the part is restarted while its
 * restart intensity allows; after that a person is asked. Read this to see how an engine recovers, or why it did not.
 *
 * The machine makes the plant safe after deaths that it sees. After those it cannot see, including its own, Tier 1 is called
 * directly. Restarts follow at the end of the call or tick in which the part died, never during an event.
 */
import {
  COMMAND_CALLBACK_FAILED,
  COMMAND_FAULT,
  COMMAND_RESTART,
  NOT_TRIPPED,
  ROLLBACK,
  TRIP_ENGINE_FAULT,
} from "../../hot/codes.ts"
import type { HotPath } from "../../hot/HotPath.ts"
import { P_NOW_US } from "../../hot/SafetyExecutor.ts"
import { EngineFaultError } from "../../domain/errors.ts"
import { restoreFor } from "../../control/tripRules.ts"
import { tripCode, tripReason } from "../../domain/words.ts"
import { recordCommand } from "../../../machines/hotAudit.ts"
import type { ActorTree } from "../ActorTree.ts"
import type { AuditTrail } from "../audit/AuditTrail.ts"
import { EnginePulse } from "./EnginePulse.ts"
import { type EngineSnapshot, safeModeState } from "../contract/EngineSnapshot.ts"
import type { Listeners } from "../calls/Listeners.ts"
import { type Death, Supervision } from "./Supervision.ts"
import type { Notifications } from "../calls/Notifications.ts"
import { Watchdog } from "./Watchdog.ts"

/** The parts of an engine that its recovery uses. */
export interface RecoveryHost {
  readonly hot: HotPath
  readonly tree: ActorTree
  readonly trail: AuditTrail
  readonly counts: { readonly windows: number }
  readonly endings: Listeners<EngineFaultError | null>
  readonly status: EngineSnapshot["status"]
  readonly nowUs: number
  readonly notifications: Notifications
  /** Sets the time and journals the command; returns the time. */
  readonly command: (code: number) => number
  readonly settle: () => void
  readonly publish: () => void
}

/** How often Tier 1 has opened SafeMode. */
export function tripsOf({ executor: { trips } }: HotPath): number {
  let sum = 0
  for (let code = 0; code < trips.length; code++) sum += trips[code]
  return sum
}

export class Recovery {
  readonly supervision = new Supervision()
  /** Set while a part has died too often and no person has reset it. */
  escalated: EngineFaultError | null = null
  /** The current fault, or null. */
  faultDetail: string | null = null
  /** Callbacks that failed for the first time and are not recorded yet. */
  readonly unreported: Array<string> = []
  private readonly host: RecoveryHost
  private readonly watchdog: Watchdog
  private readonly pulse: EnginePulse
  /** Children that died and are not restarted yet. */
  private dead: ReadonlyArray<Death> = []
  /** SafeMode opened because of a death and nothing else has gone wrong since: recovery may close it. */
  private mayRelease = false
  /** The child that is treated as dead although it did not throw. */
  private declared: Death | null = null
  /** The machine's state at the last look, if nobody owed an answer. */
  private calm: unknown
  /** Whether SafeMode was open after the machine's last event, for a reason that is still unresolved. */
  private wasOpen = false
  /** Whether Tier 1's latch word was open. */
  private wordWasOpen = false
  /** Tier 1's trips that the machine's latch has seen. */
  private tripsSeen = 0
  /** Tier 1's counted rollbacks up to the last event of a live machine. */
  private rollbacksSeen = 0

  constructor(host: RecoveryHost, windowUs: number) {
    this.host = host
    this.pulse = new EnginePulse(host)
    this.watchdog = new Watchdog(windowUs)
  }

  /** After every event of the machine. */
  afterEvent(): void {
    const { tree, status } = this.host
    const found = tree.look()
    if (found !== null && status === "running") this.noteDeath(found)
    if (!tree.alive) return
    if (this.wordWasOpen && !this.latchOpen && this.dead.length === 0) this.faultDetail = null
    this.wordWasOpen = this.latchOpen
    const trips = tripsOf(this.host.hot)
    if (tree.latched) this.tripsSeen = trips
    // If the machine's latch is closed and Tier 1's is still open, the actor that should have closed it may be dead.
    this.wasOpen = tree.latched || (this.latchOpen && trips > this.tripsSeen)
    this.rollbacksSeen = this.host.hot.executor.rollbacksCounted
  }

  /** Called at the end of every call and tick, when the engine is at rest. */
  recoverAll(): void {
    this.confirm(this.latchOpen || !this.machineIsSafe)
    while (this.dead.length > 0 && this.host.status === "running") {
      const [death, ...others] = this.dead
      this.dead = others
      this.recover(death)
    }
    if (this.unreported.length > 0) this.reportCallbacks()
  }

  /** A part died and is not restarted yet. */
  get waiting(): boolean {
    return this.dead.length > 0
  }

  /** A person's reset: restarts what died too often, with all its restarts available again. */
  forgive(): void {
    this.supervision.forgive()
    this.escalated = null
    if (!this.host.tree.alive) this.rebuild(true)
  }

  /** A person closes SafeMode but an actor does not respond: its replacement begins with SafeMode closed. */
  release(): void {
    this.mayRelease = true
  }

  /**
   * A defect inside the engine: SafeMode opens and the plant goes to its baseline before anybody is notified. A live machine
   * does this; otherwise Tier 1 is called directly. A person has to reset it.
   */
  fault(detail: string): void {
    this.makeSafe(detail)
    this.mayRelease = false
  }

  /**
   * A fiber of the engine died: the plant is safe when this returns. Unless it died too often, the engine adapts again from
   * its baseline.
   */
  childDied(death: Death): "restart" | "escalate" {
    if (this.host.status !== "running") return "escalate"
    const wasOpen = this.latchOpen
    this.makeSafe(death.detail)
    if (!wasOpen) this.mayRelease = true
    const verdict = this.recover(death)
    this.host.settle()
    return verdict
  }

  get latchOpen(): boolean {
    return Atomics.load(this.host.hot.executor.latch, 0) !== NOT_TRIPPED
  }

  private makeSafe(detail: string): void {
    this.faultDetail ??= detail
    if (this.host.status === "running") {
      if (this.host.tree.root.getSnapshot().status === "active") {
        this.host.tree.root.send({
          type: "trip",
          reason: "engineFault",
          nowUs: this.host.command(COMMAND_FAULT),
        })
      }
      this.secure()
    }
    this.host.publish()
  }

  rootDied(death: Death): void {
    // A stopped engine has no root either; a replay takes its restarts from the record.
    if (this.host.status !== "running") return
    // The machine may have opened the latch because of this death. Any other reason stays the reason.
    const word = Atomics.load(this.host.hot.executor.latch, 0)
    const wasOpen = this.wasOpen || (word !== NOT_TRIPPED && word !== TRIP_ENGINE_FAULT)
    this.makeSafe(death.detail)
    if (!wasOpen) this.mayRelease = true
    this.dead = [...this.dead, death]
  }

  /**
   * Once a tick: looks for a child that should have answered. Who owes an answer changes with windows, Tier 1's latch and the machine's
   * events alone, so a tick between them does not ask the actors again.
   */
  watch(): void {
    if (this.host.status !== "running" || !this.host.tree.alive) return
    const { pulse, watchdog } = this
    const state = this.host.tree.root.getSnapshot()
    if (state === this.calm && !this.latchOpen && !pulse.windowDone) return
    const hung = watchdog.check(pulse)
    this.calm = watchdog.since.what === "" ? state : null
    if (hung === null) return
    const detail = `${hung}: it has not answered for ${watchdog.patienceUs / 1e6} s`
    if (hung === "cycle" || hung === "telemetry") this.declareDead({ child: hung, reason: "hung", detail })
    else {
      // Late events of the hung tree must not arrive.
      this.host.tree.stop()
      this.rootDied({ child: hung, reason: "hung", detail })
    }
  }

  /** Makes the machine treat a child as dead: SafeMode opens and the plant goes to its baseline. */
  private declareDead(death: Death): void {
    if (death.child !== "cycle" && death.child !== "telemetry") return
    this.declared = death
    this.faultDetail ??= death.detail
    this.host.tree.root.send({
      type: "childDied",
      child: death.child,
      nowUs: this.host.command(COMMAND_FAULT),
    })
  }

  /** Restarts what died, or escalates. */
  private recover(death: Death): "restart" | "escalate" {
    if (this.supervision.died(death, this.host.hot.nowUs) === "escalate") {
      this.escalated = new EngineFaultError({ detail: death.detail })
      this.faultDetail = death.detail
      this.mayRelease = false
      const { escalated } = this
      this.host.notifications.add(() => this.host.endings.notify(escalated))
      return "escalate"
    }
    this.restart(death.detail)
    return "restart"
  }

  private restart(detail: string): void {
    const release = this.mayRelease && this.escalated === null
    if (release || !this.host.tree.alive) this.note(COMMAND_RESTART, detail)
    const rebuilt = !this.host.tree.alive
    if (rebuilt) this.rebuild(release)
    else if (release) this.restartChildren()
    if (release) this.mayRelease = false
    // A death in SafeMode makes leaving it harder, unless the latch itself came back unchanged; a person may be needed.
    if ((release && !this.latchOpen) || rebuilt) this.faultDetail = null
  }

  /** Closes SafeMode after a fault and replaces dead children; a replay repeats it from the record. */
  restartChildren(): void {
    this.host.tree.root.send({
      type: "restart",
      memory: this.host.tree.memory,
      nowUs: this.host.hot.nowUs,
    })
  }

  /** Makes a new root around the same hot path; `release` closes SafeMode if only the missing root had opened it. */
  private rebuild(release: boolean): void {
    const { executor, nowUs } = this.host.hot
    executor.proposal[P_NOW_US] = nowUs
    if (release) executor.closeLatch()
    let uncounted = executor.rollbacksCounted - this.rollbacksSeen
    if (!this.host.tree.regrow()) return
    // Brings both sides of the latch into agreement without closing either unasked.
    const reason = tripReason(Atomics.load(executor.latch, 0))
    if (this.machineIsSafe && reason === null) {
      const kept = safeModeState(this.host.tree.root, this.host.hot)
      if (kept !== null) executor.openLatch(tripCode(kept.reason))
    } else if (!this.machineIsSafe && reason !== null) {
      const rolledBack = uncounted > 0 && restoreFor(reason) === "baseline"
      this.host.tree.root.send({ type: "trip", reason, nowUs, secured: true, rolledBack })
      if (rolledBack) uncounted--
    }
    // Rollbacks by Tier 1 while there was no machine count towards the hour too.
    for (; uncounted > 0; uncounted--) this.host.tree.root.send({ type: "rolledBack", nowUs })
  }

  private get machineIsSafe(): boolean {
    return this.host.tree.root.getSnapshot().hasTag("safe")
  }

  /** Tier 1 carries out a command within its call; if an actor in between did not pass it on, that actor is dead. */
  confirm(done: boolean): void {
    if (done || this.host.status !== "running" || !this.host.tree.alive) return
    this.host.tree.stop()
    this.rootDied({ child: "hotPath", reason: "hung", detail: "hotPath: it did not carry out a command" })
  }

  /** Records each callback that failed for the first time; later failures are only counted. */
  reportCallbacks(): void {
    if (this.host.status !== "running" || this.host.hot.audit.full) return
    for (const detail of this.unreported.splice(0)) this.note(COMMAND_CALLBACK_FAILED, detail)
  }

  /** Writes a command record with a note, even if input from outside is not journaled. */
  private note(code: number, detail: string): void {
    this.host.hot.nowCell[0] = this.host.nowUs
    this.host.trail.withNote("command", detail, () => recordCommand(this.host.hot, code))
  }

  /** Makes Tier 1 safe directly: opens the latch and moves the plant, if not done yet. */
  secure(): void {
    const { executor, config, nowUs } = this.host.hot
    executor.proposal[P_NOW_US] = nowUs
    if (this.host.status === "stopped") {
      executor.returnToBase()
      return
    }
    if (!this.latchOpen) executor.openLatch(TRIP_ENGINE_FAULT)
    if (executor.lastKind === ROLLBACK) return
    if (config.hasBaseline) executor.rollback()
    else executor.returnToBase()
  }

  /** Notes a death that the machine has usually handled already. */
  noteDeath(found: Death): void {
    if (found.reason === "badState") return this.declareDead(found)
    this.faultDetail ??= found.detail
    if (!this.wasOpen) this.mayRelease = true
    this.dead = [...this.dead, this.declared ?? found]
    this.declared = null
  }
}
