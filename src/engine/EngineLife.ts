/**
 * Where an engine is in its life: it begins once and ends once, and before the end it may prove its base. Read this to see what happens
 * at a start and at a stop, in which order.
 */
import { COMMAND_PROVE, COMMAND_ROLLBACK, COMMAND_STOP } from "../hot/codes.ts"
import type { HotPath } from "../hot/HotPath.ts"
import type { EngineSettings } from "../domain/Config.ts"
import { type EngineFaultError, EngineStateError } from "../domain/errors.ts"
import type { Resumption } from "../domain/Resumption.ts"
import type { Window } from "../domain/Window.ts"
import { isOffBaseline } from "../../machines/engineContext.ts"
import { journalInput } from "../../machines/hotAudit.ts"
import type { dueOf } from "../telemetry/dueOf.ts"
import type { ActorTree } from "./ActorTree.ts"
import type { AuditTrail } from "./audit/AuditTrail.ts"
import type { Listeners, Subscription } from "./calls/Listeners.ts"
import type { Notifications } from "./calls/Notifications.ts"
import { type EngineSnapshot, isProving } from "./contract/EngineSnapshot.ts"
import { startEvent } from "./resume.ts"
import type { Recovery } from "./supervision/Recovery.ts"
import { warmUp } from "./warmUp.ts"

/** The parts of an engine that begin and end. */
export interface LifeHost {
  readonly settings: EngineSettings
  readonly hot: HotPath
  readonly tree: ActorTree
  readonly trail: AuditTrail
  readonly recovery: Recovery
  readonly resumption: Resumption | null
  readonly due: ReturnType<typeof dueOf>
  readonly snapshots: Listeners<EngineSnapshot>
  readonly endings: Listeners<EngineFaultError | null>
  readonly notifications: Notifications
  readonly nowUs: number
  lastWindow: Window | null
  /** Sets the time and journals the command; returns the time. */
  readonly command: (code: number) => number
  readonly settle: () => void
  readonly publish: () => void
}

export class EngineLife {
  status: "idle" | "running" | "stopped" = "idle"
  /** A stop was asked for that proves the base first: the engine ends when the machine measures no more. */
  proving = false
  private readonly host: LifeHost
  private watching: Subscription | null = null

  constructor(host: LifeHost) {
    this.host = host
  }

  /** Throws an EngineStateError where a call comes at another time. */
  expect(status: "idle" | "running", call: string): void {
    if (this.status === status) return
    if (this.status === "stopped") throw new EngineStateError({ reason: "stopped", call })
    throw new EngineStateError({ reason: status === "idle" ? "alreadyStarted" : "notStarted", call })
  }

  begin(): void {
    this.expect("idle", "start")
    this.status = "running"
    warmUp()
    const { host } = this
    const { hot, recovery, resumption } = host
    hot.nowCell[0] = host.nowUs
    // Not by `windows$`, whose every step makes something: nobody but the engine looks at it.
    this.watching = host.due.subscribe(({ window }) => {
      if (window !== null) host.lastWindow = window
    })
    this.actor.start()
    recovery.faultDetail = resumption?.safeMode?.detail ?? null
    this.actor.send(startEvent(resumption, hot.nowUs))
    // Frozen only when the disk was asked, after a stop that left it on a base that had still to prove itself.
    if (recovery.latchOpen && isOffBaseline(hot)) {
      this.actor.send({ type: "rollback", nowUs: host.command(COMMAND_ROLLBACK) })
    }
    host.settle()
  }

  /**
   * Ends as `end` does, after so many pairs of windows have shown whether the plant stays on its base; at once where there is nothing
   * to choose from. Asked for once; who asks again waits for the first. Not running, it is over at once.
   */
  prove(pairs: number): void {
    if (this.status !== "running") return this.end()
    if (this.proving) return
    const { host } = this
    host.settle()
    this.proving = true
    const { hot, settings, tree } = host
    hot.nowCell[0] = host.nowUs
    if (settings.auditDigests) journalInput(hot, COMMAND_PROVE, pairs)
    if (tree.alive) this.actor.send({ type: "prove", pairs, nowUs: hot.nowCell[0] })
    host.settle()
  }

  /** The proof before a stop is over, however it ended. */
  get isProved(): boolean {
    return this.proving && this.status === "running" && !isProving(this.actor)
  }

  /** Puts the plant on its base whatever happened before, and empties the ring. Safe to call twice. */
  end(): void {
    if (this.status === "stopped") return
    const { host } = this
    const { endings, notifications, snapshots } = host
    const wasRunning = this.status === "running"
    this.status = "stopped"
    this.watching?.unsubscribe()
    host.lastWindow = null
    if (wasRunning && this.actor.getSnapshot().status === "active") {
      this.actor.send({ type: "stop", nowUs: host.command(COMMAND_STOP) })
    }
    if (wasRunning && this.actor.getSnapshot().status !== "done") host.recovery.secure()
    host.tree.stop()
    host.trail.pump()
    host.publish()
    notifications.add(() => {
      snapshots.clear()
      endings.notify(null)
      endings.clear()
    })
    notifications.tell()
  }

  private get actor(): ActorTree["root"] {
    return this.host.tree.root
  }
}
