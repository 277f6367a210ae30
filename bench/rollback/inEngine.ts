/**
 * The statistical rollback inside a running engine: through digests, windows, actors and Tier 1, in manual time, with every
 * default. A regression is planted that only the baseline escapes, as a leak or a cold cache under new settings would be; counted
 * are all of the engine's windows until it has rolled back, those of its tuning included.
 */
import { createEngine } from "../../src/index.ts"
import { gaussianAt } from "../../src/testing/noise.ts"
import { quantileOf } from "../../src/testing/simulate.ts"
import { NOISE } from "./weather.ts"

export interface Detection {
  readonly regression: number
  readonly comparison: boolean
  readonly runs: number
  /** Windows of the engine; null: more than half, or a tenth, of the runs found nothing. */
  readonly median: number | null
  readonly p90: number | null
  readonly missed: number
  /** Rollbacks before anything was planted, in all runs together, and in how many windows. */
  readonly early: number
  readonly earlyWindows: number
}

const DIGESTS = 5
/** Digests come as often as the rate of applies lets two windows follow each other. */
const DIGEST_US = 25_000

interface Found {
  readonly windows: number
  readonly early: number
}

async function run(
  seed: number,
  regression: number,
  comparison: boolean,
  before: number,
  within: number,
): Promise<Found> {
  const engine = createEngine({
    params: {
      size: { min: 1, max: 256, scale: "log", step: 1, initial: 32 },
      share: { min: 0, max: 1, initial: 0.5 },
    },
    seed,
    clock: "manual",
    // Far more windows than a minute has are asked for: the run must not end by a limit on rollbacks.
    guardrails: { rollbacksPerHour: 1000 },
    audit: { memory: 1 },
    ...(comparison ? { comparison: {} } : {}),
  })
  await engine.start()
  let generation = Number.NaN
  let onBaseline = true
  let planted = Number.POSITIVE_INFINITY
  let early = 0
  for (let i = 0; ; i++) {
    engine.tick(i * DIGEST_US)
    if (generation !== engine.generation) {
      generation = engine.generation
      const { values, baseline, counters } = engine.getSnapshot()
      onBaseline = baseline !== null && values.size === baseline.size && values.share === baseline.share
      if (planted === Number.POSITIVE_INFINITY && counters.windows >= before) {
        planted = counters.windows
        early = counters.rollbacks
      }
      const windows = counters.windows - planted
      if (counters.rollbacks > early && windows >= 0) return { windows, early }
      if (windows > within) return { windows: Number.POSITIVE_INFINITY, early }
    }
    const worse = planted < Number.POSITIVE_INFINITY && !onBaseline ? 1 + regression : 1
    // So loud that a window of them scatters as those of the other tables do.
    const noise = 1 + NOISE * Math.sqrt(DIGESTS) * gaussianAt(seed, i)
    engine.observe({ objective: worse * noise, timestampUs: i * DIGEST_US })
  }
}

/** So many engines, each with the regression planted after `before` windows and given `within` more. */
export async function detectInEngine(
  regression: number,
  comparison: boolean,
  runs: number,
  before = 400,
  within = 8000,
): Promise<Detection> {
  const found: Array<Found> = []
  for (let seed = 1; seed <= runs; seed++) found.push(await run(seed, regression, comparison, before, within))
  const windows = found.map((one) => one.windows)
  const finite = (x: number): number | null => (Number.isFinite(x) ? Math.round(x) : null)
  return {
    regression,
    comparison,
    runs,
    median: finite(quantileOf(windows, 0.5)),
    p90: finite(quantileOf(windows, 0.9)),
    missed: windows.filter((x) => !Number.isFinite(x)).length,
    early: found.reduce((sum, one) => sum + one.early, 0),
    earlyWindows: runs * before,
  }
}
