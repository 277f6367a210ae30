/**
 * Where a quadratic model wants the next reading: at its lowest point within a box, where one of its points should lie so
 * that the points determine it well, and which of them a new reading had best replace.
 */
import { BoxQuadratic } from "./boxQuadratic.ts"
import type { MinimumNormModel } from "./MinimumNormModel.ts"

/** How often a spare point is a step, where there is a new one: steps alone leave out the points that a model is made of. */
const STEPPING = 0.75
/** How far apart two steps are that lead to different places, in radii. */
const APART = 0.3
/** Share of the way back that chance may take off the second one: a wall would cut two such steps off at the same place. */
const BACK = 0.1

/** Scratch for the largest model; nothing is allocated after construction. All displacements count from the model's base. */
export class ModelSteps {
  /** The box, as displacements from the model's best point; to be filled in before asking. */
  readonly low: Float64Array
  readonly high: Float64Array
  /** Length of the last step in its longest coordinate. */
  length = 0
  private readonly quadratic: BoxQuadratic
  private readonly slope: Float64Array
  private readonly bend: Float64Array
  private readonly step: Float64Array
  private readonly other: Float64Array

  constructor(largest: number) {
    this.low = new Float64Array(largest)
    this.high = new Float64Array(largest)
    this.quadratic = new BoxQuadratic(largest)
    this.slope = new Float64Array(largest)
    this.bend = new Float64Array(largest * largest)
    this.step = new Float64Array(largest)
    this.other = new Float64Array(largest)
  }

  /** Writes the model's lowest point in the box to `z`. Returns how much lower than its best point it promises to be. */
  lowest(model: MinimumNormModel, z: Float64Array): number {
    const { slope, step, quadratic, low, high } = this
    model.slopeAt(model.best, slope)
    const promised = -quadratic.minimise(model.d, 1, slope, model.curvature, low, high, step)
    this.place(model, step, z)
    return promised
  }

  /**
   * Writes a point to read while a step to `z` is out: around that; or mostly, where the model is lowest in the box by now, if that
   * is elsewhere.
   *
   * @param solved the model's lowest point is known, and nothing has changed since; returned as it is then
   */
  spare(
    model: MinimumNormModel,
    z: Float64Array,
    out: Float64Array,
    radius: number,
    draw: { readonly uniform: () => number },
    solved: boolean,
  ): boolean {
    const share = draw.uniform()
    const due = !solved && draw.uniform() < STEPPING
    const leads = due && this.lowest(model, out) > 0 && gap(out, 0, z, 0, model.d) >= APART * radius
    for (let i = 0; i < model.d; i++)
      out[i] = leads
        ? out[i] + BACK * share * (z[i] - out[i])
        : z[i] + radius * 2 ** -share * (2 * draw.uniform() - 1)
    return solved || due
  }

  /** Writes the point in the box where the Lagrange function of `target` is largest, up or down, to `z`. */
  mending(model: MinimumNormModel, target: number, z: Float64Array): void {
    const { slope, bend, step, other, quadratic, low, high } = this
    const { d, points, best } = model
    slope.fill(0)
    bend.fill(0)
    model.lagrangeInto(target, 1, slope, bend)
    for (let i = 0, at = 0; i < d; i++) {
      for (let j = 0; j < d; j++, at++) slope[i] += bend[at] * points[best * d + j]
    }
    const up = -quadratic.minimise(d, -1, slope, bend, low, high, step)
    const down = -quadratic.minimise(d, 1, slope, bend, low, high, other)
    this.place(model, up >= down ? step : other, z)
  }

  private place(model: MinimumNormModel, step: Float64Array, z: Float64Array): void {
    const from = model.best * model.d
    this.length = 0
    for (let i = 0; i < model.d; i++) {
      this.length = Math.max(this.length, Math.abs(step[i]))
      z[i] = model.points[from + i] + step[i]
    }
  }
}

/** Distance between two displacements in the coordinate where it is largest. */
function gap(a: Float64Array, aFrom: number, b: Float64Array, bFrom: number, d: number): number {
  let most = 0
  for (let i = 0; i < d; i++) {
    const one = Math.abs(a[aFrom + i] - b[bFrom + i])
    if (one > most) most = one
  }
  return most
}

/** Distance of a displacement from the model's best point. */
export function fromBest(model: MinimumNormModel, z: Float64Array, from = 0): number {
  return gap(z, from, model.points, model.best * model.d, model.d)
}

/** The point that lies farthest from the best one, if farther than `beyond`; else -1. */
export function farthest(model: MinimumNormModel, beyond: number): number {
  let found = -1
  let most = beyond
  for (let k = 0; k < model.m; k++) {
    const distance = fromBest(model, model.points, k * model.d)
    if (distance > most) {
      most = distance
      found = k
    }
  }
  return found
}

/** True when the model has a point at exactly this displacement. */
export function contains(model: MinimumNormModel, z: Float64Array): boolean {
  for (let k = 0; k < model.m; k++) if (gap(z, 0, model.points, k * model.d, model.d) === 0) return true
  return false
}

/**
 * Takes a reading at `z` into the model: beside the others while all of them are within `near` radii, else in
 * the place of the one that it makes up for best and that lies farthest away, if it is worth that.
 */
export function absorb(
  model: MinimumNormModel,
  z: Float64Array,
  loss: number,
  radius: number,
  near: number,
): void {
  const { d, best, points } = model
  model.prepare(z)
  const better = loss < model.losses[best]
  let target = -1
  let most = better ? 0 : 1
  let widest = 0
  for (let k = 0; k < model.m; k++) {
    if (k === best && !better) continue
    const distance = better ? gap(points, k * d, z, 0, d) : gap(points, k * d, points, best * d, d)
    if (distance > widest) widest = distance
    const reach = Math.max(1, distance / radius)
    const weight = Math.abs(model.lagrange(k)) * reach * reach * reach * reach
    if (weight > most) {
      most = weight
      target = k
    }
  }
  if (widest <= near * radius && model.grow(z, loss)) return
  if (target >= 0) model.replace(target, z, loss)
}
