/**
 * Counts concurrent work and turns it into digests: how much completed per second, how much was in flight, how long
 * it took. Every adapter that tunes concurrency owns one. It has no timer and no clock: completions close its
 * digests, and time is the engine's.
 *
 * Digest size. A digest holds at least `everyCount` units and one and a half times what was in flight at the apply:
 * before everyone has had a turn, completions say more about their order than about the limit. If that takes longer
 * than `atMostUs`, fewer suffice.
 *
 * Unfair stretches are dropped. While a queue fills or drains, arrivals and completions differ, and whichever side
 * of a pair is read second looks worse. A stall of the event loop has the same effect. At most ten stretches in a
 * row are dropped, because a loop without readings learns nothing. A long silence with nothing in flight is dropped
 * too: the callers were away.
 *
 * Attribution. A reading belongs to the generation under which its work started. After an apply, work of the old
 * configuration is still in flight and completes first. So nothing is measured until as many completions have
 * passed as were in flight at the apply, or twice a digest's size if that is less: a crowd that takes minutes to
 * leave must not blind the loop that should shrink it. Before the first digest, as many as the limit allows are
 * skipped, because the plant may have been empty.
 *
 * Durations follow from Little's law (work in flight over completions per second). Averaging completed durations
 * would be biased: in a short stretch more short work completes than long work.
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
  /** Completions that succeeded, completions that failed, and work refused, in the span. */
  readonly done: number
  readonly failed: number
  readonly refused: number
  /** Successes per second. */
  readonly goodputRps: number
  /** The limit on work in flight; NaN if there is none. */
  readonly limit: number
  /** Share of the span with less work in flight than the limit, when nobody had to wait or was refused. */
  readonly openShare: number
  /** Mean number of units in flight. */
  readonly inFlight: number
  /** Mean time in flight by Little's law, microseconds. */
  readonly meanUs: number
  /** Of completions that started under this generation; NaN if there were none. */
  readonly p99Us: number
}

/** What a `WorkMeter` makes of its counts. */
export interface WorkMeterOptions {
  /** What to minimize, as a function of a reading. If it throws or returns no number, the digest counts as invalid. */
  readonly objective: (reading: WorkReading) => number
  /** How far a constraint is satisfied; positive means satisfied. */
  readonly constraintMargin?: ((reading: WorkReading) => number) | undefined
  /** Least amount of work in a digest. Default 30. */
  readonly everyCount?: number | undefined
  /** Least time in a digest. Default 100 ms. */
  readonly everyUs?: number | undefined
  /**
   * After this time a sixth of `everyCount` is enough, and after ten times as long any amount. Default half a
   * second.
   */
  readonly atMostUs?: number | undefined
}

/** Options that set the size of a digest. They must be finite, or no digest would ever be made. */
export const DIGEST_SIZE: Wanted<Required<Pick<WorkMeterOptions, "everyCount" | "everyUs" | "atMostUs">>> = {
  everyCount: "a finite number from 0",
  everyUs: "a finite number from 0",
  atMostUs: "a number above 0",
}

/** The expected form of every option of a `WorkMeter`. */
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

/** Completions per digest for each unit that was in flight at the apply. */
const TURNS = 1.5
/** How much the count in flight may change during a digest, as a share of completions. */
const STILL = 0.5
/** Most stretches dropped in a row before one counts regardless. */
const MOST_DROPPED = 10
/** Divisor of `everyCount` after `atMostUs`, and the multiple of `atMostUs` after which any amount is enough. */
const FEW = 6
const LONG = 10

/**
 * Result of a user's function; NaN if it throws or returns no number. The work that has just ended must not get
 * that error.
 */
function numberOf(say: (reading: WorkReading) => unknown, reading: WorkReading): number {
  const said = outcomeOf(() => say(reading))
  return said.ok && typeof said.value === "number" ? said.value : Number.NaN
}

const UNMEASURED: Work = { generation: Number.NaN, startedUs: Number.NaN }

/** Measures work in flight; see the top of this file. */
export class WorkMeter implements Meter {
  /** Units of work that have started and not ended. */
  inFlight = 0
  /** The limit on work in flight, if someone sets one. */
  limit = Number.NaN
  private readonly options: WorkMeterOptions
  private readonly everyCount: number
  private readonly everyUs: number
  private readonly atMostUs: number
  private readonly sketch = new QuantileSketch()
  private port: MeterPort | null = null
  private generation = Number.NaN
  /** Completions to skip before measuring. */
  private old = 0
  /** Amount of work in a digest of this configuration. */
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

  /** Throws a ConfigError for invalid options. */
  constructor(options: WorkMeterOptions) {
    // The objective is required: a missing one must be reported.
    refuse(optionProblems({ ...options, objective: options?.objective ?? null }, METER))
    this.options = options
    this.everyCount = options.everyCount ?? 30
    this.everyUs = options.everyUs ?? 100 * MILLISECOND_US
    this.atMostUs = options.atMostUs ?? SECOND_US / 2
  }

  /** Where readings go from now on; null for nowhere. */
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

  /** Counts refused work. */
  refuse(): void {
    const { port } = this
    if (port === null) return
    this.advance(port)
    if (this.old === 0) this.refused++
  }

  /** Runs and measures `work`. Passes its result or error through. */
  track<T>(work: () => T): T {
    const begun = this.begin()
    return settled(work, (ok) => this.end(begun, ok))
  }

  /** Updates the time integral of work in flight. Starts over when the configuration has changed. */
  private advance(port: MeterPort): number {
    const nowUs = Math.max(port.nowUs(), this.changedUs)
    this.area += this.inFlight * (nowUs - this.changedUs)
    // Of a limit of 4.3, four are certain.
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
