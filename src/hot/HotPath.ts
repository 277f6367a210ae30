/**
 * The hot path in one object: what a runtime calls per digest and per tick, and the only one it needs to hold. Write a digest into
 * `digest` and call `observe()`; or let time pass with `nowCell[0] = nowUs; tick()`. Both return what became due and allocate
 * nothing. An emergency is dealt with here and now: when EMERGENCY is returned, the plant is safe already.
 */
import { AtomicConfig } from "./AtomicConfig.ts"
import { AuditRing } from "./AuditRing.ts"
import * as codes from "./codes.ts"
import { beside } from "./beside.ts"
import { writeCause } from "./causeRecords.ts"
import { DEADLINE, EMERGENCY, NOTHING_DUE, RING_FULL, WINDOW_CLOSED, WINDOW_EXPIRED } from "./codes.ts"
import * as deadlines from "./deadlines.ts"
import { writeDigestRecord } from "./digestRecord.ts"
import { Fallback } from "./Fallback.ts"
import type { GuardrailNumbers } from "./Guardrails.ts"
import type { DigestFields, HotPathOptions } from "./HotPathOptions.ts"
import { type HotPathRecord, recordOf } from "./hotPathRecord.ts"
import type { KnobTable } from "./KnobTable.ts"
import { MAX_TIME_US } from "./RateWindow.ts"
import { P_NOW_US, SafetyExecutor } from "./SafetyExecutor.ts"
import { WINDOW_GENERATION, WINDOW_NOW_US, WindowAccumulator } from "./WindowAccumulator.ts"
import { type DigestObject, emptyDigest, EXTRA_POSITIONS, writeDigest } from "./writeDigest.ts"

export type { DigestFields, HotPathOptions } from "./HotPathOptions.ts"

/** How far a stamp may lie ahead of the clock: clocks of one machine, read one after the other. */
const AHEAD_US = 1000
/** How far a digest may carry manual time ahead, a year, or one bad stamp stopped it for good; the first time of all may be any. */
const LEAP_US = 366 * 86_400_000_000

// Imported bindings are looked up at every use: see WindowAccumulator. These are on the way of every digest.
const STAMP_OF = codes.DIGEST_TIMESTAMP_US
const RECEIVED_OF = codes.DIGEST_RECEIVED_US
const VALIDITY_OF = codes.DIGEST_VALIDITY
const MARGIN_OF = codes.DIGEST_CONSTRAINT_MARGIN
const OBJECTIVE_OF = codes.DIGEST_OBJECTIVE
const LAST_NOW = deadlines.LAST_NOW
const NEXT_DEADLINE = deadlines.NEXT_DEADLINE
const MARGIN_CHANNEL = MARGIN_OF - codes.FIRST_CHANNEL

const OPENED_GENERATION = 1
/** The policy's. */
const EMERGENCY_MARGIN = 2

/** Hot paths made by this process. */
let made = 0
/** Configuration, executor, audit ring and window in one; `observe()` and `tick()` return what became due. */
export class HotPath {
  /** Called by `observe` and `tick` with every code that wants an event; REJECTED and RING_FULL do not. */
  onDue: ((code: number) => void) | null = null
  /** Called with every digest that was taken, before a window of it is due; true: it has brought the plant to safety. */
  onDigest: (() => boolean) | null = null
  /** Called by `propose`; it may change the inbox. Returns what that is to be applied as, or -1: not at all. */
  onProposal: ((kind: number) => number) | null = null
  /** Readings of the clock that lay behind, and manual digests stamped behind: none is followed. */
  clockHeld = 0
  /** Valid digests below the emergency margin that found the plant in safety already. */
  emergenciesWaitedOut = 0
  /** What it is called where several are shown; "" when nobody named it. */
  readonly name: string
  /** Tells apart what one process made: copies of a record of this one name the same hot path. */
  readonly id: number
  /** It took another one's place away from its start: nothing is known of the start. */
  readonly beganElsewhere: boolean
  // Private in earnest: a context or an event that holds a hot path is walked by inspectors and by persistence, and a walk
  // through the rings and the live configuration would cost megabytes.
  readonly #table: KnobTable
  readonly #config: AtomicConfig
  readonly #executor: SafetyExecutor
  readonly #audit: AuditRing
  readonly #window: WindowAccumulator
  readonly #digest: Float64Array
  readonly #nowCell: Float64Array
  readonly #cells: Float64Array
  readonly #fallback: Fallback
  readonly #made: HotPathOptions
  private readonly manualTime: boolean
  private readonly journal: boolean

