/** Plants whose load comes and goes, with what the digests say about it. */
import { uniformAt } from "../../src/testing/noise.ts"
import { type Plant, unitKnobs } from "../../src/testing/Plant.ts"
import { LOADS, queuePlant } from "../../src/testing/queue.ts"

export interface Alternating {
  readonly title: string
  readonly plant: Plant
  /** Standard deviation of one reading of the objective. */
  readonly noise: number
  /** What a digest calls the load at a time, without noise. */
  readonly load: (atUs: number) => number
  /** Which optimum is the right one at a time. */
  readonly place: (atUs: number) => number
}

/** How long a load lasts, and how many there are in a run. */
export const EACH_US = 120_000_000
export const VISITS = 18

const visit = (atUs: number): number => Math.min(VISITS - 1, Math.max(0, Math.floor(atUs / EACH_US)))

/** Four knobs; `placeOf` says which optimum a visit has, 0 for the first. */
function moving(
  title: string,
  noise: number,
  placeOf: (visit: number) => number,
  loads: number,
  load = (atUs: number): number => 100 * 1.5 ** (visit(atUs) % loads),
): Alternating {
  const optimum = (place: number, knob: number): number => 0.25 + 0.5 * uniformAt(77 + 4096 * place, knob)
  const loss = (unit: Float64Array, atUs: number): number => {
    const place = placeOf(visit(atUs))
    let sum = 0
    for (let i = 0; i < 4; i++) sum += (unit[i] - optimum(place, i)) ** 2
    return sum
  }
  const plant = { name: title, knobs: unitKnobs(4), start: [0.5, 0.5, 0.5, 0.5], loss, best: () => 0 }
  return { title, plant, noise, load, place: (atUs) => placeOf(visit(atUs)) }
}

const turns = Array.from({ length: VISITS }, (_, i) => LOADS[i % LOADS.length])
const queue = (noise: number): Alternating => ({
  title: `M/M/c/K, three loads in turn, noise ${noise}`,
  plant: queuePlant(turns, EACH_US, 40),
  noise,
  load: (atUs) => turns[visit(atUs)].lambda,
  place: (atUs) => visit(atUs) % LOADS.length,
})

/** A load that swings about a level: a wave, or short peaks of the same mean and spread, 40 % up and down in 5.6 s. */
const SWING_US = 5_600_000
const wave = (turn: number): number => Math.SQRT2 * Math.sin(2 * Math.PI * turn)
const peaks = (turn: number): number => (turn - Math.floor(turn) < 0.2 ? 2 : -0.5)
const swinging = (shape: (turn: number) => number, level: number, atUs: number): number =>
  level * Math.exp(0.3 * shape(atUs / SWING_US))

export const plants: ReadonlyArray<Alternating> = [
  moving("four knobs, two loads in turn, noise 0", 0, (v) => v % 2, 2),
  moving("four knobs, two loads in turn, noise 0.01", 0.01, (v) => v % 2, 2),
  moving("four knobs, three loads in turn, noise 0.01", 0.01, (v) => v % 3, 3),
  queue(0),
  queue(0.05),
  moving("the load comes back, the optimum never, noise 0.01", 0.01, (v) => v, 2),
  moving("the load says nothing: one value, two optima, noise 0.01", 0.01, (v) => v % 2, 1),
  moving("nothing changes, noise 0.01", 0.01, () => 0, 1),
  moving(
    "two loads of one level, a wave and peaks, noise 0.01",
    0.01,
    (v) => v % 2,
    2,
    (atUs) => swinging(visit(atUs) % 2 === 0 ? wave : peaks, 100, atUs),
  ),
  moving(
    "one wave at two levels, noise 0.01",
    0.01,
    (v) => v % 2,
    2,
    (atUs) => swinging(wave, 100 * 2 ** (visit(atUs) % 2), atUs),
  ),
  moving(
    "a wave, peaks and a load that holds, noise 0.01",
    0.01,
    (v) => v % 3,
    3,
    (atUs) => (visit(atUs) % 3 === 2 ? 100 : swinging(visit(atUs) % 3 === 0 ? wave : peaks, 100, atUs)),
  ),
]
