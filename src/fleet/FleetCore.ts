/**
 * A fleet without a lifetime of its own: the engines by key, the time, the budgets they share, the audit they write, wired, and
 * every call a user can make, synchronous. Effect owns when it begins and ends (`runFleet`).
 *
 * Engines do not meet: a defect in one starts that one anew, from its baseline, and the others go on. What engines report while
 * listeners are notified waits in a bounded inbox and is taken right after.
 */
import { type FleetSettings, LEAST_PASSIVE_US } from "../domain/FleetConfig.ts"
import { FleetError, NoBaselineError } from "../domain/errors.ts"
import { COMMAND_PASSIVATE, DIGEST_EXTRA_0, DIGEST_OBJECTIVE, DIGEST_TIMESTAMP_US } from "../hot/codes.ts"
import { type HotLoop } from "../hot/HotLoop.ts"
import { FROZEN } from "../hot/phases.ts"
import { SharedBudget } from "../hot/SharedBudget.ts"
import { recordCommand, recordEngineStarted } from "../../machines/hotAudit.ts"
import { copyDigest, emptyDigest } from "../hot/writeDigest.ts"
import { readDigest, timeError } from "../engine/digestInput.ts"
import { Supervision } from "../engine/supervision/Supervision.ts"
import { Notifications } from "../engine/calls/Notifications.ts"
import { CellRecovery } from "./CellRecovery.ts"
import { ACTS, type CellAct, type CellCommand, COMMANDS, type Defect, JOURNAL } from "./cellActs.ts"
import { FleetCell } from "./FleetCell.ts"
import { eventOf, FleetNews } from "./FleetNews.ts"
import { configAt, type FleetParts, fleetPartsOf } from "./fleetParts.ts"
import { FleetTrail } from "./FleetTrail.ts"
import { LoopedCells } from "./LoopedCells.ts"
import { outOfTurn } from "./outOfTurn.ts"
import { checkRoom, checkSpawn, type SpawnOptions } from "./spawnOptions.ts"

export class FleetCore {
  readonly settings: FleetSettings
  readonly cells = new Map<string, FleetCell>()
  readonly trail: FleetTrail
  readonly news = new FleetNews()
  /** The deaths of the fleet's own fibers, by name. */
  readonly supervision = new Supervision()
  private readonly recovery = new CellRecovery(this)
  readonly shared = new Map<string, SharedBudget>()
  /** Gives an engine what watches it: rules, stability. */
  watch: (cell: FleetCell) => void = () => {}
  status: "idle" | "running" | "stopped" = "idle"
  /** The audit cannot be written: nothing is decided until it can. */
  halted = false
  /** Digests that met a full inbox, or a halted fleet. */
  digestsLost = 0
  readonly nowCell = new Float64Array(1)
  /** Calls to audit listeners, postponed until the fleet is at rest. */
  private readonly notifications = new Notifications()
  /** Where a digest is read to; null while one is. */
  private draft: Float64Array | null = null
  private readonly parts: FleetParts
  private readonly readClock: (() => number) | null
  private readonly looped = new LoopedCells()
  private numbers = 0
  private readonly inbox: Array<readonly [FleetCell, Float64Array]> = []

  /** @param stageRecords for how many records there is room until they are passed on; default: for those of thousands of engines */
  constructor(settings: FleetSettings, readClock: (() => number) | null, stageRecords?: number) {
    this.settings = settings
    this.readClock = readClock
    this.parts = fleetPartsOf(settings.engine)
    this.trail = new FleetTrail(
      settings.name,
      settings.engine,
      settings.auditMemory,
      readClock === null,
      this.notifications,
      stageRecords,
    )
    for (const [group, numbers] of settings.shared) this.shared.set(group, new SharedBudget(numbers))
  }

  /** Latest time known: the clock's own, or in manual time the latest stamp or tick. */
  get nowUs(): number {
    return this.readClock === null ? this.nowCell[0] : Math.max(this.nowCell[0], this.readClock())
  }

  /** Engines that have a loop: awake or at rest. */
  get looping(): number {
    return this.looped.size
  }

