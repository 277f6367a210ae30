/**
 * `engine.track`: the measurement of one call, with an engine's clock, generation and inbox. The call it is wrapped around
 * always runs and always gets its result: before the start and after the end it is only not measured.
 */
import type { TrackPort } from "../telemetry/track.ts"
import type { EngineCore } from "./EngineCore.ts"

/** What `track` needs of an engine, made once for all its calls. */
export const trackPort = (core: EngineCore): TrackPort => ({
  nowUs: () => core.nowUs,
  generation: () => core.hot.config.generation,
  report: core.calls.reportSample,
})
