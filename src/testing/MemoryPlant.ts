/**
 * A plant with a state of its own: what a configuration does shows late, and goes on after it is gone. One needs the shape to write such
 * a plant; the plants are in `memoryPlants.ts`, `storePlants.ts`, `controlPlants.ts` and `servicePlants.ts`.
 *
 * A run is a pure function of (plant, seed, what it was told), and its n-th draw is the same whatever it was told: two configurations
 * that are compared meet the same arrivals.
 */
import type { KnobNumbers } from "../hot/KnobTable.ts"
import { gaussianAt, uniformAt } from "./noise.ts"
import { unitKnob } from "./Plant.ts"

/** What a limit on requests in flight can see besides the objective. */
export interface LimitSignals {
  /** How long a request that finishes now was inside. */
  readonly rttMs: number
  /** How many were inside. */
  readonly inFlight: number
  /** How many finished. */
  readonly finished: number
}

/** A plant with a state of its own, while it runs. */
export interface RunningPlant {
  /** Lets `seconds` pass under the unit positions; returns what was paid meanwhile, per second, lower is better. */
  advance(unit: Float64Array, seconds: number): number
  /** Of the last `advance`, where the knob is a limit on requests in flight. */
  signals?(): LimitSignals
}

/** A plant that remembers; positions in unit space. */
export interface MemoryPlant {
  readonly name: string
  readonly knobs: ReadonlyArray<KnobNumbers>
  /** Where tuning starts, in unit space. */
  readonly start: ReadonlyArray<number>
  /** The best place to stand still, in unit space, where it is known without a search. */
  readonly best?: ReadonlyArray<number>
  /** Which knobs do anything at all; all of them where it is not said. */
  readonly useful?: ReadonlyArray<number>
  /** The most requests in flight, where the only knob is a limit on them from 1 up, on a log scale. */
  readonly mostInFlight?: number
  begin(seed: number): RunningPlant
}

/** The place between `low` and `high` that a unit position means. */
export const between = (unit: number, low: number, high: number): number => low + unit * (high - low)

/** Draws in order for one run: each takes one place in the sequence, so that runs with other knobs stay in step. */
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

  /** Events of a Poisson process with this mean, by inversion; beyond 30 by its Gaussian limit. */
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

/** What a plant was told so many seconds ago: a line of transport, a machine that boots. */
export class Delay {
  private readonly seconds: number
  private readonly told: Array<{ readonly at: number; readonly unit: Float64Array }> = []
  private now = 0

  constructor(seconds: number) {
    this.seconds = seconds
  }

  /** Notes what is told now; returns all that was in force within the last so many seconds, the oldest first. */
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

/** The same plant with so many knobs more, every other one before its own, that do nothing at all. */
export function withUseless(plant: MemoryPlant, useless: number): MemoryPlant {
  const own = plant.knobs.length
  // Place of each of its own knobs among all.
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
