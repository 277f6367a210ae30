/**
 * The chunks of a generator or stream on their way to the caller, timed by the first one and by the end. Until the first chunk has come another iterator
 * can take its place; after that the caller has begun to read, and what happens is what it gets.
 */
import { NO_WATCH, type Within } from "./CallWatch.ts"
import type { Deadlines } from "./Deadlines.ts"
import { follow, isPromise, silence } from "./promises.ts"

/** False where it does not let itself be asked. */
export function isIterator(result: unknown): result is Iterator<unknown> | AsyncIterator<unknown> {
  if (typeof result !== "object" || result === null) return false
  const one = result as Partial<Record<string | symbol, unknown>>
  try {
    return (
      typeof one["next"] === "function" &&
      (typeof one[Symbol.iterator] === "function" || typeof one[Symbol.asyncIterator] === "function")
    )
  } catch {
    return false
  }
}

/** What a stream came to. Times are those in which somebody waited for it; a reader's own do not count. */
export interface StreamEnd {
  /** Until the first chunk. */
  readonly ms: number
  /** Until the last one; NaN where the caller stopped early. */
  readonly endMs: number
  /** The longest time between two chunks. */
  readonly gapMs: number
  readonly hasFailed: boolean
  readonly failure: unknown
  readonly chunks: ReadonlyArray<unknown>
}

interface StreamInput {
  readonly now: () => number
  readonly keepChunks: boolean
  readonly ended: (end: StreamEnd) => void
  readonly limitMs?: number
  /** Nobody but a mirror reads it: so long may any further chunk take. One that takes longer has `stalled`, and is let go. */
  readonly chunkMs?: number | undefined
  readonly stalled?: (what: string) => void
  readonly deadlines?: Deadlines
  readonly fallback?: ((failure: unknown) => Source) | null
  /** Calls what makes a chunk. */
  readonly run?: Within
  /** What was waited for before: until a promise of the stream was kept. */
  readonly waitedMs?: number
}

/** Chunks that are kept for a comparison. */
export const MOST_CHUNKS = 1_000

type Result = IteratorResult<unknown, unknown>
/** Its results are looked at as they come, promises or not. */
export type Source = Iterator<unknown> | AsyncIterator<unknown>

export class StreamOf implements Iterator<unknown> {
  private source: Iterator<unknown>
  private readonly input: StreamInput
  private readonly chunks: Array<unknown> = []
  private waitedMs: number
  private firstMs = Number.NaN
  private gapMs = 0
  private isOver = false

  constructor(source: Source, input: StreamInput) {
    this.source = source as Iterator<unknown>
    this.input = input
    this.waitedMs = input.waitedMs ?? 0
    const name = Symbol.asyncIterator in source ? Symbol.asyncIterator : Symbol.iterator
    Object.defineProperty(this, name, { value: () => this })
  }

  next(given?: unknown): Result {
    return this.step(() => this.source.next(given))
  }

  return(value?: unknown): Result {
    this.finish(false, null, Number.NaN)
    return this.source.return?.(value) ?? this.done(value)
  }

  throw(failure?: unknown): Result {
    this.finish(false, null, Number.NaN)
    if (this.source.throw === undefined) throw failure
    return this.source.throw(failure)
  }

  private done(value: unknown): Result {
    const result = { done: true, value } as const
    return (Symbol.asyncIterator in this ? Promise.resolve(result) : result) as Result
  }

  private step(pull: () => Result): Result {
    const began = this.input.now()
    let result: unknown
    try {
      result = (this.input.run ?? NO_WATCH.outside)(pull)
    } catch (failure) {
      return this.failed(failure, began)
    }
    if (!isPromise(result)) return this.looked(result as Result, began)
    return this.awaited(result as Promise<Result>, began) as unknown as Result
  }

  /** What came may be no result, or throw where it is looked at. */
  private looked(result: Result, began: number): Result {
    try {
      return this.came(result, began)
    } catch (failure) {
      return this.failed(failure, began)
    }
  }

  private awaited(result: Promise<Result>, began: number): Promise<Result> {
    const { chunkMs, deadlines, fallback } = this.input
    const isFirst = Number.isNaN(this.firstMs)
    const limitMs = isFirst ? this.input.limitMs : chunkMs
    if (this.isOver || limitMs === undefined || deadlines === undefined)
      return follow(
        result,
        (one) => this.looked(one, began),
        (failure) => this.failed(failure, began),
        this.input.run,
      )
    return new Promise((resolve, reject) => {
      const late = deadlines.add(limitMs, () => {
        late.act = null
        const failure = new Error(`no ${isFirst ? "first" : "further"} chunk after ${Math.round(limitMs)} ms`)
        if (fallback === null || fallback === undefined) {
          this.finish(true, failure, Number.NaN)
          if (chunkMs === undefined) return
          if (!isFirst) this.input.stalled?.(`let a stream stall: ${failure.message}`)
          this.letGo()
          return resolve({ done: true, value: undefined })
        }
        try {
          resolve(this.failed(failure, began))
        } catch (thrown) {
          reject(thrown)
        }
      })
      const inTime = (): boolean => {
        const isInTime = late.act !== null
        late.act = null
        return isInTime
      }
      const failed = (failure: unknown): void => {
        inTime()
        try {
          resolve(this.failed(failure, began))
        } catch (thrown) {
          reject(thrown)
        }
      }
      const kept = (one: Result): void => {
        if (!inTime() || this.isOver) return resolve(one)
        try {
          resolve(this.came(one, began))
        } catch (failure) {
          failed(failure)
        }
      }
      void follow(result, kept, failed, this.input.run)
    })
  }

  private came(result: Result, began: number): Result {
    if (this.isOver) return result
    const isLast = result.done === true
    const waitedMs = this.input.now() - began
    this.waitedMs += waitedMs
    if (Number.isNaN(this.firstMs)) this.firstMs = this.waitedMs
    else this.gapMs = Math.max(this.gapMs, waitedMs)
    if (isLast) this.finish(false, null, this.waitedMs)
    else if (this.input.keepChunks && this.chunks.length < MOST_CHUNKS) this.chunks.push(kept(result.value))
    return result
  }

  private failed(failure: unknown, began: number): Result {
    this.waitedMs += this.input.now() - began
    const { fallback } = this.input
    const canFallBack =
      fallback !== null && fallback !== undefined && Number.isNaN(this.firstMs) && !this.isOver
    this.finish(true, failure, Number.NaN)
    if (!canFallBack) throw failure
    this.source = fallback(failure) as Iterator<unknown>
    return this.source.next()
  }

  private finish(hasFailed: boolean, failure: unknown, endMs: number): void {
    if (this.isOver) return
    this.isOver = true
    const { chunks, waitedMs, gapMs } = this
    const ms = Number.isNaN(this.firstMs) ? waitedMs : this.firstMs
    this.input.ended({ ms, endMs, gapMs, hasFailed, failure, chunks })
  }

  /** Nobody waits for what its maker says to that. */
  private letGo(): void {
    try {
      const left: unknown = this.source.return?.()
      if (isPromise(left)) silence(left)
    } catch {
      // It has stalled: that was said.
    }
  }
}

/** Bytes on their way to a reader become the reader's, who may write into them. */
const kept = (chunk: unknown): unknown =>
  chunk instanceof Uint8Array ? Uint8Array.prototype.slice.call(chunk) : chunk
