/**
 * The windows of a hot path as an Observable: what `engine.windows$` is made of. For digests that already are an
 * Observable and have no hot path there is `evalWindows`.
 */
import { Observable } from "rxjs/internal/Observable"
import { type Due, type DueOptions, type DueSource, dueOf } from "./dueOf.ts"
import type { Window } from "../domain/Window.ts"

/**
 * Every window of `source` that closed or expired, each of one generation; a change of generation shows as windows of
 * the new one. A window that an apply cut short is not among them: it is nothing one could decide on.
 *
 * Takes what `dueOf` gives as well, so that several views share one hook.
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
