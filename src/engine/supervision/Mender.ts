/**
 * What is done about a death under an engine: the plant is made safe at once, and what died is started anew while its
 * intensity allows; beyond that a person is asked. One needs it to see how an engine mends itself, or why it did not.
 *
 * The machine makes the plant safe for deaths that it sees; for those it cannot see, its own included, Tier 1 is told
 * directly. Restarts follow at the end of the call or tick in which something died, never amid an event.
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
import type { Telling } from "../calls/Telling.ts"
import { Watchdog } from "./Watchdog.ts"

/** The engine, as far as its mending goes. */
export interface Patient {
  readonly hot: HotPath
  readonly tree: ActorTree
  readonly trail: AuditTrail
  readonly endings: Listeners<EngineFaultError | null>
  readonly status: EngineSnapshot["status"]
  readonly nowUs: number
  readonly telling: Telling
  /** Sets the time and journals what is asked; returns the time. */
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

export class Mender {
  readonly supervision = new Supervision()
  /** Set while something has died too often and nobody has looked at it. */
  escalated: EngineFaultError | null = null
  /** What broke, when something did and is not mended. */
  faultDetail: string | null = null
  /** Callbacks of a user's that failed for the first time, still to be told. */
  readonly untold: Array<string> = []
  private readonly patient: Patient
  private readonly watchdog: Watchdog
  private readonly pulse: EnginePulse
  /** Children that died and are not started anew yet. */
  private dead: ReadonlyArray<Death> = []
  /** SafeMode opened because something died, and nothing else has been wrong since: then supervision may let it go. */
  private mayRelease = false
  /** The child that is being treated as dead although it did not throw. */
  private buried: Death | null = null
  /** Whether SafeMode was open after the last event of the machine, for something that nobody has let go. */
  private wasOpen = false
  /** Whether Tier 1's latch word was. */
  private wordWasOpen = false
  /** How often Tier 1 has opened it, as far as the machine's latch knows. */
  private tripsHeard = 0
  /** Rollbacks that count, of Tier 1, up to the last event of a machine that lived to count them. */
  private rollbacksSeen = 0

  constructor(patient: Patient, windowUs: number) {
    this.patient = patient
    this.pulse = new EnginePulse(patient)
    this.watchdog = new Watchdog(windowUs)
  }

  /** After every event of the machine. */
  afterEvent(): void {
    const { tree, status } = this.patient
    const found = tree.look()
    if (found !== null && status === "running") this.noteDeath(found)
    if (!tree.alive) return
    if (this.wordWasOpen && !this.latchOpen && this.dead.length === 0) this.faultDetail = null
    this.wordWasOpen = this.latchOpen
    const trips = tripsOf(this.patient.hot)
    if (tree.latched) this.tripsHeard = trips
    // A latch that has let go what Tier 1 still holds open has decided so, and whoever should have carried it out may be dead.
    this.wasOpen = tree.latched || (this.latchOpen && trips > this.tripsHeard)
    this.rollbacksSeen = this.patient.hot.executor.rollbacksCounted
  }

  /** At the end of every call and tick: nobody is in the midst of anything. */
  mendAll(): void {
    this.confirm(this.latchOpen || !this.machineIsSafe)
    while (this.dead.length > 0 && this.patient.status === "running") {
      const [death, ...others] = this.dead
      this.dead = others
      this.mend(death)
    }
    if (this.untold.length > 0) this.tellOfCallbacks()
  }

  /** Something died and is not started anew yet. */
  get waiting(): boolean {
    return this.dead.length > 0
  }

  /** A person's reset: what died too often begins anew, with all its restarts. */
  forgive(): void {
    this.supervision.forgive()
    this.escalated = null
    if (!this.patient.tree.alive) this.regrow(true)
  }

  /** A person lets SafeMode go and an actor is in the way: the one that takes its place begins without. */
  release(): void {
    this.mayRelease = true
  }

  /**
   * A defect under the engine: SafeMode opens and the plant goes to its baseline before anybody else hears of it. While the
   * machine lives it does so; when it does not, Tier 1 is told directly. A person has to look at it.
   */
  fault(detail: string): void {
    this.makeSafe(detail)
    this.mayRelease = false
  }

  /**
   * A fiber of the engine died: the plant is safe when this returns, and unless that was once too often the engine adapts
   * again, from its baseline.
   */
  childDied(death: Death): "restart" | "escalate" {
    if (this.patient.status !== "running") return "escalate"
    const wasOpen = this.latchOpen
    this.makeSafe(death.detail)
    if (!wasOpen) this.mayRelease = true
    const verdict = this.mend(death)
    this.patient.settle()
    return verdict
  }

  get latchOpen(): boolean {
    return Atomics.load(this.patient.hot.executor.latch, 0) !== NOT_TRIPPED
  }

  private makeSafe(detail: string): void {
    this.faultDetail ??= detail
    if (this.patient.status === "running") {
      if (this.patient.tree.root.getSnapshot().status === "active") {
        this.patient.tree.root.send({
          type: "trip",
          reason: "engineFault",
          nowUs: this.patient.command(COMMAND_FAULT),
        })
      }
      this.secure()
    }
    this.patient.publish()
  }

  rootDied(death: Death): void {
    // An engine that is stopped has no root either; a replay has its restarts from the record.
    if (this.patient.status !== "running") return
    // The machine may have opened the latch for this very death. What opened it for anything else stays the reason.
    const word = Atomics.load(this.patient.hot.executor.latch, 0)
    const wasOpen = this.wasOpen || (word !== NOT_TRIPPED && word !== TRIP_ENGINE_FAULT)
    this.makeSafe(death.detail)
    if (!wasOpen) this.mayRelease = true
    this.dead = [...this.dead, death]
  }

