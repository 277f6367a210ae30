/**
 * The whole control loop without actors: a hot path and a tuner, driven by plain calls. It takes the same decisions as
 * `engineMachine` (pacing, timeouts, refusals, regressions, emergencies, SafeMode left by its timer) and allocates
 * nothing per window. One needs it where windows close faster than some 10 kHz, and in simulations.
 *
 * Use: `start()`, then fill `hot.digest` and call `observe()` for every digest, and `tick()` after raising
 * `hot.nowCell[0]`. Not taken over from the machines: the comparison with the baseline (its
 * record is made anew at every pair), and recovery as a way out.
 */
import {
  ACCEPTED,
  AUDIT_QUEUE_FULL,
  DIGEST_CONSTRAINT_MARGIN,
  EMERGENCY,
  FIRST_CHANNEL,
  GUARD_BLAME,
  GUARD_BLAME_START,
  GUARD_RELEASE,
  GUARD_RETREAT,
  GUARD_TRY_START,
  GUARD_WORLD,
  KERNEL_NO_CHANGE,
  MINUS,
  NOT_TRIPPED,
  PLUS,
  TRIP_MANUAL,
  TRIP_OBJECTIVE_REGRESSION,
  TRIP_TELEMETRY_LOST,
  UPDATE,
  WINDOW_CLOSED,
  WINDOW_EXPIRED,
} from "./codes.ts"
import {
  APPLYING_MINUS,
  APPLYING_PLUS,
  COMPUTING,
  FROZEN,
  READY,
  RESTING,
  WAITING_MINUS,
  WAITING_PLUS,
} from "./phases.ts"
import { P_EXPECTED_GENERATION, P_ID, P_LENGTH, P_NOW_US, P_TARGET } from "./SafetyExecutor.ts"
import { COVARIATE_PLUS, LOSS_MINUS, LOSS_PLUS, MARGIN_PLUS, type SpsaKernel } from "./SpsaKernel.ts"
import { closeSide, joinWindow, windowsRead } from "./sideReading.ts"
import { tripFor } from "./tripFor.ts"
import { BY_TIMER, BY_GUARD, BY_DRAIN, BY_RESET, LoopSafety } from "./LoopSafety.ts"

/** Position of the margin among a window's channels. */
const MARGIN = DIGEST_CONSTRAINT_MARGIN - FIRST_CHANNEL

/** The control loop without actors: `start()`, `observe()`, `tick()`; allocates nothing per digest or window. */
export class HotLoop extends LoopSafety {
  /** Cycles whose update was applied, or that changed nothing. */
  cycles = 0
  private started = false
  /** Windows that make a reading at least. */
  private windows = 1
  private refusal = ACCEPTED
  private regressions = 0

  /** Begins to tune from where the plant stands. Doing it twice changes nothing. */
  start(): void {
    if (this.started) return
    const executor = this.executorNow()
    if (this.options.startIsBaseline) executor.setBaseline()
    this.kernel.initial(this.state, executor.base)
    this.begin()
  }

  /** As `start`, with what another loop over the same knobs had learned (`state`, `guarded`), and no new baseline. */
  startFrom(state: Float64Array, guarded: Float64Array | null = null): void {
    if (this.started) return
    this.kernel.rebase(state, this.state, this.executorNow().base)
    this.begin(guarded)
  }

  /** A latch that is found open, in a configuration taken over, stays open until `reset`. */
  protected begin(guarded: Float64Array | null = null): void {
    this.started = true
    this.fences.ended()
    // Nothing was measured before: no window may have run out.
    this.hot.reopenWindow()
    this.guard.begin(guarded)
    const { executor } = this.hot
    this.exit = BY_RESET
    if (Atomics.load(executor.latch, 0) !== NOT_TRIPPED) return
    this.due[0] = executor.nextApplyUs
    this.ready()
    this.proceed()
  }

