/** How much of a graft is in the mixture, boundary by boundary: from nothing to all of it, never back, and exact at the end. */

export const CURVES = ["linear", "cosine", "sigmoid"] as const
export type CurveName = (typeof CURVES)[number]

/** Steepness of the sigmoid: its middle rises two and a half times as fast as the straight line. */
const STEEP = 10
/** The engines' cosines and exponentials differ in their last bits; these do not, and a float holds them exactly. */
const GRID = 2 ** 20

const logistic = (x: number): number => 1 / (1 + Math.exp(-STEEP * (x - 0.5)))

/** From 0 to 1, for x from 0 to 1. */
const CURVE: Readonly<Record<CurveName, (x: number) => number>> = {
  linear: (x) => x,
  cosine: (x) => (1 - Math.cos(Math.PI * x)) / 2,
  sigmoid: (x) => (logistic(x) - logistic(0)) / (logistic(1) - logistic(0)),
}

/** The alphas after 0, one for each boundary; the last one is exactly 1. */
export function alphaRungs(curve: CurveName, boundaries: number): ReadonlyArray<number> {
  const at = CURVE[curve]
  return Array.from({ length: boundaries }, (_, i) =>
    i === boundaries - 1 ? 1 : Math.round(at((i + 1) / boundaries) * GRID) / GRID,
  )
}
