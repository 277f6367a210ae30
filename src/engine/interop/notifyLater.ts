/**
 * XState calls an actor's listeners during the actor's events, where a command would have to wait until the event is over. This module
 * postpones those calls until the engine is at rest. Every actor that a user can reach needs it.
 */
import type { AnyActorRef, EventObject, InspectionEvent, Observer } from "xstate"

/** Keeps a call until the engine is at rest. */
export type Later = (call: () => unknown) => void

interface Subscribable {
  subscribe: (...listener: ReadonlyArray<unknown>) => { readonly unsubscribe: () => void }
  on: (type: string, handler: (event: EventObject) => unknown) => { readonly unsubscribe: () => void }
}

/** Postpones the calls of everybody who subscribes to the actor from now on. */
export function notifyLater(actor: AnyActorRef, later: Later): void {
  const source = actor as unknown as Subscribable
  if (Object.hasOwn(source, "subscribe")) return
  const { subscribe, on } = source
  source.subscribe = (...listener) => {
    const { observer, leave } = postponed(observerOf(listener), later)
    const { unsubscribe } = subscribe.call(actor, observer)
    return { unsubscribe: () => (leave(), unsubscribe()) }
  }
  source.on = (type, handler) => {
    let left = false
    const { unsubscribe } = on.call(actor, type, (event) => later(() => (left ? undefined : handler(event))))
    return { unsubscribe: () => ((left = true), unsubscribe()) }
  }
}

interface Noting {
  _sendInspectionEvent?: (note: object) => void
}

/**
 * The same for inspectors of the actor's system from now on; `inspected` means that there is one already. Without an inspector no note is
 * made: XState would make all of them and throw them away, a kilobyte a window.
 */
export function inspectLater({ system }: AnyActorRef, later: Later, inspected: boolean): void {
  let hasInspector = inspected
  const noting = system as Noting
  const send = noting._sendInspectionEvent
  if (send !== undefined) {
    noting._sendInspectionEvent = (note) => {
      if (hasInspector) send(note)
    }
  }
  const inspect = system.inspect.bind(system)
  system.inspect = (inspector) => {
    hasInspector = true
    const { observer, leave } = postponed<InspectionEvent>(observerOf([inspector]), later)
    const subscription = inspect(observer)
    return { unsubscribe: () => (leave(), subscription.unsubscribe()) }
  }
}

type AnyObserver<T> = Partial<Observer<T>>

/** Accepts what XState does: an observer, or up to three functions. */
function observerOf<T>([first, error, complete]: ReadonlyArray<unknown>): AnyObserver<T> {
  if (typeof first === "object" && first !== null) return first
  return { next: first, error, complete } as AnyObserver<T>
}

/** Adds no error listener of its own: XState reports errors that nobody listens for. */
function postponed<T>(
  own: AnyObserver<T>,
  later: Later,
): { readonly observer: AnyObserver<T>; readonly leave: () => void } {
  let left = false
  const unlessLeft = (call: () => unknown): void => later(() => (left ? undefined : call()))
  const observer: AnyObserver<T> = {
    ...(own.next && { next: (value) => unlessLeft(() => own.next?.(value)) }),
    ...(own.error && { error: (error) => unlessLeft(() => own.error?.(error)) }),
    ...(own.complete && { complete: () => unlessLeft(() => own.complete?.()) }),
  }
  return { observer, leave: () => (left = true) }
}