  /** In manual time, before it begins: what time it will be. */
  beginsAt(nowUs: number | undefined): void {
    if (this.readClock === null && nowUs !== undefined) this.nowCell[0] = nowUs
  }

  begin(): void {
    if (this.status !== "idle") throw outOfTurn("alreadyStarted", "start")
    this.status = "running"
    this.nowCell[0] = this.nowUs
  }

  /** Puts every plant on its base. Safe to call twice. */
  end(): void {
    if (this.status === "stopped") return
    const wasRunning = this.status === "running"
    this.status = "stopped"
    if (wasRunning) for (const cell of Array.from(this.cells.values())) this.endCell(cell)
    this.trail.pump()
    this.tell()
    this.news.listeners.clear()
  }

  /** A FleetError when there is one of that key, when there is no room, or when what it is to begin with makes no sense. */
  spawn(key: string, options: SpawnOptions = {}): FleetCell {
    const cell = this.admit(key, options)
    const nowUs = this.nowCell[0]
    this.looped.add(cell)
    const { loop } = cell
    if (loop !== null) {
      loop.hot.nowCell[0] = nowUs
      recordEngineStarted(loop.hot, nowUs)
      this.recovery.attempt(cell, ACTS.start)
      this.news.note({ type: "spawned", key, atUs: nowUs })
      this.after(cell)
    }
    this.settle()
    return cell
  }

  /** Makes an engine that has not begun: see `handOver.ts`. Throws as `spawn`. */
  admit(key: string, options: SpawnOptions): FleetCell {
    this.expectRunning("spawn")
    const { engine, maxEngines } = this.settings
    checkRoom(this.cells, maxEngines, key)
    const { unit, shared, seed, group } = checkSpawn(engine, this.shared, key, options)
    const who = { key, number: this.numbers++, seed, group, unit }
    const cell = new FleetCell(this.parts, configAt(this.parts, unit), who, shared, this.clock())
    this.watch(cell)
    this.cells.set(key, cell)
    return cell
  }

  /** Leaves its plant on its base and forgets it. */
  stop(cell: FleetCell): void {
    if (cell.state === "stopped") return
    this.clock()
    this.endCell(cell)
    this.settle()
  }

  /** Throws a DigestError when it is no digest; false when it was not taken. */
  observe(cell: FleetCell, input: unknown): boolean {
    this.expect(cell, "observe")
    const { digest: inbox } = this.parts
    const draft = this.draft ?? inbox.slice()
    // A getter of the digest may report another one: that takes its own.
    this.draft = null
    this.clock()
    emptyDigest(draft, cell.config.generation)
    draft[DIGEST_TIMESTAMP_US] = this.nowCell[0]
    const error = readDigest(draft, input, this.settings.engine.extras)
    this.draft = draft
    if (error !== null) throw error
    // Reading it may have called anything.
    this.expect(cell, "observe")
    const nowUs = this.clock()
    copyDigest(draft, inbox)
    if (this.news.notifications) return this.putOff(cell, inbox)
    const taken = this.take(cell, nowUs)
    this.settle()
    return taken
  }

  /** Lets time be `nowUs`. In manual time a user calls it; otherwise the fleet's own fiber does. */
  tick(nowUs: number): void {
    const error = timeError(nowUs)
    if (error !== null) throw error
    if (nowUs > this.nowCell[0]) this.nowCell[0] = nowUs
    const timeUs = this.clock()
    this.looped.lookAtDue(timeUs, (cell) => this.wake(cell, timeUs))
    this.settle()
  }

  manualTick(nowUs: number): void {
    this.expectRunning("tick")
    if (this.readClock !== null) throw outOfTurn("notManual", "tick")
    this.tick(nowUs)
  }

  /** Carries out what a person asks of an engine: it has happened when this returns. "busy": see `passivate`. */
  send(cell: FleetCell, { type, note }: CellCommand): "done" | "passivated" | "busy" {
    this.expect(cell, type)
    if (type === "passivate") return this.passivate(cell, note)
    if (type === "rollback" && !cell.config.hasBaseline) throw new NoBaselineError()
    if (type === "reset") {
      this.recovery.crashes.forgive(cell.key)
      cell.fault = null
    }
    this.command(cell, COMMANDS[type], note)
    return "done"
  }

