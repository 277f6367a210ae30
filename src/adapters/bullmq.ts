/**
 * Concurrency of a BullMQ worker. Measured is how long the processor is at work. The worker's own events would not do: a job that puts
 * itself off, waits for its children or is rate limited ends without one, and would be in flight for ever.
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

/** Errors by which a job says that this step of it is done. */
const STEPS: ReadonlySet<unknown> = new Set(["DelayedError", "WaitingError", "WaitingChildrenError"])

/**
 * Tunes how many jobs a BullMQ worker has active at once. Make it before jobs come. Throws a ConfigError for a worker without a processor.
 *
 * @example
 * const worker = new Worker("mail", send, { connection, concurrency: 10 })
 * await tune(bullWorkerConcurrency(worker))
 */
export function bullWorkerConcurrency<const K extends string = "concurrency">(
  worker: BullWorkerLike,
  options: ConcurrencyOptions<K> = {},
): ConcurrencyAdapter<K> {
  // Not public, and the one place through which every job goes, also one that is processed elsewhere.
  const inside = worker as BullWorkerLike & { processFn: (...job: ReadonlyArray<unknown>) => unknown }
  refuse(
    methodProblems(
      inside,
      ["worker"],
      ["processFn", "isRunning"],
      "a Worker with a processor",
      'new Worker("queue", processor, { connection }) makes one.',
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
    // Inside a promise, so that a processor that throws at once fails as one that rejects does.
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
