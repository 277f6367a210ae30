/** One call whose answer nobody waits for: it is read to its end, or as far as answers are compared, and what came of it is told. */
import type { Call, Outcome } from "./calls.ts"
import { judged, type Judge, PATIENCE } from "./judged.ts"
import { NO_WATCH, type Within } from "./CallWatch.ts"
import { follow, isPromise } from "./promises.ts"
import { isIterator, MOST_CHUNKS } from "./StreamOf.ts"
import { chunksOf, isStream } from "./streams.ts"

export interface Mirrored extends Call {
  readonly limitMs: number
  /** The async context of the call that it repeats; that of now if left out. */
  readonly within?: Within
  /** The longest time that the incumbent took between two chunks of its answer; nothing is known if left out. */
  readonly gapMs?: number | undefined
}

export function mirrorOnce(judge: Judge, call: Mirrored, seen: (outcome: Outcome) => void): void {
  const { within = NO_WATCH.outside, limitMs, gapMs = 0 } = call
  const chunkMs = Math.max(PATIENCE * limitMs, 2 * gapMs)
  const once = { ...call, chunkMs, fallback: null, seen, keepChunks: true, isCopy: true }
  let result: unknown
  try {
    result = within(() => judged(judge, once))
  } catch {
    // It was seen.
    return
  }
  read(result)
  if (isPromise(result)) void follow(result, read, () => {})
}

/** What comes in parts is read by nobody else. */
function read(result: unknown): void {
  if (isIterator(result)) void readAll(result)
  else if (isStream(result)) void readAll(chunksOf(result))
}

/** Reads a stream to its end, or as far as is compared. Its maker sees how it ended. */
async function readAll(source: Iterator<unknown> | AsyncIterator<unknown>): Promise<void> {
  try {
    for (let i = 0; i < MOST_CHUNKS; i++) {
      const step = source.next()
      if ((isPromise(step) ? await step : step).done === true) return
    }
    await (source.return?.() as unknown)
  } catch {
    // It was seen.
  }
}
