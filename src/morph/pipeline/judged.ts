/**
 * Calls of a candidate. A caller gets what the incumbent would have given: a candidate that throws, is late, never settles, answers with
 * something else than a promise where a promise is due, or writes into its input is replaced by the incumbent wherever it may be called
 * again.
 */
import type { CallWatch, Trace } from "./CallWatch.ts"
import { answered, type Call, failed, type Kind, kindOf, ofStream, type Outcome } from "./calls.ts"
import type { Deadlines } from "./Deadlines.ts"
import {
  type InputNotes,
  isAborted,
  isWritten,
  joinSignals,
  MOST_COPIED,
  noteInputs,
  putBack,
} from "./inputs.ts"
import type { PipelineClock } from "./PipelineClock.ts"
import { follow, isPromise, silence } from "./promises.ts"
import { type Source, StreamOf, type StreamEnd } from "./StreamOf.ts"
import { chunksOf, chunksOfLater, isStream, makerLike } from "./streams.ts"

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
export const judged = (judge: Judge, call: JudgedCall): unknown => new Judgement(judge, call).take()

/** One call from its beginning on. Most calls of a piece that answers at once need nothing but this. */
class Judgement {
  private readonly judge: Judge
  private readonly call: JudgedCall
  private readonly notes: InputNotes
  /** What the candidate gets in place of the inputs. */
  private readonly given: ReadonlyArray<unknown>
  /** Tells the candidate that nobody waits any more; null where its inputs have no signal. */
  private readonly gone: AbortController | null
  private began = 0

  constructor(judge: Judge, call: JudgedCall) {
    this.judge = judge
    this.call = call
    // A copy is off every caller's way, so all of it is looked at.
    this.notes = call.isCopy === true ? noteInputs(call.args, MOST_COPIED) : noteInputs(call.args)
    const joined = call.fallback === null ? null : joinSignals(call.args)
    this.given = joined === null ? call.args : joined.args
    this.gone = joined === null ? null : joined.gone
  }

  take(): unknown {
    const { judge, call } = this
    judge.began()
    this.began = judge.clock.now()
    let result: unknown
    try {
      result = judge.watch.run(judge.trace, () => Reflect.apply(call.fn, call.self, this.given))
    } catch (failure) {
      judge.ended()
      return this.fail(this.sinceBegan(), failure)
    }
    const ms = this.sinceBegan()
    const kind = kindOf(result)
    judge.held(ms, kind)
    const found = this.hasWritten ? WROTE : wrongKind(judge.kinds, kind)
    if (found !== null && !judge.isIncumbent) return this.blame(found, ms, result)
    if (kind === "value") {
      judge.ended()
      // It is here: asking the incumbent now would make the caller wait for longer.
      const { limitMs } = call
      call.seen(ms > limitMs ? failed(ms, new Late(`answered after ${limitMs} ms`)) : answered(ms, result))
      return result
    }
    return this.takeLater(result, kind, ms)
  }

  /** Looked for on both sides, because it takes time. What the incumbent writes is its own affair. */
  private get hasWritten(): boolean {
    return isWritten(this.notes) && !this.judge.isIncumbent
  }

  /** Something that must not happen has: the incumbent answers, or, where it may not be called, the candidate after all. */
  private blame(found: string, ms: number, result: unknown): unknown {
    const { judge, call } = this
    if (call.fallback !== null || call.isCopy === true) letGo(result)
    judge.ended()
    judge.critical(found)
    call.seen(failed(ms, new Error(found)))
    return this.instead(() => (isPromise(result) ? follow(result, asItIs, rethrow) : result))
  }

  private instead(otherwise: () => unknown): unknown {
    const { fallback } = this.call
    if (fallback === null) return otherwise()
    putBack(this.notes)
    return fallback()
  }

  private fail(ms: number, failure: unknown): unknown {
    if (isAborted(this.call.args)) throw failure
    this.call.seen(failed(ms, failure))
    return this.instead(() => {
      throw failure
    })
  }

  private sinceBegan(): number {
    return this.judge.clock.now() - this.began
  }

  /** What does not answer at once: it is followed to its end, under deadlines. */
  private takeLater(result: unknown, kind: Kind, ms: number): unknown {
    // A deadline runs out at any time: the incumbent is called as if it were now.
    const within = this.judge.watch.context()
    const again = (): unknown => within(() => this.instead(() => null))
    if (kind === "promise") return this.takePromise(result as Promise<unknown>, again)
    if (kind === "stream") return this.takeStream(result as object, ms, again)
    return new StreamOf(
      result as Iterator<unknown>,
      this.reading(0, true, () => again() as Iterator<unknown>),
    )
  }

  private takeStream(stream: object, ms: number, again: () => unknown): unknown {
    let streamed: unknown
    try {
      streamed = this.streamed(stream, ms, true, again)
    } catch (failure) {
      this.judge.ended()
      return this.fail(ms, failure)
    }
    return streamed
  }

  private streamed(stream: object, waitedMs: number, counts: boolean, again: () => unknown): unknown {
    const like = makerLike(stream)
    const later = (failure: unknown): Source => chunksOfLater(again, failure)
    return like(new StreamOf(chunksOf(stream), this.reading(waitedMs, counts, later)))
  }

  /** What a stream is read with, from here on. */
  private reading(waitedMs: number, counts: boolean, next: (failure: unknown) => Source) {
    const { clock, critical, deadlines, ended, trace, watch } = this.judge
    const { args, chunkMs, fallback, keepChunks = false, limitMs, seen } = this.call
    return {
      now: clock.now,
      run: <T>(act: () => T): T => watch.run(trace, act),
      keepChunks,
      limitMs,
      chunkMs,
      stalled: critical,
      deadlines,
      waitedMs,
      fallback: fallback === null ? null : next,
      ended: (end: StreamEnd) => {
        ended()
        if (counts && !(end.hasFailed && isAborted(args))) seen(ofStream(end))
      },
    }
  }

  private takePromise(promise: Promise<unknown>, again: () => unknown): unknown {
    const { judge, gone } = this
    const { args, fallback, isCopy, limitMs, seen } = this.call
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
          resolve(this.fail(this.sinceBegan(), failure))
        } catch (thrown) {
          reject(thrown)
        }
      }
      void follow(
        promise,
        (answer) => {
          const counts = settled() && isOpen
          if (isStream(answer)) {
            // It is under way until its end.
            if (over()) judge.began()
            else return letGo(answer)
            try {
              return resolve(this.streamed(answer, this.sinceBegan(), counts, again))
            } catch (failure) {
              judge.ended()
              return answerInstead(failure)
            }
          }
          if (counts && isCopy === true && this.hasWritten) {
            judge.critical(WROTE)
            seen(failed(this.sinceBegan(), new Error(WROTE)))
          } else if (counts) seen(answered(this.sinceBegan(), answer))
          if (over()) resolve(answer)
        },
        (failure: unknown) => {
          const counts = settled() && isOpen
          if (!over()) return
          if (!counts || isAborted(args)) return reject(failure)
          answerInstead(failure)
        },
        (act) => judge.watch.run(judge.trace, act),
      )
    })
  }
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
