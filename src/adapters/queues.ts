/** Concurrency of p-limit, p-queue and Bottleneck. They differ in how the number is put in; all else is the same. */
import { type ConcurrencyAdapter, concurrencyAdapter, type ConcurrencyOptions } from "./concurrency.ts"

/**
 * Concurrency of a p-limit, or of a p-queue: both have one field for it. Wrap the work inside, so that waiting in the queue is not measured.
 *
 * @example
 * const limit = pLimit(8)
 * const pages = queueConcurrency(limit)
 * await tune(pages)
 * await limit(() => pages.track(() => fetchPage(url)))
 */
export const queueConcurrency = <const K extends string = "concurrency">(
  queue: { concurrency: number },
  options: ConcurrencyOptions<K> = {},
): ConcurrencyAdapter<K> =>
  concurrencyAdapter(
    options.name ?? ("concurrency" as K),
    { ...options, initial: options.initial ?? startOf(queue.concurrency, options) },
    (limit) => {
      queue.concurrency = limit
    },
  )

/** The part of a Bottleneck that is tuned. */
export interface BottleneckLike {
  /** Its types say Bottleneck, it gives a promise. */
  updateSettings(settings: { maxConcurrent: number }): unknown
}

/**
 * `maxConcurrent` of a Bottleneck.
 *
 * @example
 * const limiter = new Bottleneck({ maxConcurrent: 20 })
 * const calls = bottleneckConcurrency(limiter)
 * await tune(calls)
 * await limiter.schedule(() => calls.track(() => callApi(id)))
 */
export const bottleneckConcurrency = <const K extends string = "concurrency">(
  limiter: BottleneckLike,
  options: ConcurrencyOptions<K> = {},
): ConcurrencyAdapter<K> =>
  concurrencyAdapter(options.name ?? ("concurrency" as K), options, (maxConcurrent) => {
    // A store that cannot be reached keeps the old number; Bottleneck says so in its own "error" event.
    Promise.resolve(limiter.updateSettings({ maxConcurrent })).then(undefined, () => undefined)
  })

/** Where the queue stands already, if the bounds allow it. */
export function startOf(
  present: number,
  { min = 1, max = 256 }: Pick<ConcurrencyOptions, "min" | "max">,
): number | undefined {
  return Number.isInteger(present) && present >= min && present <= max ? present : undefined
}
