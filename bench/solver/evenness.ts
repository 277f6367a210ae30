/** How even the points of the probe are, beside the sequences it may be made of and plain chance. */
import { createProbe } from "arqon"
import { centredDiscrepancy } from "../../src/testing/discrepancy.ts"
import { uniformAt } from "../../src/testing/noise.ts"
import { quantile } from "./score.ts"

const SEEDS = 25
const METHODS = ["auto", "kronecker", "sobol", "uniform"] as const

export interface Evenness {
  readonly dimensions: number
  readonly points: number
  /** Centred discrepancy, median over seeds; lower is more even. */
  readonly discrepancy: Readonly<Record<(typeof METHODS)[number], number>>
}

function pointsOf(method: (typeof METHODS)[number], d: number, n: number, seed: number): Float64Array {
  if (method === "uniform") return Float64Array.from({ length: n * d }, (_, k) => uniformAt(seed, k))
  const names = Array.from({ length: d }, (_, i) => `x${String(i).padStart(2, "0")}`)
  const probe = createProbe<Record<string, number>>({
    seed,
    bounds: Object.fromEntries(names.map((name) => [name, { min: 0, max: 1 }])),
    probe: { method },
  })
  return Float64Array.from(probe.sampleRange(0, n).flatMap((point) => names.map((name) => point[name])))
}

export function evenness(): ReadonlyArray<Evenness> {
  return [2, 5, 10].flatMap((dimensions) =>
    [9, 16, 100].map((points) => {
      const medianOf = (method: (typeof METHODS)[number]): number =>
        quantile(
          Array.from({ length: SEEDS }, (_, seed) =>
            centredDiscrepancy(pointsOf(method, dimensions, points, seed), dimensions),
          ),
          0.5,
        )
      const discrepancy = Object.fromEntries(METHODS.map((method) => [method, medianOf(method)]))
      return { dimensions, points, discrepancy: discrepancy as Evenness["discrepancy"] }
    }),
  )
}
