/**
 * Drives an executive on the event loop of Node or of a browser: timers for what is due later, a macrotask for what is due
 * now. Everything else on the loop gets its turn after each slice. A release is as punctual as the loop, which is milliseconds
 * at the 99th percentile; use `runPrecisely` in a worker for less.
 */
import type { DeadlineExecutive } from "../DeadlineExecutive.ts"

/** The timers of an event loop. */
export interface EventLoop {
  /** Calls `run` after so many milliseconds; returns how to cancel that. */
  readonly after: (ms: number, run: () => void) => () => void
  /** Calls `run` as soon as others have had their turn; returns how to cancel that. */
  readonly soon: (run: () => void) => () => void
}

/** How an event loop is shared. */
export interface OnEventLoopOptions {
  /** How long the executive keeps the loop at a stretch, microseconds. A step that has begun is finished. Default 1000. */
  readonly sliceUs?: number | undefined
  /** Default: the timers of the platform. */
  readonly loop?: EventLoop | undefined
}

const NS_PER_MS = 1_000_000
/** The longest delay of a JavaScript timer. A longer one fires at once. */
const LONGEST_MS = 2_147_483_647

/** `setTimeout`, and the quickest macrotask there is. */
function platformLoop(): EventLoop {
  const { setTimeout, clearTimeout } = globalThis
  return {
    after: (ms, run) => {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
    soon: (run) => {
      // Browsers delay nested timers by four milliseconds, messages not at all.
      const channel = new MessageChannel()
      channel.port1.addEventListener("message", () => {
        channel.port1.close()
        run()
      })
      channel.port1.start()
      channel.port2.postMessage(null)
      return () => channel.port1.close()
    },
  }
}

/** Starts driving; the returned function stops it. Throws what a task throws when there is no `onFailure`, from the timer. */
export function onEventLoop(executive: DeadlineExecutive, options: OnEventLoopOptions = {}): () => void {
  const { sliceUs = 1_000, loop = platformLoop() } = options
  let cancel = (): void => undefined
  let stopped = false
  const plan = (): void => {
    cancel()
    if (stopped) return
    const waitNs = executive.nextNs - executive.nowNs
    if (waitNs <= 0) cancel = loop.soon(turn)
    else if (waitNs < Number.POSITIVE_INFINITY)
      cancel = loop.after(Math.min(LONGEST_MS, waitNs / NS_PER_MS), turn)
  }
  const turn = (): void => {
    try {
      executive.runDue(sliceUs * 1_000)
    } finally {
      plan()
    }
  }
  executive.onSooner = plan
  plan()
  return () => {
    stopped = true
    executive.onSooner = null
    cancel()
  }
}
