/** Severity by exponent: chaos without noise is severe; a swing, noise, a mixture of both and gaps never are. */
import { describe, expect, it } from "vitest"
import { Severity, type SeverityFinding, severityText } from "../../src/control/Severity.ts"
import { gaussianAt } from "../../src/testing/noise.ts"

const series = (at: (i: number) => number, length = 128): Float64Array =>
  Float64Array.from({ length }, (_, i) => at(i))

/** Runs it to its end, and says in how many steps. */
function weigh(of: Float64Array): { readonly finding: SeverityFinding; readonly steps: number } {
  const severity = new Severity(of)
  for (let steps = 1; steps <= 20; steps++) {
    if (!severity.step()) continue
    if (severity.finding === null) break
    expect(severity.step()).toBe(false)
    return { finding: severity.finding, steps }
  }
  throw new Error("It has not ended after 20 steps.")
}

/** The logistic map at r = 4: its exponent is ln 2. */
function logistic(): Float64Array {
  let x = 0.4
  return series(() => (x = 4 * x * (1 - x)))
}

describe("severity", () => {
  it("is raised by chaos: a straight divergence, and slower than that of noise with its spectrum", () => {
    const { finding, steps } = weigh(logistic())
    expect(steps).toBe(20)
    expect(finding.severe).toBe(true)
    expect(Math.abs(finding.exponent - Math.LN2)).toBeLessThan(0.1)
    expect(finding.rSquared).toBeGreaterThanOrEqual(0.95)
    expect(finding.surrogateZ).toBeGreaterThanOrEqual(4)
    expect(severityText(finding)).toMatch(/part by 1\d\d % a window, [\d.]+ deviations less/)
  })

  it("is never raised by noise, whatever its exponent: 0 of 50", () => {
    const raised = Array.from({ length: 50 }, (_, seed) => weigh(series((i) => gaussianAt(seed, i))))
    expect(raised.filter(({ finding }) => finding.severe)).toEqual([])
    // The exponent alone would call half of them chaotic at least.
    expect(raised.filter(({ finding }) => finding.exponent > 0.3).length).toBeGreaterThan(25)
  })

  it("is never raised by a swing in noise: 0 of 50", () => {
    const swing = (seed: number) => (i: number) =>
      4 * Math.sin((2 * Math.PI * i) / (6 + (seed % 18))) + gaussianAt(seed, i)
    const raised = Array.from({ length: 50 }, (_, seed) => weigh(series(swing(seed)))).filter(
      ({ finding }) => finding.severe,
    )
    expect(raised).toEqual([])
  })

  it("is not raised, at once, where the series has a gap or stands still", () => {
    const gap = logistic()
    gap[5] = Number.NaN
    for (const one of [gap, series(() => 1), series((i) => gaussianAt(1, i), 64)])
      expect(weigh(one)).toMatchObject({ steps: 1, finding: { severe: false, surrogateZ: null } })
  })

  it("is the same each time", () => {
    expect(weigh(logistic())).toEqual(weigh(logistic()))
  })
})
