/** Calls back once when work is over, however it ends. Needed wherever a slot or a measurement must not outlive the work. */
import { track } from "../telemetry/track.ts"

const zero = (): number => 0

/** Runs `work`; `over` hears once whether it succeeded: returned, thrown, resolved or rejected. The result is handed on. */
export const settled = <T>(work: () => T, over: (ok: boolean) => void): T =>
  track(work, { nowUs: zero, generation: zero, report: (sample) => over(sample.ok) })