  /** Nobody reports: back to the base and still, until `reset`. SafeMode is not opened, and one that is open stays. */
  rest(): void {
    if (!this.started || this.phase === FROZEN) return
    this.executorNow()
    this.hot.returnToBase()
    this.guard.pause()
    this.phase = FROZEN
    this.exit = BY_RESET
    this.leaveSeat()
  }

  /** Ends tuning and leaves the plant on its base. */
  stop(): void {
    if (!this.started) return
    this.started = false
    this.phase = FROZEN
    this.leaveSeat()
    this.executorNow()
    this.hot.returnToBase()
  }

  /** Takes the digest in `hot.digest`; returns what the hot path made of it. */
  observe(): number {
    const code = this.hot.observe()
    this.respond(code)
    return code
  }

  /** Looks at the time in `hot.nowCell`. */
  tick(): number {
    const code = this.hot.tick()
    this.respond(code)
    return code
  }

  /** Opens SafeMode. By hand only `reset` leads out, also where it was open already; other reasons have the timer. */
  trip(reason: number = TRIP_MANUAL): void {
    if (this.started) this.open(reason)
  }

  /** Goes on with another kernel over the same knobs, and so many windows a reading; what is known and in flight stays. */
  retune(kernel: SpsaKernel, windows: number): void {
    this.kernel = kernel
    this.windows = windows
    kernel.fitProbe(this.state)
  }

  /** When it has something to do though no window ends: the next apply, or the timer of SafeMode; infinite when it has not. */
  get dueUs(): number {
    const { phase } = this
    const waits = !this.started || phase === WAITING_PLUS || phase === WAITING_MINUS || phase === RESTING
    return waits || (this.phase === FROZEN && this.exit === BY_RESET) ? Number.POSITIVE_INFINITY : this.due[0]
  }

  /** By hand back to the baseline, or to the base while there is none; a loop that is still stays so. */
  rollback(): void {
    if (!this.started) return
    this.toBaseline(true)
    if (this.phase === FROZEN) this.guard.rolledBack()
    else this.resume()
  }

  /** Leaves SafeMode by hand, or a rest, unless the audit still has no room. */
  reset(): void {
    if (!this.started || this.phase !== FROZEN || (this.exit === BY_DRAIN && !this.hot.audit.drained)) return
    this.guard.letGo()
    this.close()
  }

  /** In SafeMode, or in a cooldown that the guard watches. */
  private get standsStill(): boolean {
    return this.phase === FROZEN || this.guard.standsStill
  }

  protected respond(code: number): void {
    if (!this.started) return
    if (code === WINDOW_CLOSED) this.read()
    else if (code === WINDOW_EXPIRED) this.expired()
    else if (code === EMERGENCY) this.emergency()
    if (this.phase === FROZEN) {
      // After the timer, the next window that closes ends SafeMode: without measurements nothing is tuned.
      const heard = code === WINDOW_CLOSED && this.hot.nowCell[0] >= this.due[0]
      if ((this.exit === BY_TIMER && heard) || (this.exit === BY_DRAIN && this.hot.audit.drained))
        this.close()
      return
    }
    if (this.phase !== WAITING_PLUS && this.phase !== WAITING_MINUS && this.phase !== RESTING) this.proceed()
  }

  /** Does what Tier 1 would accept now, until a window is to be waited for or it is too soon. */
  protected proceed(): void {
    while (this.hot.nowCell[0] >= this.due[0]) {
      switch (this.phase) {
        case READY:
          this.phase = this.kernel.firstIsPlus(this.state) ? APPLYING_PLUS : APPLYING_MINUS
          break
        case APPLYING_PLUS:
          this.kernel.plusTarget(this.state, this.hot.executor.proposal, P_TARGET)
          if (this.ask(PLUS)) this.phase = WAITING_PLUS
          break
        case APPLYING_MINUS:
          this.kernel.minusTarget(this.state, this.hot.executor.proposal, P_TARGET)
          if (this.ask(MINUS)) this.phase = WAITING_MINUS
          break
        case COMPUTING:
          this.kernel.updateTarget(this.next, this.hot.executor.proposal, P_TARGET)
          if (this.ask(UPDATE)) this.keep()
          break
        default:
          return
      }
    }
  }

