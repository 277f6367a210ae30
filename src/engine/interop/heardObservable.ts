/**
 * Values that somebody calls back with, as an Observable that ends when somebody says so. Needed where what a user subscribes
 * to comes from another thread.
 */
import { Observable } from "rxjs/internal/Observable"
import { completeWhen } from "./completeWhen.ts"

type Listen<T> = (heard: (value: T) => void) => { readonly unsubscribe: () => void }

/** Every subscription listens by itself; `whenDone` may call back at once. */
export const heardObservable = <T>(listen: Listen<T>, whenDone: Listen<unknown>): Observable<T> =>
  completeWhen(new Observable<T>((subscriber) => listen((value) => subscriber.next(value))), (done) =>
    whenDone(() => done()),
  )
