/**
 * An open-loop generator: it starts work at a fixed rate and waits for none of it, as callers of a service do. A loop that waits for
 * each answer slows down with the service, and so hides that it is slow.
 */
import { setTimeout as sleep } from "node:timers/promises"

export interface OpenLoop {
  /** Starts nothing more; resolves when everything started is over. */
  readonly stop: () => Promise<void>
}

/** Calls `work` so many times a second. What a busy moment has held up is started at once. */
export function openLoop(perSecond: number, work: (n: number) => Promise<unknown>): OpenLoop {
  const underway = new Set<Promise<unknown>>()
  const ending = new AbortController()
  const run = async (): Promise<void> => {
    const beganMs = performance.now()
    for (let n = 0; !ending.signal.aborted; ) {
      for (const due = ((performance.now() - beganMs) / 1000) * perSecond; n < due; n++) {
        const one = work(n)
        underway.add(one)
        void one.catch(() => undefined).then(() => underway.delete(one))
      }
      await sleep(2)
    }
    await Promise.allSettled(underway)
  }
  const over = run()
  return {
    stop: () => {
      ending.abort()
      return over
    },
  }
}
