/** Bayesian search: the checklist of every strategy, and what it is for: few readings, choices, noise, several workers. */
import { describe, expect, it } from "vitest"
import { Draw } from "../../src/solver/Draw.ts"
import {
  gaussianSearch,
  type GaussianSearch,
  MOST_READINGS,
} from "../../src/solver/strategies/GaussianSearch.ts"
import { checklist, choice, cube, line, type Loss, Rig, spaceOf, sphereAt } from "./strategyRig.ts"

describe("Gaussian search", () => {
  checklist(gaussianSearch, { share: 0.2 })

  it("comes near the lowest point of a bowl with few readings", () => {
    for (let seed = 0; seed < 5; seed++) {
      const rig = new Rig(cube(3), gaussianSearch.make, { seed, budget: 40 })
      rig.descend(sphereAt(0.3), 40)
      expect(rig.best).toBeLessThan(0.01)
    }
  })

  it("finds the best of many combinations without reading most of them", () => {
    const right = [3, 1, 4]
    const loss: Loss = (x) =>
      right.reduce((sum, value, i) => sum + (Math.floor(6 * x[i]) === value ? 0 : 0.2), (x[3] - 0.4) ** 2)
    let found = 0
    for (let seed = 0; seed < 10; seed++) {
      const rig = new Rig(spaceOf([choice(6), choice(6), choice(6), line()]), gaussianSearch.make, {
        seed,
        budget: 60,
      })
      rig.descend(loss, 60)
      if (rig.best < 0.2) found++
    }
    // Uniform draws read 60 of 216 combinations.
    expect(found).toBeGreaterThanOrEqual(8)
  })

  it("spreads over the space what several workers ask for at once", () => {
    const rig = new Rig(cube(2), gaussianSearch.make, {
      history: [
        [[0.2, 0.2], 1],
        [[0.8, 0.3], 2],
        [[0.5, 0.9], 3],
      ],
    })
    const batch = Array.from({ length: 8 }, () => rig.ask()!)
    for (let a = 0; a < 8; a++)
      for (let b = 0; b < a; b++)
        expect(Math.hypot(batch[a][0] - batch[b][0], batch[a][1] - batch[b][1])).toBeGreaterThan(1e-3)
  })

  it("is not misled by absurd readings", () => {
    for (let seed = 0; seed < 4; seed++) {
      const rig = new Rig(cube(2), gaussianSearch.make, { seed, budget: 60 })
      let told = 0
      rig.descend((x) => (told++ % 9 === 4 ? 1e300 : sphereAt(0.3)(x)), 60)
      expect(rig.best).toBeLessThan(1e-3)
    }
  })

  it("keeps away from where trials failed", () => {
    const rig = new Rig(cube(1), gaussianSearch.make, { budget: 60 })
    rig.descend((x) => (x[0] > 0.5 ? Number.NaN : (x[0] - 0.7) ** 2), 60)
    const late = rig.asked.slice(30).filter((x) => x[0] > 0.55)
    expect(late.length).toBeLessThan(10)
  })

  it("is not misled by lucky readings", () => {
    let total = 0
    for (let seed = 0; seed < 5; seed++) {
      const noise = new Draw(seed, 77)
      const rig = new Rig(cube(2), gaussianSearch.make, { seed, noise: 0.1, budget: 80 })
      rig.descend((x) => sphereAt(0.3)(x) + 0.02 * noise.normal(), 80)
      const late = rig.asked.slice(60).map((x) => sphereAt(0.3)(x))
      total += late.reduce((sum, x) => sum + x, 0) / late.length
    }
    expect(total / 5).toBeLessThan(0.06)
  })

  it("names other choices than a point's on request, and none if there are none", () => {
    const rig = new Rig(spaceOf([choice(2), line()]), gaussianSearch.make, { budget: 40 })
    rig.descend((x) => x[0] + (x[1] - 0.5) ** 2, 20)
    const search = rig.strategy as GaussianSearch
    const out = new Float64Array(2)
    for (let k = 0; k < 5; k++) {
      expect(search.askElsewhere(100 + k, out, Float64Array.of(0.25, 0.5))).toBe(true)
      expect(out[0]).toBe(0.75)
    }
    const alone = new Rig(cube(2), gaussianSearch.make, { budget: 40 })
    alone.descend(sphereAt(0.3), 10)
    expect((alone.strategy as GaussianSearch).askElsewhere(100, out, Float64Array.of(0.5, 0.5))).toBe(false)
  })

  it("continues with more readings than its model holds", () => {
    const rig = new Rig(cube(2), gaussianSearch.make, { budget: 2 * MOST_READINGS })
    rig.descend(sphereAt(0.3), 2 * MOST_READINGS)
    expect(rig.best).toBeLessThan(1e-4)
  })
})
