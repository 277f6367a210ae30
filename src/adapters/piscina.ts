/** Threads of a Piscina pool, by a gate that lets so many tasks be in flight. */
import type { ConcurrencyOptions } from "./concurrency.ts"
import { gate } from "./gate.ts"
import type { InFlightLimiter } from "./InFlightLimiter.ts"
import { startOf } from "./queues.ts"

/** The part of a Piscina that is used. */
export interface PiscinaLike<Input extends ReadonlyArray<unknown>, Output> {
  run(...input: Input): PromiseLike<Output>
  readonly options: { readonly maxThreads: number }
}

/** A Piscina pool whose busy threads are limited. */
export interface PiscinaThreads<K extends string, Input extends ReadonlyArray<unknown>, Output>
  extends InFlightLimiter<K> {
  /** As `pool.run`: waits until a thread may be had. */
  readonly runTask: (...input: Input) => Promise<Awaited<Output>>
}

/**
 * Busy threads of a Piscina pool, at most its `maxThreads`. Idle ones end by the pool's own `idleTimeout`, down to its `minThreads`.
 *
 * @example
 * const threads = piscinaThreads(new Piscina({ filename, minThreads: 1, maxThreads: 16, idleTimeout: 1_000 }))
 * await tune(threads)
 * await threads.runTask({ width: 640 })
 */
export function piscinaThreads<
  Input extends ReadonlyArray<unknown>,
  Output,
  const K extends string = "threads",
>(pool: PiscinaLike<Input, Output>, options: ConcurrencyOptions<K> = {}): PiscinaThreads<K, Input, Output> {
  const { maxThreads } = pool.options
  const bounds = { max: maxThreads, ...options }
  const limiter = gate("threads" as K, { ...bounds, initial: options.initial ?? startOf(maxThreads, bounds) })
  return Object.assign(limiter, {
    runTask: (...input: Input) => limiter.run(() => pool.run(...input)),
  })
}
