/**
 * Whether the level provably falls. The range that a knob may wander in a minute is blind to success: a tuner far from its optimum,
 * with every cycle better than the one before, runs into it all the same. While the fall is beyond noise and beyond what a probe
 * changes, Tier 1 doubles range and turns of the minute. Rule and evidence: docs/explanation/tuning-rule.md, "Earned range".
 */
import { E_CYCLES, E_EARNED, E_LEVEL, E_PAST, E_SEEN } from "./earningLayout.ts"
import { S_NOISE, S_PROBE, S_SLOPE } from "./spsaLayout.ts"
import { W_MEAN } from "./spsaWork.ts"

/** Weight of the newest cycle in the level; its variance is a fifth of that of one mean. */
const WEIGHT = 1 / 3
const VARIANCE = 1 / 5
/** A fall counts only beyond this share of what a probe changes. */
const PROBE_SHARE = 0.1
/** How many deviations lower the level must be than eight cycles ago. */
const SIGMAS = 3

/** Takes in the mean of a cycle of tuning and says in the block whether range is earned by it. */
export function learnEarning(b: Float64Array, work: Float64Array): void {
  const seen = b[E_SEEN]
  const mean = work[W_MEAN]
  b[E_LEVEL] = seen === 0 ? mean : b[E_LEVEL] + WEIGHT * (mean - b[E_LEVEL])
  const place = E_PAST + (seen % E_CYCLES)
  const before = b[place]
  b[place] = b[E_LEVEL]
  b[E_SEEN] = seen + 1
  if (seen < E_CYCLES) return
  const deviation = Math.sqrt(b[S_NOISE] * VARIANCE) + PROBE_SHARE * b[S_PROBE] * Math.sqrt(b[S_SLOPE])
  if (b[E_LEVEL] - before < -SIGMAS * Math.SQRT2 * deviation) b[E_EARNED] = 1
}

/** An excursion begins: what the level was before says nothing of where it goes. */
export function forgetEarning(b: Float64Array): void {
  b[E_SEEN] = 0
  b[E_EARNED] = 0
}
