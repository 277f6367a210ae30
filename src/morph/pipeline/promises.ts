/**
 * Promises of somebody else's code, followed without trust. A promise may have a `then` or a `constructor` of its own, which run when it is
 * followed and may throw: out of `then` that would reach the caller in place of an answer.
 */
import { NO_WATCH, type Within } from "./CallWatch.ts"

/**
 * As `then`, and never throws: a promise that cannot be followed is one that was rejected. What is its own runs later, in a turn of its
 * own, by `run`.
 */
export function follow<T, A>(
  promise: Promise<T>,
  kept: (value: T) => A | Promise<A>,
  broken: (failure: unknown) => A | Promise<A>,
  run: Within = NO_WATCH.outside,
): Promise<A> {
  try {
    // Nothing but the language's own code runs where these two are its own.
    if (promise.then === Promise.prototype.then && promise.constructor === Promise)
      return promise.then(kept, broken)
  } catch {
    // A proxy that only looks like one. What is resolved with it is rejected with whatever it throws.
  }
  return run(() => new Promise<T>((resolve) => resolve(promise))).then(kept, broken)
}

/** Nobody waits for it any more, and its rejection is no news. */
export const silence = (promise: Promise<unknown>): void => void follow(promise, nothing, nothing)

const nothing = (): void => {}

/** Whether it is one, also of a class of somebody's. False where it does not let itself be asked. */
export function isPromise(value: unknown): value is Promise<unknown> {
  try {
    return value instanceof Promise
  } catch {
    return false
  }
}
