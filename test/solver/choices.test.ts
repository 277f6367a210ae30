/** Choices with numbers: no combination is judged before its numbers fit, and none is forgotten for an early lead. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { createSolver } from "../../src/solver/createSolver.ts"
import { restoreSolver } from "../../src/study/createSolver.ts"
import { auto } from "../../src/solver/strategies/Auto.ts"
import { choice, fair, grid, line, type Loss, Rig, spaceOf } from "./strategyRig.ts"

/** The index of a choice of three. */
const third = (x: number): number => Math.floor(3 * x)

/** Lowest in the choice `best`, by little, where each choice has its numbers elsewhere. */
const valleys =
  (best: number): Loss =>
  (x) => {
    const c = third(x[0])
    const at = 0.2 + 0.3 * c
    return (c === best ? 0 : 0.01) + (x[1] - at) ** 2 + 3 * (x[2] - 1 + at) ** 2
  }

describe("choices with numbers", () => {
  it("finds the best of a few, whichever it is and wherever the run began", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 }),
        fc.integer({ min: 0, max: 2 }),
        fc.nat(1000),
        (best, first, seed) => {
          const loss = valleys(best)
          const start = [(first + 0.5) / 3, 0.5, 0.5]
          const rig = new Rig(spaceOf([choice(3), line(), line()]), auto.make, {
            seed,
            budget: 90,
            history: [[start, loss(Float64Array.from(start))]],
          })
          rig.descend(loss, 89)
          return rig.best < 1e-6
        },
      ),
      { numRuns: 40 },
    )
  })

  it("reads each of a few equally often, and spends the rest on the best", () => {
    const rig = new Rig(spaceOf([choice(4), line()]), auto.make, { budget: 100 })
    const loss: Loss = (x) => Math.abs(Math.floor(4 * x[0]) - 2) + (x[1] - 0.3) ** 2
    rig.descend(loss, 100)
    const spent = (units: ReadonlyArray<Float64Array>): ReadonlyArray<number> =>
      [0, 1, 2, 3].map((c) => units.filter((unit) => Math.floor(4 * unit[0]) === c).length)
    // 0.8 of 100 in two rounds: 10 for each of four, then 20 for each of two.
    expect(spent(rig.asked.slice(0, 40))).toEqual([10, 10, 10, 10])
    expect([...spent(rig.asked.slice(40, 80))].sort((a, b) => a - b)).toEqual([0, 0, 20, 20])
    expect(spent(rig.asked.slice(80))).toEqual([0, 0, 20, 0])
  })

  it("tries every value of every choice at the incumbent before the last half, if combinations are many", () => {
    for (let seed = 0; seed < 8; seed++) {
      const counts = [4, 3, 5]
      const rig = new Rig(spaceOf([...counts.map(choice), line(), line()]), auto.make, {
        seed,
        budget: 60,
        history: [[[0.5, 0.5, 0.5, 0.5, 0.5], 9]],
      })
      // What the choices cost is far less than what the numbers do, and the incumbent keeps the choices it has.
      const loss: Loss = (x) => (x[0] + x[1] + x[2]) / 1000 + (x[3] - 0.3) ** 2 + (x[4] - 0.6) ** 2
      rig.descend(loss, 30)
      const first = rig.moves.indexOf("challenger")
      expect(first).toBeGreaterThan(0)
      // Each was asked for with the choices and the numbers of the incumbent of its time, but for one choice.
      rig.moves.forEach((move, k) => {
        if (move !== "challenger") return
        const before = rig.asked.slice(0, k)
        const incumbent = before.reduce((low, x) => (loss(x) < loss(low) ? x : low))
        expect(incumbent.filter((x, i) => x !== rig.asked[k][i]).length).toBe(1)
      })
      const best = rig.asked.slice(0, 30).reduce((low, x) => (loss(x) < loss(low) ? x : low))
      const near = rig.asked.slice(0, 30).filter((x) => Math.hypot(x[3] - best[3], x[4] - best[4]) < 0.3)
      counts.forEach((count, i) => {
        expect(new Set(near.map((x) => Math.floor(count * x[i]))).size).toBe(count)
      })
    }
  })

  it("finds the best of many combinations, with its numbers", () => {
    let found = 0
    for (let seed = 0; seed < 6; seed++) {
      const rig = new Rig(spaceOf([choice(5), choice(5), line(), line()]), auto.make, { seed, budget: 80 })
      rig.descend((x) => {
        const worse = (Math.floor(5 * x[0]) === seed % 5 ? 0 : 0.1) + (Math.floor(5 * x[1]) === 3 ? 0 : 0.1)
        return worse + (x[2] - 0.3) ** 2 + 2 * (x[3] - 0.6 + 0.1 * x[0]) ** 2
      }, 80)
      if (rig.best < 1e-6) found++
    }
    expect(found).toBeGreaterThanOrEqual(5)
  })

  it("continues with another combination that turns out better while the first is searched", () => {
    const rig = new Rig(spaceOf([choice(7), choice(7), line()]), auto.make, { budget: 120 })
    let told = 0
    rig.descend((x) => {
      // After 70 readings one combination becomes better than all: only who still looks elsewhere can know.
      const gift = told++ > 70 && Math.floor(7 * x[0]) !== 0 ? -5 : 0
      return gift + Math.floor(7 * x[0]) + Math.floor(7 * x[1]) + (x[2] - 0.4) ** 2
    }, 120)
    expect(Math.floor(7 * rig.readings.units[rig.readings.lowest * 3])).toBeGreaterThan(0)
    expect(rig.asked.slice(-10).filter((x) => Math.floor(7 * x[0]) > 0).length).toBeGreaterThan(5)
  })

  it("is restored bit for bit, even after it was asked for more than it had", () => {
    const bounds = {
      c: { choices: ["a", "b", "c", "d"] },
      d: { type: "boolean" },
      x: { min: 0, max: 1 },
      y: { min: 0, max: 9, step: 1 },
    } as const
    const solver = createSolver({ seed: 3, budget: 60, bounds })
    for (let trials = solver.askTrials(); trials !== null; trials = solver.askTrials()) {
      const twin = restoreSolver(solver.state())
      expect(twin.state()).toEqual(solver.state())
      for (const { id, params } of trials)
        solver.tell({
          id,
          value: (params.x - 0.3) ** 2 + Math.abs(params.y - 4) + (params.c === "c" ? 0 : 0.2),
        })
    }
    expect(restoreSolver(solver.state()).best).toEqual(solver.best)
  })

  it("explores longer with a larger budget", () => {
    const looks = [60, 120, 240].map((budget) => {
      const rig = new Rig(spaceOf([choice(2), line()]), auto.make, { budget })
      rig.descend((x) => (x[0] > 0.5 ? 1 : 0) + (x[1] - 0.4) ** 2, budget)
      return rig.asked.filter((unit) => unit[0] > 0.5).length
    })
    expect(looks[1]).toBeGreaterThan(1.8 * looks[0])
    expect(looks[2]).toBeGreaterThan(1.8 * looks[1])
  })

  it("drops a choice that only fails, and continues if everything does", () => {
    const space = spaceOf([choice(3), line(), line()])
    for (const broken of [[0], [0, 1], [0, 1, 2]]) {
      const rig = new Rig(space, auto.make, { budget: 90 })
      rig.descend((x) => (broken.includes(third(x[0])) ? Number.NaN : valleys(2)(x)), 90)
      const later = rig.asked.slice(72).filter((unit) => broken.includes(third(unit[0])))
      if (broken.length < 3) expect(later).toEqual([])
      if (broken.length < 3) expect(rig.best).toBeLessThan(1e-6)
    }
  })

  it("keeps several workers busy with several choices", () => {
    const rig = new Rig(spaceOf([choice(3), line(), line()]), auto.make, { budget: 90 })
    for (let k = 0; k < 6; k++) expect(rig.ask()).not.toBeNull()
    for (let k = 0; k < 6; k++) rig.tell(k, valleys(1)(rig.asked[k]))
    fair(rig, valleys(1), 90, 4, 3)
    expect(rig.best).toBeLessThan(1e-3)
  })

  it("works without any number to search", () => {
    const rig = new Rig(spaceOf([choice(4), choice(4)]), auto.make, { budget: 30 })
    rig.descend((x) => x[0] + x[1], 16)
    expect(new Set(rig.asked.map((unit) => unit.join())).size).toBe(16)
    const mixed = new Rig(spaceOf([choice(4), grid(1)]), auto.make, { budget: 30 })
    mixed.descend((x) => x[0] + x[1], 30)
    expect(mixed.best).toBeLessThan(0.7)
  })
})
