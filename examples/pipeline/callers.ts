/** Callers who ask without a pause: as many calls in flight as there are callers. */
import { type Search, wordOf } from "./catalogue.ts"

const CALLERS = 8

/** Callers that each wait for their answer before they ask again. */
export function callers(search: Search): { readonly stop: () => Promise<void> } {
  const ending = new AbortController()
  let n = 0
  const one = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await search(wordOf(n++)).catch(() => undefined)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const all = Array.from({ length: CALLERS }, one)
  return {
    stop: async () => {
      ending.abort()
      await Promise.all(all)
    },
  }
}
