/**
 * Actor logic that comes later than the machine that may spawn it: for parts which few need and which are not carried along
 * for that reason. One needs it where a machine is built before it is known whether such a part will be asked for.
 */
import type { AnyActorLogic } from "xstate"

/** Logic that asks `get` for the real one whenever it is used; `get` may throw as long as there is none. */
export function deferredLogic<L extends AnyActorLogic>(get: () => L): L {
  const logic: AnyActorLogic = {
    transition: (snapshot, event, scope) => get().transition(snapshot, event, scope),
    getInitialSnapshot: (scope, input) => get().getInitialSnapshot(scope, input),
    getPersistedSnapshot: (snapshot, options) => get().getPersistedSnapshot(snapshot, options),
    restoreSnapshot: (snapshot, scope) => get().restoreSnapshot?.(snapshot, scope) ?? snapshot,
    start: (snapshot, scope) => get().start?.(snapshot, scope),
  }
  // It behaves as that logic: the same events, the same snapshots.
  return logic as L
}
