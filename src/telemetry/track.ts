/**
 * Times one call and attributes it. The generation is read before the work starts: in a queue, work that finishes
 * after an apply may have started long before it. `engine.track` is this with the engine's clock, generation and
 * input.
 */
import type { Sample } from "./samples.ts"

/** What `track` needs from its caller. */
export interface TrackPort {
  readonly nowUs: () => number
  /** The live generation. */
  readonly generation: () => number
  /** Takes the finished measurement. Anything it throws is dropped: the call keeps its own result or error. */
  readonly report: (sample: Sample) => void
}

/**
 * Runs `work` and reports one sample when it has returned, thrown, resolved or rejected. The result is passed
 * through; an error is counted and rethrown unchanged. If the clock went back meanwhile, the duration is 0.
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
    // A failed measurement must not take away the call's result or error.
  }
}

/** The returned promise settles after the report, so that code awaiting it finds the measurement recorded. */
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
