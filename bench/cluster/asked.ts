/** A process that answers questions of its parent, one after the other. */
import type { Question } from "./orders.ts"

/** Answers each question with what `answer` makes of it; says "ready" first. */
export function beAsked(answer: (question: Question) => Promise<object>): void {
  process.on("message", (question) => {
    answer(question as Question).then(
      (found) => process.send?.({ found }),
      (cause: unknown) => process.send?.({ failed: String(cause) }),
    )
  })
  // Whose parent is gone has nothing to do.
  process.on("disconnect", () => process.exit())
  process.send?.({ found: "ready" })
}

/** What this process has used, after a collection. */
export function used(): { readonly cpuUs: number; readonly rss: number; readonly heap: number } {
  const { user, system } = process.cpuUsage()
  globalThis.gc?.()
  globalThis.gc?.()
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  return { cpuUs: user + system, rss, heap: heapUsed + arrayBuffers }
}
