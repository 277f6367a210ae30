/**
 * Plants that are control loops themselves, and plants that respond late, so that a window shows an earlier
 * configuration. They test two hazards: a pair of windows that reads its sides swapped or mixed, and a loop that
 * oscillates when it is tuned too far.
 */
import { Delay, Draws, type MemoryPlant } from "./MemoryPlant.ts"
import { unitKnob } from "./Plant.ts"
import { bowl } from "./servicePlants.ts"

/**
 * The gain of a loop that sees its error one digest late: e' = e - g e(-1) + noise. Best near g = .35; beyond 1 it
 * is unstable and oscillates until it saturates. The cost is the squared error. One knob, g from 0 to 1.5.
 */
export const loopGain: MemoryPlant = {
  name: "unstable loop",
  knobs: [unitKnob],
  start: [0.08],
  begin: (seed) => {
    const draws = new Draws(seed)
    let error = 0
    let before = 0
    return {
      advance: ([unit]) => {
        const next = error - 1.5 * unit * before + 0.5 * draws.normal()
        before = error
        error = Math.min(30, Math.max(-30, next))
        return 0.5 + error * error
      },
    }
  },
}

/**
 * A PID controller on a second-order plant (10 rad/s, damping .3) whose actuator lags 50 ms. The set point jumps
 * every half second. The cost is the mean squared error plus a little for the actuator's effort. Three knobs: P 0
 * to 6, I 0 to 30, D 0 to 1.
 */
export const pid: MemoryPlant = {
  name: "PID",
  knobs: [unitKnob, unitKnob, unitKnob],
  start: [0.1, 0.1, 0.1],
  begin: (seed) => {
    const draws = new Draws(seed)
    let now = 0
    let place = 0
    let pace = 0
    let sum = 0
    let actuator = 0
    let last = 0
    return {
      advance: ([p, i, d], seconds) => {
        const steps = Math.max(1, Math.round(seconds / 0.005))
        const dt = seconds / steps
        let paid = 0
        for (let step = 0; step < steps; step++) {
          now += dt
          const error = (Math.floor(now / 0.5 - 1e-9) % 2) - place
          sum = clip(sum + error * dt, 1)
          const wanted = clip(6 * p * error + 30 * i * sum + (d * (error - last)) / dt, 10)
          last = error
          actuator += ((wanted - actuator) * dt) / 0.05
          pace += (100 * (actuator - place) - 6 * pace) * dt
          place = clip(place + pace * dt, 20)
          paid += error * error + 0.002 * actuator * actuator
        }
        return 0.1 + paid / steps + 0.01 * draws.normal()
      },
    }
  },
}

const clip = (x: number, most: number): number => (x > most ? most : x < -most ? -most : x)

const lateLoss = (unit: number): number => 1 + 20 * (unit - 0.5) ** 2

/** A configuration takes effect `seconds` later. One knob. */
export function late(seconds: number): MemoryPlant {
  return {
    name: `effect ${seconds} s late`,
    knobs: [unitKnob],
    start: [0.3],
    best: [0.5],
    begin: (seed) => {
      const draws = new Draws(seed)
      const line = new Delay(seconds)
      return {
        advance: (unit, passed) => lateLoss(line.tell(unit, passed)[0].unit[0]) + 0.02 * draws.normal(),
      }
    },
  }
}

/** A configuration takes effect gradually: the mean of the last `seconds` is in force. One knob. */
export function spreadOver(seconds: number): MemoryPlant {
  return {
    name: `effect spread over ${seconds} s`,
    knobs: [unitKnob],
    start: [0.3],
    best: [0.5],
    begin: (seed) => {
      const draws = new Draws(seed)
      const line = new Delay(seconds)
      return {
        advance: (unit, passed) => {
          const told = line.tell(unit, passed)
          let sum = 0
          for (const one of told) sum += one.unit[0]
          return lateLoss(sum / told.length) + 0.02 * draws.normal()
        },
      }
    },
  }
}

/**
 * Garbage-collector pauses: the heap fills at 200 MB a second, then everything stops for 8 ms plus .05 ms per MB.
 * The cost is the square of a pause, as waiting users feel it; with a large heap most windows contain none. One
 * knob, 64 MB to 4 GB, log scale.
 */
export const collector: MemoryPlant = {
  name: "garbage collector",
  knobs: [unitKnob],
  start: [0.67],
  begin: (seed) => {
    const draws = new Draws(seed)
    let filled = 0
    return {
      advance: ([unit], seconds) => {
        const heap = 64 * 64 ** unit
        filled += 200 * seconds * (1 + 0.1 * draws.normal())
        let paid = 0
        while (filled >= heap) {
          const pause = 8 + 0.05 * heap
          paid += (pause * pause) / 50
          filled -= heap
        }
        return 5 + paid / seconds
      },
    }
  },
}

/**
 * A bowl in four knobs with a wall near the start: below .25 on the first knob the cost is two thousand times the
 * squared shortfall.
 */
export function steepWall(noise: number): MemoryPlant {
  return {
    name: `steep wall, noise ${100 * noise} %`,
    knobs: Array.from({ length: 4 }, () => unitKnob),
    start: [0.22, 0.3, 0.3, 0.3],
    best: [0.6, 0.6, 0.6, 0.6],
    begin: (seed) => {
      const draws = new Draws(seed)
      return {
        advance: (unit) => {
          const behind = Math.max(0, 0.25 - unit[0])
          return (1 + 2000 * behind * behind + bowl(unit)) * (1 + noise * draws.normal())
        },
      }
    },
  }
}
