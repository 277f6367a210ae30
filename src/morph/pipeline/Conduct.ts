/**
 * A candidate's conduct: what it must not do, whatever it answers. It may not write into its input, answer with another kind of result,
 * leave a promise unsettled or its rejection unhandled, leave a timer behind, keep the loop for more than 50 ms, or fail three times in a
 * row where the incumbent answers. Each is critical, and the third one culls at once.
 */
import { type Call, type Kind, observed, type Outcome } from "./calls.ts"
import { type Judge, PATIENCE } from "./judged.ts"
import { type CallWatch, NO_WATCH, type Trace } from "./CallWatch.ts"
import type { Deadlines } from "./Deadlines.ts"
import type { LatencySketch } from "./LatencySketch.ts"
import type { CheckedPiece } from "./pieces.ts"
import type { PipelineClock } from "./PipelineClock.ts"
import { follow, isPromise } from "./promises.ts"
import type { SocketWorld } from "./SocketWorld.ts"

const BLOCK_MS = 50
const RUN_OF_FAILURES = 3
/** What a candidate that was taken out has under way for longer are streams, which have no end of their own. */
const DRAIN_MS = 60_000
/** Calls whose timers are remembered. */
const MOST_TRACES = 4_096
/** After the loop was late, code that runs later than its call is timed for so many windows. */
const SUSPICIOUS_WINDOWS = 4

class CallTrace implements Trace {
  endedAt = Number.POSITIVE_INFINITY
  /** Whether the process waits for each. */
  private timers: Array<() => boolean> | null = null
  readonly isIncumbent: boolean
  private readonly conduct: Conduct
  private readonly graft: number

  constructor(conduct: Conduct, isIncumbent: boolean) {
    this.conduct = conduct
    this.isIncumbent = isIncumbent
    this.graft = conduct.graft
  }

  /** What a candidate that is gone had left behind is not blamed on the next one. */
  get counts(): boolean {
    return this.graft === this.conduct.graft
  }

  rejected(): boolean {
    if (this.isIncumbent) return false
    if (this.counts) this.conduct.critical("left a promise whose rejection nobody handled")
    return true
  }

  held(ms: number): void {
    if (this.counts) this.conduct.heldLater(ms, this.isIncumbent)
  }

  timerSet(isHolding: () => boolean): void {
    if (this.counts && this.conduct.follows(this)) (this.timers ??= []).push(isHolding)
  }

  /** Whether the process waits for a timer that it set. The others are forgotten. */
  isHolding(): boolean {
    this.timers = this.timers?.filter((holds) => holds()) ?? null
    return this.timers !== null && this.timers.length > 0
  }
}

interface Fault {
  times: number
  last: string
}

/** What stands between a cause and the fault that is named beside it. */
export const COMMONEST_FAULT = "; its commonest fault"

/** Faults that differ in numbers only are one kind. */
const kindOfFault = (what: string): string => what.replaceAll(/\d+/g, "n")

/** What a call failed by, as what the candidate did. */
function deedOf(failure: unknown): string {
  try {
    const said = failure instanceof Error ? failure.message : String(failure)
    if (/^answered after \d+ ms$/.test(said)) return said
    return /^no .+ after \d+ ms$/.test(said) ? `gave ${said}` : `threw ${JSON.stringify(said.slice(0, 100))}`
  } catch {
    return "threw what has no text"
  }
}

export class Conduct {
  readonly criticals: Array<string> = []
  /** What it did wrong, by kind; the last kind that came is the last one here. */
  private readonly faults = new Map<string, Fault>()
  written = 0
  /** Candidates so far. */
  graft = 0
  /** Calls of the candidate that have not ended. */
  inFlight = 0
  private takenOutAt = 0
  /** What the incumbent is known to answer with. */
  readonly kinds = new Set<Kind>()
  /** Ends calls that wait for the candidate. */
  readonly open = new Set<() => void>()
  private readonly piece: CheckedPiece
  private readonly times: LatencySketch
  private world: SocketWorld | null = null
  private deadlines: Deadlines | null = null
  private failuresRunning = 0
  private readonly withTimers = new Set<CallTrace>()
  /** The incumbent leaves timers behind as well. */
  private incumbentLeaves = false
  /** It kept the loop as well: for how long at most, but for once, and how often more than the candidate. Null before it was timed. */
  private longestMs: number | null = null
  private secondMs = 0
  private excused = 0
  private suspicion = 0
  private isTiming = false
  private closeWatch: (() => void) | null = null

