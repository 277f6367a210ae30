/**
 * Searches in turn. Root cause held here: under noise that fades, the local surrogate got stuck and began anew by chance to the
 * end of the budget, thirty times above what a simplex alone reached.
 */
import { describe, expect, it } from "vitest"
import { createSolver } from "../../src/solver/createSolver.ts"
import { Draw } from "../../src/solver/Draw.ts"
import type { Strategy, StrategyContext, StrategyDefinition } from "../../src/solver/Strategy.ts"
import { LocalRbf } from "../../src/solver/strategies/LocalRbf.ts"
import { NelderMead } from "../../src/solver/strategies/NelderMead.ts"
import { Rotation } from "../../src/solver/strategies/Rotation.ts"
import { checklist, cube, Rig } from "./strategyRig.ts"

const rotation: StrategyDefinition = {
  name: "rotation",
  summary: "a local surrogate and a simplex in turn, as a strategy of its own",
  make: (context) =>
    new Rotation(context, [
      () => new LocalRbf(context),
      () => new NelderMead(context, { start: null, edge: 0.15 }),
    ]),
}

/** A search that always asks for the same place, and says which one it is. */
const still =
  (move: string) =>
  (told: Array<string>): (() => Strategy) =>
  () => ({
    move,
    ask: (_id, out) => {
      out.fill(0.5)
      return true
    },
    tell: () => void told.push(`${move} told`),
    fail: (id) => void told.push(`${move} failed ${id}`),
  })

function rigOf(told: Array<string> = []): Rig {
  const make = (context: StrategyContext): Strategy =>
    new Rotation(context, [still("first")(told), still("second")(told)])
  return new Rig(cube(1), make)
}

const runs = (moves: ReadonlyArray<string>): ReadonlyArray<number> =>
  moves.reduce<Array<number>>((all, move, k) => {
    if (k > 0 && moves[k - 1] === move) all[all.length - 1]++
    else all.push(1)
    return all
  }, [])

describe("a rotation of searches", () => {
  checklist(rotation, { share: 0.3 })

  it("keeps a search that finds better points, and otherwise switches to the next", () => {
    let loss = 100
    const earning = rigOf()
    earning.descend(() => loss--, 90)
    expect(new Set(earning.moves)).toEqual(new Set(["first"]))
    const idle = rigOf()
    idle.descend(() => 1, 150)
    const turns = runs(idle.moves)
    expect(turns.length).toBeGreaterThanOrEqual(3)
    // Each turn that found nothing makes the next one twice as long.
    expect(turns[2]).toBeGreaterThan(1.8 * turns[1])
  })

  it("passes earlier failures to the search whose turn comes", () => {
    const told: Array<string> = []
    const rig = rigOf(told)
    rig.descend(() => 1, 5)
    rig.descend(() => Number.NaN, 2)
    rig.descend(() => 1, 40)
    expect(told.filter((line) => line.startsWith("second failed"))).toEqual([
      "second failed -1",
      "second failed -1",
    ])
  })

  it("lets the default come near the bottom when noise fades and the surrogate gets stuck", () => {
    const errors = Array.from({ length: 9 }, (_, seed) => {
      const noise = new Draw(seed, 77)
      const names = ["a", "b", "c", "d", "e"]
      const bounds = Object.fromEntries(names.map((name) => [name, { min: -5, max: 5 }]))
      const bowl = (x: ReadonlyArray<number>): number => {
        // Askew: each axis leans on the next.
        let sum = 0
        for (let i = 0; i < 5; i++) sum += 10 ** (i / 2) * (x[i] - 0.6 * x[(i + 1) % 5] - 0.1 * seed) ** 2
        return sum
      }
      const solver = createSolver({ seed, budget: 500, bounds })
      const at = (params: Readonly<Record<string, unknown>>): number =>
        bowl(names.map((name) => Number(params[name])))
      for (let trials = solver.askTrials(1); trials !== null; trials = solver.askTrials(1)) {
        const [{ id, params }] = trials
        solver.tell({ id, value: at(params) * (1 + 0.1 * noise.normal()) })
      }
      return at(solver.best!.params)
    })
    expect(errors.filter((error) => error < 0.05).length).toBeGreaterThanOrEqual(3)
  })
})
