/**
 * Limits how much work runs at the same time. The rest waits in a bounded queue or is refused at once. Use it in
 * front of anything that slows down as it gets more work. The limit is one field, read once per request and written
 * when the live configuration changes.
 *
 * The limit may be a fraction: 4.3 admits a fifth unit of work after three of ten completions. This lets the tuner
 * settle between 4 and 5, and keeps a probe from costing a quarter of the service.
 *
 * A slot is returned exactly once: calling `release` again does nothing, and `run` always calls it.
 */
import type { KnobConfig } from "../domain/ParamSpace.ts"
import type { Adapter, AdapterGains } from "./Adapter.ts"
import type { Wanted } from "./checkOptions.ts"
import {
  checkConcurrency,
  type ConcurrencyOptions,
  concurrencyGains,
  concurrencyKnob,
  concurrencyMeter,
} from "./concurrency.ts"
import { settled } from "./settled.ts"
import { type Waiter, WaitingLine } from "./WaitingLine.ts"
import type { Work, WorkMeter } from "./WorkMeter.ts"

/** Options of `inFlightLimiter`. */
export interface InFlightOptions<K extends string = string> extends ConcurrencyOptions<K> {
  /** How many may wait once the limit is reached. Default 0. */
  readonly queue?: number | undefined
  /** How long each may wait, milliseconds, at most 24 days; Infinity for no limit. Default 1,000. */
  readonly queueTimeoutMs?: number | undefined
}

const WANTED: Wanted<Required<Omit<InFlightOptions, keyof ConcurrencyOptions>>> = {
  queue: "a number from 0",
  queueTimeoutMs: "milliseconds above 0, at most 2147483647 or Infinity",
}

/** Step of the limit. Fractions matter for small limits and small probes. */
const LIMIT_STEP = 0.1

/** How one piece of work waits for a slot. */
export interface AcquireOptions {
  /** Leaves the queue when aborted. */
  readonly signal?: AbortSignal | undefined
  /** Higher goes first, and displaces lower when the queue is full. Default 0. */
  readonly priority?: number | undefined
}

/** The work was not admitted. It has not started, so it is safe to retry. */
export class LimitExceededError extends Error {
  readonly _tag = "LimitExceededError"
  readonly reason: "full" | "displaced" | "timeout"

  constructor(reason: "full" | "displaced" | "timeout") {
    super(`Not admitted (${reason}): as much work is in flight as the limit allows. Try again later.`)
    this.name = "LimitExceededError"
    this.reason = reason
  }
}

/** Permission to run. */
export interface Slot {
  /** Returns the slot; only the first call counts. `ok`: whether the work succeeded, default true. */
  readonly release: (ok?: boolean) => void
}

/** Limits work in flight, with a bounded queue: call `run(work)`, or `acquire` and `release`. See `inFlightLimiter`. */
export class InFlightLimiter<K extends string = "inFlight"> implements Adapter<K> {
  readonly params: Readonly<Record<K, KnobConfig>>
  readonly meter: WorkMeter
  readonly gains: AdapterGains = concurrencyGains
  private readonly name: K
  private readonly queue: number
  private readonly queueTimeoutMs: number
  private readonly line = new WaitingLine()
  private readonly target: { limit: number; carry: number }
  private current = 0

  /** Throws a ConfigError for unknown or invalid options. */
  constructor(options: InFlightOptions<K> = {}) {
    checkConcurrency(options, LIMIT_STEP, WANTED)
    this.name = options.name ?? ("inFlight" as K)
    const knob = concurrencyKnob(options, LIMIT_STEP)
    this.params = { [this.name]: knob } as Record<K, KnobConfig>
    this.meter = concurrencyMeter(options)
    this.queue = options.queue ?? 0
    this.queueTimeoutMs = options.queueTimeoutMs ?? 1_000
    this.target = { limit: knob.initial ?? knob.max, carry: 0 }
    this.meter.limit = this.target.limit
    this.round()
  }

  /** How much may be in flight now, a whole number. */
  get limit(): number {
    return this.current
  }

