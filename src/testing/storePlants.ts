/**
 * Plants that store something and show it late: heat, charge, wear, a leak. The benefit of a knob comes at once;
 * the cost comes when the store is full or empty. They complement the queues: there is no backlog to see, and some
 * drain by themselves.
 */
import { Draws, type MemoryPlant } from "./MemoryPlant.ts"
import { unitKnob } from "./Plant.ts"
import { bowl } from "./servicePlants.ts"

/** Heat: a hotter clock is faster until it throttles, after this lag in seconds (first order). One knob. */
export function heated(lagSeconds: number): MemoryPlant {
  return {
    name: `heat, ${lagSeconds} s`,
    knobs: [unitKnob],
    start: [0.4],
    begin: (seed) => {
      const draws = new Draws(seed)
      let warmth = 0.4
      return {
        advance: ([unit], seconds) => {
          warmth += ((unit - warmth) * seconds) / lagSeconds
          const over = Math.max(0, warmth - 0.55)
          return 10 - 6 * unit + 400 * over * over + 0.1 * draws.normal()
        },
      }
    },
  }
}

/** Heat that lags 15 seconds behind. */
export const heat: MemoryPlant = heated(15)

/**
 * The same with a fan, which removes heat at once and costs the square of its speed. Two knobs, clock and fan; lag
 * 4 seconds.
 */
export const heatAndFan: MemoryPlant = {
  name: "heat and fan, 4 s",
  knobs: [unitKnob, unitKnob],
  start: [0.4, 0.2],
  begin: (seed) => {
    const draws = new Draws(seed)
    let warmth = 0.4
    return {
      advance: ([clock, fan], seconds) => {
        warmth += ((clock - warmth) * seconds) / 4
        const over = Math.max(0, warmth - 0.55 - 0.5 * fan)
        return 10 - 6 * clock + 2 * fan * fan + 400 * over * over + 0.1 * draws.normal()
      },
    }
  },
}

/**
 * A battery between what is bought and what is needed. Buying less is cheaper until the battery is empty, and
 * nothing shows before that. Unmet need costs a hundred times as much. Charging loses a tenth. One knob, 0 to 2
 * units per second; 1 is needed.
 */
export const battery: MemoryPlant = {
  name: "battery",
  knobs: [unitKnob],
  start: [0.65],
  begin: (seed) => {
    const draws = new Draws(seed)
    let charge = 20
    return {
      advance: ([unit], seconds) => {
        const bought = 2 * unit
        const spare = bought - 1 - 0.2 * draws.normal()
        charge += (spare > 0 ? 0.9 * spare : spare) * seconds
        const missing = Math.max(0, -charge) / seconds
        charge = Math.min(20, Math.max(0, charge))
        return 1 + bought + 100 * missing
      },
    }
  },
}

/**
 * Wear against cleaning. Speed earns, and causes wear with its square; cleaning costs, and removes wear in
 * proportion to it; wear costs its square. Without cleaning it grows forever. Three knobs: speed, cleaning, and one
 * without effect.
 */
export const wear: MemoryPlant = {
  name: "wear against cleaning",
  knobs: [unitKnob, unitKnob, unitKnob],
  start: [0.4, 0.6, 0.5],
  useful: [0, 1],
  begin: (seed) => {
    const draws = new Draws(seed)
    let worn = 0.1
    return {
      advance: ([speed, cleaning], seconds) => {
        worn += (0.2 * speed * speed - 0.5 * cleaning * worn) * seconds
        return 10 - 6 * speed + 2.5 * speed ** 3 + 3 * cleaning + 4 * worn * worn + 0.1 * draws.normal()
      },
    }
  },
}

/** A leak that no knob causes or cures: it grows by 1 per this many seconds, beside a bowl in two knobs. */
export function leak(seconds: number): MemoryPlant {
  return leaking(`leak, 1 in ${seconds} s`, (now) => now / seconds)
}

/** The same leak, with a restart of the service every `restart` seconds. */
export function leakRestarted(seconds: number, restart: number): MemoryPlant {
  return leaking(`leak, restarted every ${restart} s`, (now) => (now % restart) / seconds)
}

function leaking(name: string, leaked: (now: number) => number): MemoryPlant {
  return {
    name,
    knobs: [unitKnob, unitKnob],
    start: [0.4, 0.4],
    best: [0.6, 0.6],
    begin: (seed) => {
      const draws = new Draws(seed)
      let now = 0
      return {
        advance: (unit, passed) => {
          now += passed
          return (1 + bowl(unit)) * (1 + 0.05 * draws.normal()) + leaked(now)
        },
      }
    },
  }
}

/**
 * A cut-out with hysteresis: power earns, and heats with a lag of 4 seconds. At .7 it cuts out, and at .45 it comes
 * back. So it jumps between two states, each calm in itself, and recovers every time. One knob.
 */
export const cutOut: MemoryPlant = {
  name: "cut-out with hysteresis",
  knobs: [unitKnob],
  start: [0.4],
  begin: (seed) => {
    const draws = new Draws(seed)
    let warmth = 0.4
    let out = false
    return {
      advance: ([unit], seconds) => {
        warmth += (((out ? 0 : unit) - warmth) * seconds) / 4 + 0.01 * Math.sqrt(seconds) * draws.normal()
        if (warmth > 0.7) out = true
        else if (warmth < 0.45) out = false
        return (out ? 40 : 10 - 8 * unit) + 0.1 * draws.normal()
      },
    }
  },
}
