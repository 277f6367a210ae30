/**
 * A gate for what has no limit that can be changed while it runs. Connections of an undici pool and threads of a Piscina pool are
 * as many as there is work in flight, so limiting the one limits the other.
 */
import type { ConcurrencyOptions } from "./concurrency.ts"
import { InFlightLimiter } from "./InFlightLimiter.ts"

/** Everybody waits, nobody is turned away: what stands behind the gate has its own timeouts. */
export const gate = <K extends string>(name: K, options: ConcurrencyOptions<K>): InFlightLimiter<K> =>
  new InFlightLimiter<K>({
    ...options,
    name: options.name ?? name,
    queue: Number.POSITIVE_INFINITY,
    queueTimeoutMs: Number.POSITIVE_INFINITY,
  })
