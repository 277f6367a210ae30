/**
 * Reports digests to an engine in another thread: checks them here, where the mistake was made, and pushes their numbers into
 * this thread's lane. The thread that made the engine has one, and so has every thread that attached itself.
 */
import { DIGEST_CONSTRAINT_MARGIN, DIGEST_TIMESTAMP_US, NOTHING_DUE, RING_FULL } from "../hot/codes.ts"
import { type DigestLanes, LANE_FULL } from "../hot/DigestLanes.ts"
import { EngineStateError } from "../domain/errors.ts"
import { emptyDigest, writeDigest } from "../engine/digestInput.ts"
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
  /** Inbox of `observeDigest`. */
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

  /** The clock's time; in manual time the latest that the engine was told. */
  get nowUs(): number {
    return this.clock === null ? this.cells[TICK_US] : this.clock()
  }

  /** False when there was no room under "backpressure". Throws a DigestError, or an EngineStateError when nobody listens. */
  observe(input: unknown): boolean {
    this.expectRunning("observe")
    const stampUs = this.clock === null ? Number.NaN : this.clock()
    emptyDigest(this.digest, this.live.heldGeneration)
    this.digest[DIGEST_TIMESTAMP_US] = stampUs
    const error = writeDigest(this.digest, input, this.handle.extras)
    if (error !== null) throw error
    return this.push() !== LANE_FULL
  }

  /** Reports what lies in `digest`, allocating nothing: NOTHING_DUE, or RING_FULL when it was not taken. */
  observeDigest(): number {
    if (Atomics.load(this.words, STATUS) !== RUNNING) this.expectRunning("observeDigest")
    const { digest } = this
    // NaN is the only number that is not itself. In manual time the engine knows better than we do what time it is.
    if (digest[0] !== digest[0] && this.clock !== null) digest[0] = this.cells[TICK_US]
    if (digest[1] !== digest[1]) digest[1] = this.live.heldGeneration
    return this.push() === LANE_FULL ? RING_FULL : NOTHING_DUE
  }

  /** The shorter the better, and failing is dear, whichever way the objective points. `after` runs when it was reported. */
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
    // An emergency does not wait for the rest of its window.
    if (this.digest[DIGEST_CONSTRAINT_MARGIN] < this.cells[EMERGENCY_MARGIN]) this.lanes.ring()
    return outcome
  }
}
