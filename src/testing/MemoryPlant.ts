/**
 * A plant with state: the effect of a configuration shows late and outlasts it. Implement this interface to write
 * such a plant. The plants themselves are in `memoryPlants.ts`, `storePlants.ts`, `controlPlants.ts` and
 * `servicePlants.ts`.
 *
 * A run is a pure function of the plant, the seed and the configurations applied. Its n-th random draw does not
 * depend on the configurations, so two configurations can be compared under the same arrivals.
 */
import type { KnobNumbers } from "../hot/KnobTable.ts"
import { gaussianAt, uniformAt } from "./noise.ts"
import { unitKnob } from "./Plant.ts"

/** What a limit on requests in flight can observe besides the objective. */
export interface LimitSignals {
  /** Time in the system of the requests that finish now, milliseconds. */
  readonly rttMs: number
  /** Requests in flight. */
  readonly inFlight: number
  /** Requests finished. */
  readonly finished: number
}

/** A plant with state, while it runs. */
export interface RunningPlant {
  /** Runs for `seconds` at these unit positions. Returns the cost per second in that time; lower is better. */
  advance(unit: Float64Array, seconds: number): number
  /** Signals of the last `advance`, if the knob is a limit on requests in flight. */
  signals?(): LimitSignals
}

/** A plant with memory; positions in unit space. */
export interface MemoryPlant {
  readonly name: string
  readonly knobs: ReadonlyArray<KnobNumbers>
  /** Where tuning starts, in unit space. */
  readonly start: ReadonlyArray<number>
  /** The best constant position in unit space, if it is known without a search. */
  readonly best?: ReadonlyArray<number>
  /** The knobs that have any effect; all of them by default. */
  readonly useful?: ReadonlyArray<number>
  /** The largest limit, if the only knob is a limit on requests in flight, from 1 up, on a log scale. */
  readonly mostInFlight?: number
  begin(seed: number): RunningPlant
}

/** Maps a unit position to the range from `low` to `high`. */
export const between = (unit: number, low: number, high: number): number => low + unit * (high - low)

/**
 * Random draws in order, for one run. Each takes one place in the sequence, so that runs with other knob values
 * stay in step.
 */
export class Draws {
  readonly seed: number
  private count = 0

  constructor(seed: number) {
    this.seed = Math.imul(seed + 1, 0x27d4eb2f)
  }

  normal(): number {
    return gaussianAt(this.seed, this.count++)
  }

  uniform(): number {
    return uniformAt(this.seed ^ 0x2545f491, this.count++)
  }

  /** Number of events of a Poisson process with this mean: by inversion up to 30, by its Gaussian limit beyond. */
  events(mean: number): number {
    if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()))
    const drawn = this.uniform()
    let weight = Math.exp(-mean)
    let below = weight
    let events = 0
    while (below < drawn && events < 200) {
      events++
      weight *= mean / events
      below += weight
    }
    return events
  }
}

/** A delay between the configuration and its effect, as in a transport line or a booting machine. */
export class Delay {
  private readonly seconds: number
  private readonly told: Array<{ readonly at: number; readonly unit: Float64Array }> = []
  private now = 0

  constructor(seconds: number) {
    this.seconds = seconds
  }

  /** Records the new configuration. Returns all that were in force within the last `seconds`, oldest first. */
  tell(
    unit: Float64Array,
    passed: number,
  ): ReadonlyArray<{ readonly at: number; readonly unit: Float64Array }> {
    const { told, seconds } = this
    this.now += passed
    told.push({ at: this.now, unit: unit.slice() })
    while (told.length > 1 && told[1].at <= this.now - seconds + 1e-9) told.shift()
    return told
  }
}

/** The same plant with extra knobs that have no effect, one before every other knob of its own. */
export function withUseless(plant: MemoryPlant, useless: number): MemoryPlant {
  const own = plant.knobs.length
  // Place of each of its own knobs among all knobs.
  const places = Array.from({ length: own }, (_, i) => Math.floor(((i + 1) * (own + useless)) / (own + 1)))
  const spread = (values: ReadonlyArray<number>): ReadonlyArray<number> => {
    const all = Array.from({ length: own + useless }, () => 0.5)
    places.forEach((place, i) => (all[place] = values[i]))
    return all
  }
  return {
    name: `${plant.name}, ${useless} useless knob${useless === 1 ? "" : "s"}`,
    knobs: Array.from({ length: own + useless }, (_, i) =>
      places.includes(i) ? plant.knobs[places.indexOf(i)] : unitKnob,
    ),
    start: spread(plant.start),
    useful: (plant.useful ?? plant.knobs.map((_, i) => i)).map((knob) => places[knob]),
    ...(plant.best === undefined ? {} : { best: spread(plant.best) }),
    begin: (seed) => {
      const running = plant.begin(seed)
      const unit = new Float64Array(own)
      return {
        advance: (all, seconds) => {
          places.forEach((place, i) => (unit[i] = all[place]))
          return running.advance(unit, seconds)
        },
      }
    },
  }
}
