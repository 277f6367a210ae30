import { describe, expect, it } from "vitest"
import { KnownPoints } from "../../src/solver/strategies/KnownPoints.ts"
import { NelderMead, nelderMead } from "../../src/solver/strategies/NelderMead.ts"
import { coefficients } from "../../src/solver/strategies/Simplex.ts"
import { Starts } from "../../src/solver/strategies/Starts.ts"
import { checklist, choice, circle, cube, grid, line, Rig, spaceOf, sphereAt } from "./strategyRig.ts"

/** Losses in the order the points are asked for; gives what was asked, move by move. */
function provoke(d: number, losses: ReadonlyArray<number>): { points: number[][]; moves: string[] } {
  const rig = new Rig(cube(d), (context) => {
    return new NelderMead(context, { start: new Float64Array(d).fill(0.5), edge: 0.125 })
  })
  for (const loss of losses) {
    rig.ask()
    rig.tell(rig.asked.length - 1, loss)
  }
  rig.ask()
  return { points: rig.asked.map((unit) => [...unit]), moves: rig.moves }
}

// Vertices (.5, .5), (.625, .5), (.5, .625) with losses 1, 2, 3: the centroid without the worst is (.5625, .5).
const FIRST = [1, 2, 3]

describe("the five moves in two dimensions", () => {
  it("starts with one vertex along each axis and reflects the worst through the middle of the others", () => {
    const { points, moves } = provoke(2, FIRST)
    expect(points).toEqual([
      [0.5, 0.5],
      [0.625, 0.5],
      [0.5, 0.625],
      [0.625, 0.375],
    ])
    expect(moves).toEqual(["start", "start", "start", "reflect"])
  })

  it("expands to twice as far when the reflected point is the best, and keeps the better of the two", () => {
    const { points, moves } = provoke(2, [...FIRST, 0.5])
    expect(points[4]).toEqual([0.6875, 0.25])
    expect(moves[4]).toBe("expand")
    // Expansion kept: the worst is now (.625, .5); centroid of (.5, .5) and (.6875, .25).
    expect(provoke(2, [...FIRST, 0.5, 0.25]).points[5]).toEqual([0.5625, 0.25])
    // Expansion refused, also when only as good: centroid of (.5, .5) and (.625, .375).
    expect(provoke(2, [...FIRST, 0.5, 0.5]).points[5]).toEqual([0.5, 0.375])
  })

  it("accepts a reflected point in the middle as it is", () => {
    const { points, moves } = provoke(2, [...FIRST, 1.5])
    // The worst is (.625, .5) now; centroid of (.5, .5) and (.625, .375).
    expect(points[4]).toEqual([0.5, 0.375])
    expect(moves[4]).toBe("reflect")
  })

  it("contracts outside when the reflected point would be the worst but beats the old one", () => {
    const { points, moves } = provoke(2, [...FIRST, 2.5])
    expect(points[4]).toEqual([0.59375, 0.4375])
    expect(moves[4]).toBe("contract outside")
    // As good as the reflected point is good enough: the worst is then the contracted point itself.
    expect(provoke(2, [...FIRST, 2.5, 2.5]).moves[5]).toBe("reflect")
    expect(provoke(2, [...FIRST, 2.5, 2.6]).moves[5]).toBe("shrink")
  })

  it("contracts inside when the reflected point is no better than the worst", () => {
    const { points, moves } = provoke(2, [...FIRST, 3])
    expect(points[4]).toEqual([0.53125, 0.5625])
    expect(moves[4]).toBe("contract inside")
    expect(provoke(2, [...FIRST, 3, 2.9]).moves[5]).toBe("reflect")
  })

  it("shrinks towards the best vertex when contracting did not help", () => {
    const { points, moves } = provoke(2, [...FIRST, 3, 3, 4])
    expect(points.slice(5)).toEqual([
      [0.5625, 0.5],
      [0.5, 0.5625],
    ])
    expect(moves.slice(5)).toEqual(["shrink", "shrink"])
  })

  it("ranks a new point behind equals, so that ties do not flip the simplex forever", () => {
    // The reflected point ties with the second: it is not better than it, so the simplex contracts.
    expect(provoke(2, [...FIRST, 2]).moves[4]).toBe("contract outside")
    // The contracted point ties with (.625, .5): it is the worst now, and reflected through (.5625, .5).
    expect(provoke(2, [...FIRST, 2.5, 2]).points[5]).toEqual([0.53125, 0.5625])
  })
})

