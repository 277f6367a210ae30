/**
 * Remembers the regimes of a stream by their pattern, and says which of them the latest samples belong to, at what distance and
 * margin, or that they are new. One needs it to act on what has been seen before without cutting the stream into pieces by hand.
 *
 * ```ts
 * const memory = new RegimeMemory({ window: 32, least: 0.05 })
 * memory.push([sample])                              // each time
 * const found = memory.look()                        // KNOWN, NEW, UNSURE or UNKNOWN
 * if (memory.news >= memory.trace) memory.learn()    // new for a whole trace: a regime of its own
 * ```
 * It holds at most 64 traces. One that is full lets go of the regime that helped least; a regime that was no help three times more
 * often than it was is forgotten. Samples whose size means nothing, such as rates, are best given as logarithms.
 */
import { between, list, numberThat, object, type ShapeType, whole } from "../../domain/Shape.ts"
import { readOptions } from "../readOptions.ts"
import { ExemplarSearch, type ExemplarSearchOptions } from "./ExemplarSearch.ts"

/** What `look` found: one regime, none, two that are as near, or nothing that can be told (a gap, or too few samples). */
export const KNOWN = 0
export const NEW = 1
export const UNSURE = 2
export const UNTOLD = 3

/** Of the memory's file; another one is refused. */
const VERSION = 1
/** Failures beyond successes after which a regime is forgotten. */
const FAILURES = 3
/** The nearest must be this share nearer than another regime to be believed. */
const MARGIN = 0.2

const count = whole(0, Number.MAX_SAFE_INTEGER)

/** The file of a memory of these dimensions. */
const savedBy = (channels: number, window: number, trace: number, capacity: number) =>
  object({
    version: numberThat("1 (a memory of another version must be learned again)", (n) => n === VERSION),
    channels: whole(channels, channels),
    window: whole(window, window),
    trace: whole(trace, trace),
    nextLabel: count,
    regimes: list(
      object({
        label: whole(0, 2 ** 31 - 1),
        helped: count,
        failed: count,
        samples: list(between(-1e100, 1e100), {
          expected: `${channels * trace} numbers`,
          holds: ({ length }) => length === channels * trace,
        }),
      }),
      { expected: `at most ${capacity} regimes`, holds: ({ length }) => length <= capacity },
    ),
  })

/** What a `RegimeMemory` is saved as: plain data. */
export type SavedRegimes = ShapeType<ReturnType<typeof savedBy>>

/** Regimes by their pattern; see the head of this file. Throws a `ConfigError` for options that cannot be used. */
export class RegimeMemory {
  readonly channels: number
  readonly window: number
  /** Samples that are remembered of a regime. */
  readonly trace: number
  /** The regime that the last look found, or the nearest where it was unsure; -1 where there is none. */
  label = -1
  /** How far that is, in units of noise; `Infinity` where there is none, `NaN` where nothing can be told. */
  distance = Number.NaN
  /** How much further the next regime is. */
  margin = Number.NaN
  /** Samples since the first of a row of looks that found nothing known. */
  news = 0
  private readonly search: ExemplarSearch
  /** The latest samples, one channel after another, oldest first. */
  private readonly latest: Float64Array
  private readonly asked: Float64Array
  private readonly helped: Float64Array
  private readonly failed: Float64Array
  private readonly used: Float64Array
  private count = 0
  private gap = 0
  private nextLabel = 0
  /** When `asked` was looked up last and what came of it: the same samples get the same answer until something is learned. */
  private answer = -1
  private looks = 0

  constructor(options: ExemplarSearchOptions) {
    this.search = new ExemplarSearch({ trace: 2 * options.window, ...options })
    const { channels, window, trace, capacity } = this.search
    this.channels = channels
    this.window = window
    this.trace = trace
    this.latest = new Float64Array(channels * trace)
    this.asked = new Float64Array(channels * window)
    this.helped = new Float64Array(capacity)
    this.failed = new Float64Array(capacity)
    this.used = new Float64Array(capacity)
  }

  /** Regimes remembered. */
  get size(): number {
    return this.search.labels.reduce((sum, label) => sum + (label < 0 ? 0 : 1), 0)
  }