  /** @param times of the incumbent */
  constructor(piece: CheckedPiece, times: LatencySketch) {
    this.piece = piece
    this.times = times
  }

  enter(world: SocketWorld, deadlines: Deadlines): void {
    this.world = world
    this.deadlines = deadlines
  }

  leave(): void {
    this.rest()
    this.closeWatch?.()
    this.closeWatch = null
    this.world = null
  }

  /** Another candidate begins with a clean record. */
  renew(): void {
    this.graft++
    this.criticals.length = 0
    this.faults.clear()
    this.written = this.failuresRunning = this.excused = this.suspicion = this.inFlight = 0
    this.incumbentLeaves = false
    this.longestMs = null
    this.secondMs = 0
    this.withTimers.clear()
    // It stays open until the growth stops: what a culled candidate left behind may still be rejected.
    this.closeWatch ??= this.watch.open()
  }

  /** What still waits for the candidate is answered by the incumbent, where that may be. */
  takeOut(now: number): void {
    this.takenOutAt = now
    for (const abandon of this.open) abandon()
  }

  /**
   * What its socket waits for before the next candidate. Every promise ends by a deadline. A stream does not where nobody reads it; it
   * is left to those who have it after a minute, or after the patience with promises where that is longer.
   */
  get draining(): { readonly callsInFlight: number; readonly streamsLeft: number } {
    const now = this.world?.clock.now() ?? 0
    const isOver = now - this.takenOutAt >= Math.max(DRAIN_MS, PATIENCE * this.piece.deadlineMs)
    return isOver
      ? { callsInFlight: 0, streamsLeft: this.inFlight }
      : { callsInFlight: this.inFlight, streamsLeft: 0 }
  }

  /** There is no candidate. */
  rest(): void {
    this.suspicion = 0
    this.withTimers.clear()
    this.follow(false)
  }

  get watch(): CallWatch {
    return this.world?.watch ?? NO_WATCH
  }

  /** Where it answers no caller, all of its code is timed; later only where the loop was late. */
  follow(isUnseen: boolean): void {
    const isTiming = isUnseen || this.suspicion > 0
    if (isTiming === this.isTiming) return
    this.isTiming = isTiming
    this.watch.timeLater(isTiming)
  }

  noteLag(ms: number): void {
    if (ms > BLOCK_MS) this.suspicion = SUSPICIOUS_WINDOWS
  }

  /** The end of a window: timers that outlived their calls by a deadline were left behind. */
  endWindow(now: number): void {
    if (this.suspicion > 0) this.suspicion--
    const left = [...this.withTimers].filter(({ endedAt }) => now - endedAt >= this.piece.deadlineMs)
    this.incumbentLeaves ||= left.some((trace) => trace.isIncumbent && trace.isHolding())
    for (const trace of left) {
      this.withTimers.delete(trace)
      if (!trace.isIncumbent && !this.incumbentLeaves && trace.isHolding())
        this.critical("left a timer behind")
    }
    for (const trace of this.withTimers) if (!trace.isHolding()) this.withTimers.delete(trace)
  }

  /** Calls the incumbent, whose answer is compared, and looks at it as at the candidate. */
  watched(call: Call, clock: PipelineClock, seen: (outcome: Outcome, kind: Kind) => void): unknown {
    const trace = new CallTrace(this, true)
    const ended = (outcome: Outcome, kind: Kind): void => {
      trace.endedAt = clock.now()
      seen(outcome, kind)
    }
    return this.watch.run(trace, () => observed(call, clock, true, ended, this.heldByIncumbent))
  }

  /** Looks at its timers from now on. False: there are too many of its kind. */
  follows(trace: CallTrace): boolean {
    if (this.withTimers.size < MOST_TRACES) this.withTimers.add(trace)
    return this.withTimers.has(trace)
  }

  heldLater(ms: number, isIncumbent: boolean): void {
    if (isIncumbent) this.heldByIncumbent(ms)
    else this.held(ms, "promise")
  }