describe("the coefficients", () => {
  it("follow the dimension from three on and are the classic ones below", () => {
    expect(coefficients(1)).toEqual({ expand: 2, contract: 0.5, shrink: 0.5 })
    expect(coefficients(2)).toEqual({ expand: 2, contract: 0.5, shrink: 0.5 })
    expect(coefficients(4)).toEqual({ expand: 1.5, contract: 0.625, shrink: 0.75 })
  })

  it("determine the moves in four dimensions", () => {
    const first = [1, 2, 3, 4, 5]
    // The centroid of all but the last vertex is (.53125, .53125, .53125, .5); the worst is (.5, .5, .5, .625).
    expect(provoke(4, first).points[5]).toEqual([0.5625, 0.5625, 0.5625, 0.375])
    expect(provoke(4, [...first, 0]).points[6]).toEqual([0.578125, 0.578125, 0.578125, 0.3125])
    expect(provoke(4, [...first, 4.5]).points[6]).toEqual([0.55078125, 0.55078125, 0.55078125, 0.421875])
    expect(provoke(4, [...first, 5]).points[6]).toEqual([0.51171875, 0.51171875, 0.51171875, 0.578125])
    // Shrunk by 3/4: an edge of .125 becomes .09375.
    expect(provoke(4, [...first, 5, 5]).points[7]).toEqual([0.59375, 0.5, 0.5, 0.5])
  })
})

describe("the starts", () => {
  it("are the best readings away from earlier starts, then any place away from them", () => {
    const near = [0.5, 0.52, 0.48, 0.55].map((x, k) => [[x, x], k] as const)
    const history = [...near, [[0.9, 0.1], 10] as const, [[0.1, 0.6], 11] as const]
    const rig = new Rig(cube(2), nelderMead.make, { history })
    const starts = new Starts(rig.context)
    const out = new Float64Array(2)
    const taken = Array.from({ length: 12 }, () => [starts.take(out), ...out])
    expect(taken.slice(0, 3)).toEqual([
      [0, 0.5, 0.5],
      [10, 0.9, 0.1],
      [11, 0.1, 0.6],
    ])
    for (const [loss] of taken.slice(3)) expect(loss).toBeNaN()
    const distances = taken
      .slice(3)
      .map((a, k) => Math.min(...taken.slice(0, 3 + k).map((b) => Math.hypot(a[1] - b[1], a[2] - b[2]))))
    expect(Math.min(...distances)).toBeGreaterThan(0.02)
  })
})

describe("known points", () => {
  it("are known on a grid without noise; a failure counts only if nothing was read there", () => {
    const space = spaceOf([grid(4), choice(2)])
    const history = [[[0.25, 0.25], 3] as const]
    const known = new KnownPoints(new Rig(space, nelderMead.make, { history }).context)
    expect(known.loss(Float64Array.of(0.3, 0.1))).toBe(3)
    known.failed(Float64Array.of(0.25, 0.25))
    known.failed(Float64Array.of(1, 0.25))
    expect(known.loss(Float64Array.of(0.25, 0.25))).toBe(3)
    expect(known.loss(Float64Array.of(1, 0.25))).toBe(Number.POSITIVE_INFINITY)
    expect(known.loss(Float64Array.of(0.25, 0.75))).toBeNaN()
    const noisy = new KnownPoints(new Rig(space, nelderMead.make, { history, noise: 0.1 }).context)
    expect(noisy.loss(Float64Array.of(0.25, 0.25))).toBeNaN()
  })
})

