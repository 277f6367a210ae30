/**
 * The windows of a hot path as an Observable; `engine.windows$` is made from it. For digests that already are an
 * Observable, use `evalWindows`.
 */
import { Observable } from "rxjs/internal/Observable"
import { type Due, type DueOptions, type DueSource, dueOf } from "./dueOf.ts"
import type { Window } from "../domain/Window.ts"

/**
 * Every window of `source` that closed or expired, each of one generation. A change of generation shows as windows
 * of the new one. Windows that an apply cut short are left out: they must not be used for a decision.
 *
 * Also accepts what `dueOf` returns, so that several views share one hook.
 */
export function windows$(source: DueSource | Observable<Due>, options: DueOptions = {}): Observable<Window> {
  const due = "onDue" in source ? dueOf(source, options) : source
  return new Observable((subscriber) =>
    due.subscribe({
      next: ({ window }) => {
        if (window !== null) subscriber.next(window)
      },
      error: (cause) => subscriber.error(cause),
      complete: () => subscriber.complete(),
    }),
  )
}
