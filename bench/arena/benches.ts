/**
 * The yardsticks of a plant that remembers: where it is best to stand still, found by search, and what the plant pays there and at its
 * start. The search compares places on the same draws, with seeds that nobody is scored by.
 */
import type { MemoryPlant } from "../../src/testing/MemoryPlant.ts"
import { meanOf } from "../../src/testing/simulate.ts"
import { referenceOf } from "./judges.ts"
import { type MemoryRun, standing, type Units } from "./memoryRun.ts"

const SEARCH_SEEDS = [9001, 9002, 9003]
/** A place counts as lower from here on: otherwise the search does not end before its own rounding. */
const LOWER = 1 - 1e-4

export class Bench {
  readonly plant: MemoryPlant
  readonly windows: number
  /** The best place to stand still. */
  readonly best: Float64Array
  /** Readings with the best place at 0 and the start at 1, for rivals that depend on units. */
  readonly units: Units
  private readonly kept = new Map<string, Float64Array>()

  constructor(plant: MemoryPlant, windows: number) {
    this.plant = plant
    this.windows = windows
    this.best = plant.best === undefined ? this.search() : Float64Array.from(plant.best)
    const least = this.cost(this.best)
    const gain = this.cost(Float64Array.from(plant.start)) - least
    this.units = { zero: least, unit: gain > 0.01 * Math.abs(least) ? gain : Math.abs(least) }
  }

  /** What the plant pays at one place, by window. */
  at(unit: Float64Array, seed: number): Float64Array {
    const key = `${seed} ${unit.join()}`
    let paid = this.kept.get(key)
    if (paid === undefined) this.kept.set(key, (paid = standing(this.plant, unit, seed, this.windows)))
    return paid
  }

  nothing(seed: number): Float64Array {
    return this.at(Float64Array.from(this.plant.start), seed)
  }

  /** What standing at the best place pays. */
  optimum(seed: number): Float64Array {
    return this.at(this.best, seed)
  }

  /**
   * The level that a run must not leave far behind: that of the start, or of the place that is the baseline by then, whichever is lower.
   */
  reference(seed: number, baselines: MemoryRun["baselines"]): Float64Array {
    const reference = referenceOf(this.nothing(seed)).slice()
    baselines.slice(1).forEach(({ from, unit }, k) => {
      const level = referenceOf(this.at(unit, seed))
      const until = baselines[k + 2]?.from ?? this.windows
      for (let w = from; w < until; w++) reference[w] = Math.min(reference[w], level[w])
    })
    return reference
  }

  /** Forgets what was kept of a seed. */
  forget(): void {
    this.kept.clear()
  }

  private cost(unit: Float64Array): number {
    const from = Math.round(this.windows / 3)
    return meanOf(SEARCH_SEEDS.map((seed) => meanOf(standing(this.plant, unit, seed, this.windows), from)))
  }

  /** Enumerates a single knob; otherwise walks downhill along every knob and every pair of knobs, in ever smaller steps. */
  private search(): Float64Array {
    const n = this.plant.knobs.length
    const useful = this.plant.useful ?? this.plant.knobs.map((_, i) => i)
    let best: Float64Array = Float64Array.from(this.plant.start)
    let least = this.cost(best)
    const tried = (place: Float64Array): boolean => {
      const cost = this.cost(place)
      if (!(cost < LOWER * least)) return false
      best = place
      least = cost
      return true
    }
    if (n === 1) for (let k = 0; k <= 40; k++) tried(Float64Array.of(k / 40))
    const ways = waysOf(n, useful)
    for (const step of n === 1 ? [0.012, 0.006, 0.003] : [0.2, 0.1, 0.05, 0.025, 0.012]) {
      let moved = true
      for (let round = 0; moved && round < 12; round++) {
        moved = false
        for (const way of ways) {
          const place = best.map((x, i) => Math.min(1, Math.max(0, x + step * way[i])))
          if (tried(place)) moved = true
        }
      }
    }
    return best
  }
}

/** Both ways along every useful knob, and along every diagonal of two of them. */
function waysOf(n: number, useful: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<number>> {
  const ways: Array<ReadonlyArray<number>> = []
  const way = (...moves: ReadonlyArray<readonly [number, number]>): void => {
    const along = Array.from({ length: n }, () => 0)
    for (const [knob, by] of moves) along[knob] = by
    ways.push(along)
  }
  useful.forEach((knob, place) => {
    for (const by of [-1, 1]) {
      way([knob, by])
      for (const other of useful.slice(place + 1))
        for (const aside of [-1, 1]) way([knob, by], [other, aside])
    }
  })
  return ways
}