describe("nelderMead", () => {
  checklist(nelderMead)

  it("asks for a whole simplex without an answer, and then waits for each, whatever their order", () => {
    const rig = new Rig(cube(3), nelderMead.make)
    const first = [rig.ask(), rig.ask(), rig.ask(), rig.ask()]
    expect(first.every((unit) => unit !== null)).toBe(true)
    expect(rig.ask()).toBeNull()
    for (const id of [2, 0, 3]) rig.tell(id, sphereAt(0.2)(rig.asked[id]))
    expect(rig.ask()).toBeNull()
    rig.tell(1, sphereAt(0.2)(rig.asked[1]))
    expect(rig.ask()).not.toBeNull()
    expect(rig.moves[4]).toBe("reflect")
    expect(rig.ask()).toBeNull()
  })

  it("reads the best known point again only under noise", () => {
    const history = [[[0.25, 0.25], 1] as const, [[0.75, 0.75], 2] as const]
    const sure = new Rig(cube(2), nelderMead.make, { history })
    sure.ask()
    expect([...sure.asked[0]]).not.toEqual([0.25, 0.25])
    const noisy = new Rig(cube(2), nelderMead.make, { history, noise: 0.1 })
    noisy.ask()
    expect([...noisy.asked[0]]).toEqual([0.25, 0.25])
  })

  it("finds the minimum of a bent valley to 1e-12, or the edge of the box if the minimum is there", () => {
    const valley = new Rig(cube(2, line(-2, 2)), nelderMead.make)
    valley.descend((unit) => {
      const [x, y] = [4 * unit[0] - 2, 4 * unit[1] - 2]
      return 100 * (y - x * x) ** 2 + (1 - x) ** 2
    }, 250)
    expect(valley.best).toBeLessThan(1e-12)
    const corner = new Rig(cube(3), nelderMead.make)
    corner.descend((unit) => unit[0] + 2 * unit[1] - unit[2], 150)
    expect(corner.best).toBeLessThan(-1 + 1e-6)
  })

  it("moves across the seam of a circle", () => {
    const rig = new Rig(spaceOf([circle, line()]), (context) => {
      return new NelderMead(context, { start: Float64Array.of(0.9, 0.5), edge: 0.05 })
    })
    // The minimum at .1 lies .2 away over the seam; round the other side the loss rises first.
    rig.descend((unit) => rig.context.space.difference(0, 0.1, unit[0]) ** 2 + (unit[1] - 0.5) ** 2, 120)
    expect(rig.best).toBeLessThan(1e-10)
    const far = rig.asked.slice(0, 60).some((unit) => unit[0] > 0.3 && unit[0] < 0.8)
    expect(far).toBe(false)
  })

  it("restarts elsewhere once a simplex is small, away from its place", () => {
    const rig = new Rig(cube(2), nelderMead.make)
    // Two bowls: the centre lies in the shallow one.
    const loss = (unit: Float64Array): number => Math.min(0.1 + sphereAt(0.45)(unit), 4 * sphereAt(0.9)(unit))
    rig.descend(loss, 800)
    expect(rig.best).toBeLessThan(1e-10)
    expect(rig.moves.filter((move) => move === "start").length).toBeGreaterThan(5)
  })

  it("leaves a plateau once shrinking changes nothing, and a place where everything fails at once", () => {
    const flat = new Rig(cube(2), nelderMead.make)
    flat.descend(() => 7, 28)
    const simplex = ["start", "start", "start", "reflect", "contract inside", "shrink", "shrink"]
    expect(flat.moves).toEqual([...simplex, ...simplex, ...simplex, ...simplex])
    const failing = new Rig(cube(2), nelderMead.make)
    failing.descend(() => Number.NaN, 30)
    expect(new Set(failing.moves)).toEqual(new Set(["start"]))
    expect(new Set(failing.asked.map((unit) => unit.join())).size).toBe(30)
  })

  it("does not mistake the two sides of a bowl for a plateau", () => {
    // Equal losses at all three vertices of the first simplex.
    const { moves } = provoke(2, [1, 1, 1, 2, 0.5])
    expect(moves.slice(3)).toEqual(["reflect", "contract inside", "reflect"])
  })

  it("keeps the choice of its start during a descent, and tries others later", () => {
    const rig = new Rig(spaceOf([choice(4), line(), line()]), nelderMead.make)
    rig.descend((unit) => (unit[0] === 0.625 ? 0 : 1) + sphereAt(0.3)(unit.subarray(1)), 400)
    const descent = rig.asked.slice(0, 20).map((unit) => unit[0])
    expect(new Set(descent).size).toBe(1)
    expect(rig.best).toBeLessThan(1e-6)
  })

  it("steps at least to the next point of a coarse grid", () => {
    const rig = new Rig(spaceOf([grid(2), grid(3)]), nelderMead.make, { params: { edge: 0.01 } })
    rig.ask()
    rig.ask()
    rig.ask()
    expect(new Set(rig.asked.map((unit) => unit.join())).size).toBe(3)
  })

  it("moves a vertex to where it was actually read", () => {
    const rig = new Rig(cube(2), (context) => {
      return new NelderMead(context, { start: Float64Array.of(0.5, 0.5), edge: 0.125 })
    })
    for (let k = 0; k < 3; k++) rig.ask()
    rig.asked[2].set([0.5, 0.75])
    for (let k = 0; k < 3; k++) rig.tell(k, FIRST[k])
    expect([...(rig.ask() ?? [])]).toEqual([0.625, 0.25])
  })
})
