/**
 * The classify phase: one test over a fixed number of readings, whose label the selection obeys. What decides is whether
 * a quadratic model kept its promises while it descended; the other features explain the landscape to a reader, and stand
 * in where no model could be made.
 */
import type { Classification, LandscapeLabel } from "./Classification.ts"
import {
  dispersion,
  distanceCorrelation,
  fitQuadratic,
  residualDecay,
  spreadOf,
  variance,
} from "./features.ts"
import { Readings } from "./Readings.ts"
import type { SearchSpace } from "./SearchSpace.ts"
import type { DescentEvidence } from "./Strategy.ts"

/** Fewer kept promises than this share, and a quadratic model does not describe the landscape. */
const KEPT = 0.34
/** Without steps to judge: a separable quadratic that explains less than this share is not one. */
const FITTED = 0.7
/** Readings that features are worked out from, the newest ones: a long warm start must not cost its square. */
const LOOKED_AT = 256

/** The classification of what has been read so far. */
export function classify(
  readings: Readings,
  space: SearchSpace,
  noise: number,
  evidence: DescentEvidence | null,
): Classification {
  const looked = newest(readings)
  const keptPromises = evidence === null || evidence.steps === 0 ? Number.NaN : evidence.keptPromises
  const stencil = !Number.isNaN(keptPromises)
  const { fit, separability } = fitQuadratic(looked, space)
  const spread = spreadOf(looked)
  const score = noise > 0 ? noise : stencil ? keptPromises : fit
  return {
    label: labelOf(noise, keptPromises, fit),
    score,
    readings: readings.count,
    stencil,
    features: {
      keptPromises,
      variance: spread > 0 ? variance(looked) / spread ** 2 : Number.NaN,
      residualDecay: residualDecay(looked),
      quadraticFit: fit,
      dispersion: dispersion(looked, space),
      distanceCorrelation: distanceCorrelation(looked, space),
      separability,
      noise,
    },
  }
}

function labelOf(noise: number, keptPromises: number, fit: number): LandscapeLabel {
  if (noise > 0) return "noisy"
  if (!Number.isNaN(keptPromises)) return keptPromises < KEPT ? "curved" : "quadratic"
  return fit < FITTED ? "curved" : "quadratic"
}

function newest(readings: Readings): Readings {
  if (readings.count <= LOOKED_AT) return readings
  const few = new Readings(readings.dimensions, LOOKED_AT)
  const unit = new Float64Array(readings.dimensions)
  for (let r = readings.count - LOOKED_AT; r < readings.count; r++) {
    readings.read(r, unit)
    few.add(readings.ids[r], unit, readings.losses[r])
  }
  return few
}
