/**
 * Folds digests into windows without a hot path: the same accumulator, with its own clock and its own record of the
 * live generation. `evalWindows` wraps it in an Observable.
 */
import { DIGEST_GENERATION, DIGEST_RECEIVED_US, DIGEST_TIMESTAMP_US, DIGEST_WIDTH } from "../hot/codes.ts"
import {
  WINDOW_GENERATION,
  WINDOW_NOW_US,
  WindowAccumulator,
  type WindowNumbers,
} from "../hot/WindowAccumulator.ts"
import { type DigestInput, fillDigest } from "../domain/Digest.ts"
import { readWindow, type Window } from "../domain/Window.ts"

/** Folds digests into windows, one after another, as the hot path does. */
export class WindowFold {
  private readonly accumulator: WindowAccumulator
  private readonly block = new Float64Array(DIGEST_WIDTH)
  private readonly sign: 1 | -1
  private readonly extras: ReadonlyArray<string>
  private index = 0
  private now = 0

  constructor(numbers: WindowNumbers, sign: 1 | -1, extras: ReadonlyArray<string>) {
    this.accumulator = new WindowAccumulator(numbers)
    this.sign = sign
    this.extras = extras
  }

  /** The generation whose digests count; NaN before any is known. */
  get generation(): number {
    return this.accumulator.generation
  }

  /** When the open window expires; Infinity while none is open. */
  get expiresAtUs(): number {
    return this.accumulator.expiresAtUs
  }

  get nowUs(): number {
    return this.now
  }

  /** Advances the clock. Time never goes back: an earlier time, or none, is ignored. */
  advance(nowUs: number): void {
    if (nowUs > this.now && nowUs < Number.POSITIVE_INFINITY) this.now = nowUs
  }

  /** Starts a window for another generation, now. The open one is dropped: it must not be used for a decision. */
  follow(generation: number): void {
    if (!Number.isFinite(generation) || generation === this.generation) return
    this.open(generation)
  }

  /** The window that has expired by now, if any. The next one is then open. */
  expired(): Window | null {
    return this.now >= this.expiresAtUs ? this.cut() : null
  }

  /** The window that this digest completes, if any. The next one is then open. */
  add(digest: DigestInput): Window | null {
    const { block, accumulator } = this
    fillDigest(block, digest, this.extras)
    if (digest.timestampUs === undefined) block[DIGEST_TIMESTAMP_US] = this.now
    if (digest.generation === undefined) block[DIGEST_GENERATION] = this.generation
    block[DIGEST_RECEIVED_US] = this.now
    accumulator.add(block, 0)
    return accumulator.closed ? this.finish() : null
  }

  /** Ends the open window as it is, if it holds any digest. */
  rest(): Window | null {
    return this.accumulator.windowCounters.some((count) => count > 0) ? this.cut() : null
  }

  private cut(): Window {
    this.accumulator.cells[WINDOW_NOW_US] = this.now
    this.accumulator.expire()
    return this.finish()
  }

  private finish(): Window {
    const window = readWindow(this.accumulator, this.sign, this.index++)
    this.open(this.generation)
    return window
  }

  private open(generation: number): void {
    const { cells } = this.accumulator
    cells[WINDOW_NOW_US] = this.now
    cells[WINDOW_GENERATION] = generation
    this.accumulator.open()
  }
}
