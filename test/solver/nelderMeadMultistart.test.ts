import { describe, expect, it } from "vitest"
import { nelderMeadMultistart } from "../../src/solver/strategies/NelderMeadMultistart.ts"
import { checklist, cube, grid, type Loss, Rig, spaceOf, sphereAt } from "./strategyRig.ts"

const starts = (count: number): { params: { starts: number } } => ({ params: { starts: count } })

/** Which of four corners of the square a point lies in. */
const corner = (unit: Float64Array): number => (unit[0] < 0.5 ? 0 : 1) + (unit[1] < 0.5 ? 0 : 2)

/** A start known in each corner, worse than what is read there; the simplices stay around theirs. */
const corners = [
  [[0.2, 0.2], 9] as const,
  [[0.8, 0.2], 8] as const,
  [[0.2, 0.8], 7] as const,
  [[0.8, 0.8], 6] as const,
]

/** A bowl in each corner, the lower the later corner. */
const bowls: Loss = (unit) => {
  const depth = 4 - corner(unit)
  return depth + sphereAt(0.35)(Float64Array.from(unit, (x) => Math.abs(x - 0.5)))
}

describe("nelderMeadMultistart", () => {
  checklist(nelderMeadMultistart)

  it("gives each start a few moves and drops the worse half, until one is left", () => {
    const rig = new Rig(cube(2), nelderMeadMultistart.make, {
      history: corners,
      params: { starts: 4, edge: 0.05 },
    })
    rig.descend(bowls, 60)
    const counts = (from: number, to: number): number[] => {
      const seen = [0, 0, 0, 0]
      for (const unit of rig.asked.slice(from, to)) seen[corner(unit)]++
      return seen
    }
    // Twice n + 1 evaluations each, then as many again for the better two, then the best alone.
    expect(counts(0, 24)).toEqual([6, 6, 6, 6])
    expect(counts(24, 36)).toEqual([0, 0, 6, 6])
    expect(counts(36, 60)).toEqual([0, 0, 0, 24])
  })

  it("switches to another simplex when one finds nothing better for long", () => {
    const rig = new Rig(cube(2), nelderMeadMultistart.make, {
      history: corners,
      params: { starts: 4, edge: 0.05, tolerance: 1e-9 },
      noise: 0.1,
    })
    // Nothing ever gets better in the last corner, and every reading is different: its simplex does not come to an end.
    let later = 0
    const loss: Loss = (unit) => {
      later += 1e-6
      return corner(unit) === 3 ? later : 4 - corner(unit) + sphereAt(0.3)(unit)
    }
    rig.descend(loss, 90)
    const solo = rig.asked.slice(40).map(corner)
    expect(solo[0]).toBe(3)
    expect(solo.slice(25)).toContain(2)
  })

  it("continues paused ones while the current one waits", () => {
    const rig = new Rig(cube(2), nelderMeadMultistart.make, {
      history: corners,
      params: { starts: 4, edge: 0.05 },
    })
    rig.descend(bowls, 40)
    expect(rig.strategy.wantsAnswer?.()).toBe(false)
    rig.ask()
    expect(corner(rig.asked[40])).toBe(3)
    expect(rig.strategy.wantsAnswer?.()).toBe(true)
    for (let k = 0; k < 3; k++) rig.ask()
    expect(rig.asked.slice(41).map(corner)).toEqual([2, 1, 0])
    expect(rig.ask()).toBeNull()
    rig.tell(41, 9)
    expect(rig.ask()).not.toBeNull()
  })

  it("begins a new round elsewhere when all have had their turn", () => {
    const rig = new Rig(cube(2), nelderMeadMultistart.make, starts(2))
    rig.descend((unit) => Math.min(0.2 + sphereAt(0.5)(unit), 6 * sphereAt(0.92)(unit)), 1500)
    expect(rig.best).toBeLessThan(1e-8)
    expect(rig.moves.filter((move) => move === "start").length).toBeGreaterThan(12)
  })

  it("takes as many starts as fit the budget, and at least one", () => {
    const startsWith = (budget: number, d: number): number => {
      const rig = new Rig(cube(d), nelderMeadMultistart.make, { budget })
      while (rig.ask() !== null) expect(rig.moves.at(-1)).toBe("start")
      return rig.asked.length / (d + 1)
    }
    expect(startsWith(90, 2)).toBe(3)
    expect(startsWith(90, 5)).toBe(2)
    expect(startsWith(90, 20)).toBe(1)
    expect(startsWith(10000, 2)).toBe(6)
    expect(startsWith(1, 2)).toBe(1)
  })

  it("reads every point of a small grid before it reads one twice", () => {
    const rig = new Rig(spaceOf([grid(3), grid(3)]), nelderMeadMultistart.make, { budget: 40 })
    rig.descend((unit) => sphereAt(0.4)(unit), 12)
    expect(new Set(rig.asked.map((unit) => unit.join())).size).toBe(12)
    rig.descend((unit) => sphereAt(0.4)(unit), 28)
    expect(rig.best).toBeLessThan(0.05)
  })
})
