/**
 * Counts work that runs beside other work and makes digests of it: how much was done in a second, how much was in flight,
 * how long it took. Every adapter that tunes a concurrency owns one. It has no timer and no clock: completions close its
 * digests, and time is the engine's.
 *
 * A digest holds enough work to tell something: at least `everyCount` units and one and a half times what was in flight at the apply,
 * since what comes out before everybody has had a turn says more about who was first than about the limit. Where so much takes
 * longer than `atMostUs`, less must do.
 *
 * What is no fair reading is thrown away: while the thing still fills or drains, more goes in than comes out or the other way
 * round, and whichever side of a pair is read second looks worse for it; that goes for a crowd after a stall of the event loop too.
 * Never more than ten such stretches in a row, because a loop that reads nothing learns nothing. And after a silence with nothing in
 * flight the callers were away, not the thing slow.
 *
 * A reading belongs to the generation under which its work started. After an apply the thing still holds work of the
 * old configuration, and what comes out first tells of that: nothing is measured until as many completions have gone by as there
 * were in flight at the apply, or twice a digest's where that is fewer: a crowd that takes minutes to leave must not blind the loop that is to
 * send it away. Before the first digest of all, as many as the limit allows: the thing may have been empty. Durations come from Little's law (work in flight over work done a second), not from the
 * completions alone, because a short stretch of time sees more short work complete than long work.
 */
import { MILLISECOND_US, SECOND_US } from "../domain/Units.ts"
import { outcomeOf } from "../engine/calls/outcome.ts"
import { QuantileSketch } from "../telemetry/QuantileSketch.ts"
import type { Meter, MeterPort } from "./Adapter.ts"
import { optionProblems, refuse, type Wanted } from "./checkOptions.ts"
import { settled } from "./settled.ts"

/** What one digest is made of. */
export interface WorkReading {
  readonly generation: number
  readonly spanUs: number
  /** Completions that succeeded, that failed, and work that was refused, in the span. */
  readonly done: number
  readonly failed: number
  readonly refused: number
  /** Successes a second. */
  readonly goodputRps: number
  /** The limit on work in flight; NaN where nobody said. */
  readonly limit: number
  /** Share of the span in which less than the limit was in flight: nobody had to wait or was turned away. */
  readonly openShare: number
  /** Mean number of units of work in flight. */
  readonly inFlight: number
  /** Mean time in flight by Little's law, microseconds. */
  readonly meanUs: number
  /** Of completed work that started under the generation; NaN where there was none. */
  readonly p99Us: number
}

/** What a `WorkMeter` makes of what it counts. */
export interface WorkMeterOptions {
  /** What to tune for; given a reading, a number. Lower is better. A digest for which it throws or gives none counts as invalid. */
  readonly objective: (reading: WorkReading) => number
  /** How far a constraint is satisfied; positive is satisfied. */
  readonly constraintMargin?: ((reading: WorkReading) => number) | undefined
  /** A digest holds at least this much work. Default 30. */
  readonly everyCount?: number | undefined
  /** And at least this much time. Default 100 ms. */
  readonly everyUs?: number | undefined
  /** After this much time a sixth of `everyCount` will do, and after ten times of it anything. Default half a second. */
  readonly atMostUs?: number | undefined
}

/** When a digest is made. Without an end to count and time there would be none. */
export const DIGEST_SIZE: Wanted<Required<Pick<WorkMeterOptions, "everyCount" | "everyUs" | "atMostUs">>> = {
  everyCount: "a finite number from 0",
  everyUs: "a finite number from 0",
  atMostUs: "a number above 0",
}

export const METER: Wanted<Required<WorkMeterOptions>> = {
  objective: "a function",
  constraintMargin: "a function",
  ...DIGEST_SIZE,
}

/** One unit of work in flight. */
export interface Work {
  readonly generation: number
  readonly startedUs: number
}

/** Work in a digest for each unit that was in flight at the apply. */
const TURNS = 1.5
/** By this share of what was done the count in flight may differ between the ends of a digest. */
const STILL = 0.5
/** Stretches thrown away in a row before one counts whatever it is. */
const MOST_DROPPED = 10
/** What `everyCount` is divided by after `atMostUs`, and what that is multiplied with before anything will do. */
const FEW = 6
const LONG = 10

/** What a function of a user's says; NaN where it throws or says no number: the work that is just over is not to blame for it. */
function numberOf(say: (reading: WorkReading) => unknown, reading: WorkReading): number {
  const said = outcomeOf(() => say(reading))
  return said.ok && typeof said.value === "number" ? said.value : Number.NaN
}

const UNMEASURED: Work = { generation: Number.NaN, startedUs: Number.NaN }

/** Measures work in flight; see the head of this file. */
export class WorkMeter implements Meter {
  /** Units of work that began and have not ended. */
  inFlight = 0
  /** How much may be in flight, where somebody limits it. */
  limit = Number.NaN
  private readonly options: WorkMeterOptions
  private readonly everyCount: number
  private readonly everyUs: number
  private readonly atMostUs: number
  private readonly sketch = new QuantileSketch()
  private port: MeterPort | null = null
  private generation = Number.NaN
  /** Completions still to go by before anything is measured. */
  private old = 0
  /** Work that a digest of this configuration holds. */
  private wanted = 0
  private dropped = 0
  private inFlightBefore = 0
  private sinceUs = 0
  private changedUs = 0
  private area = 0
  private fullUs = 0
  private done = 0
  private failed = 0
  private refused = 0

