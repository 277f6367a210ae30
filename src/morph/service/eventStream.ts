/**
 * A stream that RxJS takes as one of its own, without RxJS: `from(growth.events$).pipe(...)`. A browser loads a growing host, and RxJS's
 * Observable would be a twentieth of it.
 */

/** Returned by `subscribe`. Calling `unsubscribe` again does nothing. */
export interface StreamSubscription {
  readonly unsubscribe: () => void
}

/** Callbacks of a subscriber, named as in RxJS. */
export interface StreamObserver<T> {
  readonly next?: ((value: T) => void) | undefined
  readonly complete?: (() => void) | undefined
}

/** What `from` of RxJS, and whatever else takes an Observable, can read. */
export interface EventStream<T> {
  subscribe(observer?: ((value: T) => void) | StreamObserver<T> | null): StreamSubscription
  readonly [Symbol.observable]: () => EventStream<T>
}

// RxJS declares the symbol; where nobody has made it, RxJS and XState both look for this name.
const OBSERVABLE = ((Symbol as { readonly observable?: symbol }).observable ??
  "@@observable") as typeof Symbol.observable

type Listen<T> = (listener: (value: T) => void) => StreamSubscription

/** Each subscription listens for itself; `whenDone` may call back immediately. */
export function eventStream<T>(listen: Listen<T>, whenDone: Listen<unknown>): EventStream<T> {
  const subscribing: Pick<EventStream<T>, "subscribe"> = {
    subscribe(given) {
      const { next, complete }: StreamObserver<T> =
        typeof given === "function" ? { next: given } : (given ?? {})
      let ended = false
      const values = listen((value) => next?.call(given, value))
      const endings = whenDone(() => {
        if (ended) return
        ended = true
        values.unsubscribe()
        complete?.call(given)
      })
      return {
        unsubscribe: () => {
          ended = true
          values.unsubscribe()
          endings.unsubscribe()
        },
      }
    },
  }
  const stream = subscribing as EventStream<T>
  return Object.assign(stream, { [OBSERVABLE]: () => stream })
}
