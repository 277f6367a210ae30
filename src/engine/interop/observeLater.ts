/** An Observable whose subscribers are called when somebody says so: see `notifyLater`, which does the same for actors. */
import { Observable } from "rxjs/internal/Observable"
import type { Later } from "./notifyLater.ts"

/** Mirrors `source`, each value in its turn. */
export const observeLater = <T>(source: Observable<T>, later: Later): Observable<T> =>
  new Observable<T>((subscriber) =>
    source.subscribe({
      next: (value) => later(() => subscriber.next(value)),
      error: (cause: unknown) => later(() => subscriber.error(cause)),
      complete: () => later(() => subscriber.complete()),
    }),
  )
