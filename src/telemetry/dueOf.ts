/**
 * What becomes due in a hot path, as an Observable: windows that closed or expired, deadlines, emergencies. Use it
 * to feed actors or to show windows. It emits nothing per digest, which keeps the loop fast.
 */
import type { Subscriber } from "rxjs"
import { Observable } from "rxjs/internal/Observable"
import { WINDOW_CLOSED, WINDOW_EXPIRED } from "../hot/codes.ts"
import type { WindowAccumulator } from "../hot/WindowAccumulator.ts"
import { readWindow, type Window } from "../domain/Window.ts"

/** The part of a `HotPath` that `dueOf` reads. */
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
  /** A copy of the window that closed or expired; otherwise null. */
  readonly window: Window | null
}

/** Options of `dueOf` and `windows`. */
export interface DueOptions {
  /** Default "minimize". Sets the sign of `Window.loss`. */
  readonly objective?: "minimize" | "maximize"
}

/**
 * Everything that becomes due in `source`, shared: all subscribers use one hook, installed by the first and removed
 * after the last. It never completes by itself.
 *
 * Each window is copied before anyone acts on it. A subscriber that causes an apply, and with it a new window, does
 * not change what the next subscriber sees. A hook that was there before is called first and is kept.
 * `Window.index` counts the windows seen here, across resubscriptions.
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
      // After it was removed, the hook may still be wrapped by another one. It then only forwards.
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

  // `share()` would do this too, but adds the conversion of promises and iterables to every browser bundle.
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
