/**
 * Calls that the candidate gets a second time, after their answer has left. They begin one by one in turns of the loop in which no caller
 * came, and then rest, so that callers seldom wait for one and never for two; calls beyond that are left out. Where callers come in every
 * turn, mirrors begin between them, with a small part of the loop's time. Where every call is to be mirrored none rests. The queue is
 * bounded, and what does not fit is counted.
 */
import type { Outcome } from "./calls.ts"
import type { Judge } from "./judged.ts"
import { copyInputs } from "./inputs.ts"
import { type Mirrored, mirrorOnce } from "./mirrorOnce.ts"
import type { PipelineClock } from "./PipelineClock.ts"

export interface MirrorJob extends Mirrored {
  /** What came of it; null where it was dropped. */
  readonly done: (outcome: Outcome | null) => void
  /** The incumbent answers once more: nothing that it does counts against the candidate. */
  readonly isIncumbent?: boolean
  /** Calls the candidate in a thread of its own, in place of `fn`. Null where nothing came of it, `here` where it has to be called here. */
  readonly far?: (job: MirrorJob) => Promise<Outcome | "here" | null>
}

/** How mirrors get their turn: where the loop has time to spare, or for every call, whatever that costs callers. */
export type Pace = "idle" | "all"

/** A mirror that has waited for so long for a turn without callers begins without one. */
const PATIENCE_MS: Readonly<Record<Pace, number>> = { idle: 1_000, all: 20 }
/** Those begin for so long before other code gets its turn; where the loop is spared they then rest. */
const TURN_MS = 1
/**
 * Mirrors rest for so many times what they took: a twentieth of the loop's time is theirs. What they do after their first turn is not
 * timed, so it may be a little more.
 */
const REST_TIMES = 19
/**
 * Between callers one begins when so many times have passed what those before took of the loop at once: a fiftieth of its time, so that
 * hardly any caller waits for one. What a mirror does after its first turn is at most the time until its outcome; the next one waits for
 * that, and then as long as they would rest for it.
 */
const BETWEEN_TIMES = 49
/** Until the first one nobody knows what they take. */
const FIRST_MS = 100

export interface MirrorsInput {
  readonly clock: PipelineClock
  readonly judge: (isIncumbent: boolean) => Judge
  /** Of those that wait. */
  readonly most: number
  readonly pace: Pace
  /** What callers did: grows with every call that comes or is answered. */
  readonly callsSoFar: () => number
  /** A call has more input than can be copied. */
  readonly tooLarge: () => void
  /** Mirrors have waited for a second, and callers came in every turn of it. */
  readonly neverIdle: () => void
}

export class Mirrors {
  private readonly input: MirrorsInput
  private queue: Array<MirrorJob> = []
  private isAwaited = false
  private isResting = false
  /** Calls at the turn before: as many as now where no caller came since. */
  private callsBefore = -1
  /** Since when the first of the queue could have begun, had no caller come. */
  private since = 0
  /** Since when mirrors wait, and callers came in every turn; and the last turn that was looked at. */
  private busySince = 0
  private lookedAt = 0
  /** From when on one may begin between callers. */
  private betweenFrom: number
  private isFollowed = false
  /** Time that mirrors took since their last rest. */
  private taken = 0
  running = 0
  atOnce = 1
  run = 0
  dropped = 0
  /** Calls that were not mirrored because the loop had no time to spare. */
  leftOut = 0

  constructor(input: MirrorsInput) {
    this.input = input
    this.betweenFrom = input.clock.now() + FIRST_MS
  }

  /** Counts from the start, with so many at once. */
  enter(atOnce: number): void {
    this.atOnce = atOnce
    this.run = this.dropped = this.leftOut = 0
  }

  /** Whether another one finds a place. One that does not is counted, and its inputs need not be copied. */
  hasPlace(): boolean {
    const { most, pace } = this.input
    if (pace === "all" || this.queue.length < most) return true
    this.leftOut++
    return false
  }

  /** What a mirror is given. Where that is too much there is none: a part of a copy would share the rest with the caller. */
  copyOf(args: ReadonlyArray<unknown>): Array<unknown> | null {
    const copy = copyInputs(args)
    if (copy !== null) return copy
    this.leftOut++
    this.input.tooLarge()
    return null
  }

