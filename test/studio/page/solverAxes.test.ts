/** A solver's run as axes and lines: numbers, scales, choices, what failed, and which evaluations count as the best. */
import { describe, expect, it } from "vitest"
import type { SolverReading } from "../../../src/studio/protocol/solverProtocol.ts"
import { axesOf, bestOf, toldReading, valueAxis } from "../../../src/studio/page/core/solverAxes.ts"

const reading = (index: number, params: Record<string, unknown>, value: number | null): SolverReading => ({
  index,
  phase: "probe",
  params,
  value,
  beyond: false,
  cost: 1,
  decision: "",
  best: value,
})

describe("the axes of a solver's run", () => {
  it("go from the least to the greatest value, on a log scale if those are far apart", () => {
    const history = [
      reading(0, { x: -5, rate: 0.001 }, 1),
      reading(1, { x: 5, rate: 1 }, 2),
      reading(2, { x: 0, rate: 0.0316 }, 3),
    ]
    const [x, rate] = axesOf({ history })
    expect([-5, 0, 5].map((one) => x.place(one))).toEqual([0, 0.5, 1])
    expect(rate.place(0.0316)).toBeCloseTo(0.5, 2)
    expect([rate.ticks[0].text, rate.ticks[2].text]).toEqual(["0.001", "1"])
    expect([x.place(undefined), x.place("a"), x.place(Number.NaN)]).toEqual([null, null, null])
  })

  it("place choices side by side, and a single value in the middle", () => {
    const history = ["red", "blue", "red"].map((colour, i) => reading(i, { colour, fixed: 3 }, i))
    const [colour, fixed] = axesOf({ history })
    expect(colour.ticks).toEqual([
      { at: 0, text: "blue" },
      { at: 1, text: "red" },
    ])
    expect([fixed.place(3), fixed.ticks[0].text]).toEqual([0.5, "3"])
    // What was never tried has no place.
    expect(colour.place("green")).toBeNull()
  })

  it("clip values to the frame of the curve, so that one outlier flattens nothing", () => {
    const axis = valueAxis({ history: [reading(0, {}, 1e9)], frame: { min: 0, max: 10, log: false } })
    expect([axis.place(1e9), axis.place(5), axis.place(null)]).toEqual([1, 0.5, null])
  })

  it("mark the best tenth, whichever direction is better, and never a failed one", () => {
    const history = Array.from({ length: 30 }, (_, i) => reading(i, {}, i % 3 === 0 ? null : i))
    expect([...bestOf({ history, minimize: true })]).toEqual([1, 2])
    expect([...bestOf({ history, minimize: false })]).toEqual([29, 28])
    expect(bestOf({ history: [reading(0, {}, null)], minimize: true }).size).toBe(0)
  })

  it("describe an evaluation in one line", () => {
    expect(toldReading(reading(7, { x: 0.25, kind: "a" }, null))).toBe(
      "evaluation 7 · probe · failed · x 0.25 · kind a",
    )
  })
})
