/**
 * Reports digests to an engine in another thread. It checks them here, where a mistake was made, and pushes their
 * numbers into this thread's lane. The thread that created the engine has one, and so does every attached thread.
 */
import { DIGEST_CONSTRAINT_MARGIN, DIGEST_TIMESTAMP_US, NOTHING_DUE, RING_FULL } from "../hot/codes.ts"
import { type DigestLanes, LANE_FULL } from "../hot/DigestLanes.ts"
import { EngineStateError } from "../domain/errors.ts"
import { emptyDigest } from "../hot/writeDigest.ts"
import { readDigest } from "../engine/digestInput.ts"
import { digestOf } from "../telemetry/samples.ts"
import { track } from "../telemetry/track.ts"
import type { LiveValues } from "./LiveValues.ts"
import {
  cellsOf,
  EMERGENCY_MARGIN,
  IDLE,
  RUNNING,
  type SharedEngine,
  sharedClock,
  STATUS,
  TICK_US,
  wordsOf,
} from "./SharedEngine.ts"

export class Reporter {
  /** Input of `observeDigest`. */
  readonly digest: Float64Array
  readonly lanes: DigestLanes
  private readonly handle: SharedEngine
  private readonly live: LiveValues
  private readonly words: Int32Array
  private readonly cells: Float64Array
  private readonly clock: (() => number) | null

  constructor(handle: SharedEngine, lanes: DigestLanes, live: LiveValues) {
    this.handle = handle
    this.lanes = lanes
    this.live = live
    this.digest = lanes.inbox
    this.words = wordsOf(handle.state)
    this.cells = cellsOf(handle.state)
    this.clock = handle.clock === null ? null : sharedClock(handle.clock)
  }

  get running(): boolean {
    return Atomics.load(this.words, STATUS) === RUNNING
  }

  /** The clock's time; in manual time the latest time given to the engine. */
  get nowUs(): number {
    return this.clock === null ? this.cells[TICK_US] : this.clock()
  }

  /**
   * False if there was no room under "backpressure". Throws a DigestError, or an EngineStateError if no engine is
   * running.
   */
  observe(input: unknown): boolean {
    this.expectRunning("observe")
    const stampUs = this.clock === null ? Number.NaN : this.clock()
    emptyDigest(this.digest, this.live.heldGeneration)
    this.digest[DIGEST_TIMESTAMP_US] = stampUs
    const error = readDigest(this.digest, input, this.handle.extras)
    if (error !== null) throw error
    return this.push() !== LANE_FULL
  }

  /** Reports what `digest` holds without allocating. Returns NOTHING_DUE, or RING_FULL if it was not accepted. */
  observeDigest(): number {
    if (Atomics.load(this.words, STATUS) !== RUNNING) this.expectRunning("observeDigest")
    const { digest } = this
    // Only NaN differs from itself. In manual time only the engine knows the time.
    if (digest[0] !== digest[0] && this.clock !== null) digest[0] = this.cells[TICK_US]
    if (digest[1] !== digest[1]) digest[1] = this.live.heldGeneration
    return this.push() === LANE_FULL ? RING_FULL : NOTHING_DUE
  }

  /**
   * The objective is the duration, plus a penalty for failure, whatever the engine's direction. `after` runs after
   * the report.
   */
  track<T>(work: () => T, after: () => void = () => {}): T {
    return track(work, {
      nowUs: () => this.nowUs,
      generation: () => this.live.heldGeneration,
      report: (sample) => {
        if (!this.running) return
        const digest = digestOf(sample)
        const sign = this.handle.objective === "maximize" ? -1 : 1
        this.observe({ ...digest, objective: sign * digest.objective })
        after()
      },
    })
  }

  expectRunning(call: string): void {
    const status = Atomics.load(this.words, STATUS)
    if (status === RUNNING) return
    throw new EngineStateError({ reason: status === IDLE ? "notStarted" : "stopped", call })
  }

  private push(): number {
    const outcome = this.lanes.push()
    // An emergency does not wait for its window to fill.
    if (this.digest[DIGEST_CONSTRAINT_MARGIN] < this.cells[EMERGENCY_MARGIN]) this.lanes.ring()
    return outcome
  }
}
