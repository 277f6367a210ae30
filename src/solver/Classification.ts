/**
 * What the classify phase finds out about a landscape: one label that the selection obeys, the score behind it, and the
 * features that explain it.
 */

/**
 * "quadratic": a quadratic model keeps its promises along the descent, so curvature is worth modelling to the end (the
 * structured landscapes of the seeds). "curved": it does not (their chaotic ones). "noisy": one reading does not repeat.
 */
export type LandscapeLabel = "quadratic" | "curved" | "noisy"

/** Every feature is a plain number; NaN, where it could not be measured, is written as null in JSON. */
export interface LandscapeFeatures {
  /** Share of later trust-region steps whose actual gain was above a tenth of the predicted one, 0 to 1. */
  readonly keptPromises: number
  /** Variance of the losses over the squared spread (75 % quantile minus minimum). */
  readonly variance: number
  /** Slope of log residual against step along the descent; negative: the residual decays. */
  readonly residualDecay: number
  /** R squared of a separable quadratic model, adjusted for its terms. */
  readonly quadraticFit: number
  /** Mean distance among the best fifth of the points over the mean distance of all. */
  readonly dispersion: number
  /** Correlation of loss with distance to the best point. */
  readonly distanceCorrelation: number
  /** Share of the fit that needs no cross terms, 0 to 1. */
  readonly separability: number
  /** Noise of one reading as a share of the probe's spread. */
  readonly noise: number
}

/** What the classify phase found: the label that selects the strategy, and what it rests on. */
export interface Classification {
  readonly label: LandscapeLabel
  /** What decided the label: the share of accurate steps, or the noise. */
  readonly score: number
  /** Readings it was decided on; fixed by budget and dimensions. */
  readonly readings: number
  readonly features: LandscapeFeatures
  /** False where the budget is too small for the trust region's stencil, so that the label comes from features alone. */
  readonly stencil: boolean
}

/** A label that was revoked while the run went on: the new one, how many readings there were, and why. */
export interface LabelChange {
  readonly label: LandscapeLabel
  readonly readings: number
  readonly reason: string
}

/** Whether a label rests on anything: on noise that was met, or on losses that differ and enough of them. Else it is a default. */
export function isFounded({ label, stencil, features }: Classification): boolean {
  if (label === "noisy") return true
  return !Number.isNaN(features.variance) && (stencil || !Number.isNaN(features.quadraticFit))
}
