/** The short form of `npm run bench:growth -- --section lives`: whatever happens to a host that no graft has become part of leaves no trace. */
import { describe, expect, it } from "vitest"
import { lifeOf } from "../../bench/growth/lives/Life.ts"

const LIVES = 40

describe("a random life of a growing host", () => {
  it("leaves every bit as it would have been without a graft, and ends where nothing is planted", () => {
    const seen = new Set<string>()
    let withoutProbation = 0
    for (let seed = 1; seed <= LIVES; seed++) {
      const { breaches, moves, past } = lifeOf(seed)
      expect(breaches, `npm run bench:growth -- --section lives --from ${seed} --lives 1`).toEqual([])
      for (const move of moves) seen.add(move)
      if (!past) withoutProbation++
    }
    expect(withoutProbation).toBeGreaterThan(LIVES / 3)
    // Grafts were culled in every state that they can be culled from, so nothing above is true for want of lives.
    for (const state of ["germinated", "training", "blending", "shadowing", "probationary"])
      expect(seen).toContain(`${state} culled`)
    expect(seen).toContain("probationary fossilized")
  })

  it("comes to the same boundaries, decisions and bits again from its number, and another to others", () => {
    const digests = [3, 4, 7].map((seed) => {
      const { digest } = lifeOf(seed)
      expect(lifeOf(seed).digest).toBe(digest)
      return digest
    })
    expect(new Set(digests).size).toBe(3)
  })
})
