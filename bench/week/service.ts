/**
 * The service that is tuned for a week: requests are batched, queue for one of several servers, and are refused where too
 * many are in the house. Closed forms, so that what every configuration would have cost at every moment is known.
 *
 * M/M/c/K (Kleinrock, Queueing Systems I, 1975, section 3.5), with the servers' rate that of batches: a batch of b takes
 * o + b s, and a request waits (b - 1) / (2 lambda) for its batch to fill.
 */

/** What holds at one moment, whatever the knobs are. */
export interface Conditions {
  /** Arrivals a second. */
  readonly lambda: number
  readonly servers: number
  /** Seconds: what a batch costs, and what each request in it costs. */
  readonly overhead: number
  readonly each: number
}

export const knobs = {
  batch: { min: 1, max: 32, scale: "log", step: 1, initial: 4 },
  limit: { min: 4, max: 512, scale: "log", step: 1, initial: 64 },
} as const
export type Knob = keyof typeof knobs
export type Values = Readonly<Record<Knob, number>>

/** What a configuration means under conditions. */
export interface Reading {
  /** Lower is better: 4 for every refused share of 1, and 1 for every 100 ms of mean latency. */
  readonly loss: number
  /** 1 - p99 / 500 ms: below 0 is unsafe. Of an exponential sojourn the 99th percentile is ln 100 means. */
  readonly margin: number
}

const REFUSED_COSTS = 4
const LATENCY_UNIT_S = 0.1
const P99_LIMIT_S = 0.5
const P99_MEANS = Math.log(100)

/** Every limit at once, for one batch size: `visit` gets each limit from 1 on with what it means. */
export function sweepLimits(
  { lambda, servers, overhead, each }: Conditions,
  batch: number,
  highest: number,
  visit: (limit: number, loss: number, margin: number) => void,
): void {
  const busy = overhead + batch * each
  const mu = batch / busy
  const fill = (batch - 1) / (2 * lambda)
  let weight = 1
  let total = 1
  let waiting = 0
  for (let k = 1; k <= highest; k++) {
    weight *= lambda / (mu * Math.min(k, servers))
    total += weight
    if (k > servers) waiting += (k - servers) * weight
    if (total > 1e200) {
      weight /= total
      waiting /= total
      total = 1
    }
    const refused = weight / total
    const taken = lambda * (1 - refused)
    const latency = waiting / total / taken + busy + fill
    visit(k, REFUSED_COSTS * refused + latency / LATENCY_UNIT_S, 1 - (P99_MEANS * latency) / P99_LIMIT_S)
  }
}

/** One configuration under conditions. */
export function readingOf(conditions: Conditions, { batch, limit }: Values): Reading {
  let reading: Reading = { loss: Number.NaN, margin: Number.NaN }
  sweepLimits(conditions, batch, limit, (k, loss, margin) => {
    if (k === limit) reading = { loss, margin }
  })
  return reading
}

/** Lowest loss that any safe configuration has; where none is safe, of the one closest to it. */
export function bestOf(conditions: Conditions): Reading {
  let bestLoss = Number.POSITIVE_INFINITY
  let bestMargin = Number.NEGATIVE_INFINITY
  for (let batch = knobs.batch.min; batch <= knobs.batch.max; batch++) {
    sweepLimits(conditions, batch, knobs.limit.max, (k, loss, margin) => {
      if (k < knobs.limit.min || !(margin >= 0 && bestMargin >= 0 ? loss < bestLoss : margin > bestMargin))
        return
      bestLoss = loss
      bestMargin = margin
    })
  }
  return { loss: bestLoss, margin: bestMargin }
}
