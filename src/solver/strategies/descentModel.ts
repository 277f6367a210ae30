/**
 * How many points the model of a descent is made of, and when it takes one more instead of replacing one. One evaluation at a time the
 * oldest of many would say too little of where the descent is by now; several workers bring readings enough for more.
 */
import { MinimumNormModel } from "../numbers/MinimumNormModel.ts"
import type { Promises } from "./Promises.ts"

/** Points at most, where a full quadratic would have more; the stencil's are always taken. */
const MOST_POINTS = 36
const MOST_POINTS_OF_SEVERAL = 66
/**
 * As long as no point of the model is farther than this, in radii, a new one is added and none replaced. Powell's method
 * always replaces; letting the model grow up to a full quadratic saved half the readings in few dimensions.
 */
const NEAR = 10
/** The same for the points that only several workers bring, and the share of the latest promises that must have been kept. */
const NEAR_OF_SEVERAL = 5
const KEPT_OF_SEVERAL = 0.6

/** A model over so many dimensions, for one evaluation at a time or for several workers. */
export function descentModel(d: number, several: boolean): MinimumNormModel {
  const full = ((d + 1) * (d + 2)) / 2
  const most = several ? MOST_POINTS_OF_SEVERAL : MOST_POINTS
  return new MinimumNormModel(d, Math.max(2 * d + 1, Math.min(full, most)))
}

/** How far the model's points may lie apart, in radii, for one more to be added. In a bend many points would describe where it was. */
export function roomOf(model: MinimumNormModel, promises: Promises): number {
  const { d, m } = model
  if (m < Math.max(2 * d + 1, MOST_POINTS)) return NEAR
  return promises.keptOf(2 * d + 8) < KEPT_OF_SEVERAL ? 0 : NEAR_OF_SEVERAL
}
