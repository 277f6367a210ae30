/**
 * Turns callbacks into an Observable that completes on a second callback. Needed where a subscription's values come from
 * another thread.
 */
import { Observable } from "rxjs/internal/Observable"
import { completeWhen } from "./completeWhen.ts"

type Listen<T> = (listener: (value: T) => void) => { readonly unsubscribe: () => void }

/** Each subscription listens separately; `whenDone` may call back immediately. */
export const listenerObservable = <T>(listen: Listen<T>, whenDone: Listen<unknown>): Observable<T> =>
  completeWhen(new Observable<T>((subscriber) => listen((value) => subscriber.next(value))), (done) =>
    whenDone(() => done()),
  )
