/**
 * The M/M/c/K queue in closed form: the plant behind every concurrency limit. The knob is K, how many requests may
 * be in the system. Too few waste servers, too many only queue. Utility is goodput over capacity minus a price on
 * waiting, U = goodput / (c mu) - 0.1 (W mu - 1). No fixed rule of thumb finds its best K under every load.
 *
 * Source: Erlang's loss and delay formulas, as in Kleinrock, Queueing Systems I (1975), section 3.5.
 */
import { LOG } from "../hot/codes.ts"
import { KnobTable, type KnobNumbers } from "../hot/KnobTable.ts"
import { type LoadAt, wandering } from "./loads.ts"
import type { MemoryPlant } from "./MemoryPlant.ts"
import type { Plant } from "./Plant.ts"

/** A load on the queue: arrivals, services and servers. */
export interface Load {
  /** Arrivals per second. */
  readonly lambda: number
  /** Services per second and server. */
  readonly mu: number
  readonly servers: number
}

/** The three loads of the acceptance test: mild overload, double overload, light load. */
export const LOADS: ReadonlyArray<Load> = [
  { lambda: 384, mu: 20, servers: 16 },
  { lambda: 200, mu: 50, servers: 2 },
  { lambda: 300, mu: 20, servers: 16 },
]

/** Utility of limit K under a load; 1 would mean that every server is busy and nobody waits. */
export function queueUtility(load: Load, limit: number): number {
  const { lambda, mu, servers } = load
  // Weights relative to the empty system, scaled as they grow so that large limits do not overflow.
  let weight = 1
  let total = 1
  let inSystem = 0
  for (let k = 1; k <= limit; k++) {
    weight *= lambda / (mu * Math.min(k, servers))
    total += weight
    inSystem += k * weight
    if (weight > 1e200) {
      total /= weight
      inSystem /= weight
      weight = 1
    }
  }
  const goodput = lambda * (1 - weight / total)
  const sojourn = inSystem / total / goodput
  return goodput / (servers * mu) - 0.1 * (sojourn * mu - 1)
}

/** The limit with the highest utility, and that utility. */
export function bestLimit(load: Load, highest = 256): { readonly limit: number; readonly utility: number } {
  let limit = 1
  let utility = queueUtility(load, 1)
  for (let k = 2; k <= highest; k++) {
    const u = queueUtility(load, k)
    if (u > utility) {
      utility = u
      limit = k
    }
  }
  return { limit, utility }
}

/** The knob of the queue: 1 to 256 in flight, whole numbers on a log scale. */
export const limitKnob: KnobNumbers = Object.freeze({ min: 1, max: 256, scale: LOG, step: 1, maxStep: 0 })

/** The queue as a plant: loads follow each other, each for the same time. The loss is 1 - U. */
export function queuePlant(loads: ReadonlyArray<Load>, eachUs: number, startLimit = 200): Plant {
  const table = new KnobTable([limitKnob])
  const utilities = loads.map((load) =>
    Array.from({ length: 257 }, (_, k) => (k === 0 ? -1 : queueUtility(load, k))),
  )
  const bests = loads.map((load) => bestLimit(load).utility)
  const at = (atUs: number): number => Math.min(loads.length - 1, Math.max(0, Math.floor(atUs / eachUs)))
  return {
    name: loads.length === 1 ? "queue" : `queue-${loads.length}-loads`,
    knobs: [limitKnob],
    start: [table.encode(0, startLimit)],
    loss: (unit, atUs) => 1 - utilities[at(atUs)][Math.round(table.decode(0, unit[0]))],
    best: (atUs) => 1 - bests[at(atUs)],
  }
}

/**
 * The queue under a light load that fluctuates by 30 % within seconds: calm spells show no difference between limits, so a gain shows
 * only in spells of overload. Starts at 200 in flight. The cost is 1 - U.
 */
export function fluctuatingQueue(load: LoadAt = wandering(0.3, 2.5)): MemoryPlant {
  const table = new KnobTable([limitKnob])
  const light = LOADS[2]
  return {
    name: "queue, arrivals fluctuate",
    knobs: [limitKnob],
    start: [table.encode(0, 200)],
    begin: (seed) => {
      let now = 0
      return {
        advance: ([unit], seconds) => {
          now += seconds
          const limit = Math.round(table.decode(0, unit))
          return 1 - queueUtility({ ...light, lambda: light.lambda * load(now, seed) }, limit)
        },
      }
    },
  }
}
