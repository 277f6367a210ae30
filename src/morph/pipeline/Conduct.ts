/**
 * A candidate's conduct: what it must not do, whatever it answers. It may not write into its input, answer with another kind of result,
 * leave a promise unsettled or its rejection unhandled, leave a timer behind, keep the loop for more than 50 ms, or fail three times in a
 * row where the incumbent answers. Each is critical, and the third one culls at once.
 */
import type { Judge, Kind } from "./calls.ts"
import { type CallWatch, NO_WATCH, type Trace } from "./CallWatch.ts"
import type { Deadlines } from "./Deadlines.ts"
import type { LatencySketch } from "./LatencySketch.ts"
import type { CheckedPiece } from "./pieces.ts"
import type { SocketWorld } from "./SocketWorld.ts"

const BLOCK_MS = 50
const RUN_OF_FAILURES = 3
/** Calls whose timers are remembered. */
const MOST_TRACES = 4_096
/** After the loop was late, code that runs later than its call is timed for so many windows. */
const SUSPICIOUS_WINDOWS = 4

class CallTrace implements Trace {
  endedAt = Number.POSITIVE_INFINITY
  timers: Map<number, () => boolean> | null = null
  readonly isIncumbent: boolean
  private readonly conduct: Conduct
  private readonly graft: number

  constructor(conduct: Conduct, isIncumbent: boolean) {
    this.conduct = conduct
    this.isIncumbent = isIncumbent
    this.graft = conduct.graft
  }

  /** What a candidate that is gone had left behind is not blamed on the next one. */
  private get counts(): boolean {
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

  timerSet(timer: number, isHolding: () => boolean): void {
    this.timers ??= new Map()
    this.timers.set(timer, isHolding)
    if (this.counts) this.conduct.hasTimers(this)
  }

  timerGone(timer: number): void {
    this.timers?.delete(timer)
  }
}

export class Conduct {
  readonly criticals: Array<string> = []
  written = 0
  /** Candidates so far. */
  graft = 0
  /** Calls of the candidate that have not ended. */
  inFlight = 0
  /** What the incumbent is known to answer with. */
  kind: Kind | null = null
  /** Ends calls that wait for the candidate. */
  readonly open = new Set<() => void>()
  private readonly piece: CheckedPiece
  private readonly times: LatencySketch
  private world: SocketWorld | null = null
  private deadlines: Deadlines | null = null
  private failuresRunning = 0
  private readonly withTimers = new Set<CallTrace>()
  /** The incumbent leaves timers behind as well, and was late for so many times more than the candidate. */
  private incumbentLeaves = false
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
    this.written = this.failuresRunning = this.excused = this.suspicion = 0
    this.incumbentLeaves = false
    this.withTimers.clear()
    // It stays open until the growth stops: what a culled candidate left behind may still be rejected.
    this.closeWatch ??= this.watch.open()
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
    const isHolding = ({ timers }: CallTrace): boolean => [...(timers?.values() ?? [])].some((one) => one())
    this.incumbentLeaves ||= left.some((trace) => trace.isIncumbent && isHolding(trace))
    for (const trace of left) {
      this.withTimers.delete(trace)
      if (!trace.isIncumbent && !this.incumbentLeaves && isHolding(trace))
        this.critical("left a timer behind")
    }
    for (const trace of this.withTimers) if (trace.timers?.size === 0) this.withTimers.delete(trace)
  }

  /** Calls the incumbent and looks at it as at the candidate; `act` gets what to call when the answer is there. */
  watched<T>(act: (ended: () => void) => T): T {
    const { world } = this
    const trace = new CallTrace(this, true)
    const ended = (): void => void (trace.endedAt = world?.clock.now() ?? 0)
    return this.watch.run(trace, () => act(ended))
  }

  hasTimers(trace: CallTrace): void {
    if (this.withTimers.size < MOST_TRACES) this.withTimers.add(trace)
  }

  heldLater(ms: number, isIncumbent: boolean): void {
    if (ms <= BLOCK_MS) return
    if (isIncumbent) this.excused++
    else if (this.excused > 0) this.excused--
    else this.critical(`kept the loop for ${Math.round(ms)} ms`)
  }

  answered(): void {
    this.failuresRunning = 0
  }

  /** It failed, and the incumbent answered. */
  blame(): void {
    if (++this.failuresRunning >= RUN_OF_FAILURES)
      this.critical(`failed ${this.failuresRunning} calls in a row that the incumbent answered`)
  }

  /** The incumbent answered what the candidate could not; where that goes well, the failure is the candidate's own. */
  fellBack(result: unknown, hasFailed: () => boolean): unknown {
    const blame = (): void => {
      if (hasFailed()) this.blame()
    }
    if (!(result instanceof Promise)) {
      blame()
      return result
    }
    return result.then((answer: unknown) => {
      blame()
      return answer
    })
  }

  critical(what: string): void {
    if (what.startsWith("wrote")) this.written++
    this.criticals.push(what)
    this.world?.tooCritical(this.piece.name)
  }

  judge(isIncumbent = false): Judge {
    const { world, deadlines, kind, open } = this
    if (world === null || deadlines === null) throw new Error("A socket that is not grown has no candidate.")
    const { clock } = world
    const trace = new CallTrace(this, isIncumbent)
    if (isIncumbent) {
      const ended = (): void => void (trace.endedAt = clock.now())
      const blameless = { began: nothing, ended, critical: nothing, held: nothing, isIncumbent }
      return { clock, deadlines, watch: this.watch, trace, kind: null, open, ...blameless }
    }
    return {
      clock,
      deadlines,
      watch: this.watch,
      trace,
      kind: this.piece.effects === "once" ? null : kind,
      open,
      began: () => void this.inFlight++,
      ended: () => {
        this.inFlight--
        trace.endedAt = clock.now()
      },
      critical: (what) => this.critical(what),
      held: (ms, how) => {
        if (ms <= BLOCK_MS) return
        // A function that answers at once may take its time, if the incumbent takes it too.
        const usual = how === "value" ? 2 * (this.times.quantileMs(0.99) ?? 0) : 0
        if (ms > usual) this.critical(`kept the loop for ${Math.round(ms)} ms`)
      },
    }
  }
}

const nothing = (): void => {}
