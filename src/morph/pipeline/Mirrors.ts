/**
 * Calls that the candidate gets a second time, after their answer has left. They begin one by one in turns of the loop in which no caller
 * came, so that a caller waits for one of them at most; only where there are no such turns do they begin between callers. The queue is
 * bounded: what does not fit is dropped and counted.
 */
import { type Call, judged, type Judge, type Outcome } from "./calls.ts"
import { NO_WATCH, type Within } from "./CallWatch.ts"
import type { PipelineClock } from "./PipelineClock.ts"
import { isIterator, MOST_CHUNKS } from "./StreamOf.ts"
import { chunksOf, isStream } from "./streams.ts"

export interface MirrorJob extends Call {
  readonly limitMs: number
  /** What came of it; null where it was dropped. */
  readonly done: (outcome: Outcome | null) => void
  /** The async context of the call that it repeats; that of now if left out. */
  readonly within?: Within
  /** The incumbent answers once more: nothing that it does counts against the candidate. */
  readonly isIncumbent?: boolean
  /** It is called in another thread: whatever it answers with, a promise comes back. */
  readonly isElsewhere?: boolean
}

/** A mirror that has waited for so long for a turn without callers begins without one. */
const PATIENCE_MS = 20
/** Those begin for so long before other code gets its turn. */
const TURN_MS = 1

export class Mirrors {
  private readonly clock: PipelineClock
  private readonly judge: () => Judge
  private readonly most: number
  private readonly callsSoFar: () => number
  private queue: Array<MirrorJob> = []
  private isAwaited = false
  /** Calls at the turn before: as many as now where no caller came since. */
  private callsBefore = -1
  /** Since when the first of the queue could have begun, had no caller come. */
  private since = 0
  private isFollowed = false
  running = 0
  atOnce = 1
  run = 0
  dropped = 0

  /** @param callsSoFar of callers, in any order that never falls */
  constructor(clock: PipelineClock, judge: () => Judge, most: number, callsSoFar: () => number) {
    this.clock = clock
    this.judge = judge
    this.most = most
    this.callsSoFar = callsSoFar
  }

  offer(job: MirrorJob): void {
    if (this.queue.length >= this.most) {
      this.dropped++
      job.done(null)
      return
    }
    if (this.queue.length === 0) this.since = this.clock.now()
    this.queue.push(job)
    this.wake()
  }

  /** Begins as soon as it can, before all that waits: the second of two that belong together. */
  follow(job: MirrorJob): void {
    this.queue.unshift(job)
    this.isFollowed = true
    this.wake()
  }

  /** Drops what waits; what runs ends by itself. */
  clear(): void {
    this.queue = []
  }

  private wake(): void {
    if (this.isAwaited) return
    this.isAwaited = true
    this.clock.soon(() => {
      this.isAwaited = false
      const began = this.clock.now()
      const calls = this.callsSoFar()
      const isIdle = calls === this.callsBefore || this.isFollowed
      this.callsBefore = calls
      this.isFollowed = false
      const isOverdue = began - this.since >= PATIENCE_MS || 2 * this.queue.length > this.most
      if (isIdle || isOverdue)
        while (this.running < this.atOnce) {
          const job = this.queue.shift()
          if (job === undefined) return
          this.begin(job)
          if (!isOverdue || this.clock.now() - began >= TURN_MS) break
        }
      if (isIdle) this.since = began
      if (this.queue.length > 0 && this.running < this.atOnce) this.wake()
    })
  }

  private judgeOf({ isElsewhere = false }: MirrorJob): Judge {
    const judge = this.judge()
    return isElsewhere ? { ...judge, kind: null } : judge
  }

  private begin(job: MirrorJob): void {
    this.running++
    if (job.isIncumbent !== true) this.run++
    let isOver = false
    const seen = (outcome: Outcome): void => {
      if (isOver) return
      isOver = true
      this.running--
      job.done(outcome)
      if (this.queue.length > 0) this.wake()
    }
    let result: unknown
    try {
      const judge = job.isIncumbent === true ? lenient(this.judge()) : this.judgeOf(job)
      const { within = NO_WATCH.outside } = job
      result = within(() => judged(judge, { ...job, fallback: null, seen, keepChunks: true }))
    } catch {
      // It was seen.
      return
    }
    read(result)
    if (result instanceof Promise) result.then(read, nothing)
  }
}

const nothing = (): void => {}

/** What comes in parts is read by nobody else. */
function read(result: unknown): void {
  if (isIterator(result)) void readAll(result)
  else if (isStream(result)) void readAll(chunksOf(result))
}

/** Times a call, and blames nobody. */
const lenient = (judge: Judge): Judge => ({
  ...judge,
  watch: NO_WATCH,
  kind: null,
  began: nothing,
  ended: nothing,
  critical: nothing,
  held: nothing,
})

/** Reads a stream to its end, or as far as is compared. Its maker sees how it ended. */
async function readAll(source: Iterator<unknown> | AsyncIterator<unknown>): Promise<void> {
  try {
    for (let i = 0; i < MOST_CHUNKS; i++) {
      const step = source.next()
      if ((step instanceof Promise ? await step : step).done === true) return
    }
    await (source.return?.() as unknown)
  } catch {
    // It was seen.
  }
}
