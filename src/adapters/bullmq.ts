/**
 * Tunes the concurrency of a BullMQ worker by measuring the processor's time. The worker's own events would not do:
 * a job that delays itself, waits for its children or is rate limited ends without an event and would count as in
 * flight forever.
 */
import { methodProblems, refuse } from "./checkOptions.ts"
import {
  type ConcurrencyAdapter,
  concurrencyAdapter,
  type ConcurrencyOptions,
  startingAt,
} from "./concurrency.ts"

/** The part of a BullMQ `Worker` that is used. */
export interface BullWorkerLike {
  concurrency: number
  isRunning(): boolean
}

/** Errors by which a job ends its current step without failing. */
const STEPS: ReadonlySet<unknown> = new Set(["DelayedError", "WaitingError", "WaitingChildrenError"])

/**
 * Tunes how many jobs a BullMQ worker runs at once. Attach it before jobs arrive. Throws a ConfigError for a worker
 * without a processor.
 *
 * @example
 * const worker = new Worker("mail", send, { connection, concurrency: 10 })
 * await tune(bullWorkerConcurrency(worker))
 */
export function bullWorkerConcurrency<const K extends string = "concurrency">(
  worker: BullWorkerLike,
  options: ConcurrencyOptions<K> = {},
): ConcurrencyAdapter<K> {
  // Not public, but the only function that every job passes through, including jobs of sandboxed processors.
  const inside = worker as BullWorkerLike & { processFn: (...job: ReadonlyArray<unknown>) => unknown }
  refuse(
    methodProblems(
      inside,
      ["worker"],
      ["processFn", "isRunning"],
      "a Worker with a processor",
      'Create one with new Worker("queue", processor, { connection }).',
    ),
  )
  const adapter = concurrencyAdapter(
    options?.name ?? ("concurrency" as K),
    startingAt(worker.concurrency, options),
    (concurrency) => {
      worker.concurrency = concurrency
    },
  )
  const process = inside.processFn
  inside.processFn = (...job) => {
    const work = adapter.meter.begin()
    // Inside a promise, so that a processor that throws synchronously fails like one that rejects.
    return new Promise((resolve) => resolve(process.apply(worker, [...job]))).then(
      (result) => {
        adapter.meter.end(work, true)
        return result
      },
      (error: unknown) => {
        adapter.meter.end(work, STEPS.has((error as Partial<Error> | null | undefined)?.name))
        throw error
      },
    )
  }
  return adapter
}