  /**
   * Puts an engine away at once, or says why that cannot be: `busy` when its budgets or SafeMode still need it; it rests all the
   * same, unless SafeMode is open.
   */
  private passivate(cell: FleetCell, note: string | undefined): "passivated" | "busy" {
    if (cell.state === "passive") return "passivated"
    const nowUs = this.clock()
    const { loop } = cell
    if (loop !== null && note !== undefined) {
      loop.hot.nowCell[0] = nowUs
      this.trail.withNote("command", note, cell, () => {
        recordCommand(loop.hot, COMMAND_PASSIVATE)
        this.collect(cell)
      })
    }
    if (cell.state === "awake") this.rest(cell, nowUs)
    const done = this.putAway(cell, nowUs, LEAST_PASSIVE_US)
    this.settle()
    return done ? "passivated" : "busy"
  }

  /** What every call and every tick ends with. */
  settle(): void {
    const empty = this.trail.pump()
    if (!this.halted && this.trail.full) this.halt()
    else if (this.halted && empty) {
      this.halted = false
      this.news.note({ type: "released", atUs: this.nowCell[0] })
    }
    this.tell()
  }

  private wake(cell: FleetCell, nowUs: number): void {
    const { loop } = cell
    if (loop === null) return
    loop.hot.nowCell[0] = nowUs
    JOURNAL.tick(cell)
    const silentUs = nowUs - cell.lastDigestUs
    // Before its windows run out: silence is a rest here, and no case of lost telemetry.
    if (cell.state === "awake" && silentUs >= this.settings.restAfterUs) this.rest(cell, nowUs)
    this.recovery.attempt(cell, ACTS.tick)
    this.after(cell)
    if (cell.state === "resting") this.putAway(cell, nowUs, this.settings.passivateAfterUs)
  }

  /** One that is in SafeMode is still already, and stays as it is. */
  private rest(cell: FleetCell, nowUs: number): void {
    // One that dies of it began anew and is to rest too; one that dies too often is in SafeMode.
    while (cell.loop !== null && cell.loop.phase !== FROZEN) {
      cell.loop.hot.nowCell[0] = nowUs
      if (this.recovery.attempt(cell, ACTS.rest) !== null) continue
      cell.state = "resting"
      this.news.note({ type: "rested", key: cell.key, atUs: nowUs })
      this.after(cell)
    }
  }

  private putAway(cell: FleetCell, nowUs: number, silentUs: number): boolean {
    if (!cell.mayBePutAway(nowUs, silentUs)) return false
    cell.putAway()
    this.looped.remove(cell)
    this.news.note({ type: "passivated", key: cell.key, atUs: nowUs })
    return true
  }

  /** The digest in the inbox is for this one. */
  private take(cell: FleetCell, nowUs: number): boolean {
    if (this.halted) {
      this.digestsLost++
      return false
    }
    // Without a reading no engine wakes: it would probe blindly, once a digest.
    const isReading = Number.isFinite(this.parts.digest[DIGEST_OBJECTIVE])
    if (!isReading && cell.loop === null) return cell.countUnread()
    const loop = isReading || cell.loop === null ? this.awaken(cell, nowUs) : cell.loop
    if (isReading || cell.state === "awake") cell.lastDigestUs = nowUs
    loop.hot.nowCell[0] = nowUs
    this.recovery.attempt(cell, ACTS.hear)
    const now = loop.hot.nowCell[0]
    if (now > this.nowCell[0]) this.nowCell[0] = now
    this.after(cell)
    return true
  }

