/** The search under noise: the process first, a simplex in long runs, and a surrogate where noise fades towards the optimum. */
import { describe, expect, it } from "vitest"
import { Draw } from "../../src/solver/Draw.ts"
import type { StrategyDefinition } from "../../src/solver/Strategy.ts"
import { MOST_READINGS } from "../../src/solver/strategies/GaussianSearch.ts"
import { NoisySearch } from "../../src/solver/strategies/NoisySearch.ts"
import { checklist, cube, type Loss, Rig, sphereAt } from "./strategyRig.ts"

const noisySearch: StrategyDefinition = {
  name: "noisySearch",
  summary: "the search under noise, as a strategy of its own",
  make: (context) => new NoisySearch(context),
}

/** A reading with noise of this deviation, as a share of the value or in all. */
const shaken = (loss: Loss, seed: number, share: number, constant: number): Loss => {
  const noise = new Draw(seed, 55)
  return (x) => loss(x) + (share * loss(x) + constant) * noise.normal()
}

/** A rig whose probe read a point twice, and where that and three others lie. */
function rigOf(loss: Loss, d: number, seed: number, budget: number, noise = 0.1): Rig {
  const corners = [0.1, 0.5, 0.5, 0.9, 0.7].map((x) =>
    Array.from({ length: d }, (_, i) => (i % 2 === 0 ? x : 1 - x)),
  )
  const history = corners.map((point) => [point, loss(Float64Array.from(point))] as const)
  return new Rig(cube(d), noisySearch.make, { seed, noise, budget, history })
}

describe("the search under noise", () => {
  checklist(noisySearch, { share: 0.2 })

  it("trusts differences again when noise fades, and finds the bottom to many digits", () => {
    for (let seed = 0; seed < 4; seed++) {
      const loss = shaken(sphereAt(0.37), seed, 0.1, 0)
      const rig = rigOf(loss, 4, seed, 100)
      rig.descend(loss, 95)
      expect(rig.moves).toContain("candidate")
      expect(rig.best).toBeLessThan(1e-5)
    }
  })

  it("does not trust them if noise stays the same", () => {
    let fooled = 0
    for (let seed = 0; seed < 12; seed++) {
      const loss = shaken(sphereAt(0.37), seed, 0, 0.05)
      const rig = rigOf(loss, 2, seed, 90)
      rig.descend(loss, 85)
      if (rig.moves.includes("candidate")) fooled++
      expect(rig.moves).toContain("reread")
    }
    expect(fooled).toBeLessThanOrEqual(1)
  })

  it("rereads the lowest point at most twice, and stops at the first reading that differs", () => {
    const loss = shaken(sphereAt(0.37), 3, 0, 0.05)
    const rig = rigOf(loss, 2, 3, 90)
    for (let k = 0; k < 85; k++) {
      const before = rig.readings.lowest
      const lowest = Array.from(rig.readings.units.subarray(2 * before, 2 * before + 2))
      rig.ask()
      if (rig.moves[k] === "reread" && rig.moves[k - 1] !== "reread")
        expect(Array.from(rig.asked[k])).toEqual(lowest)
      rig.tell(k, loss(rig.asked[k]))
    }
    const rereads = rig.moves.filter((move) => move === "reread").length
    expect(rereads).toBeGreaterThan(2)
    expect(rereads).toBeLessThan(15)
  })

  it("continues with a simplex when the process has had its share", () => {
    const loss = shaken(sphereAt(0.37), 5, 0, 0.05)
    const rig = rigOf(loss, 2, 5, 200)
    rig.descend(loss, 150)
    expect(rig.moves.slice(0, MOST_READINGS - 5)).not.toContain("reflect")
    expect(rig.moves.slice(MOST_READINGS)).toContain("reflect")
    expect(rig.moves.slice(MOST_READINGS)).not.toContain("expected")
  })

  it("continues with an evolution strategy in many dimensions if enough readings are left", () => {
    const later = (d: number, budget: number): ReadonlyArray<string> => {
      const loss = shaken(sphereAt(0.37), 5, 0, 0.05)
      const rig = rigOf(loss, d, 5, budget)
      rig.descend(loss, MOST_READINGS + 60)
      return rig.moves.slice(MOST_READINGS)
    }
    expect(later(10, 800)).toContain("generation")
    expect(later(10, 500)).not.toContain("generation")
    expect(later(6, 800)).not.toContain("generation")
  })

  it("trusts differences in fading noise less in many dimensions where it was loud, and in very many", () => {
    const moves = (d: number, noise: number): ReadonlyArray<string> => {
      const [round, rough] = [sphereAt(0.37), shaken(sphereAt(0.37), 2, 0, 0.05)]
      const middle = round(new Float64Array(d).fill(0.5))
      const loss: Loss = (x) => (round(x) < 0.9 * middle ? round(x) : rough(x))
      const rig = rigOf(loss, d, 2, 100 * d, noise)
      rig.descend(loss, 90)
      return rig.moves
    }
    expect(moves(16, 0.005)).toContain("generation")
    expect(moves(12, 0.02)).toContain("generation")
    expect(moves(8, 0.02)).not.toContain("generation")
    expect(moves(12, 0.005)).not.toContain("generation")
    expect(moves(12, 0.005)).toContain("candidate")
  })
})
