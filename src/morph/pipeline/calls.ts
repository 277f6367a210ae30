/** Calls of either side, and what comes of them: of the incumbent here, of a candidate in `judged.ts`. */
import type { Side } from "./Channels.ts"
import type { PipelineClock } from "./PipelineClock.ts"
import type { AnyFunction } from "./pieces.ts"
import { follow, isPromise } from "./promises.ts"
import { isIterator, StreamOf, type StreamEnd } from "./StreamOf.ts"
import { chunksOf, isStream, makerLike } from "./streams.ts"

/** What a function answers with: a value, a promise of one, an iterator or a stream. */
export type Kind = "value" | "promise" | "iterator" | "stream"

export const kindOf = (result: unknown): Kind =>
  isPromise(result) ? "promise" : isIterator(result) ? "iterator" : isStream(result) ? "stream" : "value"

/** A query of some library, or a promise of another realm: a value here, because nobody knows whether awaiting it begins something. */
export const isThenable = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  !isPromise(value) &&
  typeof (value as { readonly then?: unknown }).then === "function"

/** The end of a call: of its answer, or of its failure. */
export interface Outcome extends Omit<Side, "cost"> {
  readonly answer: unknown
  readonly failure: unknown
  /** Of a stream: the longest time between two chunks. */
  readonly gapMs?: number
}

export interface Call {
  readonly fn: AnyFunction
  readonly self: unknown
  readonly args: ReadonlyArray<unknown>
}

export const perform = ({ fn, self, args }: Call): unknown => Reflect.apply(fn, self, args)

export const answered = (ms: number, answer: unknown): Outcome => ({
  ms,
  error: false,
  endMs: Number.NaN,
  answer,
  failure: null,
})
export const failed = (ms: number, failure: unknown): Outcome => ({
  ms,
  error: true,
  endMs: Number.NaN,
  answer: null,
  failure,
})

export const ofStream = ({ ms, endMs, gapMs, failure, chunks, hasFailed }: StreamEnd): Outcome => ({
  ms,
  endMs,
  gapMs,
  error: hasFailed,
  answer: chunks,
  failure,
})

/** Calls the incumbent, lets the caller have what it gives, and says what came of it and how long it kept the loop. */
export function observed(
  call: Call,
  clock: PipelineClock,
  keepChunks: boolean,
  seen: (outcome: Outcome, kind: Kind) => void,
  held: (ms: number) => void,
): unknown {
  const began = clock.now()
  let result: unknown
  try {
    result = perform(call)
  } catch (failure) {
    seen(failed(clock.now() - began, failure), "value")
    throw failure
  }
  held(clock.now() - began)
  const kind = kindOf(result)
  const { now } = clock
  const ended = (end: StreamEnd): void => seen(ofStream(end), kind)
  const streamed = (stream: unknown): unknown => {
    const like = makerLike(stream as object)
    return like(new StreamOf(chunksOf(stream as object), { now, keepChunks, ended, waitedMs: now() - began }))
  }
  if (kind === "iterator") return new StreamOf(result as Iterator<unknown>, { now, keepChunks, ended })
  if (kind === "stream") return streamed(result)
  if (kind === "value") {
    seen(answered(clock.now() - began, result), kind)
    return result
  }
  return follow(
    result as Promise<unknown>,
    (answer) => {
      if (isStream(answer)) return streamed(answer)
      seen(answered(clock.now() - began, answer), kind)
      return answer
    },
    (failure: unknown) => {
      seen(failed(clock.now() - began, failure), kind)
      throw failure
    },
  )
}
