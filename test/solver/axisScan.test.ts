/**
 * A scan along the axes. Root cause held here: where descents had ended in one valley of many, all that was left of a budget
 * went to starts by chance, each of which has to hit all coordinates at once; in two dimensions with some fifty valleys the
 * default found the lowest in a fifth of the runs at fifty evaluations a dimension.
 */
import { describe, expect, it } from "vitest"
import { createSolver } from "../../src/solver/createSolver.ts"
import { AxisScan } from "../../src/solver/strategies/AxisScan.ts"
import type { Strategy } from "../../src/solver/Strategy.ts"
import { circle, cube, dyadic, grid, type Loss, Rig, spaceOf } from "./strategyRig.ts"

/** About seven valleys along each axis, whose depths do not say where the deepest is. */
const valleys: Loss = (x) => x.reduce((sum, v) => sum + along(v), 0)
const along = (v: number): number => {
  const z = 1000 * v - 500
  return 419 - z * Math.sin(Math.sqrt(Math.abs(z)))
}
/** Where each part of the sum is lowest, to a thousandth, by looking everywhere. */
const LOWEST = Array.from({ length: 1001 }, (_, k) => k / 1000).reduce((a, b) =>
  along(b) < along(a) ? b : a,
)

const probed = (loss: Loss, d: number, count = 9): ReadonlyArray<readonly [ReadonlyArray<number>, number]> =>
  Array.from({ length: count }, (_, k) => {
    const point = Array.from({ length: d }, (_, i) => ((k + 1) * (0.618 + 0.137 * i)) % 1)
    return [point, loss(Float64Array.from(point))] as const
  })

function rigOf(loss: Loss, d: number, space = cube(d)): Rig {
  const begun = (context: ConstructorParameters<typeof AxisScan>[0]): Strategy => {
    const scan = new AxisScan(context)
    scan.begin()
    return scan
  }
  return new Rig(space, begun, { budget: 100 * d, history: probed(loss, d) })
}

const scanOf = (rig: Rig): AxisScan => rig.strategy as AxisScan

/** Asks and answers until the scan is over. */
function through(rig: Rig, loss: Loss): void {
  while (!scanOf(rig).over) rig.descend(loss, 1)
}

describe("a scan along the axes", () => {
  it("finds the deepest of many valleys in every coordinate if losses are a sum", () => {
    for (const d of [1, 2, 3, 5]) {
      const rig = rigOf(valleys, d)
      through(rig, valleys)
      expect(scanOf(rig).earned).toBe(true)
      const best = new Float64Array(d)
      rig.readings.read(rig.readings.lowest, best)
      for (const x of best) expect(Math.abs(x - LOWEST)).toBeLessThan(0.03)
    }
  })

  it("ends after two readings if losses are not a sum", () => {
    const product: Loss = (x) => 1 - x.reduce((all, v) => all * Math.cos(7 * (v - 0.4)), 1)
    const askew: Loss = (x) => along(0.5 + 0.5 * (x[0] - x[1])) + along(0.5 * (x[0] + x[1]))
    for (const loss of [product, askew]) {
      const rig = rigOf(loss, 2)
      through(rig, loss)
      expect(rig.moves).toEqual(["cross", "cross"])
      expect(scanOf(rig).earned).toBe(false)
    }
  })

  it("detects any two coordinates that interact, whatever the others do", () => {
    const d = 5
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < i; j++) {
        const loss: Loss = (x) => x.reduce((sum, v) => sum + (v - 0.3) ** 2, 0) + 4 * x[i] * x[j]
        const rig = rigOf(loss, d)
        through(rig, loss)
        expect(rig.moves).not.toContain("scan")
      }
    }
  })

  it("asks for all even steps of an axis at once, and accepts answers in any order", () => {
    const rig = rigOf(valleys, 1)
    const first = Array.from({ length: 6 }, () => rig.ask())
    expect(first).not.toContain(null)
    expect(rig.ask()).toBeNull()
    for (const id of [4, 1, 5, 0, 3, 2]) rig.tell(id, valleys(rig.asked[id]))
    through(rig, valleys)
    const other = rigOf(valleys, 1)
    through(other, valleys)
    expect(rig.asked).toEqual(other.asked)
  })

  it("continues if readings fail, and ends if all do", () => {
    const half: Loss = (x) => (x[0] > 0.4 && x[0] < 0.6 ? Number.NaN : valleys(x))
    const rig = rigOf(half, 1)
    through(rig, half)
    expect(scanOf(rig).earned).toBe(true)
    const none = rigOf(valleys, 2)
    through(none, () => Number.NaN)
    expect(scanOf(none)).toMatchObject({ earned: false, over: true })
  })

  it("reads no point of a grid twice, and a circle only once round", () => {
    const space = spaceOf([grid(7), grid(40), circle])
    const loss: Loss = (x) => valleys(x) + 0
    const rig = rigOf(loss, 3, space)
    through(rig, loss)
    expect(new Set(rig.asked.map((unit) => unit.join())).size).toBe(rig.asked.length)
    expect(rig.asked.filter((unit) => unit[2] === 1)).toEqual([])
  })

  it("asks for the same points when losses are shifted, or scaled by a power of two", () => {
    const [plain, changed] = [0, 1].map((which) => {
      const loss: Loss = (x) => (which === 0 ? dyadic(valleys(x)) : (dyadic(valleys(x)) + 77) * 2 ** 5)
      const rig = rigOf(loss, 2)
      // Rounding to a grid leaves the parts a sum to far below a hundredth.
      through(rig, loss)
      return rig.asked
    })
    expect(changed).toEqual(plain)
  })

  it("lets the default find the deepest of fifty valleys, although descents end in the nearest", () => {
    const found = Array.from({ length: 12 }, (_, seed) => {
      const bounds = { x: { min: 0, max: 1 }, y: { min: 0, max: 1 } }
      const solver = createSolver({ seed, budget: 100, bounds })
      for (let trials = solver.askTrials(1); trials !== null; trials = solver.askTrials(1)) {
        const [{ id, params }] = trials
        solver.tell({ id, value: along(params.x - 0.01 * seed) + along(params.y - 0.02 * seed) })
      }
      return solver.best!.value < 1
    })
    expect(found.filter(Boolean).length).toBeGreaterThanOrEqual(10)
  })
})
