/**
 * Drives a strategy without a solver, one call at a time or as a fair of workers that answer in any order, and the
 * checklist every refinement strategy has to pass.
 */
import fc from "fast-check"
import { expect, it } from "vitest"
import { Draw, STREAM_STRATEGY } from "../../src/solver/Draw.ts"
import { Readings } from "../../src/solver/Readings.ts"
import type { Dimension } from "../../src/solver/SearchSpace.ts"
import { SearchSpace } from "../../src/solver/SearchSpace.ts"
import type { Strategy, StrategyContext, StrategyDefinition } from "../../src/solver/Strategy.ts"

export const line = (min = 0, max = 1): Dimension => ({ min, max, scale: "linear", step: 0 })
export const circle: Dimension = { min: 0, max: 1, scale: "periodic", step: 0 }
export const grid = (last: number): Dimension => ({ min: 0, max: last, scale: "linear", step: 1 })
export const choice = (count: number): Dimension => ({
  choices: Array.from({ length: count }, (_, c) => `choice ${c}`),
})

/** A cube of `d` dimensions of one kind. */
export function cube(d: number, dimension: Dimension = line()): SearchSpace {
  return spaceOf(Array.from({ length: d }, () => dimension))
}

export function spaceOf(dimensions: ReadonlyArray<Dimension>): SearchSpace {
  return new SearchSpace(
    Object.fromEntries(dimensions.map((dimension, i) => [`x${String(i).padStart(2, "0")}`, dimension])),
  )
}

export interface RigOptions {
  readonly budget?: number
  readonly noise?: number
  readonly seed?: number
  readonly params?: Readonly<Record<string, number>>
  /** Points read before the strategy was made, with their losses. */
  readonly history?: ReadonlyArray<readonly [point: ReadonlyArray<number>, loss: number]>
}

export type Loss = (unit: Float64Array) => number

/** A strategy with what it reads from, and everything it asked for. */
export class Rig {
  readonly context: StrategyContext
  readonly strategy: Strategy
  readonly readings: Readings
  readonly asked: Float64Array[] = []
  readonly moves: string[] = []

  constructor(space: SearchSpace, make: (context: StrategyContext) => Strategy, options: RigOptions = {}) {
    const budget = options.budget ?? 1000
    this.readings = new Readings(space.size)
    for (const [point, loss] of options.history ?? []) this.readings.add(-1, Float64Array.from(point), loss)
    this.context = {
      space,
      budget,
      readings: this.readings,
      draw: new Draw(options.seed ?? 1, STREAM_STRATEGY),
      noise: options.noise ?? 0,
      params: options.params ?? {},
      remaining: () => budget - this.asked.length,
    }
    this.strategy = make(this.context)
  }

  /** Asks for the next point, or gives null; the trial's id is its place among those asked. */
  ask(): Float64Array | null {
    const out = new Float64Array(this.context.space.size)
    if (!this.strategy.ask(this.asked.length, out)) return null
    this.context.space.snap(out)
    this.asked.push(out)
    this.moves.push(this.strategy.move)
    return out
  }

  tell(id: number, loss: number): void {
    const unit = this.asked[id]
    if (Number.isFinite(loss)) this.strategy.tell(id, this.readings.add(id, unit, loss))
    else this.strategy.fail(id, unit)
  }

  /** A reading that the strategy did not ask for. */
  foreign(unit: Float64Array, loss: number): void {
    this.strategy.tell(-1, this.readings.add(-1, unit, loss))
  }

  /** Asks and answers in turn, `count` times. */
  descend(loss: Loss, count: number): void {
    for (let k = 0; k < count; k++) {
      const unit = this.ask()
      if (unit === null) throw new Error(`stalled at ${k}`)
      this.tell(this.asked.length - 1, loss(unit))
    }
  }

  get best(): number {
    return this.readings.losses[this.readings.lowest]
  }
}

/** Several workers at once: up to `workers` trials out, answered in an order drawn at random, some never to give a number. */
export function fair(rig: Rig, loss: Loss, count: number, workers: number, seed: number, failing = 0): void {
  const chance = new Draw(seed, 99)
  const pending: number[] = []
  while (rig.asked.length < count || pending.length > 0) {
    let waits = rig.asked.length >= count
    while (!waits && pending.length < workers) {
      const unit = rig.ask()
      if (unit === null) {
        if (pending.length === 0) throw new Error(`stalled at ${rig.asked.length} with nothing pending`)
        waits = true
      } else {
        pending.push(rig.asked.length - 1)
        waits = rig.asked.length >= count
      }
    }
    const [id] = pending.splice(chance.below(pending.length), 1)
    rig.tell(id, chance.uniform() < failing ? Number.NaN : loss(rig.asked[id]))
    if (chance.uniform() < 0.2) {
      const elsewhere = Float64Array.from(rig.asked[id], () => chance.uniform())
      rig.context.space.snap(elsewhere)
      rig.foreign(elsewhere, loss(elsewhere))
    }
  }
}