  get inFlight(): number {
    return this.meter.inFlight
  }

  get waiting(): number {
    return this.line.size
  }

  readonly apply = (values: Readonly<Record<K, number>>): void => {
    // A limit below one would admit nobody, so no completion would ever be measured.
    this.target.limit = Math.max(1, values[this.name])
    this.meter.limit = this.target.limit
    this.round()
    this.pump()
  }

  /**
   * A slot if one is free and nobody is waiting, else null. A null is not counted as refused: call `acquire` or
   * `refuse` next.
   */
  tryAcquire(): Slot | null {
    return this.meter.inFlight < this.current && this.line.size === 0 ? this.admit() : null
  }

  /** Counts work that the caller turned away after `tryAcquire` returned null. */
  refuse(): void {
    this.meter.refuse()
  }

  /** A slot, now or after waiting. Rejects with a LimitExceededError, or with the signal's reason. */
  acquire(options: AcquireOptions = {}): Promise<Slot> {
    const slot = this.tryAcquire()
    if (slot !== null) return Promise.resolve(slot)
    const { signal } = options
    // A priority that is not a number, for instance from a forged header, gets no privilege.
    const given = Number(options.priority)
    const priority = Number.isNaN(given) ? 0 : given
    if (signal?.aborted === true) return this.turnAway(signal.reason)
    if (this.line.size >= this.queue) {
      const { last } = this.line
      if (last === undefined || last.priority >= priority)
        return this.turnAway(new LimitExceededError("full"))
      last.refuse(new LimitExceededError("displaced"))
    }
    return new Promise<Slot>((resolve, reject) => this.enqueue(priority, signal, resolve, reject))
  }

  /** Runs `work` in a slot. Rejects with a LimitExceededError if there is none. */
  run<T>(work: () => T, options: AcquireOptions = {}): Promise<Awaited<T>> {
    // Inside `then`, so that work that throws synchronously rejects like work that rejects.
    return this.acquire(options).then((slot) => settled(work, slot.release)) as Promise<Awaited<T>>
  }

  private turnAway(error: unknown): Promise<never> {
    this.meter.refuse()
    return Promise.reject(error)
  }

  private enqueue(
    priority: number,
    signal: AbortSignal | undefined,
    resolve: (slot: Slot) => void,
    reject: (error: unknown) => void,
  ): void {
    const leave = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener("abort", onAbort)
      this.line.remove(place)
    }
    const waiter: Waiter = {
      priority,
      admit: () => {
        leave()
        resolve(this.admit())
      },
      refuse: (error) => {
        leave()
        this.meter.refuse()
        reject(error)
      },
    }
    const onAbort = (): void => waiter.refuse(signal?.reason)
    const timer =
      this.queueTimeoutMs === Number.POSITIVE_INFINITY
        ? undefined
        : setTimeout(() => waiter.refuse(new LimitExceededError("timeout")), this.queueTimeoutMs)
    signal?.addEventListener("abort", onAbort)
    const place = this.line.add(waiter)
  }

  private admit(): Slot {
    const work: Work = this.meter.begin()
    let held = true
    return {
      release: (ok = true) => {
        if (!held) return
        held = false
        this.meter.end(work, ok)
        this.round()
        this.pump()
      },
    }
  }

  /** The whole limit until the next completion. The remainder is carried over. */
  private round(): void {
    const { target } = this
    const wanted = target.limit + target.carry
    // On a grid of tenths, whole numbers may fall short by a rounding error.
    this.current = Math.floor(wanted + 1e-9)
    target.carry = wanted - this.current
  }

  private pump(): void {
    while (this.meter.inFlight < this.current && this.line.first !== undefined) this.line.first.admit()
  }
}

/**
 * A limiter to put in front of work. `tune(limiter)` lets an engine find its limit. Throws a ConfigError for unknown or
 * invalid options.
 */
export const inFlightLimiter = <const K extends string = "inFlight">(
  options: InFlightOptions<K> = {},
): InFlightLimiter<K> => new InFlightLimiter<K>(options)
