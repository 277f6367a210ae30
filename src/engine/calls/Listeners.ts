/**
 * Callbacks of a user, kept apart from the engine: one that throws, or returns a promise that fails, is counted and
 * changes nothing. Needed wherever the runtime calls code that is not its own.
 */
import * as Predicate from "effect/Predicate"
import { show } from "../../domain/problems.ts"
import { foreignCall } from "./foreignCall.ts"
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

/** A TypeError for what is neither a function nor an observer: it would be called later, when nobody looks. */
export function requireListener(listener: unknown): void {
  if (typeof listener === "function" || (typeof listener === "object" && listener !== null)) return
  throw new TypeError(`a listener is a function, or { next, error, complete }; got ${show(listener)}`)
}

export class Listeners<T> implements Callbacks {
  /** What they are called where their failures are told. */
  readonly name: string
  /** Calls that threw or failed. */
  failures = 0
  /** Called on the first failure only, so that reporting it cannot loop. */
  onFirstFailure: ((detail: string) => unknown) | null = null
  private readonly functions = new Set<{ readonly call: (value: T) => unknown }>()

  constructor(name = "listener") {
    this.name = name
  }

  get size(): number {
    return this.functions.size
  }

  /** A TypeError for what is no function. */
  add(call: (value: T) => unknown): Subscription {
    if (typeof call !== "function") throw new TypeError(`a listener is a function; got ${show(call)}`)
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
      const given = foreignCall(call, value, this.failed)
      // A promise may fail later. Something may also only look like one, and throw when it is touched.
      if (given !== undefined) foreignCall(this.follow, given, this.failed)
    }
  }

  private readonly follow = (value: unknown): void => {
    if (Predicate.isPromiseLike(value)) value.then(undefined, this.failed)
  }

  private readonly failed = (error: unknown): void => {
    this.failures++
    if (this.failures === 1) this.onFirstFailure?.(`${this.name}: ${errorText(error)}`)
  }

  clear(): void {
    this.functions.clear()
  }
}
