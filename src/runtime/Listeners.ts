/**
 * Callbacks of a user, kept apart from the engine: one that throws, or returns a promise that fails, is counted and
 * changes nothing. Needed wherever the runtime calls code that is not its own.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import { errorText } from "./outcome.ts"

/** What `subscribe` gives; `unsubscribe` may be called more than once. */
export interface Subscription {
  readonly unsubscribe: () => void
}

/** What is told of callbacks, whatever they are called with. */
export interface Callbacks {
  readonly name: string
  readonly failures: number
  onFirstFailure: ((detail: string) => unknown) | null
}

export class Listeners<T> implements Callbacks {
  /** What they are called where their failures are told. */
  readonly name: string
  /** Calls that threw or failed. */
  failures = 0
  /** Hears of the first failure; it is told once, so that telling it cannot go round in a circle. */
  onFirstFailure: ((detail: string) => unknown) | null = null
  private readonly functions = new Set<{ readonly call: (value: T) => unknown }>()

  constructor(name = "listener") {
    this.name = name
  }

  get size(): number {
    return this.functions.size
  }

  add(call: (value: T) => unknown): Subscription {
    // An own object a subscription: the same function may be subscribed twice.
    const entry = { call }
    this.functions.add(entry)
    return { unsubscribe: () => void this.functions.delete(entry) }
  }

  /** Calls everyone who is subscribed now; those added meanwhile hear the next one, those who leave meanwhile nothing more. */
  notify(value: T): void {
    for (const entry of Array.from(this.functions)) {
      if (!this.functions.has(entry)) continue
      const { call } = entry
      const exit = Effect.runSyncExit(Effect.sync(() => call(value)))
      if (Exit.isFailure(exit)) this.failed(Cause.squash(exit.cause))
      else this.follow(exit.value)
    }
  }

  /** A promise may fail later. Something may also only look like one, and throw when it is touched. */
  private follow(value: unknown): void {
    if (value === undefined) return
    const exit = Effect.runSyncExit(
      Effect.sync(() => {
        if (Predicate.isPromiseLike(value)) value.then(undefined, (error) => this.failed(error))
      }),
    )
    if (Exit.isFailure(exit)) this.failed(Cause.squash(exit.cause))
  }

  private failed(error: unknown): void {
    this.failures++
    if (this.failures === 1) this.onFirstFailure?.(`${this.name}: ${errorText(error)}`)
  }

  clear(): void {
    this.functions.clear()
  }
}
