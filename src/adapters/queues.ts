/** Concurrency of p-limit, p-queue and Bottleneck. They differ in how the number is put in; all else is the same. */
import { problem, show } from "../domain/problems.ts"
import { methodProblems, refuse } from "./checkOptions.ts"
import {
  type ConcurrencyAdapter,
  concurrencyAdapter,
  type ConcurrencyOptions,
  startingAt,
} from "./concurrency.ts"

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
): ConcurrencyAdapter<K> => {
  // p-limit before 6 had no such field: writing one would do nothing.
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
): ConcurrencyAdapter<K> => {
  refuse(
    methodProblems(limiter, ["limiter"], ["updateSettings"], "a Bottleneck", "new Bottleneck() makes one."),
  )
  // Nothing public says what is set.
  const { _store } = limiter as {
    readonly _store?: { readonly storeOptions?: { readonly maxConcurrent?: unknown } }
  }
  return concurrencyAdapter(
    options?.name ?? ("concurrency" as K),
    startingAt(_store?.storeOptions?.maxConcurrent, options),
    (maxConcurrent) => {
      // A store that cannot be reached keeps the old number; Bottleneck says so in its own "error" event.
      Promise.resolve(limiter.updateSettings({ maxConcurrent })).then(undefined, () => undefined)
    },
  )
}
