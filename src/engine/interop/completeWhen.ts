/**
 * An Observable that ends when somebody says so: what is made of a callback has no end of its own. Needed to hand streams
 * of a runtime to RxJS users, who wait for `complete`.
 */
import { Observable } from "rxjs/internal/Observable"

/** Mirrors `source` until `whenDone` calls back; `whenDone` may do so at once. */
export function completeWhen<T>(
  source: Observable<T>,
  whenDone: (done: () => void) => { readonly unsubscribe: () => void },
): Observable<T> {
  return new Observable<T>((subscriber) => {
    subscriber.add(whenDone(() => subscriber.complete()))
    if (!subscriber.closed) subscriber.add(source.subscribe(subscriber))
  })
}
