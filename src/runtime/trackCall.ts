/**
 * `engine.track`: the measurement of one call, with an engine's clock, generation and inbox. The call it is wrapped around
 * always runs and always gets its result: before the start and after the end it is only not measured.
 */
import { digestOf } from "../telemetry/samples.ts"
import { track } from "../telemetry/track.ts"
import type { EngineCore } from "./EngineCore.ts"

/** The shorter the better, and failing is dear, whichever way the engine's objective points. */
export function trackCall<T>(core: EngineCore, work: () => T): T {
  return track(work, {
    nowUs: () => core.nowUs,
    generation: () => core.hot.config.generation,
    report: (sample) => {
      if (core.status !== "running") return
      const digest = digestOf(sample)
      const sign = core.settings.objective === "maximize" ? -1 : 1
      core.outcome(() => core.observe({ ...digest, objective: sign * digest.objective }))
    },
  })
}