  /** A call once more, for its times alone; null where its input is too much to copy. */
  jobOf(
    fn: MirrorJob["fn"],
    self: unknown,
    given: ReadonlyArray<unknown>,
    limitMs: number,
    within: NonNullable<MirrorJob["within"]>,
  ): MirrorJob | null {
    const args = this.copyOf(given)
    return args === null ? null : { fn, self, args, limitMs, done: () => {}, within }
  }

  offer(job: MirrorJob): void {
    const { most, clock, pace } = this.input
    if (this.queue.length >= most) {
      if (pace === "all") this.dropped++
      else this.leftOut++
      job.done(null)
      return
    }
    if (this.queue.length === 0) this.since = this.busySince = this.lookedAt = clock.now()
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

  /** @param isNext the turn before was looked at too */
  private wake(isNext = false): void {
    if (this.isAwaited || (this.isResting && !this.isFollowed)) return
    this.isAwaited = true
    // Nobody knows what callers did while mirrors rested, or as many ran as may: that time does not count.
    if (!isNext) this.busySince += this.input.clock.now() - this.lookedAt
    this.input.clock.soon(() => this.turn())
  }

  private rest(): void {
    this.isResting = true
    this.input.clock.after(REST_TIMES * this.taken, () => {
      this.isResting = false
      if (this.queue.length > 0) this.wake()
    })
    this.taken = 0
  }

  private turn(): void {
    const { clock, pace, most, callsSoFar } = this.input
    this.isAwaited = false
    if (pace === "idle" && this.taken >= TURN_MS && !this.isFollowed) return this.rest()
    const began = clock.now()
    this.lookedAt = began
    const calls = callsSoFar()
    const isIdle = calls === this.callsBefore || this.isFollowed
    if (calls === this.callsBefore) this.busySince = began
    else if (pace === "idle" && began - this.busySince >= PATIENCE_MS.idle) this.input.neverIdle()
    this.callsBefore = calls
    this.isFollowed = false
    const isOverdue =
      began - this.since >= PATIENCE_MS[pace] ||
      (pace === "all" ? 2 * this.queue.length > most : this.running === 0 && began >= this.betweenFrom)
    if (isIdle || isOverdue)
      while (this.running < this.atOnce) {
        const job = this.queue.shift()
        if (job === undefined) return
        const before = clock.now()
        this.begin(job)
        const ms = clock.now() - before
        this.taken += ms
        this.spare(before, BETWEEN_TIMES * ms)
        if (pace === "idle" || !isOverdue || clock.now() - began >= TURN_MS) break
      }
    if (isIdle || (pace === "idle" && isOverdue)) this.since = began
    if (this.queue.length > 0 && this.running < this.atOnce) this.wake(true)
  }

  /** None begins between callers for so long, but for those that have waited for too long. */
  private spare(now: number, ms: number): void {
    const from = Math.max(now, this.betweenFrom) + ms
    this.betweenFrom = Math.min(from, now + PATIENCE_MS.idle)
  }

  /** What has to be called here waits once more. */
  private cameFromFar(
    job: MirrorJob,
    came: Outcome | "here" | null,
    seen: (outcome: Outcome | null) => void,
  ): void {
    if (came !== "here") return seen(came)
    const { far: _there, ...near } = job
    this.running--
    this.offer(near)
  }

  private begin(job: MirrorJob): void {
    this.running++
    if (job.isIncumbent !== true && job.far === undefined) this.run++
    let isOver = false
    const seen = (outcome: Outcome | null): void => {
      if (isOver) return
      isOver = true
      this.running--
      if (outcome !== null && job.far === undefined)
        this.spare(this.input.clock.now(), REST_TIMES * outcome.ms)
      if (outcome === null) this.dropped++
      else if (job.far !== undefined) this.run++
      job.done(outcome)
      if (this.queue.length > 0) this.wake()
    }
    if (job.far !== undefined) return void job.far(job).then((came) => this.cameFromFar(job, came, seen))
    mirrorOnce(this.input.judge(job.isIncumbent === true), job, seen)
  }
}
