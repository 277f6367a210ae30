/** Calls back once when work ends, however it ends, so that no slot or measurement outlives the work. */
import { track } from "../telemetry/track.ts"

const zero = (): number => 0

/**
 * Runs `work` and passes its result through. Calls `over` once: true if it returned or resolved, false if it threw
 * or rejected.
 */
export const settled = <T>(work: () => T, over: (ok: boolean) => void): T =>
  track(work, { nowUs: zero, generation: zero, report: (sample) => over(sample.ok) })
