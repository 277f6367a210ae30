/** A thread that ends the process once a single life has taken more processor time than it may: a hang would otherwise look like patience. */
import { writeSync } from "node:fs"
import { Worker, isMainThread, workerData } from "node:worker_threads"

/** Milliseconds between two looks. */
const LOOK_MS = 500

interface Watched {
  /** The seed of the life that runs now, as its only number. */
  readonly seeds: Float64Array<SharedArrayBuffer>
  /** Seconds of processor time that one life may take. */
  readonly limitS: number
}

const watch = ({ seeds, limitS }: Watched): void => {
  let seed = Number.NaN
  let since = 0
  setInterval(() => {
    const { user, system } = process.cpuUsage()
    const spentS = (user + system) / 1e6
    const current = seeds[0] ?? Number.NaN
    if (current !== seed) {
      seed = current
      since = spentS
    } else if (spentS - since > limitS) {
      writeSync(
        1,
        `${JSON.stringify({ seed, breaches: [`did not end within ${limitS} s of processor time`] })}\n`,
      )
      process.kill(process.pid, "SIGKILL")
    }
  }, LOOK_MS)
}

if (!isMainThread) watch(workerData as Watched)

/**
 * Starts the thread.
 *
 * @param limitS Seconds of processor time that one life may take.
 * @returns What to call with the seed of each life as it begins.
 */
export const startWatchdog = (limitS: number): ((seed: number) => void) => {
  const seeds = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT))
  const watched: Watched = { seeds, limitS }
  new Worker(new URL(import.meta.url), { workerData: watched }).unref()
  return (seed) => {
    seeds[0] = seed
  }
}
