/**
 * XState calls whoever listens to an actor amid the actor's events, where a command would have to wait for the end of the event. Here
 * an actor's listeners are called when somebody says so. Needed for every actor that a user can get hold of.
 */
import type { AnyActorRef, EventObject, InspectionEvent, Observer } from "xstate"

/** Keeps a call until the engine is at rest. */
export type Later = (call: () => unknown) => void

interface Heard {
  subscribe: (...listener: ReadonlyArray<unknown>) => { readonly unsubscribe: () => void }
  on: (type: string, handler: (event: EventObject) => unknown) => { readonly unsubscribe: () => void }
}

/** Whoever subscribes to the actor from now on hears of it later. */
export function tellLater(actor: AnyActorRef, later: Later): void {
  const heard = actor as unknown as Heard
  if (Object.hasOwn(heard, "subscribe")) return
  const { subscribe, on } = heard
  heard.subscribe = (...listener) => {
    const { observer, leave } = postponed(observerOf(listener), later)
    const { unsubscribe } = subscribe.call(actor, observer)
    return { unsubscribe: () => (leave(), unsubscribe()) }
  }
  heard.on = (type, handler) => {
    let left = false
    const { unsubscribe } = on.call(actor, type, (event) => later(() => (left ? undefined : handler(event))))
    return { unsubscribe: () => ((left = true), unsubscribe()) }
  }
}

interface Noting {
  _sendInspectionEvent?: (note: object) => void
}

/**
 * The same for whoever inspects the actor's system from now on; `inspected` says that somebody does already. Until somebody does, no note
 * is made: XState makes all of them and throws them away, a kilobyte a window.
 */
export function inspectLater({ system }: AnyActorRef, later: Later, inspected: boolean): void {
  let heard = inspected
  const noting = system as Noting
  const send = noting._sendInspectionEvent
  if (send !== undefined) {
    noting._sendInspectionEvent = (note) => {
      if (heard) send(note)
    }
  }
  const inspect = system.inspect.bind(system)
  system.inspect = (inspector) => {
    heard = true
    const { observer, leave } = postponed<InspectionEvent>(observerOf([inspector]), later)
    const subscription = inspect(observer)
    return { unsubscribe: () => (leave(), subscription.unsubscribe()) }
  }
}

type AnyObserver<T> = Partial<Observer<T>>

/** As XState takes it: an observer, or up to three functions. */
function observerOf<T>([first, error, complete]: ReadonlyArray<unknown>): AnyObserver<T> {
  if (typeof first === "object" && first !== null) return first
  return { next: first, error, complete } as AnyObserver<T>
}

/** Who does not listen for errors does not here either: XState reports those that nobody listens for. */
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
