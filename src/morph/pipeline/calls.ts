/**
 * Calls of either side, and what comes of them. A caller gets what the incumbent would have given: a candidate that throws, is late,
 * never settles, answers with something else than a promise where a promise is due, or writes into its input is replaced by the
 * incumbent wherever it may be called again.
 */
import type { Side } from "./Channels.ts"
import type { CallWatch, Trace } from "./CallWatch.ts"
import type { Deadlines } from "./Deadlines.ts"
import { isAborted, isWritten, MOST_COPIED, noteInputs, putBack, withSignal } from "./inputs.ts"
import type { PipelineClock } from "./PipelineClock.ts"
import type { AnyFunction } from "./pieces.ts"
import { follow, isPromise, silence } from "./promises.ts"
import { isIterator, type Source, StreamOf, type StreamEnd } from "./StreamOf.ts"
import { chunksOf, chunksOfLater, isStream, makerLike } from "./streams.ts"

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

const answered = (ms: number, answer: unknown): Outcome => ({
  ms,
  error: false,
  endMs: Number.NaN,
  answer,
  failure: null,
})
const failed = (ms: number, failure: unknown): Outcome => ({
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

/** Who looks after a candidate's calls. */
export interface Judge {
  readonly clock: PipelineClock
  readonly deadlines: Deadlines
  /** Sees what the candidate leaves behind; `trace` is that of this call. */
  readonly watch: CallWatch
  readonly trace: Trace
  /**
   * What the incumbent is known to answer with: nothing before anybody knows, and several kinds where it answers from a cache at times.
   * Which of them one call gets is chance, so no call is held to that of its own incumbent. Null where any will do.
   */
  readonly kinds: ReadonlySet<Kind> | null
  /** A call of the candidate begins and ends; one that does not settle is given up in the end. */
  readonly began: () => void
  readonly ended: () => void
  /** Something that must not happen. */
  readonly critical: (what: string) => void
  /** Ends calls that wait for the candidate, when it is culled. */
  readonly open: Set<() => void>
  /** How long the candidate kept the loop. */
  readonly held: (ms: number, kind: Kind) => void
  /** The incumbent's calls are looked at in the same way, so that both sides cost the same, and are blamed for nothing. */
  readonly isIncumbent: boolean
}

export interface JudgedCall extends Call {
  readonly limitMs: number
  /** Called in place of the candidate; null where nothing may be called a second time. */
  readonly fallback: (() => unknown) | null
  readonly seen: (outcome: Outcome) => void
  readonly keepChunks?: boolean
  /** Nobody else has these inputs, so that what is written into them after an `await` is the candidate's doing too. */
  readonly isCopy?: boolean
  /** How long it may take from chunk to chunk; of no account where a caller reads them. */
  readonly chunkMs?: number
}

/** No answer within the limit. */
export class Late extends Error {
  override readonly name = "Late"
}

const WROTE = "wrote into its input"

/** Deadlines until a promise that has not settled is given up. */
export const PATIENCE = 4

/** Calls the candidate, and gives the caller its answer or, where that is allowed, the incumbent's. */
export function judged(
  judge: Judge,
  { fn, self, args, limitMs, fallback, seen, keepChunks, isCopy, chunkMs }: JudgedCall,
): unknown {
  const { clock, trace, watch } = judge
  // A copy is off every caller's way, so all of it is looked at.
  const notes = isCopy === true ? noteInputs(args, MOST_COPIED) : noteInputs(args)
  // Made only for a call that has a signal: it costs more than all the rest.
  let gone: AbortController | null = null
  const join = (theirs: AbortSignal): AbortSignal => {
    gone ??= new AbortController()
    return AbortSignal.any([theirs, gone.signal])
  }
  const given = fallback === null ? args : withSignal(args, join)
  // Looked for on both sides, because it takes time. What the incumbent writes is its own affair.
  const hasWritten = (): boolean => isWritten(notes) && !judge.isIncumbent
  const instead = (otherwise: () => unknown): unknown => {
    if (fallback === null) return otherwise()
    putBack(notes)
    return fallback()
  }
  const fail = (ms: number, failure: unknown): unknown => {
    if (isAborted(args)) throw failure
    seen(failed(ms, failure))
    return instead(() => {
      throw failure
    })
  }
  judge.began()
  const began = clock.now()
  let result: unknown
  try {
    result = watch.run(trace, () => perform({ fn, self, args: given }))
  } catch (failure) {
    judge.ended()
    return fail(clock.now() - began, failure)
  }
  const ms = clock.now() - began
  const kind = kindOf(result)
  judge.held(ms, kind)
  const found = hasWritten() ? WROTE : wrongKind(judge.kinds, kind)
  const wrong = judge.isIncumbent ? null : found
  if (wrong !== null) {
    if (fallback !== null || isCopy === true) letGo(result)
    judge.ended()
    judge.critical(wrong)
    seen(failed(ms, new Error(wrong)))
    return instead(() => (isPromise(result) ? follow(result, asItIs, rethrow) : result))
  }
  if (kind === "value") {
    judge.ended()
    // It is here: asking the incumbent now would make the caller wait for longer.
    seen(ms > limitMs ? failed(ms, new Late(`answered after ${limitMs} ms`)) : answered(ms, result))
    return result
  }
  // A deadline runs out at any time: the incumbent is called as if it were now.
  const within = watch.context()
  /** What a stream is read with, from here on. */
  const reading = (waitedMs: number, counts: boolean, next: (failure: unknown) => Source) => ({
    now: clock.now,
    run: <T>(act: () => T): T => watch.run(trace, act),
    keepChunks: keepChunks ?? false,
    limitMs,
    chunkMs,
    stalled: judge.critical,
    deadlines: judge.deadlines,
    waitedMs,
    fallback: fallback === null ? null : next,
    ended: (end: StreamEnd) => {
      judge.ended()
      if (counts && !(end.hasFailed && isAborted(args))) seen(ofStream(end))
    },
  })
  const again = (): unknown => within(() => instead(() => null))
  const streamed = (stream: object, waitedMs: number, counts: boolean): unknown => {
    const like = makerLike(stream)
    const later = (failure: unknown): Source => chunksOfLater(again, failure)
    return like(new StreamOf(chunksOf(stream), reading(waitedMs, counts, later)))
  }
  if (kind === "iterator")
    return new StreamOf(
      result as Iterator<unknown>,
      reading(0, true, () => again() as Iterator<unknown>),
    )
  if (kind === "stream") {
    let stream: unknown
    try {
      stream = streamed(result as object, ms, true)
    } catch (failure) {
      judge.ended()
      return fail(ms, failure)
    }
    return stream
  }
  return new Promise((resolve, reject) => {
    let isOpen = true
    let isSettled = false
    const over = (): boolean => {
      if (!isOpen) return false
      isOpen = false
      judge.open.delete(abandon)
      return true
    }
    /** Whatever follows now comes from the incumbent, or, where that may not be, from the candidate after all. */
    const replace = (): void => {
      if (fallback === null || !over()) return
      try {
        resolve(again())
      } catch (failure) {
        reject(failure)
      }
    }
    const abandon = (): void => {
      if (fallback === null) return
      gone?.abort()
      replace()
    }
    judge.open.add(abandon)
    let isLate = false
    const deadline = judge.deadlines.add(limitMs, () => {
      isLate = true
      if (isAborted(args)) return
      seen(failed(limitMs, new Late(`no answer after ${Math.round(limitMs)} ms`)))
      if (fallback !== null) gone?.abort(new Late("the incumbent answers"))
      replace()
      judge.deadlines.add((PATIENCE - 1) * limitMs, () => {
        if (isSettled) return
        isSettled = true
        judge.ended()
        judge.critical(`left a promise that had not settled after ${Math.round(PATIENCE * limitMs)} ms`)
      })
    })
    const settled = (): boolean => {
      if (isSettled) return false
      isSettled = true
      deadline.act = null
      judge.ended()
      return !isLate
    }
    const answerInstead = (failure: unknown): void => {
      try {
        resolve(fail(clock.now() - began, failure))
      } catch (thrown) {
        reject(thrown)
      }
    }
    void follow(
      result as Promise<unknown>,
      (answer) => {
        const counts = settled() && isOpen
        if (isStream(answer)) {
          // It is under way until its end.
          if (over()) judge.began()
          else return letGo(answer)
          try {
            return resolve(streamed(answer, clock.now() - began, counts))
          } catch (failure) {
            judge.ended()
            return answerInstead(failure)
          }
        }
        if (counts && isCopy === true && hasWritten()) {
          judge.critical(WROTE)
          seen(failed(clock.now() - began, new Error(WROTE)))
        } else if (counts) seen(answered(clock.now() - began, answer))
        if (over()) resolve(answer)
      },
      (failure: unknown) => {
        const counts = settled() && isOpen
        if (!over()) return
        if (!counts || isAborted(args)) return reject(failure)
        answerInstead(failure)
      },
      (act) => watch.run(trace, act),
    )
  })
}

const asItIs = (answer: unknown): unknown => answer
const rethrow = (failure: unknown): never => {
  throw failure
}

const AS: Readonly<Record<Kind, string>> = {
  value: "a value",
  promise: "a promise",
  iterator: "an iterator",
  stream: "a stream",
}

const wrongKind = (known: Judge["kinds"], kind: Kind): string | null =>
  known === null || known.size === 0 || known.has(kind)
    ? null
    : `answered with ${AS[kind]} where the incumbent answers with ${[...known].map((one) => AS[one]).join(" or ")}`

/** Nobody waits for this any more; what it says is not lost on the caller, who has the incumbent's answer. */
function letGo(result: unknown): void {
  if (isPromise(result)) silence(result)
  if (!isStream(result)) return
  try {
    void chunksOf(result).return()
  } catch {
    // It does not let itself be read, and nobody wants to.
  }
}
