/** How well the early warning of a rule keeps its probabilities, on margins of four kinds, and what a digest costs it. */
import { EarlyWarning } from "../../src/temporal/logic/EarlyWarning.ts"
import { gaussianAt } from "../../src/testing/noise.ts"
import type { Row, Section } from "../../scripts/section.ts"

const DIGESTS = 8_000
const SEEDS = 20
const HORIZON = 20

/** Margins by digest, each with a memory of its own. */
const KINDS: Readonly<Record<string, (seed: number) => (t: number) => number>> = {
  "noise around a level": (seed) => {
    let x = 0
    return (t) => {
      x = 0.97 * x + 0.25 * gaussianAt(seed, t)
      return 1 + x
    }
  },
  "a load that swings": (seed) => {
    let x = 0
    return (t) => {
      x = 0.8 * x + 0.1 * gaussianAt(seed, t)
      return 0.6 + Math.sin(t / 60) + x
    }
  },
  "spells of decline": (seed) => {
    let x = 1
    let slope = 0
    return (t) => {
      if (gaussianAt(seed + 1_000, t) > 2.6) slope = -0.08
      if (x < -0.5) slope = 0.08
      if (x > 1) {
        x = 1
        slope = 0
      }
      x += slope
      return x + 0.1 * gaussianAt(seed, t)
    }
  },
  "noise without a past": (seed) => (t) => 2 + gaussianAt(seed, t),
}

const mean = (all: ReadonlyArray<number>): number => all.reduce((sum, x) => sum + x, 0) / all.length
const rounded = (x: number): number => Math.round(x * 1_000) / 1_000

function rowsOf(kind: string, margins: (seed: number) => (t: number) => number): ReadonlyArray<Row> {
  const all = Array.from({ length: SEEDS }, (_, seed) => {
    const margin = margins(seed + 1)
    const warning = new EarlyWarning({ horizon: HORIZON })
    for (let t = 0; t < DIGESTS; t++) warning.observe(margin(t))
    return warning.calibration
  })
  const skill = 1 - mean(all.map(({ brier }) => brier)) / mean(all.map(({ reference }) => reference))
  const error = mean(all.map((one) => one.error))
  return [
    { what: `${kind}: Brier score`, value: rounded(mean(all.map(({ brier }) => brier))), unit: "" },
    {
      what: `${kind}: of the mean share`,
      value: rounded(mean(all.map(({ reference }) => reference))),
      unit: "",
    },
    { what: `${kind}: better by`, value: rounded(100 * skill), unit: "%", least: -5 },
    { what: `${kind}: given less happened`, value: rounded(error), unit: "", most: 0.05 },
  ]
}

/** Least mean time of a digest over five rounds, microseconds. */
function costUs(): number {
  const margin = KINDS["a load that swings"](99)
  const margins = Float64Array.from({ length: 20_000 }, (_, t) => margin(t))
  const warning = new EarlyWarning({ horizon: HORIZON })
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    const start = performance.now()
    for (const one of margins) warning.observe(one)
    least = Math.min(least, ((performance.now() - start) / margins.length) * 1_000)
  }
  return least
}

export const warningSection: Section = {
  name: "warning",
  title: `Early warning: ${SEEDS} seeds of ${DIGESTS.toLocaleString("en")} digests, ${HORIZON} digests ahead`,
  measure: () =>
    Promise.resolve([
      ...Object.entries(KINDS).flatMap(([kind, margins]) => rowsOf(kind, margins)),
      { what: "a digest", value: rounded(costUs()), unit: "us", most: 5 },
    ]),
}