  readonly heldByIncumbent = (ms: number): void => {
    // Nearly every call ends here.
    if (this.longestMs !== null && ms <= this.secondMs) {
      if (ms > BLOCK_MS) this.excused++
      return
    }
    const longest = this.longestMs ?? 0
    this.longestMs = Math.max(longest, ms)
    this.secondMs = Math.max(this.secondMs, Math.min(longest, ms))
    if (ms > BLOCK_MS) this.excused++
  }

  /** The candidate kept the loop. With inputs that were recorded it may do so before anybody knows what the incumbent does. */
  held(ms: number, how: Kind): void {
    if (ms <= BLOCK_MS || this.longestMs === null || this.doesSoToo(ms, this.longestMs)) return
    // A function that answers at once may take its time, if the incumbent takes it too.
    const usual = how === "value" ? 2 * (this.times.quantileMs(0.99) ?? 0) : 0
    if (ms > usual) this.critical(`kept the loop for ${Math.round(ms)} ms`)
  }

  /** Where the incumbent did twice, it is its way, and how often is for duels to tell; one that did once may have been stopped itself. */
  private doesSoToo(ms: number, longestMs: number): boolean {
    if (ms <= 2 * this.secondMs) return true
    if (ms > 2 * longestMs || this.excused === 0) return false
    this.excused--
    return true
  }

  answered(): void {
    this.failuresRunning = 0
  }

  /** It failed, and the incumbent answered. */
  blame(): void {
    if (++this.failuresRunning >= RUN_OF_FAILURES)
      this.tell(`failed ${this.failuresRunning} calls in a row that the incumbent answered`)
  }

  /** The incumbent answered what the candidate could not; where that goes well, the failure is the candidate's own. */
  fellBack(result: unknown, hasFailed: () => boolean): unknown {
    const blame = (): void => {
      if (hasFailed()) this.blame()
    }
    if (!isPromise(result)) {
      blame()
      return result
    }
    const kept = (answer: unknown): unknown => {
      blame()
      return answer
    }
    return follow(result, kept, (failure) => {
      throw failure
    })
  }

  critical(what: string): void {
    if (what.startsWith("wrote")) this.written++
    this.noteFault(what)
    this.tell(what)
  }

  private tell(what: string): void {
    this.criticals.push(what)
    this.world?.tooCritical(this.piece.name)
  }

  /** A call of the candidate failed. What is critical as well was noted as that. */
  noteFailure({ error, failure }: Outcome): void {
    if (!error) return
    if (!(failure instanceof Error) || failure.message !== this.criticals.at(-1))
      this.noteFault(deedOf(failure))
  }

  private noteFault(what: string): void {
    const kind = kindOfFault(what.startsWith("threw") ? "threw" : what)
    const { times } = this.faults.get(kind) ?? { times: 0 }
    this.faults.delete(kind)
    this.faults.set(kind, { times: times + 1, last: what })
  }

  /** Its commonest fault, as the end of a sentence about why it was culled; nothing where that sentence names it. */
  commonestFault(named = ""): string {
    let most: Fault | null = null
    for (const fault of this.faults.values()) if (fault.times >= (most?.times ?? 0)) most = fault
    if (most === null || kindOfFault(most.last) === kindOfFault(named)) return ""
    return `${COMMONEST_FAULT} (${most.times === 1 ? "once" : `${most.times} times`}): it ${most.last}`
  }

  judge(isIncumbent = false): Judge {
    const { world, deadlines, kinds, open } = this
    if (world === null || deadlines === null) throw new Error("A socket that is not grown has no candidate.")
    const { clock } = world
    const trace = new CallTrace(this, isIncumbent)
    // Of one shape, so that code that takes both is compiled for one.
    const both = {
      clock,
      deadlines,
      watch: this.watch,
      trace,
      kinds: this.piece.effects === "once" ? null : kinds,
      open,
      isIncumbent,
    }
    if (isIncumbent) {
      const ended = (): void => void (trace.endedAt = clock.now())
      return { ...both, began: nothing, ended, critical: nothing, held: this.heldByIncumbent }
    }
    return {
      ...both,
      // A stream of the candidate before may begin and end at any time.
      began: () => {
        if (trace.counts) this.inFlight++
      },
      ended: () => {
        if (trace.counts) this.inFlight--
        trace.endedAt = clock.now()
      },
      critical: (what) => this.critical(what),
      held: (ms, how) => this.held(ms, how),
    }
  }
}

const nothing = (): void => {}
