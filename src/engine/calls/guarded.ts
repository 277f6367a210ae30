/**
 * A user's own inspector, kept apart from the actors it looks into: XState calls it in the middle of their events, where an error of
 * its own would be theirs and a command of its own would have to wait.
 */
import type { InspectionEvent, Observer } from "xstate"
import { Listeners } from "./Listeners.ts"
import type { Notifications } from "./Notifications.ts"

/** Looks into every actor of an engine, as XState's own `inspect` option. */
export type Inspect = Observer<InspectionEvent> | ((event: InspectionEvent) => void)

/** The same inspector, called later and never throwing, with the count of what it did throw. */
export function guardInspector(
  inspect: Inspect,
  notifications: Notifications,
): {
  readonly observer: Observer<InspectionEvent>
  readonly calls: Listeners<InspectionEvent>
} {
  const calls = new Listeners<InspectionEvent>("inspector")
  calls.add((event) => (typeof inspect === "function" ? inspect(event) : inspect.next?.(event)))
  return { observer: { next: (event) => notifications.add(() => calls.notify(event)) }, calls }
}
