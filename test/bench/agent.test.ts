/** The short form of `npm run agents`: an engine with all temporal parts on keeps its safety promises against plants that do their worst. */
import { describe, expect, it } from "vitest"
import { agentRun } from "../../bench/agent/agentRun.ts"

const RUNS = 120

describe("a short life of the whole agent against a plant that does its worst", () => {
  it("breaks no rule by a move of its own, and answers every violation within its digest", async () => {
    const sum = { applies: 0, clipped: 0, violated: 0, openings: 0, replayed: 0 }
    for (let seed = 0; seed < RUNS; seed++) {
      const verdict = await agentRun(seed)
      expect(verdict, `npm run agents -- --from ${seed} --runs 1`).toMatchObject({ breaches: [] })
      sum.applies += verdict.applies
      sum.clipped += verdict.clipped
      sum.violated += verdict.violated
      sum.openings += verdict.openings
      if (verdict.replayed) sum.replayed++
    }
    for (const count of Object.values(sum)) expect(count).toBeGreaterThan(0)
    expect(sum.applies).toBeGreaterThan(RUNS)
    expect(sum.violated).toBeGreaterThan(RUNS)
  })

  it("breaks one without the shield, so the judge is no formality", async () => {
    const breaches: Array<string> = []
    for (let seed = 0; seed < 12; seed++) breaches.push(...(await agentRun(seed, false)).breaches)
    expect(breaches.join("\n")).toContain("moves of the tuner led to where the rule cannot be kept")
  })
})
