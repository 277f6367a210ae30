/** The numbers behind the charts, and how they come to be lines and dots. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makeStyles } from "../../src/cli/output.ts"
import { Canvas } from "../../src/cli/plot/Canvas.ts"
import { curveOf } from "../../src/study/convergence.ts"
import { convergenceSvg, importanceSvg } from "../../src/cli/plot/svgChart.ts"
import { convergenceText, importanceText } from "../../src/cli/plot/terminalChart.ts"
import { linearTicks, logTicks, makeAxis, tickText } from "../../src/study/ticks.ts"
import { barText } from "../../src/cli/runProgress.ts"
import type { HistoryEntry } from "../../src/solver/SolverState.ts"

const TICKS = { x: 8, y: 6 }
const PLAIN = makeStyles(false)

function history(
  ...readings: ReadonlyArray<readonly [HistoryEntry["phase"], number | null]>
): ReadonlyArray<HistoryEntry> {
  return readings.map(([phase, value], i) => ({
    eval_id: i,
    params: { x: 0 },
    value,
    cost: 1,
    phase,
    decision: phase,
    status: value === null ? "failed" : "ok",
    asked_after: i,
  }))
}

describe("ticks", () => {
  it("are few, evenly spaced round numbers within the range", () => {
    expect(linearTicks(0, 60, 6)).toEqual([0, 10, 20, 30, 40, 50, 60])
    expect(linearTicks(-0.13, 0.21, 4)).toEqual([-0.1, 0, 0.1, 0.2])
    expect(logTicks(0.5, 2000, 6)).toEqual([1, 10, 100, 1000])
    expect(logTicks(1e-12, 1, 4)).toEqual([1e-12, 1e-9, 1e-6, 1e-3, 1])
    expect([1e6, 1e-4, 0, -20, 0.001].map(tickText)).toEqual(["1e6", "1e-4", "0", "-20", "0.001"])
  })

  it("are in order on their axis, for any range", () => {
    const finite = fc.double({ min: -1e9, max: 1e9, noNaN: true })
    fc.assert(
      fc.property(
        finite,
        fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
        fc.integer({ min: 2, max: 12 }),
        (low, extent, most) => {
          const axis = makeAxis(low, low + extent, false, most)
          expect(axis.ticks.length).toBeLessThanOrEqual(most + 2)
          const places = axis.ticks.map(axis.at)
          expect(places).toEqual([...places].sort((a, b) => a - b))
          for (const place of places) expect(Math.abs(place - 0.5)).toBeLessThanOrEqual(0.5 + 1e-6)
        },
      ),
    )
    expect(makeAxis(3, 3, false, 5).at(3)).toBe(0.5)
    expect(makeAxis(3, 3, true, 5).at(3)).toBeCloseTo(0.5)
  })
})

describe("a curve", () => {
  it("follows the best so far, up or down, and counts failures", () => {
    const told = history(["probe", 5], ["probe", 7], ["probe", null], ["refine", 2], ["refine", 3])
    const down = curveOf(told, "minimize", TICKS)
    expect(down?.points.map(({ evaluation, best }) => [evaluation, best])).toEqual([
      [1, 5],
      [2, 5],
      [4, 2],
      [5, 2],
    ])
    expect(down?.failed).toEqual([3])
    expect(curveOf(told, "maximize", TICKS)?.points.map(({ best }) => best)).toEqual([5, 7, 7, 7])
    expect(curveOf(history(["probe", null]), "minimize", TICKS)).toBeNull()
  })

  it("leaves room for pending evaluations, and marks these and failures, in the terminal and as SVG", () => {
    const told = history(["probe", 5], ["probe", null], ["refine", 2], ["refine", 3])
    const curve = curveOf(told, "minimize", TICKS, 2)!
    expect(curve.x.max).toBe(6)
    const lines = convergenceText(curve, { title: "", detail: "" }, 80, PLAIN).split("\n")
    const rule = lines.find((line) => line.includes("└"))!
    expect(rule.match(/[×○]/g)).toEqual(["×", "○", "○"])
    const rings = /<circle [^>]*l-soft/g
    expect(convergenceSvg(curve, { title: "", detail: "" }).match(rings)).toHaveLength(2)
    const none = curveOf(told, "minimize", TICKS)!
    expect(convergenceSvg(none, { title: "", detail: "" })).not.toMatch(rings)
  })

  it("has a section for each phase, with late results in the phase in which they arrived", () => {
    const spans = curveOf(
      history(
        ["seed", 9],
        ["probe", 5],
        ["classify", 4],
        ["probe", 4],
        ["classify", 3],
        ["told", 2],
        ["refine", 1],
      ),
      "minimize",
      TICKS,
    )?.spans
    expect(spans).toEqual([
      { phase: "probe", from: 1, to: 1 },
      { phase: "classify", from: 2, to: 5 },
      { phase: "refine", from: 6, to: 6 },
    ])
  })

  it("uses powers of ten if the values span them, and leaves outliers out of the frame", () => {
    const steep = curveOf(history(["probe", 100], ["probe", 1], ["refine", 1e-4]), "minimize", TICKS)
    expect(steep?.y.log).toBe(true)
    const crossing = curveOf(history(["probe", 100], ["refine", -1]), "minimize", TICKS)
    expect(crossing?.y.log).toBe(false)
    const outlier = curveOf(
      history(...Array.from({ length: 19 }, (_, i) => ["probe", 10 - i / 10] as const), ["refine", 1e9]),
      "minimize",
      TICKS,
    )
    expect(outlier?.y.max).toBeLessThan(11)
  })
})

describe("a chart", () => {
  const values = fc.array(
    fc.tuple(
      fc.constantFrom("probe", "classify", "refine", "told", "seed"),
      fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
    ),
    { minLength: 1, maxLength: 40 },
  )

  it("draws any run within its width, and never a NaN", () => {
    fc.assert(
      fc.property(values, fc.boolean(), fc.integer({ min: 30, max: 200 }), (readings, upwards, columns) => {
        const curve = curveOf(
          history(...(readings as ReadonlyArray<["probe", number | null]>)),
          upwards ? "maximize" : "minimize",
          TICKS,
        )
        if (curve === null) return
        const text = convergenceText(curve, { title: "t", detail: "d" }, columns, PLAIN)
        const rows = text.split("\n").slice(2, -3)
        expect(rows).toHaveLength(16)
        const svg = convergenceSvg(curve, { title: "<t>", detail: "&" })
        expect(svg).not.toMatch(/NaN|Infinity|undefined/)
        expect(svg).toContain("&lt;t&gt;: &amp;")
      }),
    )
  })

  it("has dots where they were set, two by four per character", () => {
    const canvas = new Canvas(2, 1)
    canvas.dot(0, 0)
    canvas.dot(1, 3)
    canvas.dot(3, 1)
    canvas.dot(9, 9)
    // Dot 7 (lower left) with dot 4 (upper right); dot 6 of the second character.
    expect([canvas.character(0, 0), canvas.character(1, 0)]).toEqual(["\u2848", "\u2820"])
    expect(new Canvas(1, 1).character(0, 0)).toBeNull()
  })

  it("of shares has proportional bars", () => {
    const shares = [
      { name: "rate", share: 0.8, rest: false },
      { name: "together", share: 0.2, rest: true },
    ]
    const [, , rate, together] = importanceText(shares, { title: "t", detail: "d" }, 60, PLAIN).split("\n")
    const length = (line: string) => line.split("█").length - 1
    expect(length(rate)).toBe(4 * length(together))
    expect(rate).toMatch(/^ {2}rate {6}█+ 80 %$/)
    expect(importanceSvg(shares, { title: "t", detail: "d" })).toContain(">80 %<")
  })
})

describe("the bar of a run", () => {
  const standing = { phase: "refine", told: 30, budget: 60, failed: 2, best: 0.001234567 }

  it("shows the progress of the run", () => {
    expect(barText(standing, 11_400, 120, PLAIN)).toBe(
      `refine   ${"━".repeat(15)}${"─".repeat(15)}  30/60  best 0.00123457  2 failed  about 12 s left`,
    )
  })

  it("fits any width, and drops the least important parts first", () => {
    for (let columns = 1; columns < 130; columns++)
      expect(barText(standing, 12_000, columns, PLAIN).length).toBeLessThan(Math.max(columns, 1))
    expect(barText(standing, 12_000, 60, PLAIN)).toContain("best 0.00123457")
    expect(barText(standing, 12_000, 60, PLAIN)).not.toContain("left")
  })
})
