/**
 * Callbacks of a user, isolated from the engine: one that throws, or returns a promise that fails, is counted and
 * changes nothing. Use it wherever the runtime calls code that is not its own.
 */
import * as Predicate from "effect/Predicate"
import { show } from "../../domain/problems.ts"
import { foreignCall } from "./foreignCall.ts"
import { errorText } from "./outcome.ts"

/** Returned by `subscribe`. Calling `unsubscribe` again does nothing. */
export interface Subscription {
  readonly unsubscribe: () => void
}

/** What is known about callbacks, whatever their arguments. */
export interface Callbacks {
  readonly name: string
  readonly failures: number
  onFirstFailure: ((detail: string) => unknown) | null
}

/** A TypeError unless it is a function or an observer: otherwise the mistake would only show later. */
export function requireListener(listener: unknown): void {
  if (typeof listener === "function" || (typeof listener === "object" && listener !== null)) return
  throw new TypeError(`a listener is a function, or { next, error, complete }; got ${show(listener)}`)
}

export class Listeners<T> implements Callbacks {
  /** Their name in reports of failures. */
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

  /** A TypeError unless it is a function. */
  add(call: (value: T) => unknown): Subscription {
    if (typeof call !== "function") throw new TypeError(`a listener is a function; got ${show(call)}`)
    // A separate object per subscription: the same function may be subscribed twice.
    const entry = { call }
    this.functions.add(entry)
    return { unsubscribe: () => void this.functions.delete(entry) }
  }

  /**
   * Calls everyone subscribed now. Those added meanwhile get the next value; those removed meanwhile get nothing
   * more.
   */
  notify(value: T): void {
    for (const entry of Array.from(this.functions)) {
      if (!this.functions.has(entry)) continue
      const { call } = entry
      const given = foreignCall(call, value, this.failed)
      // A promise may fail later. A value may also only look like one and throw when touched.
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
