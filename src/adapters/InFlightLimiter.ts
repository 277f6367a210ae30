/**
 * Admits so much work at a time and no more: the rest waits in a bounded queue or is turned away at once. Needed in front of
 * anything that becomes slower the more it is given. The limit is one field, read once per request and written when the live
 * configuration changes.
 *
 * The limit need not be whole: of a limit of 4.3 a fifth is admitted after three completions of ten, so that where four are too few and five too many the
 * best can be found, and a probe need not cost a quarter of the service.
 *
 * A slot comes back exactly once: `release` may be called as often as one likes, and `run` calls it whatever the work does.
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
  /** How many may wait beyond the limit. Default 0: none. */
  readonly queue?: number | undefined
  /** How long one may wait, milliseconds, at most 24 days; Infinity for ever. Default 1,000. */
  readonly queueTimeoutMs?: number | undefined
}

const WANTED: Wanted<Required<Omit<InFlightOptions, keyof ConcurrencyOptions>>> = {
  queue: "a number from 0",
  queueTimeoutMs: "milliseconds above 0, at most 2147483647 or Infinity",
}

/** Limits between whole numbers, for small ones and small probes. */
const LIMIT_STEP = 0.1

/** How one piece of work waits for a slot. */
export interface AcquireOptions {
  /** Gives the place in the queue up. */
  readonly signal?: AbortSignal | undefined
  /** Higher goes first, and displaces lower when the queue is full. Default 0. */
  readonly priority?: number | undefined
}

/** Work was not admitted. Nothing has been done for it, so it may be tried again. */
export class LimitExceededError extends Error {
  readonly _tag = "LimitExceededError"
  readonly reason: "full" | "displaced" | "timeout"

  constructor(reason: "full" | "displaced" | "timeout") {
    super(`Not admitted (${reason}): as much work is in flight as the limit allows. Try again later.`)
    this.name = "LimitExceededError"
    this.reason = reason
  }
}

/** The right to be in flight. */
export interface Slot {
  /** Gives it back; only the first call counts. `ok`: whether the work succeeded. Default true. */
  readonly release: (ok?: boolean) => void
}

/** A limit on work in flight with a bounded queue: `run(work)`, or `acquire` and `release`. See `inFlightLimiter`. */
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

  /** Throws a ConfigError for options that it does not know. */
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
    // Of a limit below one nobody would be admitted, and nobody's end would ever be measured.
    this.target.limit = Math.max(1, values[this.name])
    this.meter.limit = this.target.limit
    this.round()
    this.pump()
  }

  /** A slot if one is free and nobody waits, else null. Nothing is counted as refused: ask `acquire` next, or call `refuse`. */
  tryAcquire(): Slot | null {
    return this.meter.inFlight < this.current && this.line.size === 0 ? this.admit() : null
  }

  /** Counts work that its maker turned away after `tryAcquire` gave null. */
  refuse(): void {
    this.meter.refuse()
  }

  /** A slot, now or after a wait; rejects with a LimitExceededError, or with the signal's reason. */
  acquire(options: AcquireOptions = {}): Promise<Slot> {
    const slot = this.tryAcquire()
    if (slot !== null) return Promise.resolve(slot)
    const { signal } = options
    // What is no number, as of a header that anybody may write, is nobody's privilege.
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

  /** Runs `work` in a slot; rejects with a LimitExceededError where none was to be had. */
  run<T>(work: () => T, options: AcquireOptions = {}): Promise<Awaited<T>> {
    // Inside a `then`, so that work that throws at once rejects as work that rejects does.
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

  /** The whole number that holds until the next completion; what is rounded off is carried on. */
  private round(): void {
    const { target } = this
    const wanted = target.limit + target.carry
    // A grid of tenths holds whole numbers with a hair missing.
    this.current = Math.floor(wanted + 1e-9)
    target.carry = wanted - this.current
  }

  private pump(): void {
    while (this.meter.inFlight < this.current && this.line.first !== undefined) this.line.first.admit()
  }
}

/** A limiter to put in front of work; `tune(limiter)` lets an engine find its limit. */
export const inFlightLimiter = <const K extends string = "inFlight">(
  options: InFlightOptions<K> = {},
): InFlightLimiter<K> => new InFlightLimiter<K>(options)
