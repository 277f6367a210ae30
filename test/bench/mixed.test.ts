/** The spaces with choices that solvers are compared on: what they call the best is the best, and it depends on the numbers. */
import { describe, expect, it } from "vitest"
import { classes, mixedInstance, type MixedParams, wrongPicks } from "../../bench/mixed/spaces.ts"
import { tally } from "../../bench/mixed/studies.ts"
import { uniformAt } from "../../src/testing/noise.ts"

describe("spaces with choices", () => {
  it("are lowest at their optimum, and only with its choices", () => {
    for (const kind of classes) {
      for (let number = 0; number < 5; number++) {
        const instance = mixedInstance(kind, number)
        for (let k = 0; k < 300; k++) {
          const params = Object.fromEntries(
            Object.entries(instance.bounds).map(([name, bound], i) => {
              const u = uniformAt(number, 16 * k + i)
              if ("choices" in bound) return [name, bound.choices[Math.floor(u * bound.choices.length)]]
              const last = bound.step === undefined ? 1 : (bound.max - bound.min) / bound.step
              return [
                name,
                bound.scale === "log"
                  ? bound.min * (bound.max / bound.min) ** u
                  : bound.min +
                    ((bound.max - bound.min) * (bound.step === undefined ? u : Math.round(u * last))) / last,
              ]
            }),
          ) as MixedParams
          const over = instance.value(params) - instance.optimum
          expect(over).toBeGreaterThanOrEqual(-1e-12)
          if (wrongPicks(instance, params) > 0) expect(over).toBeGreaterThan(1e-3)
        }
      }
    }
  })

  it("have a different best choice in another instance", () => {
    for (const kind of classes) {
      const best = Array.from({ length: 20 }, (_, number) => JSON.stringify(mixedInstance(kind, number).best))
      expect(new Set(best).size).toBeGreaterThan(1)
    }
  })

  it("are scored by runs, by picks and by the logarithm of the error", () => {
    const judged = [
      [0, 0.01, 0, 1e-8],
      [2, 1, 1, 0.1],
    ]
    expect(tally(judged, 0)).toEqual({ wrongRuns: 1, wrongPicks: 2, score: -1 })
    expect(tally(judged, 1)).toEqual({ wrongRuns: 1, wrongPicks: 1, score: -4.5 })
  })
})