  constructor(options: HotPathOptions) {
    const { table, policy } = options
    this.name = options.name ?? ""
    this.id = ++made
    this.beganElsewhere = options.beginsElsewhere ?? false
    this.#made = options
    ;[this.#nowCell, this.#cells] = beside(1, deadlines.HOT_CELLS)
    this.#table = table
    this.#config = options.config ?? new AtomicConfig(table, options.initialUnit, options.buffer)
    this.#audit = options.audit ?? new AuditRing(table.size, options.auditCapacity)
    this.#executor = new SafetyExecutor(table, this.#config, this.#audit, policy)
    this.#fallback = new Fallback(this.#executor, options.fallbackUnit ?? options.initialUnit)
    const maxAheadUs = options.window.maxAheadUs ?? AHEAD_US
    this.#window = new WindowAccumulator({ ...options.window, maxAheadUs })
    this.#digest = options.digest ?? new Float64Array(codes.DIGEST_WIDTH).fill(Number.NaN)
    this.manualTime = options.manualTime ?? false
    this.journal = options.journalDigests ?? false
    this.#cells.fill(Number.POSITIVE_INFINITY, NEXT_DEADLINE)
    this.#cells[EMERGENCY_MARGIN] = policy.emergencyMargin
    this.#cells[LAST_NOW] = 0
    this.#cells[OPENED_GENERATION] = Number.NaN
    this.followGeneration()
  }

  get table(): KnobTable {
    return this.#table
  }

  get config(): AtomicConfig {
    return this.#config
  }

  get executor(): SafetyExecutor {
    return this.#executor
  }

  get audit(): AuditRing {
    return this.#audit
  }

  get window(): WindowAccumulator {
    return this.#window
  }

  /** Inbox of `observe`: one digest by position, NaN where absent. Time of receipt and validity are filled in. */
  get digest(): Float64Array {
    return this.#digest
  }

  /** [0]: now. The owner may write it before `observe` and `tick`; a value behind the last one is put back. */
  get nowCell(): Float64Array {
    return this.#nowCell
  }

  /** What it is made of and where it stands, as plain data: `hotPathFrom` makes one from it that stands on the baseline. */
  toJSON(): HotPathRecord {
    return recordOf(this, this.#made)
  }

  /** Where a person wanted it to begin, unit space, on the grid. Read only. */
  get startUnits(): Float64Array {
    return this.#fallback.start
  }

  /** Latest time known. */
  get nowUs(): number {
    return this.#nowCell[0]
  }

  /** Judges the digest in the inbox, keeps it, and says what it led to: at most one code a call, the weightiest first. */
  observe(): number {
    const { digest, nowCell, window } = this
    const cells = this.#cells
    const before = cells[LAST_NOW]
    const stamp = digest[STAMP_OF]
    let now = nowCell[0]
    if (!(now >= before && now <= MAX_TIME_US)) {
      now = before
      this.clockHeld++
    }
    if (stamp > now) {
      const leap = this.manualTime ? (now === 0 ? MAX_TIME_US : LEAP_US) : AHEAD_US
      const objective = digest[OBJECTIVE_OF]
      // What is invalid for another reason says nothing of the time either.
      if (stamp - now <= leap && stamp <= MAX_TIME_US && objective - objective === 0) now = stamp
    } else if (this.manualTime && stamp < now) this.clockHeld++
    nowCell[0] = now
    cells[LAST_NOW] = now
    digest[RECEIVED_OF] = now
    if (cells[OPENED_GENERATION] !== this.#config.generation) this.followGeneration()
    if (this.journal && this.#audit.full) return this.refuseDigest()
    const open = !(window.closed || window.expired)
    const validity = window.add(digest, 0)
    digest[VALIDITY_OF] = validity
    if (this.journal) writeDigestRecord(this.#audit, this.#audit.reserve(), digest)
    const isValid = validity === codes.VALID
    const secured = isValid && digest[MARGIN_OF] < cells[EMERGENCY_MARGIN] && this.secure(false)
    const acted = this.onDigest?.() === true
    if (secured) return this.due(EMERGENCY)
    if (acted) return EMERGENCY
    if (isValid && open && window.closed) {
      this.#executor.noteMargin(window.means, MARGIN_CHANNEL)
      return this.due(this.leaveUnfit() ? EMERGENCY : WINDOW_CLOSED)
    }
    if (now >= window.expiresAtUs && open) return this.expire()
    if (now >= cells[NEXT_DEADLINE]) return this.passDeadlines()
    return isValid ? NOTHING_DUE : codes.REJECTED
  }

  /**
   * Lets time be `nowCell[0]` and says what that led to; call it again while it says something. RING_FULL: something is due and
   * waits, because what cannot be recorded is not decided.
   */
  tick(): number {
    this.holdClock()
    const { window } = this
    const cells = this.#cells
    if (cells[OPENED_GENERATION] !== this.#config.generation) this.followGeneration()
    const now = this.#nowCell[0]
    if (now >= window.expiresAtUs && !(window.closed || window.expired)) {
      if (this.journal) {
        if (this.#audit.full) return RING_FULL
        writeCause(this, codes.AUDIT_TICK, WINDOW_EXPIRED)
      }
      return this.expire()
    }
    if (now >= cells[NEXT_DEADLINE]) {
      if (this.journal) {
        if (this.#audit.full) return RING_FULL
        writeCause(this, codes.AUDIT_TICK, DEADLINE)
      }
      return this.passDeadlines()
    }
    return NOTHING_DUE
  }

  /** The convenient form of `observe`: fills the inbox from an object. What is left out is now and the live generation. */
  observeObject(fields: DigestFields): number {
    const { digest } = this
    emptyDigest(digest, this.#config.generation)
    digest[STAMP_OF] = this.#nowCell[0]
    writeDigest(digest, fields as unknown as DigestObject, EXTRA_POSITIONS)
    return this.observe()
  }

  /** `executor.apply`, and on acceptance a window for the new generation at once. */
  apply(kind: number): number {
    const status = this.#executor.apply(kind)
    if (status === codes.ACCEPTED) this.followGeneration()
    return status
  }

  /** Applies what a tuner asks for, or what a shield leaves of it; NO_BASELINE for a visit that may not be made. */
  propose(kind: number): number {
    const to = this.onProposal?.(kind) ?? kind
    if (to < 0) return codes.NO_BASELINE
    return to === codes.RETURN_TO_BASE ? this.returnToBase() : this.apply(to)
  }

  /** `executor.rollback` at P_NOW_US, and a window for the new generation. */
  rollback(asked = false): number {
    const status = this.#executor.rollback(asked)
    if (status === codes.ACCEPTED) this.followGeneration()
    return status
  }

  /** `executor.returnToBase` at P_NOW_US, and a window for the new generation. */
  returnToBase(): number {
    const status = this.#executor.returnToBase()
    this.followGeneration()
    return status
  }

  /** `executor.stand` at P_NOW_US, and a window for the new generation. */
  stand(units: Float64Array, kind: number): void {
    this.#executor.stand(units, kind)
    this.followGeneration()
  }

  /** `executor.moveBaseline` at P_NOW_US, and a window for the new generation. */
  moveBaseline(units: Float64Array): void {
    this.#executor.moveBaseline(units)
    this.followGeneration()
  }

  /** `executor.setGuardrails` at P_NOW_US, and a window for the generation that this may have led to. */
  setGuardrails(policy: GuardrailNumbers): number {
    const status = this.#executor.setGuardrails(policy)
    if (status !== codes.ACCEPTED) return status
    this.#cells[EMERGENCY_MARGIN] = policy.emergencyMargin
    if (this.#cells[OPENED_GENERATION] !== this.#config.generation) this.followGeneration()
    return status
  }

  /** Begins a new window for the same generation at now, after one closed, expired or is to be forgotten. */
  reopenWindow(): void {
    if (this.#cells[OPENED_GENERATION] !== this.#config.generation) this.followGeneration()
    else {
      this.#window.cells[WINDOW_NOW_US] = this.#nowCell[0]
      this.openWindow()
    }
  }

  /** DEADLINE is returned once when now reaches `us`. Several may wait; Infinity and NaN are none. */
  wakeAt(us: number): void {
    deadlines.add(this.#cells, us)
  }

  /** Drops deadlines that have passed without reporting them: the caller already knows the time. */
  dropPassed(): void {
    if (this.#nowCell[0] >= this.#cells[NEXT_DEADLINE]) deadlines.sweep(this.#cells, this.#nowCell)
  }

  /** Forgets every deadline. */
  clearWake(): void {
    this.#cells.fill(Number.POSITIVE_INFINITY, NEXT_DEADLINE)
  }

  /** Puts `nowCell` back on the last time if it was set behind it, to no number, or beyond all time. */
  private holdClock(): void {
    const { nowCell } = this
    const cells = this.#cells
    const now = nowCell[0]
    if (now >= cells[LAST_NOW] && now <= MAX_TIME_US) cells[LAST_NOW] = now
    else {
      nowCell[0] = cells[LAST_NOW]
      this.clockHeld++
    }
  }

  /** Opens a window for the live generation, as of its commit: settle time and expiry count from there. */
  private followGeneration(): void {
    const { config, nowCell, window } = this
    const cells = this.#cells
    const committed = config.committedUs
    if (committed > nowCell[0]) {
      nowCell[0] = committed
      cells[LAST_NOW] = committed
    }
    cells[OPENED_GENERATION] = config.generation
    window.cells[WINDOW_NOW_US] = committed
    this.openWindow()
  }

  private openWindow(): void {
    const { window } = this
    window.cells[WINDOW_GENERATION] = this.#cells[OPENED_GENERATION]
    window.open()
  }

  private expire(): number {
    this.#window.cells[WINDOW_NOW_US] = this.#nowCell[0]
    this.#window.expire()
    return this.due(WINDOW_EXPIRED)
  }

  /** Several deadlines that have passed are one code. */
  private passDeadlines(): number {
    deadlines.sweep(this.#cells, this.#nowCell)
    return this.due(DEADLINE)
  }

  /**
   * A valid digest fell below the emergency margin: back to the baseline, or to the base where there is none, and SafeMode.
   * Where the plant stands there already, to what else there is; false when there is nothing safer left.
   */
  private secure(refused: boolean): boolean {
    const { executor, config, nowCell } = this
    const last = executor.lastKind
    const nothingSafer = last === codes.ROLLBACK || (last === codes.RETURN_TO_BASE && !config.hasBaseline)
    const open = Atomics.load(executor.latch, 0) !== codes.NOT_TRIPPED
    if (!open) this.#fallback.begin()
    // A digest that will stand nowhere decides nothing by itself: a replay would not have it.
    const elsewhere = nothingSafer && open ? this.#fallback.next(this.#digest, MARGIN_OF, !refused) : null
    if (nothingSafer && open && elsewhere === null) {
      this.emergenciesWaitedOut++
      return false
    }
    // A digest that was not taken is the cause all the same: a replay needs it.
    if (refused) {
      this.#digest[VALIDITY_OF] = codes.VALID
      writeDigestRecord(this.#audit, this.#audit.reserveSafety(), this.#digest)
    }
    executor.proposal[P_NOW_US] = nowCell[0]
    if (elsewhere !== null) executor.moveBaseline(elsewhere)
    else if (config.hasBaseline) executor.rollback()
    else executor.returnToBase()
    executor.openLatch(codes.TRIP_CONSTRAINT_EMERGENCY)
    this.followGeneration()
    return true
  }

  /** A window closed: true when SafeMode stands where the constraint is broken, and there was something else to go to. */
  private leaveUnfit(): boolean {
    const elsewhere = this.#fallback.afterWindow(this.#window.means, MARGIN_CHANNEL)
    if (elsewhere === null) return false
    this.#executor.proposal[P_NOW_US] = this.#nowCell[0]
    this.moveBaseline(elsewhere)
    return true
  }

  /** The audit has no room for this digest, and counts it; an emergency is still one. */
  private refuseDigest(): number {
    const { digest } = this
    const below = digest[MARGIN_OF] < this.#cells[EMERGENCY_MARGIN]
    if (below && this.#window.judge(digest, 0) === codes.VALID && this.secure(true))
      return this.due(EMERGENCY)
    this.#audit.drop()
    return RING_FULL
  }

  private due(code: number): number {
    if (this.onDue !== null) this.onDue(code)
    return code
  }

  /** Where everything is journaled: what is asked of the engine from outside at `nowCell`, before anyone acts on it. */
  journalCommand(code: number): void {
    if (this.journal) writeCause(this, codes.AUDIT_COMMAND, code)
  }
}
