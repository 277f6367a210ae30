/** Concurrency of a BullMQ worker. Measured is the time jobs are active, by the worker's own events: nothing has to be wrapped. */
import { type ConcurrencyAdapter, concurrencyAdapter, type ConcurrencyOptions } from "./concurrency.ts"
import { startOf } from "./queues.ts"
import type { Work } from "./WorkMeter.ts"

interface JobLike {
  readonly id?: string | undefined
}

/** The part of a BullMQ `Worker` that is used. */
export interface BullWorkerLike {
  concurrency: number
  on(event: "active" | "completed", listener: (job: JobLike) => void): unknown
  on(event: "failed", listener: (job: JobLike | undefined) => void): unknown
}

/**
 * Tunes how many jobs a BullMQ worker has active at once.
 *
 * @example
 * const worker = new Worker("mail", send, { connection, concurrency: 10 })
 * await tune(bullWorkerConcurrency(worker))
 */
export function bullWorkerConcurrency<const K extends string = "concurrency">(
  worker: BullWorkerLike,
  options: ConcurrencyOptions<K> = {},
): ConcurrencyAdapter<K> {
  const initial = options.initial ?? startOf(worker.concurrency, options)
  const adapter = concurrencyAdapter(
    options.name ?? ("concurrency" as K),
    { ...options, initial },
    (concurrency) => {
      worker.concurrency = concurrency
    },
  )
  const active = new Map<string, Work>()
  const over = (job: JobLike | undefined, ok: boolean): void => {
    const id = job?.id
    const work = id === undefined ? undefined : active.get(id)
    if (id === undefined || work === undefined) return
    active.delete(id)
    adapter.meter.end(work, ok)
  }
  worker.on("active", (job) => {
    // A job that stalled becomes active again: its first try is over, and it failed.
    over(job, false)
    if (job.id !== undefined) active.set(job.id, adapter.meter.begin())
  })
  worker.on("completed", (job) => over(job, true))
  worker.on("failed", (job) => over(job, false))
  return adapter
}
