/**
 * An Observable as an actor that speaks to its parent: each value becomes at most one event. XState's own
 * `fromEventObservable` needs its source when the machine is made; here it may come with a closure.
 */
import { type CallbackActorLogic, type EventObject, fromCallback, type NonReducibleUnknown } from "xstate"
import type { Observable } from "rxjs"

/** `eventOf` returns null for what is nothing to the parent. The subscription lives as long as the actor. */
export const observableLogic = <T, Input extends NonReducibleUnknown>(
  source: Observable<T>,
  eventOf: (value: T) => EventObject | null,
): CallbackActorLogic<EventObject, Input> =>
  fromCallback<EventObject, Input>(({ sendBack }) => {
    const subscription = source.subscribe((value) => {
      const event = eventOf(value)
      if (event !== null) sendBack(event)
    })
    return () => subscription.unsubscribe()
  })