  /** Once a tick: is anybody silent who should have spoken? */
  watch(): void {
    if (this.patient.status !== "running" || !this.patient.tree.alive) return
    const hung = this.watchdog.check(this.pulse)
    if (hung === null) return
    const detail = `${hung}: it has not answered for ${this.watchdog.patienceUs / 1e6} s`
    if (hung === "cycle" || hung === "telemetry") this.bury({ child: hung, reason: "hung", detail })
    else {
      // What still moves of it is not to be heard any more.
      this.patient.tree.stop()
      this.rootDied({ child: hung, reason: "hung", detail })
    }
  }

  /** Has the machine treat a child as dead: SafeMode opens and the plant goes to its baseline. */
  private bury(death: Death): void {
    if (death.child !== "cycle" && death.child !== "telemetry") return
    this.buried = death
    this.faultDetail ??= death.detail
    this.patient.tree.root.send({
      type: "childDied",
      child: death.child,
      nowUs: this.patient.command(COMMAND_FAULT),
    })
  }

  /** Starts anew what died, or gives up. */
  private mend(death: Death): "restart" | "escalate" {
    if (this.supervision.died(death, this.patient.hot.nowUs) === "escalate") {
      this.escalated = new EngineFaultError({ detail: death.detail })
      this.faultDetail = death.detail
      this.mayRelease = false
      const { escalated } = this
      this.patient.telling.add(() => this.patient.endings.notify(escalated))
      return "escalate"
    }
    this.restart(death.detail)
    return "restart"
  }

  private restart(detail: string): void {
    const release = this.mayRelease && this.escalated === null
    if (release || !this.patient.tree.alive) this.note(COMMAND_RESTART, detail)
    const regrown = !this.patient.tree.alive
    if (regrown) this.regrow(release)
    else if (release) this.restartChildren()
    if (release) this.mayRelease = false
    // What died in SafeMode made leaving it harder, unless it was the latch that came back as it stood; and a person may be wanted.
    if ((release && !this.latchOpen) || regrown) this.faultDetail = null
  }

  /** Lets SafeMode go after a fault, with new children where some had died; a replay repeats it from the record. */
  restartChildren(): void {
    this.patient.tree.root.send({
      type: "restart",
      memory: this.patient.tree.memory,
      nowUs: this.patient.hot.nowUs,
    })
  }

  /** A new root around the same hot path; `release` lets SafeMode go, if it was opened only because the root was gone. */
  private regrow(release: boolean): void {
    const { executor, nowUs } = this.patient.hot
    executor.proposal[P_NOW_US] = nowUs
    if (release) executor.closeLatch()
    let uncounted = executor.rollbacksCounted - this.rollbacksSeen
    if (!this.patient.tree.regrow()) return
    // Both sides of the latch say the same again, and neither is let go that was not asked for.
    const reason = tripReason(Atomics.load(executor.latch, 0))
    if (this.machineIsSafe && reason === null) {
      const kept = safeModeState(this.patient.tree.root, this.patient.hot)
      if (kept !== null) executor.openLatch(tripCode(kept.reason))
    } else if (!this.machineIsSafe && reason !== null) {
      const rolledBack = uncounted > 0 && restoreFor(reason) === "baseline"
      this.patient.tree.root.send({ type: "trip", reason, nowUs, secured: true, rolledBack })
      if (rolledBack) uncounted--
    }
    // What Tier 1 did while nobody was there counts towards the rollbacks of the hour all the same.
    for (; uncounted > 0; uncounted--) this.patient.tree.root.send({ type: "rolledBack", nowUs })
  }

  private get machineIsSafe(): boolean {
    return this.patient.tree.root.getSnapshot().hasTag("safe")
  }

  /** Tier 1 does what it is told within the call that tells it; an actor before it that did not is gone. */
  confirm(done: boolean): void {
    if (done || this.patient.status !== "running" || !this.patient.tree.alive) return
    this.patient.tree.stop()
    this.rootDied({ child: "hotPath", reason: "hung", detail: "hotPath: it did not do what it was told" })
  }

  /** Callbacks of a user's that failed for the first time: that is told once each, and counted from then on. */
  tellOfCallbacks(): void {
    if (this.patient.status !== "running" || this.patient.hot.audit.full) return
    for (const detail of this.untold.splice(0)) this.note(COMMAND_CALLBACK_FAILED, detail)
  }

  /** A command record with words, whether or not what comes from outside is journaled. */
  private note(code: number, detail: string): void {
    this.patient.hot.nowCell[0] = this.patient.nowUs
    this.patient.trail.withNote("command", detail, () => recordCommand(this.patient.hot, code))
  }

  /** Tier 1 by hand: latch open and plant safe, if they are not yet. */
  secure(): void {
    const { executor, config, nowUs } = this.patient.hot
    executor.proposal[P_NOW_US] = nowUs
    if (this.patient.status === "stopped") {
      executor.returnToBase()
      return
    }
    if (Atomics.load(executor.latch, 0) === NOT_TRIPPED) executor.openLatch(TRIP_ENGINE_FAULT)
    if (executor.lastKind === ROLLBACK) return
    if (config.hasBaseline) executor.rollback()
    else executor.returnToBase()
  }

  /** The machine has made the plant safe already, unless it does not know yet. */
  noteDeath(found: Death): void {
    if (found.reason === "badState") return this.bury(found)
    this.faultDetail ??= found.detail
    if (!this.wasOpen) this.mayRelease = true
    this.dead = [...this.dead, this.buried ?? found]
    this.buried = null
  }
}