  /** Throws a ConfigError for options that cannot be. */
  constructor(options: WorkMeterOptions) {
    // What to tune for is required, and what is missing is none.
    refuse(optionProblems({ ...options, objective: options?.objective ?? null }, METER))
    this.options = options
    this.everyCount = options.everyCount ?? 30
    this.everyUs = options.everyUs ?? 100 * MILLISECOND_US
    this.atMostUs = options.atMostUs ?? SECOND_US / 2
  }

  /** Where readings go from now on; null: nowhere. */
  bind(port: MeterPort | null): void {
    this.port = port
    this.generation = Number.NaN
    // Another engine may have another clock.
    this.changedUs = 0
  }

  begin(): Work {
    const { port } = this
    if (port === null) {
      this.inFlight++
      return UNMEASURED
    }
    const nowUs = this.advance(port)
    this.inFlight++
    return { generation: this.generation, startedUs: nowUs }
  }

  end(work: Work, ok: boolean): void {
    const { port } = this
    if (port === null) {
      this.inFlight--
      return
    }
    const nowUs = this.advance(port)
    this.inFlight--
    if (this.old > 0) {
      if (--this.old === 0) this.clear(nowUs)
      return
    }
    if (ok) this.done++
    else this.failed++
    if (work.generation === this.generation) this.sketch.add(Math.max(0, nowUs - work.startedUs))
    this.close(port, nowUs)
  }

  /** Work that was turned away. */
  refuse(): void {
    const { port } = this
    if (port === null) return
    this.advance(port)
    if (this.old === 0) this.refused++
  }

  /** Runs `work` and measures it; result and error are handed on as they are. */
  track<T>(work: () => T): T {
    const begun = this.begin()
    return settled(work, (ok) => this.end(begun, ok))
  }

  /** Brings the count in flight up to now; begins anew when the configuration has changed. */
  private advance(port: MeterPort): number {
    const nowUs = Math.max(port.nowUs(), this.changedUs)
    this.area += this.inFlight * (nowUs - this.changedUs)
    // Of a limit of 4.3 the four are certain.
    if (this.inFlight >= Math.floor(this.limit + 1e-9)) this.fullUs += nowUs - this.changedUs
    const silent = this.inFlight === 0 && nowUs - this.changedUs > LONG * this.atMostUs
    this.changedUs = nowUs
    const generation = port.generation()
    if (generation !== this.generation) {
      const leaving = Number.isNaN(this.generation) ? this.limit : this.inFlight
      this.old = Math.min(Math.ceil(leaving >= 0 ? leaving : this.inFlight), 2 * this.everyCount)
      this.wanted = Math.max(this.everyCount, TURNS * this.inFlight)
      this.generation = generation
      this.dropped = 0
      this.clear(nowUs)
    } else if (silent) this.clear(nowUs)
    return nowUs
  }

  private clear(nowUs: number): void {
    this.inFlightBefore = this.inFlight
    this.sinceUs = nowUs
    this.changedUs = nowUs
    this.area = 0
    this.fullUs = 0
    this.done = 0
    this.failed = 0
    this.refused = 0
    this.sketch.reset()
  }

  private enough(count: number, spanUs: number): boolean {
    if (count >= this.wanted) return spanUs >= this.everyUs
    if (count * FEW >= this.everyCount) return spanUs >= this.atMostUs
    return spanUs >= LONG * this.atMostUs
  }

  private close(port: MeterPort, nowUs: number): void {
    const spanUs = nowUs - this.sinceUs
    const count = this.done + this.failed
    if (!this.enough(count, spanUs) || spanUs <= 0) return
    const moved = Math.abs(this.inFlight - this.inFlightBefore) > STILL * count
    if (moved && this.dropped < MOST_DROPPED) {
      this.dropped++
      this.clear(nowUs)
      return
    }
    this.dropped = 0
    const inFlight = this.area / spanUs
    const reading: WorkReading = {
      generation: this.generation,
      spanUs,
      done: this.done,
      failed: this.failed,
      refused: this.refused,
      goodputRps: (this.done * SECOND_US) / spanUs,
      limit: this.limit,
      openShare: 1 - this.fullUs / spanUs,
      inFlight,
      meanUs: (inFlight * spanUs) / count,
      p99Us: this.sketch.count === 0 ? Number.NaN : this.sketch.quantileUs(0.99),
    }
    this.clear(nowUs)
    const { constraintMargin, objective } = this.options
    port.report({
      objective: numberOf(objective, reading),
      timestampUs: nowUs,
      generation: reading.generation,
      latencyP99Us: reading.p99Us,
      throughputRps: reading.goodputRps,
      errorRate: reading.failed / count,
      ...(constraintMargin === undefined ? {} : { constraintMargin: numberOf(constraintMargin, reading) }),
    })
  }
}