  /** True when the targets in the inbox were applied. Otherwise the cycle starts over, or SafeMode opened. */
  protected ask(kind: number): boolean {
    const { executor, config, nowCell } = this.hot
    const { shared } = this
    if (shared !== null && !shared.admits(nowCell, this)) {
      this.due[0] = shared.againUs
      return false
    }
    const inbox = executor.proposal
    inbox[P_NOW_US] = nowCell[0]
    inbox[P_EXPECTED_GENERATION] = config.generation
    inbox[P_ID]++
    inbox[P_LENGTH] = config.knobs
    if (kind === UPDATE && this.kernel.earns(this.next)) executor.earn()
    const status = this.hot.propose(kind)
    this.due[0] = executor.nextApplyUs
    if (status === ACCEPTED) {
      // A shield may have let it go elsewhere.
      if (this.hot.onProposal !== null) {
        const units = new Float64Array(config.knobs)
        config.readUnits(units)
        if (kind === UPDATE) this.next = this.kernel.landed(this.next, kind, units)
        else this.state = this.kernel.landed(this.state, kind, units)
      }
      this.refusals = 0
      // The cooldown is over.
      if (this.guard.standsStill) this.guard.pause()
      executor.band(this.band)
      this.fences.applied(config, kind !== UPDATE)
      if (shared !== null) shared.applied(this)
      return true
    }
    this.refusal = this.refusals === 0 || this.refusal === status ? status : ACCEPTED
    this.refusals++
    if (status === AUDIT_QUEUE_FULL || this.refusals >= this.options.refusalsToTrip)
      this.open(tripFor(this.refusal))
    else this.ready()
    return false
  }

  /** Draws the next pair; the same one as before where the cycle was not completed. */
  protected ready(): void {
    this.phase = READY
    this.leaveSeat()
    this.readings.fill(Number.NaN)
    if (this.kernel.restsLeft(this.state) > 0) {
      this.phase = RESTING
      return
    }
    this.kernel.begin(this.state)
    this.fences.drawn(this.state, this.hot.nowCell)
  }

  /** A window closed. Outside a wait it belongs to the base and is nobody's reading. */
  protected read(): void {
    const { means } = this.hot.window
    if (this.phase === RESTING) return this.readRest()
    const waitsForPlus = this.phase === WAITING_PLUS
    if (!waitsForPlus && this.phase !== WAITING_MINUS) {
      if (this.phase === FROZEN && means[MARGIN] < 0) this.fences.stillBroken()
      if (this.guard.standsStill) this.standStill(this.options.sign * means[0])
      if (this.standsStill) this.hot.reopenWindow()
      return
    }
    this.timeouts = 0
    if (this.guard.take(this.options.sign * means[0]) === GUARD_RETREAT) return this.retreated()
    const { kernel, readings, hot } = this
    const late = kernel.windowsLeftOut(this.state)
    joinWindow(readings, means, hot.window.trend, this.options.sign, late, kernel.settings.covariate)
    const wanted = Math.max(kernel.windowsPerReading(this.state), late + this.windows)
    if (windowsRead(readings) < wanted) return hot.reopenWindow()
    closeSide(readings, waitsForPlus)
    const other = this.readings[waitsForPlus ? LOSS_MINUS : LOSS_PLUS]
    if (Number.isNaN(other)) this.phase = waitsForPlus ? APPLYING_MINUS : APPLYING_PLUS
    else this.compute()
  }

