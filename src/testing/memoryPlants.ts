/**
 * Plants with a queue in front: work not done now waits and must be done later. A tuner that compares neighbouring
 * windows is rewarded here for walking into ruin, because the cheap side looks better at first. Use them to test
 * safety from outside: losses are what the plant really paid.
 */
import { type LoadAt, steady } from "./loads.ts"
import { between, Delay, Draws, type MemoryPlant } from "./MemoryPlant.ts"
import { unitKnob } from "./Plant.ts"

/** Jobs in an unbounded queue. */
class Backlog {
  jobs: number
  private readonly draws: Draws
  private readonly load: LoadAt
  private readonly seed: number
  private now = 0

  constructor(seed: number, load: LoadAt, jobs: number) {
    this.draws = new Draws(seed)
    this.seed = seed
    this.load = load
    this.jobs = jobs
  }

  /** Jobs arrive at `arrivals` per second; up to `servers` are processed at `rate` per second each. */
  advance(arrivals: number, servers: number, rate: number, seconds: number): number {
    this.now += seconds
    const came = this.draws.events(arrivals * this.load(this.now, this.seed) * seconds)
    this.jobs += came
    this.jobs -= Math.min(this.jobs, this.draws.events(rate * Math.min(this.jobs, servers) * seconds))
    return Math.max(0, this.jobs - servers)
  }
}

/**
 * Servers behind an unbounded queue: 20 jobs arrive per second, a server handles 1.25 per second. Each server and
 * each waiting job costs 1. Below 16 servers the queue grows forever, yet each server less is cheaper at first. One
 * knob, 1 to 100 servers.
 */
export function staffing(servers: number, load: LoadAt = steady): MemoryPlant {
  return {
    name: `staffing from ${servers}`,
    knobs: [unitKnob],
    start: [(servers - 1) / 99],
    begin: (seed) => {
      const backlog = new Backlog(seed, load, 16)
      return {
        advance: ([unit], seconds) => {
          const staff = between(unit, 1, 100)
          return staff + backlog.advance(20, staff, 1.25, seconds)
        },
      }
    },
  }
}

/**
 * A crew and the speed of its tools behind an unbounded queue. Tools wear with the square of their speed, so the
 * cheapest way to any capacity is speed 1. Two knobs: 1 to 60 people, speed .5 to 2.
 */
export const crew: MemoryPlant = {
  name: "crew and tool speed",
  knobs: [unitKnob, unitKnob],
  start: [0.65, 0.6],
  begin: (seed) => {
    const backlog = new Backlog(seed, steady, 16)
    return {
      advance: ([people, pace], seconds) => {
        const size = between(people, 1, 60)
        const speed = between(pace, 0.5, 2)
        return size * (0.5 + 0.5 * speed * speed) + backlog.advance(20, size, speed, seconds)
      },
    }
  },
}

/**
 * Instances that take .6 seconds to boot and stop at once, behind an unbounded queue. While an instance boots, the
 * fewest requested in that time are running. One knob, 5 to 60 instances.
 */
export const autoscaler: MemoryPlant = {
  name: "autoscaler",
  knobs: [unitKnob],
  start: [0.6],
  begin: (seed) => {
    const backlog = new Backlog(seed, steady, 16)
    const booting = new Delay(0.6)
    return {
      advance: (unit, seconds) => {
        let running = Number.POSITIVE_INFINITY
        for (const told of booting.tell(unit, seconds))
          running = Math.min(running, between(told.unit[0], 5, 60))
        return between(unit[0], 5, 60) + backlog.advance(20, running, 1.25, seconds)
      },
    }
  },
}

/**
 * A limit on requests in flight, with an unbounded queue behind it. Too few leave the service idle, too many slow
 * each other down, and either way the queue grows. It serves 60 n / (n + 8) per second, less beyond 40; 40 arrive.
 * One knob, 1 to 256, log scale.
 */
export function limited(load: LoadAt = steady): MemoryPlant {
  return {
    name: "in-flight limit",
    knobs: [unitKnob],
    start: [0.7],
    mostInFlight: 256,
    begin: (seed) => {
      const draws = new Draws(seed)
      let queue = 0
      let now = 0
      let rttMs = 0
      let inFlight = 0
      let finished = 0
      return {
        advance: ([unit], seconds) => {
          now += seconds
          const limit = 256 ** unit
          const served = (60 * limit) / (limit + 8) / (1 + Math.max(0, limit - 40) / 60)
          const rate = 40 * load(now, seed)
          queue = Math.max(0, queue + (rate - served) * seconds + Math.sqrt(rate * seconds) * draws.normal())
          finished = (queue > 0 ? served : Math.min(rate, served)) * seconds
          rttMs = (1000 * limit) / served
          inFlight = queue > 0 ? limit : Math.min(limit, (rate * rttMs) / 1000)
          return 3 + 0.1 * limit + 0.2 * queue
        },
        signals: () => ({ rttMs, inFlight, finished }),
      }
    },
  }
}

/** The in-flight limit under a steady load. */
export const inFlight: MemoryPlant = limited()

/**
 * Callers that retry when they wait too long, and give up when 400 wait. A retry storm feeds itself and ends only
 * well above the capacity that would have prevented it (metastable). One knob, 5 to 60 servers.
 */
export function retrying(load: LoadAt = steady): MemoryPlant {
  return {
    name: "retry storm",
    knobs: [unitKnob],
    start: [0.8],
    begin: (seed) => {
      const draws = new Draws(seed)
      let queue = 0
      let now = 0
      return {
        advance: ([unit], seconds) => {
          now += seconds
          const servers = between(unit, 5, 60)
          const rate = 20 * load(now, seed) * (1 + Math.min(1, queue / 60))
          queue += (rate - servers) * seconds + Math.sqrt(rate * seconds) * draws.normal()
          queue = Math.min(400, Math.max(0, queue))
          return 0.5 * servers + 0.4 * queue
        },
      }
    },
  }
}

/** The retry storm under a steady load. */
export const retryStorm: MemoryPlant = retrying()