  /** Takes a sample, one number a channel. One that is not finite is a gap: nothing is told until it has passed. */
  push(sample: ArrayLike<number>): void {
    const { channels, trace, latest } = this
    let gap = sample.length !== channels
    for (let c = 0; c < channels; c++) {
      const x = sample[c] ?? Number.NaN
      if (x - x !== 0) gap = true
      latest.copyWithin(c * trace, c * trace + 1, (c + 1) * trace)
      latest[(c + 1) * trace - 1] = x
    }
    this.gap = gap ? trace : Math.max(0, this.gap - 1)
    this.count = Math.min(trace, this.count + 1)
    this.news = gap ? 0 : this.news + 1
  }

  /** Which regime the last `window` samples belong to: `KNOWN`, `NEW`, `UNSURE` or `UNTOLD`. */
  look(): number {
    const { channels, window, trace, latest, asked, search } = this
    if (this.count < window || this.gap > trace - window) return this.tell(UNTOLD)
    let same = this.answer >= 0
    for (let c = 0; c < channels; c++)
      for (let k = 0; k < window; k++) {
        const x = latest[(c + 1) * trace - window + k]
        if (asked[c * window + k] !== x) same = false
        asked[c * window + k] = x
      }
    if (same) return this.tell(this.answer)
    if (!search.find(asked)) return this.tell(NEW)
    const sure = search.otherDistance > search.distance * (1 + MARGIN)
    return this.tell(sure ? KNOWN : UNSURE)
  }

  private tell(answer: number): number {
    const { search } = this
    const told = answer !== UNTOLD
    this.label = told ? search.label : -1
    this.distance = told ? search.distance : Number.NaN
    this.margin = told && search.slot >= 0 ? search.otherDistance - search.distance : Number.NaN
    this.answer = told ? answer : -1
    this.looks++
    if (answer === KNOWN || answer === UNSURE) {
      this.news = 0
      this.used[search.slot] = this.looks
    }
    return answer
  }

  /**
   * Remembers the last `trace` samples as a regime of their own, or under a label from 0 that is known. Returns the label; -1, and
   * nothing is remembered, while there are too few samples or a gap among them.
   */
  learn(label: number = this.nextLabel): number {
    if (this.count < this.trace || this.gap > 0) return -1
    const slot = this.room()
    if (!this.search.put(slot, label, this.latest)) return -1
    this.nextLabel = Math.max(this.nextLabel, label + 1)
    this.helped[slot] = 0
    this.failed[slot] = 0
    this.used[slot] = this.looks
    this.answer = -1
    this.news = 0
    return label
  }

  /** Notes whether acting on a regime helped; forgets it where it was no help three times more often than it was. */
  credit(label: number, helped: boolean): void {
    this.search.labels.forEach((one, slot) => {
      if (one !== label) return
      if (helped) this.helped[slot]++
      else this.failed[slot]++
      if (this.failed[slot] - this.helped[slot] >= FAILURES) this.forget(slot)
    })
  }

  private forget(slot: number): void {
    this.search.remove(slot)
    this.answer = -1
  }

  /** A free slot, or that of the regime that helped least, of these the one that was met longest ago. */
  private room(): number {
    const { helped, failed, used } = this
    const { labels } = this.search
    const worth = (slot: number): number => (helped[slot] + 1) / (helped[slot] + 2 * failed[slot] + 1)
    let worst = 0
    for (let slot = 0; slot < labels.length; slot++) {
      if (labels[slot] < 0) return slot
      const less = worth(slot) - worth(worst)
      if (less < 0 || (less === 0 && used[slot] < used[worst])) worst = slot
    }
    return worst
  }

  /** What is remembered, as plain data. */
  save(): SavedRegimes {
    const { channels, window, trace, nextLabel, helped, failed, search } = this
    const regimes = Array.from(search.labels, (label, slot) => ({
      label,
      helped: helped[slot],
      failed: failed[slot],
      samples: Array.from(search.samplesOf(slot)),
    })).filter(({ label }) => label >= 0)
    return { version: VERSION, channels, window, trace, nextLabel, regimes }
  }

  /** Takes over what was saved, in place of what is remembered. Throws a `ConfigError`, and changes nothing, where that does not fit. */
  restore(saved: unknown): void {
    const { channels, window, trace } = this
    const { capacity } = this.search
    const read = readOptions(savedBy(channels, window, trace, capacity), saved)
    for (let slot = 0; slot < capacity; slot++) this.forget(slot)
    read.regimes.forEach(({ label, helped, failed, samples }, slot) => {
      this.search.put(slot, label, Float64Array.from(samples))
      this.helped[slot] = helped
      this.failed[slot] = failed
      this.used[slot] = this.looks
    })
    this.nextLabel = read.nextLabel
  }
}
