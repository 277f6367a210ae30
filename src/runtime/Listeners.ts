/**
 * Callbacks of a user, kept apart from the engine: one that throws, or returns a promise that fails, is counted and
 * changes nothing. Needed wherever the runtime calls code that is not its own.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"

export interface Subscription {
  readonly unsubscribe: () => void
}

export class Listeners<T> {
  /** Calls that threw or failed. */
  failures = 0
  private readonly functions = new Set<{ readonly call: (value: T) => unknown }>()

  get size(): number {
    return this.functions.size
  }

  add(call: (value: T) => unknown): Subscription {
    // An own object a subscription: the same function may be subscribed twice.
    const entry = { call }
    this.functions.add(entry)
    return { unsubscribe: () => void this.functions.delete(entry) }
  }

  /** Calls everyone who is subscribed now; those added meanwhile hear the next one. */
  notify(value: T): void {
    for (const { call } of Array.from(this.functions)) {
      const exit = Effect.runSyncExit(Effect.sync(() => call(value)))
      if (Exit.isFailure(exit)) this.failures++
      else if (Predicate.isPromiseLike(exit.value)) exit.value.then(undefined, () => void this.failures++)
    }
  }

  clear(): void {
    this.functions.clear()
  }
}