/** Rounded to 2^-20, so that constants and powers of two change nothing but what they should. */
export const dyadic = (x: number): number => Math.round(x * 1048576) / 1048576

const kinds: ReadonlyArray<Dimension> = [
  line(),
  line(-5, 7),
  { min: 1e-3, max: 10, scale: "log", step: 0 },
  circle,
  grid(1),
  grid(9),
  { min: 1, max: 256, scale: "log", step: 1 },
  { min: 0, max: 24, scale: "periodic", step: 1 },
  { min: 0, max: 1, scale: "linear", step: 5 },
  choice(2),
  choice(5),
]
const anySpace = fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 6 }).map(spaceOf)
/** A bowl with a seam-free side on circles and a favourite choice. */
const bowl = (space: SearchSpace): Loss => {
  const middle = Float64Array.from({ length: space.size }, (_, i) =>
    space.snapOne(i, ((i * 0.37 + 0.3) % 1) * 0.98),
  )
  return (unit) => space.squaredDistance(unit, 0, middle, 0)
}
const same = (a: ReadonlyArray<Float64Array>, b: ReadonlyArray<Float64Array>): boolean =>
  a.length === b.length && a.every((point, k) => point.every((x, i) => Object.is(x, b[k][i])))

/** @param share of the runs: less than all for a strategy whose asks cost much */
export function checklist(definition: StrategyDefinition, { learns = true, share = 1 } = {}): void {
  it("asks inside the cube and never stalls, whatever the space, the order of answers and the failures", () => {
    fc.assert(
      fc.property(
        anySpace,
        fc.integer({ min: 1, max: 9 }),
        fc.nat(1000),
        fc.constantFrom(0, 0.3, 1),
        fc.constantFrom(0, 0.1),
        (space, workers, seed, failing, noise) => {
          const rig = new Rig(space, definition.make, { seed, noise, budget: 120 })
          fair(rig, bowl(space), 120, workers, seed, failing)
          return rig.asked.every((unit) => unit.every((x) => x >= 0 && x <= 1))
        },
      ),
      { numRuns: 60 * share },
    )
  })

  it("asks for the same points again in the same order", () => {
    fc.assert(
      fc.property(anySpace, fc.integer({ min: 1, max: 5 }), fc.nat(1000), (space, workers, seed) => {
        const [a, b] = [0, 1].map(() => {
          const rig = new Rig(space, definition.make, { seed, budget: 80 })
          fair(rig, bowl(space), 80, workers, seed, 0.1)
          return rig
        })
        return same(a.asked, b.asked) && a.moves.join() === b.moves.join()
      }),
      { numRuns: 20 * share },
    )
  })

  it("does not depend on a constant added to the losses, or on a power of two as their factor", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.nat(1000),
        fc.integer({ min: -10, max: 10 }),
        fc.integer({ min: -1000, max: 1000 }),
        (d, seed, power, constant) => {
          const space = cube(d)
          const f = bowl(space)
          const [plain, changed] = [f, f].map((loss, which) => {
            const rig = new Rig(space, definition.make, { seed, budget: 100 })
            const seen: Loss = (unit) => {
              const value = dyadic(loss(unit))
              return which === 0 ? value : (value + constant) * 2 ** power
            }
            rig.descend(seen, 100)
            return rig
          })
          return same(plain.asked, changed.asked)
        },
      ),
      { numRuns: 20 * share },
    )
  })

  it("does not repeat a known grid point while there are enough others", () => {
    const space = spaceOf([grid(9), grid(9), choice(3)])
    const f = bowl(space)
    for (let seed = 0; seed < 5; seed++) {
      const rig = new Rig(space, definition.make, { seed, budget: 100 })
      // What failed there would fail again.
      rig.descend((unit) => (unit[0] === unit[1] ? Number.NaN : f(unit)), 100)
      expect(new Set(rig.asked.map((unit) => unit.join())).size).toBe(100)
    }
  })

  if (learns) {
    it("begins from known results", () => {
      const space = cube(3)
      const history = [0.1, 0.35, 0.8].map((x) => [[x, x, x], (x - 0.4) ** 2] as const)
      const rig = new Rig(space, definition.make, { history, budget: 60 })
      rig.descend((unit) => unit.reduce((sum, x) => sum + (x - 0.4) ** 2, 0), 60)
      expect(rig.best).toBeLessThan((0.35 - 0.4) ** 2)
    })
  }

  it("has a name and a description", () => {
    expect(definition.name).toMatch(/^[a-z][A-Za-z]+$/)
    expect(definition.summary.length).toBeGreaterThan(20)
  })
}

/** Squared distance to a point inside the cube, the same in every dimension. */
export const sphereAt =
  (at: number): Loss =>
  (unit) => {
    let sum = 0
    for (const x of unit) sum += (x - at) * (x - at)
    return sum
  }
