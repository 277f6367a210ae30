/**
 * A gate for what has no limit that can be changed while it runs. Connections of an undici pool and threads of a Piscina pool are
 * as many as there is work in flight, so limiting the one limits the other.
 */
import type { ConcurrencyOptions } from "./concurrency.ts"
import { InFlightLimiter } from "./InFlightLimiter.ts"

/** As many wait as what stands behind the gate lets wait, by default everybody, and as long: it has its own timeouts. */
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
