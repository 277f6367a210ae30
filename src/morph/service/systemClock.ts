/** The time of any JavaScript host, for pieces of a service. */
import type { PipelineClock } from "../pipeline/PipelineClock.ts"

const later: (act: () => void) => void =
  typeof setImmediate === "function" ? (act) => void setImmediate(act) : (act) => void setTimeout(act)

export const SYSTEM_CLOCK: PipelineClock = {
  now: () => performance.now(),
  after: (ms, act) => {
    const timer = setTimeout(act, ms)
    return () => clearTimeout(timer)
  },
  soon: later,
}
