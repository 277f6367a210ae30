/**
 * Drives an executive by blocking a thread of its own: it sleeps until shortly before the next release, then spins. Releases
 * are then punctual to a few microseconds, at the price of that share of a core. For workers only: on a main thread nothing else
 * would run.
 */
import type { DeadlineExecutive } from "../DeadlineExecutive.ts"

/** When to stop, and how long to sleep and to spin. */
export interface RunPreciselyOptions {
  /** Asked between releases; true ends the run. Default: run until nothing is planned. */
  readonly until?: (() => boolean) | undefined
  /** How long before a release to stop sleeping, microseconds. Longer is more punctual and busier. Default 300. */
  readonly spinUs?: number | undefined
  /** Longest sleep, milliseconds: `until` is asked at least that often. Default 50. */
  readonly sleepMs?: number | undefined
}

const NS_PER_MS = 1_000_000

/** A sleep that blocks the thread. Where memory cannot be shared, a browser cannot block, and the thread spins. */
function sleeper(): (ms: number) => void {
  if (typeof SharedArrayBuffer === "undefined") return () => undefined
  const cell = new Int32Array(new SharedArrayBuffer(4))
  return (ms) => void Atomics.wait(cell, 0, 0, ms)
}

/** Runs until `until` says so, or nothing is planned any more. */
export function runPrecisely(executive: DeadlineExecutive, options: RunPreciselyOptions = {}): void {
  const { until = () => false, spinUs = 300, sleepMs = 50 } = options
  const sleep = sleeper()
  while (!until()) {
    const next = executive.nextNs
    if (next === Number.POSITIVE_INFINITY) return
    const leftMs = (next - executive.nowNs) / NS_PER_MS - spinUs / 1_000
    if (leftMs > 0) sleep(Math.min(leftMs, sleepMs))
    // The executive's clock decides when a release is due; until then this is the spin.
    else executive.runDue()
  }
}
