/** The classify phase: one test over a fixed number of readings, whose label the selection obeys. */
import type { Classification } from "./Classification.ts"
import type { Readings } from "./Readings.ts"
import type { SearchSpace } from "./SearchSpace.ts"
import type { DescentEvidence } from "./Strategy.ts"

/** The classification of what has been read so far. */
export function classify(
  readings: Readings,
  _space: SearchSpace,
  noise: number,
  evidence: DescentEvidence | null,
): Classification {
  const keptPromises = evidence?.keptPromises ?? Number.NaN
  return {
    label: noise >= 0.002 ? "noisy" : keptPromises < 0.34 ? "curved" : "quadratic",
    score: keptPromises,
    readings: readings.count,
    stencil: true,
    features: {
      keptPromises,
      variance: Number.NaN,
      residualDecay: Number.NaN,
      quadraticFit: Number.NaN,
      dispersion: Number.NaN,
      distanceCorrelation: Number.NaN,
      separability: Number.NaN,
      noise,
    },
  }
}
