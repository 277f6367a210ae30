/**
 * The objective of everything that limits concurrency: generalised power (Kleinrock 1979), throughput against the time it takes, as a
 * loss. Needed because neither alone will do: throughput lets a queue grow for nothing, latency starves the plant.
 *
 * loss = w ln(latency) + e ln(limit) - ln(goodput). In logarithms units drop out, and the weights mean the same at every load: at
 * saturation latency is limit over throughput (Little), so the limit rises while one per cent more of it brings more than
 * about w + e per cent more work. Under light load the first term is flat and the second lets the limit come down to what is used, so that it
 * does not climb for ever and stand open when the load comes. Latency is the time in flight for each success: what fails fast would
 * otherwise make the mean look short, and a limit at which most calls are refused further on would look best of all.
 *
 * Under light load goodput is what happens to arrive, and that says nothing about the limit. What arrives by chance
 * is taken out as far as the limit was open: a control variate whose coefficient is 1 when nobody is turned away and 0 when every
 * arrival meets a full house. What is taken out is measured against a running mean that hardly moves while the load stays what it is,
 * because every move of it is noise in the next comparison, and that follows at once when the load changes beyond chance.
 */
import type { WorkReading } from "./WorkMeter.ts"

/** What latency and an unused limit are worth, in per cent of goodput. */
export interface PowerWeights {
  /** Per cent of goodput that one per cent of latency is worth. Default 0.15. */
  readonly latencyWeight?: number | undefined
  /** Per cent of goodput that one per cent of unused limit is worth. Default 0.02. */
  readonly limitWeight?: number | undefined
}

/** How fast the mean of arrivals follows, per reading. */
const FOLLOW = 0.01
/** From this many deviations (of a Poisson count) on, the mean of arrivals follows at `FOLLOW_FAR`. */
const FAR = 4
const FOLLOW_FAR = 0.5
/** How fast the mean share of open time follows: over several readings, since a burst closes the limit and would pay for its own refusals. */
const FOLLOW_OPEN = 0.05

/** The loss of a reading; keeps a running mean of arrivals, so each meter has its own. */
export function powerLoss(weights: PowerWeights = {}): (reading: WorkReading) => number {
  const { latencyWeight = 0.15, limitWeight = 0.02 } = weights
  let arrivals = Number.NaN
  let open = Number.NaN
  return (reading) => {
    const { done, failed, limit, meanUs, openShare, refused, spanUs } = reading
    const count = done + failed + refused
    // Nothing but failures still is a number: half a success.
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
