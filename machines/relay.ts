/**
 * Sending between actors so that an inspector sees who sent what. XState keeps the sender in `system._relay`, which its
 * types leave out; `ActorRef.send` loses it. Everything that sends outside of XState's own `sendTo` comes through here.
 */
import type { ActorScope, AnyActorRef, EventObject, Snapshot } from "xstate"

interface RelayingSystem {
  _relay?: (source: AnyActorRef | undefined, target: AnyActorRef, event: EventObject) => void
}

/** Sends on behalf of the actor whose scope this is. */
export function relay<S extends Snapshot<unknown>, E extends EventObject>(
  scope: Pick<ActorScope<S, E>, "self" | "system">,
  target: AnyActorRef,
  event: EventObject,
): void {
  const system = scope.system as RelayingSystem
  if (system._relay === undefined) target.send(event)
  else system._relay(scope.self, target, event)
}

/** Sends to the parent of the actor whose scope this is; without one the event goes nowhere. */
export function relayToParent<S extends Snapshot<unknown>, E extends EventObject>(
  scope: Pick<ActorScope<S, E>, "self" | "system">,
  event: EventObject,
): void {
  const parent = scope.self._parent
  if (parent !== undefined) relay(scope, parent, event)
}
