/**
 * The objective for anything that limits concurrency: generalised power (Kleinrock 1979), throughput against
 * latency, as a loss. Neither alone is enough: throughput alone lets a queue grow for nothing, latency alone
 * starves the plant.
 *
 * loss = w ln(latency) + e ln(limit) - ln(goodput). The logarithms remove units, so the weights mean the same at
 * every load. At saturation latency is limit over throughput (Little's law), so the limit rises while one per cent
 * more of it brings more than about w + e per cent more work. Under light load the first term is flat, and the
 * second lowers the limit to what is used, so that it does not drift up and stand open when load arrives. Latency
 * is time in flight per success. Otherwise fast failures would shorten the mean, and the best limit would be one at
 * which most calls are refused downstream.
 *
 * Under light load goodput is whatever arrives, which says nothing about the limit. Chance arrivals are therefore
 * subtracted, as far as the limit was open: a control variate whose coefficient is 1 when nobody is turned away and
 * 0 when every arrival finds the limit reached. They are measured against a running mean. It moves slowly while the
 * load is steady, because each move is noise in the next comparison, and follows at once when the load changes by
 * more than chance.
 */
import type { WorkReading } from "./WorkMeter.ts"

/** Weights of latency and of an unused limit, in per cent of goodput. */
export interface PowerWeights {
  /** Per cent of goodput that one per cent of latency is worth. Default 0.15. */
  readonly latencyWeight?: number | undefined
  /** Per cent of goodput that one per cent of unused limit is worth. Default 0.02. */
  readonly limitWeight?: number | undefined
}

/** How fast the mean of arrivals follows, per reading. */
const FOLLOW = 0.01
/** Beyond this many standard deviations (of a Poisson count) the mean of arrivals follows at `FOLLOW_FAR`. */
const FAR = 4
const FOLLOW_FAR = 0.5
/**
 * How fast the mean open share follows: over several readings, since a burst closes the limit and would otherwise
 * hide its own refusals.
 */
const FOLLOW_OPEN = 0.05

/** The loss of a reading. It keeps a running mean of arrivals, so each meter needs its own. */
export function powerLoss(weights: PowerWeights = {}): (reading: WorkReading) => number {
  const { latencyWeight = 0.15, limitWeight = 0.02 } = weights
  let arrivals = Number.NaN
  let open = Number.NaN
  return (reading) => {
    const { done, failed, limit, meanUs, openShare, refused, spanUs } = reading
    const count = done + failed + refused
    // With failures only, the logarithm still needs a positive number: half a success.
    const succeeded = Math.max(0.5, done)
    const tookUs = (meanUs * (done + failed)) / succeeded
    const offered = count / spanUs
    const far = Math.abs(Math.log(offered / arrivals)) * Math.sqrt(count) > FAR
    arrivals = Number.isNaN(arrivals)
      ? offered
      : arrivals + (far ? FOLLOW_FAR : FOLLOW) * (offered - arrivals)
    const goodput = Math.log(succeeded / spanUs)
    open = Number.isNaN(open) ? openShare : open + FOLLOW_OPEN * (openShare - open)
    const byChance = open * Math.log(offered / arrivals)
    const price = Number.isFinite(limit) ? limitWeight * Math.log(limit) : 0
    return latencyWeight * Math.log(Math.max(1, tookUs)) + price - goodput + byChance
  }
}
