/**
 * Times one call and attributes it: the generation is read before the work starts, because on a queue the work that
 * finishes after an apply may have started long before it. `engine.track` is this with the engine's clock, generation
 * and inbox.
 */
import type { Sample } from "./samples.ts"

/** What `track` needs of the world. */
export interface TrackPort {
  readonly nowUs: () => number
  /** The live generation. */
  readonly generation: () => number
  /** Takes the finished measurement. What it throws is dropped: the call keeps its result, or its own error. */
  readonly report: (sample: Sample) => void
}

/**
 * Runs `work` and reports one sample when it is done: returned, thrown, resolved or rejected. The result is handed on
 * as it is, an error is counted and rethrown as it is. A clock that went back while the work ran gives a duration of 0.
 *
 * @example
 * const answer = await track(() => handle(request), { nowUs, generation: () => engine.generation,
 *   report: sample => engine.observe(digestOf(sample)) })
 */
export function track<T>(work: () => T, port: TrackPort): T {
  const generation = port.generation()
  const startedUs = port.nowUs()
  let result: T
  try {
    result = work()
  } catch (error) {
    finish(port, startedUs, generation, false)
    throw error
  }
  if (isThenable(result)) return follow(result, port, startedUs, generation) as T
  finish(port, startedUs, generation, true)
  return result
}

function finish(port: TrackPort, startedUs: number, generation: number, ok: boolean): void {
  try {
    const durationUs = Math.max(0, port.nowUs() - startedUs)
    port.report({ startedUs, durationUs, ok, generation })
  } catch {
    // The call has its result or its own error: a measurement that could not be made takes neither away.
  }
}

/** The promise that is handed on settles after the report, so that who awaits it finds the measurement made. */
const follow = (
  result: PromiseLike<unknown>,
  port: TrackPort,
  startedUs: number,
  generation: number,
): PromiseLike<unknown> =>
  result.then(
    (value) => {
      finish(port, startedUs, generation, true)
      return value
    },
    (error: unknown) => {
      finish(port, startedUs, generation, false)
      throw error
    },
  )

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") &&
    "then" in value &&
    typeof value.then === "function"
  )
}
