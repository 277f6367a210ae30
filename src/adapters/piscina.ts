/** Tunes the busy threads of a Piscina pool with a gate that limits tasks in flight. */
import { problem, show } from "../domain/problems.ts"
import { methodProblems, refuse } from "./checkOptions.ts"
import { type ConcurrencyOptions, startingAt } from "./concurrency.ts"
import { gate } from "./gate.ts"
import type { InFlightLimiter } from "./InFlightLimiter.ts"
import { settled } from "./settled.ts"

/** The part of a Piscina that is used. */
export interface PiscinaLike<Input extends ReadonlyArray<unknown>, Output> {
  run(...input: Input): PromiseLike<Output>
  readonly options: {
    readonly maxThreads: number
    readonly maxQueue: number
    readonly concurrentTasksPerWorker: number
  }
}

/** A Piscina pool whose busy threads are limited. */
export interface PiscinaThreads<K extends string, Input extends ReadonlyArray<unknown>, Output>
  extends InFlightLimiter<K> {
  /**
   * Like `pool.run`: waits for a free thread until the task's `signal` aborts. Rejects with a LimitExceededError if
   * more than the pool's `maxQueue` are waiting.
   */
  readonly runTask: (...input: Input) => Promise<Awaited<Output>>
}

/**
 * Limits the busy threads of a Piscina pool, up to its `maxThreads`. Idle threads end after the pool's
 * `idleTimeout`, down to its `minThreads`. With `concurrentTasksPerWorker` the knob counts tasks. Throws a
 * ConfigError for a pool of one thread, which has nothing to tune.
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
  refuse(methodProblems(pool, ["pool"], ["run"], "a Piscina", "Create one with new Piscina({ filename })."))
  const { maxThreads, maxQueue, concurrentTasksPerWorker } = pool.options
  const most = maxThreads * concurrentTasksPerWorker
  refuse(
    most > 1
      ? []
      : [
          problem(
            ["pool", "maxThreads"],
            `must be at least 2, got ${show(maxThreads)}.`,
            "Give the pool more threads.",
          ),
        ],
  )
  const limiter = gate("threads" as K, startingAt(most, { ...options, max: options?.max ?? most }), maxQueue)
  return Object.assign(limiter, {
    runTask: (...input: Input) => {
      const signal = signalOf(input[1])
      // The task was aborted while it waited: the pool rejects it at once with its own error.
      return limiter.acquire({ signal }).then(
        (slot) => settled(() => pool.run(...input), slot.release),
        (error: unknown) => {
          if (signal?.aborted === true) return pool.run(...input)
          throw error
        },
      ) as Promise<Awaited<Output>>
    },
  })
}

/** The abort signal in a task's options. Event emitters of other libraries are passed to the pool. */
function signalOf(options: unknown): AbortSignal | undefined {
  const { signal } = (options ?? {}) as { readonly signal?: unknown }
  return signal instanceof AbortSignal ? signal : undefined
}
