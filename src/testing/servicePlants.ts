/**
 * Plants of everyday services, healthy ones among them. On a healthy plant no reachable configuration causes
 * lasting ruin, so a guard against ruin must leave it alone. Noise, heavy tails, correlated noise and changing
 * loads over landscapes without memory; a thread pool; a hedging delay.
 */
import { type LoadAt, steady } from "./loads.ts"
import { Draws, type MemoryPlant } from "./MemoryPlant.ts"
import { type Plant, unitKnobs } from "./Plant.ts"

/** Squared distance from .6 in every knob. */
export function bowl(unit: Float64Array): number {
  let sum = 0
  for (const x of unit) sum += (x - 0.6) ** 2
  return sum
}

/** A plant without memory: a bowl whose level the load multiplies, with noise in proportion. */
export function loadedBowl(knobs: number, start: number, noise: number, load: LoadAt = steady): MemoryPlant {
  return {
    name: `bowl of ${knobs} from ${start}, noise ${100 * noise} %`,
    knobs: unitKnobs(knobs),
    start: Array.from({ length: knobs }, () => start),
    best: Array.from({ length: knobs }, () => 0.6),
    begin: (seed) => {
      const draws = new Draws(seed)
      let now = 0
      return {
        advance: (unit, passed) => {
          now += passed
          return (1 + bowl(unit)) * load(now, seed) * (1 + noise * draws.normal())
        },
      }
    },
  }
}

/**
 * Gaussian; Student's t with two degrees of freedom; or correlated from digest to digest (AR, .9) with the same
 * deviation.
 */
export type Weather = "gaussian" | "t2" | "correlated"

/** Noise and load on a landscape without memory. */
export interface WeatherSpec {
  /** Standard deviation of one digest, as a share of the level. */
  readonly noise: number
  readonly weather?: Weather
  readonly load?: LoadAt
  readonly best?: ReadonlyArray<number>
}

/** A plant without memory under noise and load: its loss is 1 at the best place and 2 at the start. */
export function weathered(
  plant: Plant,
  { noise, weather = "gaussian", load = steady, best }: WeatherSpec,
): MemoryPlant {
  const least = plant.best(0)
  const gain = plant.loss(Float64Array.from(plant.start), 0) - least
  return {
    name: `${plant.name}, ${weather === "gaussian" ? "noise" : weather} ${100 * noise} %`,
    knobs: plant.knobs,
    start: plant.start,
    ...(best === undefined ? {} : { best }),
    begin: (seed) => {
      const draws = new Draws(seed)
      let now = 0
      let carried = 0
      const drawn = (): number => {
        if (weather === "t2") return draws.normal() / Math.sqrt(-Math.log(draws.uniform()))
        carried = weather === "correlated" ? 0.9 * carried + Math.sqrt(0.19) * draws.normal() : draws.normal()
        return carried
      }
      return {
        advance: (unit, passed) => {
          now += passed
          const level = 1 + (plant.loss(unit, now * 1e6) - least) / gain
          return level * load(now, seed) * (1 + noise * drawn())
        },
      }
    },
  }
}

/**
 * A pool of contending threads (Gunther's universal scalability law: 8 per second each, contention .05, coherence
 * .002; at most 59 per second, with 22 threads). 50 arrive per second, at most 500 are inside, others are turned
 * away. The cost is the number inside plus a fifth per thread. One knob, 1 to 256 threads, log scale.
 */
export function threadPool(load: LoadAt = steady): MemoryPlant {
  return {
    name: "thread pool with contention",
    knobs: unitKnobs(1),
    start: [0.62],
    mostInFlight: 256,
    begin: (seed) => {
      const draws = new Draws(seed)
      let inside = 10
      let now = 0
      let busy = 0
      let rttMs = 0
      let finished = 0
      return {
        advance: ([unit], seconds) => {
          now += seconds
          const threads = 256 ** unit
          busy = Math.min(inside, threads)
          const done = (8 * busy) / (1 + 0.05 * Math.max(0, busy - 1) + 0.002 * busy * Math.max(0, busy - 1))
          rttMs = done > 0 ? (1000 * busy) / done : 125
          inside = Math.min(500, inside + draws.events(50 * load(now, seed) * seconds))
          finished = Math.min(inside, draws.events(done * seconds))
          inside -= finished
          return 1 + inside + 0.2 * threads
        },
        signals: () => ({ rttMs, inFlight: busy, finished }),
      }
    },
  }
}

/** P(T > t) for a lognormal time with median 20 ms and sigma .8. */
const slower = (ms: number): number => (ms <= 0 ? 1 : 1 - normalBelow(Math.log(ms / 20) / 0.8))

/** The normal distribution function, by the logistic approximation of Bowling et al. (2009), accurate to 1.4e-4. */
const normalBelow = (z: number): number => 1 / (1 + Math.exp(-0.07056 * z ** 3 - 1.5976 * z))

/** The 99th percentile of the faster of two requests, the second sent after `delay` milliseconds. */
function hedgedP99(delay: number): number {
  let low = 1
  let high = 1000
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2
    if (slower(middle) * slower(middle - delay) > 0.01) low = middle
    else high = middle
  }
  return high
}

/**
 * A request not answered after a delay is sent again, and the faster answer counts. A shorter delay shortens the
 * tail, but every copy is work: the service is .7 full without copies, and below about 25 ms it cannot keep up and
 * a backlog grows (to at most 5 s). The cost is the 99th percentile in hundredths of a second. One knob, 5 to 200
 * ms, log scale.
 */
export const hedging: MemoryPlant = {
  name: "hedging delay",
  knobs: unitKnobs(1),
  start: [0.8],
  begin: (seed) => {
    const draws = new Draws(seed)
    let told = Number.NaN
    let p99 = 0
    let copies = 0
    let backlogMs = 0
    return {
      advance: ([unit], seconds) => {
        if (unit !== told) {
          const delay = 5 * 40 ** unit
          told = unit
          p99 = hedgedP99(delay)
          copies = slower(delay)
        }
        const work = 0.7 * (1 + copies) + 0.1 * draws.normal()
        backlogMs = Math.min(5000, Math.max(0, backlogMs + 1000 * (work - 1) * seconds))
        return (p99 + backlogMs) / 10
      },
    }
  },
}
