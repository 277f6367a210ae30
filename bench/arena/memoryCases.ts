/** The plants that remember, and the healthy ones, by what is asked of a tuner on them. */
import { bursts, diurnal, stepBetween, wandering } from "../../src/testing/loads.ts"
import * as control from "../../src/testing/controlPlants.ts"
import { type MemoryPlant, withUseless } from "../../src/testing/MemoryPlant.ts"
import * as queues from "../../src/testing/memoryPlants.ts"
import { cliff, kink, optimumOf, plateau, quadratic, rotated, valley } from "../../src/testing/plants.ts"
import { fluctuatingQueue, LOADS, queuePlant } from "../../src/testing/queue.ts"
import * as service from "../../src/testing/servicePlants.ts"
import * as stores from "../../src/testing/storePlants.ts"

const named = (plant: MemoryPlant, suffix: string): MemoryPlant => ({
  ...plant,
  name: `${plant.name}, ${suffix}`,
})

/** Plants whose ruin comes later than its price: `seconds` is how long a run lasts. */
export const remembering = (seconds: number): ReadonlyArray<MemoryPlant> => [
  queues.staffing(22),
  queues.staffing(60),
  named(queues.staffing(40, stepBetween(seconds / 3, (2 * seconds) / 3, 1.5)), "load +50 % and back"),
  named(queues.staffing(40, diurnal(0.75, 1.25, seconds / 4)), "load by the time of day"),
  withUseless(queues.staffing(22), 3),
  queues.crew,
  withUseless(queues.crew, 62),
  queues.autoscaler,
  queues.inFlight,
  named(queues.limited(wandering(0.1, 20)), "load wanders"),
  queues.retryStorm,
  stores.heat,
  stores.heatAndFan,
  withUseless(stores.heat, 15),
  stores.battery,
  stores.wear,
  service.threadPool(),
  named(service.threadPool(bursts(120, 8, 1.3)), "bursts"),
  service.hedging,
]

/** Plants that jump between two states. */
export const twoStates: ReadonlyArray<MemoryPlant> = [stores.cutOut, control.loopGain]

/** Plants whose answer comes late, in spikes, or as a swing; leaks that nobody can mend; a wall at the start. */
export const awkward = (seconds: number): ReadonlyArray<MemoryPlant> => [
  control.late(0.5),
  control.late(2),
  control.spreadOver(1.5),
  control.pid,
  control.collector,
  fluctuatingQueue(),
  control.steepWall(0.05),
  stores.leak(100),
  stores.leakRestarted(20, seconds / 6),
]

const optima = (n: number): ReadonlyArray<number> => Array.from({ length: n }, (_, i) => optimumOf(i))

/** A bowl in `own` of so many knobs: the others do nothing. */
const sparse = (own: number, all: number, noise: number): MemoryPlant =>
  withUseless(service.weathered(quadratic(own), { noise, best: optima(own) }), all - own)

/** Healthy plants; those of noise alone say so. */
export interface Healthy {
  readonly plant: MemoryPlant
  readonly noiseAlone: boolean
}

export function healthy(seconds: number): ReadonlyArray<Healthy> {
  const { weathered } = service
  const still = (n: number) => ({ best: optima(n) })
  const jump = { kind: "step", atUs: seconds * 5e5, by: 0.2 } as const
  const ramp = { kind: "ramp", fromUs: seconds * 2.5e5, toUs: seconds * 7.5e5, by: 0.2 } as const
  const alone = [
    weathered(quadratic(1), { noise: 0.05, ...still(1) }),
    weathered(quadratic(1), { noise: 0.2, ...still(1) }),
    weathered(quadratic(4), { noise: 0, ...still(4) }),
    weathered(quadratic(4), { noise: 0.05, ...still(4) }),
    weathered(quadratic(4), { noise: 0.2, ...still(4) }),
    named(weathered({ ...quadratic(4), start: optima(4) }, { noise: 0.2, ...still(4) }), "from its optimum"),
    weathered(quadratic(16), { noise: 0.05, ...still(16) }),
    sparse(4, 64, 0.05),
    weathered(rotated(4, 30), { noise: 0.05, ...still(4) }),
    weathered(valley(), { noise: 0.05, best: [1.9 / 3, 1.29 / 3] }),
    weathered(cliff(4), { noise: 0.05, ...still(4) }),
    weathered(kink(4), { noise: 0.05, ...still(4) }),
    weathered(kink(4), { noise: 0.2, ...still(4) }),
    weathered(plateau(4), { noise: 0.05, ...still(4) }),
    weathered(quadratic(4), { noise: 0.05, weather: "t2", ...still(4) }),
    weathered(quadratic(4), { noise: 0.05, weather: "correlated", ...still(4) }),
    weathered(quadratic(4), { noise: 0.2, weather: "correlated", ...still(4) }),
    weathered(queuePlant([LOADS[0]], Number.MAX_SAFE_INTEGER), { noise: 0.05 }),
    control.steepWall(0.05),
  ]
  const changing = [
    weathered(quadratic(4, jump), { noise: 0.05, ...still(4) }),
    weathered(quadratic(4, jump), { noise: 0.2, ...still(4) }),
    weathered(quadratic(4, ramp), { noise: 0.05, ...still(4) }),
    named(service.loadedBowl(4, 0.3, 0.05, diurnal(1, 5, seconds / 3)), "load x1 to 5"),
    named(service.loadedBowl(4, 0.3, 0.05, bursts(60, 5, 3)), "bursts x3"),
    named(service.loadedBowl(4, 0.3, 0.05, wandering(0.3, 30)), "load wanders"),
  ]
  return [
    ...alone.map((plant) => ({ plant, noiseAlone: true })),
    ...changing.map((plant) => ({ plant, noiseAlone: false })),
  ]
}

/** A load of three times that no configuration undoes, and back: `noise` of one digest. */
export const tripled = (seconds: number, noise: number): MemoryPlant =>
  named(service.loadedBowl(4, 0.3, noise, stepBetween(seconds / 3, (2 * seconds) / 3, 3)), "load x3 and back")
