/**
 * Asking again and again while somebody looks: the next question is asked a while after the last was answered, and none while the
 * page is hidden.
 */
import type { Scope } from "./cell.ts"

/** Asks at once, then every `everyMs`, until the scope closes; what it returns asks at once. `ask` must not reject. */
export function poll(scope: Scope, everyMs: number, ask: (signal: AbortSignal) => Promise<void>): () => void {
  let waiting: ReturnType<typeof setTimeout> | undefined
  let asking = new AbortController()
  let over = false
  const now = (): void => {
    clearTimeout(waiting)
    asking.abort()
    if (over || document.hidden) return
    const mine = new AbortController()
    asking = mine
    void ask(mine.signal).then(() => {
      if (!mine.signal.aborted) waiting = setTimeout(now, everyMs)
    })
  }
  document.addEventListener("visibilitychange", now)
  scope.add(() => {
    over = true
    document.removeEventListener("visibilitychange", now)
    clearTimeout(waiting)
    asking.abort()
  })
  now()
  return now
}
