/**
 * What becomes due in a hot path, as an Observable: windows that closed or expired, deadlines, emergencies. One needs it
 * to feed actors or to show windows. Per digest nothing comes out of here; that is what makes the loop fast.
 */
import type { Subscriber } from "rxjs"
import { Observable } from "rxjs/internal/Observable"
import { WINDOW_CLOSED, WINDOW_EXPIRED } from "../hot/codes.ts"
import type { WindowAccumulator } from "../hot/WindowAccumulator.ts"
import { readWindow, type Window } from "../domain/Window.ts"

/** The part of a `HotPath` that is listened to. */
export interface DueSource {
  readonly window: WindowAccumulator
  /** [0]: now, microseconds. */
  readonly nowCell: Float64Array
  onDue: ((code: number) => void) | null
}

/** Something became due. */
export interface Due {
  /** WINDOW_CLOSED, WINDOW_EXPIRED, DEADLINE or EMERGENCY. */
  readonly code: number
  readonly nowUs: number
  /** A copy of the window, where one closed or expired. */
  readonly window: Window | null
}

/** Options of `dueOf` and `windows`. */
export interface DueOptions {
  /** Default "minimize". Decides the sign of `Window.loss`. */
  readonly objective?: "minimize" | "maximize"
}

/**
 * Everything that becomes due in `source`, shared: one hook for all subscribers, taken with the first and given back with
 * the last. It never completes by itself.
 *
 * The window is copied before anyone acts on it, so a subscriber that leads to an apply, and with it to a new window,
 * takes nothing from the next subscriber. A hook that was there before is called first and still is there afterwards.
 * `Window.index` counts the windows seen here and goes on over resubscriptions.
 */
export function dueOf(source: DueSource, options: DueOptions = {}): Observable<Due> {
  const sign = options.objective === "maximize" ? -1 : 1
  let subscribers: ReadonlyArray<Subscriber<Due>> = []
  let windows = 0
  let letGo: (() => void) | null = null

  const takeHook = (): (() => void) => {
    const before = source.onDue
    let held = true
    const hook = (code: number): void => {
      const finished = code === WINDOW_CLOSED || code === WINDOW_EXPIRED
      // After it was let go the hook may still hang under somebody else's: then it only passes on.
      const window = finished && held ? readWindow(source.window, sign, windows++) : null
      const nowUs = source.nowCell[0]
      before?.(code)
      if (!held) return
      const due: Due = { code, nowUs, window }
      for (const subscriber of subscribers) subscriber.next(due)
    }
    source.onDue = hook
    return () => {
      held = false
      if (source.onDue === hook) source.onDue = before
    }
  }

  // `share()` would do it in one word, and carries what turns promises and iterables into Observables into every browser.
  return new Observable<Due>((subscriber) => {
    subscribers = [...subscribers, subscriber]
    letGo ??= takeHook()
    return () => {
      subscribers = subscribers.filter((one) => one !== subscriber)
      if (subscribers.length > 0) return
      letGo?.()
      letGo = null
    }
  })
}
