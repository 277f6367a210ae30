/** Tunes the concurrency of p-limit, p-queue and Bottleneck. They differ only in how the number is set. */
import { problem, show } from "../domain/problems.ts"
import { methodProblems, refuse } from "./checkOptions.ts"
import {
  type ConcurrencyAdapter,
  concurrencyAdapter,
  type ConcurrencyOptions,
  startingAt,
} from "./concurrency.ts"

/**
 * Tunes the concurrency of a p-limit or a p-queue; both keep it in one field. Track the work inside the limit, so
 * that time in the queue is not measured.
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
): ConcurrencyAdapter<K> => {
  // p-limit before version 6 has no such field: setting it would do nothing.
  const present = (queue as Partial<typeof queue> | null | undefined)?.concurrency
  refuse(
    typeof present === "number"
      ? []
      : [
          problem(
            ["queue"],
            `must have a number concurrency, got ${show(present)}.`,
            "p-limit has it since version 6.",
          ),
        ],
  )
  return concurrencyAdapter(options?.name ?? ("concurrency" as K), startingAt(present, options), (limit) => {
    queue.concurrency = limit
  })
}

/** The part of a Bottleneck that is tuned. */
export interface BottleneckLike {
  /** The types return a Bottleneck; in fact it returns a promise. */
  updateSettings(settings: { maxConcurrent: number }): unknown
}

/**
 * Tunes `maxConcurrent` of a Bottleneck.
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
): ConcurrencyAdapter<K> => {
  refuse(
    methodProblems(
      limiter,
      ["limiter"],
      ["updateSettings"],
      "a Bottleneck",
      "Create one with new Bottleneck().",
    ),
  )
  // The current limit is not public.
  const { _store } = limiter as {
    readonly _store?: { readonly storeOptions?: { readonly maxConcurrent?: unknown } }
  }
  return concurrencyAdapter(
    options?.name ?? ("concurrency" as K),
    startingAt(_store?.storeOptions?.maxConcurrent, options),
    (maxConcurrent) => {
      // If the store cannot be reached, the old limit stays. Bottleneck reports it through its "error" event.
      Promise.resolve(limiter.updateSettings({ maxConcurrent })).then(undefined, () => undefined)
    },
  )
}
