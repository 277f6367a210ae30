/**
 * The snapshots of an XState actor as an Observable, starting with the current one. RxJS's own `from(actor)` emits
 * nothing before the next change, so a view opened late would stay empty.
 */
import { Observable } from "rxjs/internal/Observable"
import type { Snapshot, Subscribable } from "xstate"

/** What is needed from an actor: `engine.actor`, or any XState actor. */
export interface SnapshotSource<S extends Snapshot<unknown>> extends Subscribable<S> {
  readonly getSnapshot: () => S
}

/**
 * Snapshots from the current one on. Completes when the actor is done or stopped, fails with the actor's error.
 * Unsubscribing leaves the actor running.
 */
export function snapshotsOf<S extends Snapshot<unknown>>(actor: SnapshotSource<S>): Observable<S> {
  return new Observable<S>((subscriber) => {
    let shown: S
    // A subscriber may change the actor while it receives the first snapshot. The result is emitted too, before
    // listening begins.
    do {
      shown = actor.getSnapshot()
      subscriber.next(shown)
    } while (!subscriber.closed && shown !== actor.getSnapshot())
    // XState tells a late listener that an actor is done, but not that it was stopped.
    if (shown.status === "stopped") subscriber.complete()
    const subscription = actor.subscribe({
      next: (snapshot) => subscriber.next(snapshot),
      error: (error) => subscriber.error(error),
      complete: () => subscriber.complete(),
    })
    return () => subscription.unsubscribe()
  })
}
