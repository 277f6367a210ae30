/**
 * Plants that remember: what a configuration does shows late, and goes on after it is gone. A backlog, heat, retries. On these a
 * tuner that compares neighbouring windows is paid for walking into ruin, because the cheap side looks better at once. One needs
 * them to test a claim of safety from outside: losses are what the plant really paid.
 *
 * A run is a pure function of (plant, seed, what it was told); draws are made by counter.
 */
import { gaussianAt, uniformAt } from "./noise.ts"
import { unitKnob } from "./Plant.ts"
import type { KnobNumbers } from "../hot/KnobTable.ts"

/** A plant with a state of its own, while it runs. */
export interface RunningPlant {
  /** Lets `seconds` pass under the unit positions; returns what was paid meanwhile, per second, lower is better. */
  advance(unit: Float64Array, seconds: number): number
}

/** A plant that remembers; positions in unit space. */
export interface MemoryPlant {
  readonly name: string
  readonly knobs: ReadonlyArray<KnobNumbers>
  /** Where tuning starts, in unit space. */
  readonly start: ReadonlyArray<number>
  begin(seed: number): RunningPlant
}

/** How the load on a plant changes: a factor at a time in seconds. */
export type LoadAt = (seconds: number) => number

/** A load that does not change. */
export const steady: LoadAt = () => 1

/** A factor between two times, in seconds. */
export const stepBetween =
  (from: number, to: number, factor: number): LoadAt =>
  (at) =>
    at >= from && at < to ? factor : 1

const between = (unit: number, low: number, high: number): number => low + unit * (high - low)

/** Draws in order for one run. */
class Draws {
  private readonly seed: number
  private count = 0

  constructor(seed: number) {
    this.seed = Math.imul(seed + 1, 0x27d4eb2f)
  }

  normal(): number {
    return gaussianAt(this.seed, this.count++)
  }

  /** Events of a Poisson process with this mean. */
  events(mean: number): number {
    if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()))
    const end = Math.exp(-mean)
    let product = uniformAt(this.seed ^ 0x2545f491, this.count++)
    let events = 0
    for (; product > end; events++) product *= uniformAt(this.seed ^ 0x2545f491, this.count++)
    return events
  }
}

/**
 * Servers before a queue without a bound: 20 jobs a second arrive, a server does 1.25 a second. Each server and each job that waits
 * costs 1. One knob, 1 to 100 servers.
 */
export function staffing(servers: number, load: LoadAt = steady): MemoryPlant {
  return {
    name: `staffing from ${servers}`,
    knobs: [unitKnob],
    start: [(servers - 1) / 99],
    begin: (seed) => {
      const draws = new Draws(seed)
      let jobs = 16
      let now = 0
      return {
        advance: ([unit], seconds) => {
          const staff = between(unit, 1, 100)
          now += seconds
          jobs += draws.events(20 * load(now) * seconds)
          jobs -= Math.min(jobs, draws.events(1.25 * Math.min(jobs, staff) * seconds))
          return staff + Math.max(0, jobs - staff)
        },
      }
    },
  }
}

/** How many requests may be under way at once, before a queue without a bound; too many hinder each other. One knob, 1 to 256, log. */
export const inFlight: MemoryPlant = {
  name: "in-flight limit",
  knobs: [unitKnob],
  start: [0.7],
  begin: (seed) => {
    const draws = new Draws(seed)
    let queue = 0
    return {
      advance: ([unit], seconds) => {
        const limit = 256 ** unit
        const served = (60 * limit) / (limit + 8) / (1 + Math.max(0, limit - 40) / 60)
        queue = Math.max(0, queue + (40 - served) * seconds + Math.sqrt(40 * seconds) * draws.normal())
        return 3 + 0.1 * limit + 0.2 * queue
      },
    }
  },
}

/** Heat: the hotter the clock the faster, until it throttles, 15 seconds later. One knob. */
export const heat: MemoryPlant = {
  name: "heat",
  knobs: [unitKnob],
  start: [0.4],
  begin: (seed) => {
    const draws = new Draws(seed)
    let heated = 0.4
    return {
      advance: ([unit], seconds) => {
        heated += ((unit - heated) * seconds) / 15
        const over = Math.max(0, heated - 0.55)
        return 10 - 6 * unit + 400 * over * over + 0.1 * draws.normal()
      },
    }
  },
}

/**
 * Callers that try again when they wait too long, and give up when 400 wait: a storm feeds itself and ends only well above the
 * capacity that could have prevented it. One knob, 5 to 60 servers.
 */
export const retryStorm: MemoryPlant = {
  name: "retry storm",
  knobs: [unitKnob],
  start: [0.8],
  begin: (seed) => {
    const draws = new Draws(seed)
    let queue = 0
    return {
      advance: ([unit], seconds) => {
        const servers = between(unit, 5, 60)
        const rate = 20 * (1 + Math.min(1, queue / 60))
        queue += (rate - servers) * seconds + Math.sqrt(rate * seconds) * draws.normal()
        queue = Math.min(400, Math.max(0, queue))
        return 0.5 * servers + 0.4 * queue
      },
    }
  },
}

/** What is done shows only so many seconds later. One knob. */
export function late(seconds: number): MemoryPlant {
  return {
    name: `effect ${seconds} s late`,
    knobs: [unitKnob],
    start: [0.3],
    begin: (seed) => {
      const draws = new Draws(seed)
      const done: Array<{ readonly at: number; readonly unit: number }> = []
      let now = 0
      return {
        advance: ([unit], passed) => {
          now += passed
          done.push({ at: now, unit })
          while (done.length > 1 && done[1].at <= now - seconds) done.shift()
          const away = done[0].unit - 0.5
          return 1 + 20 * away * away + 0.02 * draws.normal()
        },
      }
    },
  }
}

/** A leak that no knob causes or mends: it grows by 1 every so many seconds, beside a bowl in two knobs. */
export function leak(seconds: number): MemoryPlant {
  return {
    name: `leak, 1 in ${seconds} s`,
    knobs: [unitKnob, unitKnob],
    start: [0.4, 0.4],
    begin: (seed) => {
      const draws = new Draws(seed)
      let now = 0
      return {
        advance: (unit, passed) => {
          now += passed
          return (1 + bowl(unit)) * (1 + 0.05 * draws.normal()) + now / seconds
        },
      }
    },
  }
}

/** No memory at all: a bowl whose level the load multiplies, with noise in proportion. */
export function loadedBowl(knobs: number, start: number, noise: number, load: LoadAt = steady): MemoryPlant {
  return {
    name: `bowl of ${knobs}, noise ${100 * noise} %`,
    knobs: Array.from({ length: knobs }, () => unitKnob),
    start: Array.from({ length: knobs }, () => start),
    begin: (seed) => {
      const draws = new Draws(seed)
      let now = 0
      return {
        advance: (unit, passed) => {
          now += passed
          return (1 + bowl(unit)) * load(now) * (1 + noise * draws.normal())
        },
      }
    },
  }
}

function bowl(unit: Float64Array): number {
  let sum = 0
  for (const x of unit) sum += (x - 0.6) ** 2
  return sum
}
