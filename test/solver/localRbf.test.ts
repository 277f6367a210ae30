import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Draw } from "../../src/solver/Draw.ts"
import { CubicModel } from "../../src/solver/numbers/CubicModel.ts"
import { localRbf } from "../../src/solver/strategies/LocalRbf.ts"
import {
  checklist,
  choice,
  circle,
  cube,
  fair,
  line,
  type Loss,
  Rig,
  spaceOf,
  sphereAt,
} from "./strategyRig.ts"

const wave = (z: Float64Array): number =>
  z.reduce((sum, v, i) => sum + Math.sin(3 * v + i) + (i + 1) * v * v, 0)

/** A surface through `count` points of its capacity, after `changes` more came in the place of others. */
function surface(d: number, count: number, changes: number, seed: number, shrink: number): CubicModel {
  const draw = new Draw(seed, 3)
  const model = new CubicModel(d, count)
  const z = new Float64Array(d)
  model.clear(0)
  let reach = 1
  const next = (): void => {
    for (let i = 0; i < d; i++) z[i] = reach * (draw.uniform() - 0.5)
  }
  for (let k = 0; k < d + 3; k++) {
    next()
    model.push(z, wave(z))
  }
  model.rebuild()
  for (let k = d + 3; k < count; k++) {
    next()
    model.add(z, wave(z))
  }
  for (let k = 0; k < changes; k++) {
    reach *= shrink
    next()
    let farthest = 0
    let most = -1
    for (let p = 0; p < model.count; p++) {
      const distance = Math.hypot(...model.points.subarray(p * d, p * d + d))
      if (distance > most) {
        most = distance
        farthest = p
      }
    }
    model.replace(farthest, z, wave(z))
  }
  return model
}

/** Largest difference between the surface and its points' losses, relative to their spread. */
function miss(model: CubicModel): number {
  const losses = model.losses.subarray(0, model.count)
  const spread = Math.max(...losses) - Math.min(...losses)
  let worst = 0
  for (let k = 0; k < model.count; k++) {
    worst = Math.max(worst, Math.abs(model.value(model.points, k * model.d) - (losses[k] - losses[0])))
  }
  return worst / spread
}

describe("the surface of cubes of distances", () => {
  it("passes through all its points, in whatever order they came and however close they are", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 }),
        fc.nat(1000),
        fc.constantFrom(1, 0.97),
        (d, seed, shrink) => {
          const model = surface(d, 3 * d + 10, 150, seed, shrink)
          expect(model.ready).toBe(true)
          expect(miss(model)).toBeLessThan(1e-6)
        },
      ),
      { numRuns: 30 },
    )
  })

  it("is the same surface after its base has moved", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.nat(1000), (d, seed) => {
        const model = surface(d, 3 * d + 5, 10, seed, 1)
        const z = Float64Array.from({ length: d }, (_, i) => 0.1 * i - 0.15)
        const before = model.value(z)
        const shift = Float64Array.from({ length: d }, (_, i) => 0.3 - 0.05 * i)
        model.rebase(shift)
        expect(model.value(z.map((v, i) => v - shift[i]))).toBeCloseTo(before, 7)
        expect(miss(model)).toBeLessThan(1e-7)
      }),
      { numRuns: 30 },
    )
  })

  it("has the gradient of its heights", () => {
    const d = 4
    const model = surface(d, 20, 5, 1, 1)
    const z = Float64Array.of(0.1, -0.2, 0.3, 0.05)
    const slope = new Float64Array(d)
    model.gradient(z, slope)
    for (let i = 0; i < d; i++) {
      const step = new Float64Array(d)
      step[i] = 1e-6
      const up = model.value(z.map((v, k) => v + step[k]))
      const down = model.value(z.map((v, k) => v - step[k]))
      expect(slope[i]).toBeCloseTo((up - down) / 2e-6, 4)
    }
  })

  it("is not ready while its points do not determine it, and recovers with one that does", () => {
    const model = new CubicModel(2, 8)
    model.clear(0)
    for (const x of [0, 0.1, 0.2, 0.3, 0.4]) model.add(Float64Array.of(x, 2 * x), x)
    expect(model.ready).toBe(false)
    model.add(Float64Array.of(0.1, -0.3), 5)
    expect(model.ready).toBe(true)
    expect(miss(model)).toBeLessThan(1e-9)
  })
})

describe("the local surrogate", () => {
  checklist(localRbf)

  it("descends a bowl and a kinked one", () => {
    const kinked: Loss = (x) => x.reduce((sum, v) => sum + Math.abs(v - 0.37), 0)
    for (const [loss, bar] of [
      [sphereAt(0.37), 1e-4],
      [kinked, 0.05],
    ] as const) {
      for (let seed = 0; seed < 5; seed++) {
        const rig = new Rig(cube(4), localRbf.make, {
          seed,
          history: [[[0.5, 0.5, 0.5, 0.5], loss(new Float64Array(4).fill(0.5))]],
        })
        rig.descend(loss, 120)
        expect(rig.best).toBeLessThan(bar)
      }
    }
  })

  it("keeps any number of workers busy, and spreads what it asks for", () => {
    const rig = new Rig(cube(3), localRbf.make, { history: [[[0.5, 0.5, 0.5], 1]] })
    for (let k = 0; k < 20; k++) expect(rig.ask()).not.toBeNull()
    expect(new Set(rig.asked.map((unit) => unit.join())).size).toBe(20)
    expect(rig.strategy.wantsAnswer?.()).toBe(true)
    const busy = new Rig(cube(3), localRbf.make, {
      history: [[[0.5, 0.5, 0.5], sphereAt(0.2)(new Float64Array(3).fill(0.5))]],
    })
    fair(busy, sphereAt(0.2), 150, 6, 4, 0.1)
    expect(busy.best).toBeLessThan(1e-3)
  })

  it("crosses the seam of a circle", () => {
    const loss: Loss = (x) => Math.sin(Math.PI * (x[0] - 0.98)) ** 2 + (x[1] - 0.5) ** 2
    const rig = new Rig(spaceOf([circle, line()]), localRbf.make, {
      history: [[[0.1, 0.4], loss(Float64Array.of(0.1, 0.4))]],
    })
    rig.descend(loss, 80)
    expect(rig.best).toBeLessThan(1e-4)
  })

  it("changes choices as well", () => {
    const space = spaceOf([choice(4), choice(2), line()])
    const loss: Loss = (x) =>
      (space.choiceIndex(0, x[0]) === 2 ? 0 : 1) +
      (space.choiceIndex(1, x[1]) === 1 ? 0 : 1) +
      (x[2] - 0.2) ** 2
    const rig = new Rig(space, localRbf.make, {})
    rig.descend(loss, 120)
    expect(rig.best).toBeLessThan(1e-3)
  })

  it("restarts elsewhere when its box has shrunk to nothing", () => {
    const rig = new Rig(cube(1), localRbf.make, { budget: 400 })
    rig.descend(sphereAt(0.3), 400)
    expect(rig.moves.filter((move) => move === "uniform").length).toBeGreaterThan(1)
  })
})