  private awaken(cell: FleetCell, nowUs: number): HotLoop {
    const from = cell.state
    if (cell.loop !== null && from !== "resting") return cell.loop
    const { digest: inbox } = this.parts
    const kept = inbox.slice()
    if (cell.loop === null) {
      this.looped.add(cell)
      this.recovery.attempt(cell, (one) => void one.takeOut(nowUs))
    } else {
      cell.loop.hot.nowCell[0] = nowUs
      this.recovery.attempt(cell, COMMANDS.reset.act)
    }
    cell.state = "awake"
    if (from !== "stopped" && from !== "awake") {
      this.news.note({ type: "resumed", key: cell.key, atUs: nowUs, from })
    }
    this.after(cell)
    inbox.set(kept)
    // A loop that died of it was followed by another.
    return cell.loop ?? cell.takeOut(nowUs)
  }

  private command(cell: FleetCell, { act, code, kind, again }: CellAct, note: string | undefined): void {
    const nowUs = this.clock()
    const { hot } = this.awaken(cell, nowUs)
    hot.nowCell[0] = nowUs
    hot.journalCommand(code)
    let defect: Defect | null = null
    this.trail.withNote(kind, note, cell, () => {
      defect = this.recovery.attempt(cell, act)
      // It began anew. What leaves it safe is asked of it again; its base of now is no longer the one that a person meant.
      if (defect !== null && again) defect = this.recovery.attempt(cell, act)
      this.after(cell)
    })
    this.settle()
    if (defect !== null) throw (defect as Defect).error
  }

  /** After anything an engine did: its records, what there is to tell. */
  after(cell: FleetCell): void {
    this.looped.lookAgain(cell, cell.nextUs(this.settings.restAfterUs, this.settings.passivateAfterUs))
    this.collect(cell)
  }

  collect(cell: FleetCell): void {
    const { audit } = this.parts
    if (audit.size === 0) return
    this.trail.take(audit, cell, (block, at) => {
      const event = eventOf(cell.key, this.nowCell[0], block, at)
      if (event !== null) this.news.note(event)
    })
  }

  private endCell(cell: FleetCell): void {
    const nowUs = this.nowCell[0]
    const { loop, key } = cell
    // One that dies of it began anew, and is to end too.
    if (loop !== null) {
      loop.hot.nowCell[0] = nowUs
      if (this.recovery.attempt(cell, ACTS.stop) !== null) this.recovery.attempt(cell, ACTS.stop)
      this.looped.remove(cell)
    }
    cell.recordEnd(nowUs)
    this.collect(cell)
    cell.putAway()
    cell.state = "stopped"
    this.cells.delete(key)
    this.recovery.crashes.forget(key)
    this.trail.forget(cell)
    this.news.note({ type: "stopped", key, atUs: nowUs })
  }

  /** Nothing that cannot be recorded may be decided: every engine goes to its base. */
  private halt(): void {
    this.halted = true
    const nowUs = this.nowCell[0]
    for (const cell of this.looped.cells) {
      JOURNAL.halt(cell)
      this.rest(cell, nowUs)
    }
    this.news.note({ type: "halted", atUs: nowUs })
  }

  private putOff(cell: FleetCell, digest: Float64Array): boolean {
    if (this.inbox.length >= this.settings.inbox) {
      this.digestsLost++
      return false
    }
    this.inbox.push([cell, digest.slice(0, DIGEST_EXTRA_0 + 4)])
    return true
  }

  /** Tells of what happened, once everything is as it should be. What listeners report meanwhile is taken afterwards. */
  private tell(): void {
    this.notifications.tell()
    if (this.inbox.length === 0 && this.news.quiet) return
    this.news.tell(() => {
      if (this.inbox.length === 0) return false
      for (const [cell, digest] of this.inbox.splice(0)) {
        if (cell.state === "stopped" || this.status !== "running") continue
        this.parts.digest.set(digest)
        this.take(cell, this.clock())
      }
      return true
    })
  }

  private clock(): number {
    const nowUs = this.nowUs
    this.nowCell[0] = nowUs
    return nowUs
  }

  private expectRunning(call: string): void {
    if (this.status === "running") return
    throw outOfTurn(this.status === "idle" ? "notStarted" : "stopped", call)
  }

  private expect(cell: FleetCell, call: string): void {
    this.expectRunning(call)
    if (cell.state === "stopped") throw new FleetError({ reason: "stopped", key: cell.key })
  }
}
