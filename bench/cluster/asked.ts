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

const spentUs = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** What collections took that were made for a question. */
let collectedUs = 0

/** What this process has used, and its memory after a collection, which is in no processor time. */
export function used(): { readonly cpuUs: number; readonly rss: number; readonly heap: number } {
  const nowUs = spentUs()
  const cpuUs = nowUs - collectedUs
  globalThis.gc?.()
  globalThis.gc?.()
  collectedUs += spentUs() - nowUs
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  return { cpuUs, rss, heap: heapUsed + arrayBuffers }
}
