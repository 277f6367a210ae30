/**
 * A gate for pools whose limit cannot change at run time. An undici pool opens connections and a Piscina pool
 * starts threads as work arrives, so limiting the work in flight limits them too.
 */
import type { ConcurrencyOptions } from "./concurrency.ts"
import { InFlightLimiter } from "./InFlightLimiter.ts"

/** The pool behind the gate sets how many may wait (by default everyone) and for how long: it has its own timeouts. */
export const gate = <K extends string>(
  name: K,
  options: ConcurrencyOptions<K>,
  queue = Number.POSITIVE_INFINITY,
): InFlightLimiter<K> =>
  new InFlightLimiter<K>({
    ...options,
    name: options.name ?? name,
    queue,
    queueTimeoutMs: Number.POSITIVE_INFINITY,
  })