  /** A plain window at the base: the next one, or the next pair. */
  private readRest(): void {
    const { guard, hot, kernel } = this
    const loss = this.options.sign * hot.window.means[0]
    this.timeouts = 0
    if (guard.take(loss) === GUARD_RETREAT) return this.retreated()
    this.readings[LOSS_PLUS] = loss
    this.readings[MARGIN_PLUS] = hot.window.means[MARGIN]
    const { covariate } = kernel.settings
    if (covariate > 0) this.readings[COVARIATE_PLUS] = hot.window.means[covariate - FIRST_CHANNEL]
    kernel.rest(this.state, this.next, this.readings)
    this.readings.fill(Number.NaN)
    this.swap()
    if (kernel.restsLeft(this.state) > 0) hot.reopenWindow()
    else this.ready()
  }

  /** A window of the place where the guard has put the plant, or watches it while the cooldown of a rollback runs. */
  private standStill(loss: number): void {
    const { guard } = this
    const act = guard.take(loss)
    if (act === GUARD_BLAME || act === GUARD_BLAME_START) {
      this.fences.raise(guard.fence())
      this.kernel.blamed(this.state)
      if (this.tooManyRollbacks) this.demandReset()
    } else if (act === GUARD_WORLD || act === GUARD_RELEASE) {
      if (this.exit === BY_GUARD) this.close()
      else guard.watchOver()
    } else if (act === GUARD_TRY_START && this.phase !== FROZEN) this.retreated()
  }

  protected expired(): void {
    if (this.phase !== WAITING_PLUS && this.phase !== WAITING_MINUS && this.phase !== RESTING) {
      if (this.standsStill) this.hot.reopenWindow()
      return
    }
    this.timeouts++
    if (this.timeouts >= this.options.timeoutsToTrip) this.open(TRIP_TELEMETRY_LOST)
    else this.hot.reopenWindow()
  }

  protected compute(): void {
    const { kernel, hot } = this
    this.fences.narrow(this.state, this.band)
    const outcome = kernel.complete(this.state, this.next, this.readings, this.band)
    const before = this.regressions
    this.regressions = kernel.regressions(this.next) > 0 ? before + 1 : 0
    hot.executor.noteRegressions(this.regressions)
    const { policy } = hot.executor
    if (this.regressions >= policy.regressionsToTrip) {
      this.swap()
      this.open(TRIP_OBJECTIVE_REGRESSION)
    } else if (this.regressions >= policy.rollbackRegressions && before < policy.rollbackRegressions) {
      this.swap()
      this.rollBack()
    } else if (kernel.goesBack(this.next)) {
      this.swap()
      this.rollBack()
    } else if (outcome === KERNEL_NO_CHANGE) this.keep()
    else this.phase = COMPUTING
  }

  /** What was learned becomes the state, and the next cycle begins. */
  private keep(): void {
    this.swap()
    this.cycles++
    this.ready()
  }

  /** Back to the baseline; Tier 1's cooldown is waited out. */
  protected rollBack(): void {
    this.toBaseline(false)
    if (this.tooManyRollbacks) {
      this.hot.executor.openLatch(TRIP_OBJECTIVE_REGRESSION)
      this.freeze(TRIP_OBJECTIVE_REGRESSION)
    } else this.resume()
  }

  private close(): void {
    const executor = this.executorNow()
    executor.closeLatch()
    this.regressions = 0
    executor.noteRegressions(0)
    this.resume()
    this.proceed()
  }

  /** Goes on from where the plant was put. */
  protected resume(): void {
    const executor = this.executorNow()
    this.guard.pause()
    this.kernel.rebase(this.state, this.next, executor.base)
    this.swap()
    this.fences.ended()
    this.fences.resumed()
    this.refusals = 0
    this.due[0] = executor.nextApplyUs
    this.ready()
    // Until it is over nothing is tuned, and the guard watches the baseline.
    if (executor.cooldownUntilUs > this.hot.nowCell[0]) this.guard.watchOver()
  }
}
