/**
 * The snapshots of an XState actor as an Observable, the present one first. RxJS's own `from(actor)` works as well but
 * says nothing before the next change; a view that is opened late would stay empty.
 */
import { Observable } from "rxjs/internal/Observable"
import type { Snapshot, Subscribable } from "xstate"

/** An actor as far as it is looked at: `engine.actor`, or any actor of XState. */
export interface SnapshotSource<S extends Snapshot<unknown>> extends Subscribable<S> {
  readonly getSnapshot: () => S
}

/**
 * Snapshots from the present one on; completes when the actor is done or stopped, fails with the actor's error.
 * Unsubscribing lets go of the actor and leaves it running.
 */
export function snapshotsOf<S extends Snapshot<unknown>>(actor: SnapshotSource<S>): Observable<S> {
  return new Observable<S>((subscriber) => {
    let shown: S
    // A subscriber may move the actor while it is shown the present: what came of that is shown too, before listening.
    do {
      shown = actor.getSnapshot()
      subscriber.next(shown)
    } while (!subscriber.closed && shown !== actor.getSnapshot())
    // XState tells a late listener that an actor was done, but not that it was stopped.
    if (shown.status === "stopped") subscriber.complete()
    const subscription = actor.subscribe({
      next: (snapshot) => subscriber.next(snapshot),
      error: (error) => subscriber.error(error),
      complete: () => subscriber.complete(),
    })
    return () => subscription.unsubscribe()
  })
}
