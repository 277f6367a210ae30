/** From the rows that a cluster keeps of a tuner's owners to who owned it when, as a time line draws it. Pure. */
import type { OwnerTurns } from "../../cluster/turnRows.ts"
import type { OwnerSpan } from "../protocol/tunerProtocol.ts"

/**
 * A span for each row. One that died was there when it saved last, and was gone when the next one began: when in between it died, nobody
 * knows. Times that a stepping clock has turned around are put in order, so that no span ends before it begins.
 */
export function ownerSpans({ turns, nowMs }: OwnerTurns): ReadonlyArray<OwnerSpan> {
  return turns.map(({ epoch, runner, sinceMs, began, endedMs }, i): OwnerSpan => {
    const next = turns.at(i + 1)
    const until = endedMs ?? next?.sinceMs ?? null
    const untilMs = until === null ? null : Math.max(sinceMs, until)
    const died = next?.began === "baseline"
    const seen = died ? (next.leftMs ?? sinceMs) : (untilMs ?? nowMs)
    return {
      epoch,
      runner,
      fromMs: sinceMs,
      seenMs: Math.min(Math.max(sinceMs, seen), untilMs ?? Number.POSITIVE_INFINITY),
      untilMs,
      began,
    }
  })
}
