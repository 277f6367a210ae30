/**
 * Where the displacements of a trust region's model lie in the cube: counted from a base, along axes that are at first
 * those of the movable dimensions and later those of a frame. Both ways, across the seams of circles and up to the walls.
 */
import type { MinimumNormModel } from "../numbers/MinimumNormModel.ts"
import type { ModelSteps } from "../numbers/ModelSteps.ts"
import type { StrategyContext } from "../Strategy.ts"
import type { SearchSpace } from "../SearchSpace.ts"
import { Frame } from "./Frame.ts"

/** Readings between two frames, by dimension; in many dimensions, where one reading tells less, more of them. */
const FRAME_EVERY = 2
const FRAME_EVERY_OF_MANY = 10
const MANY = 10
/** Up to so many dimensions frames cost little. Above, a run has so many, and one more for every so many readings. */
const FREE_FRAMES = 6
const FRAMES = 12
const READINGS_PER_FRAME = 200

export class ModelSpace {
  /** The point that displacements count from. */
  readonly base: Float64Array
  /** Dimensions of this descent's axes: all movable ones but those whose stencil points failed. */
  readonly axes: Int32Array
  private readonly context: StrategyContext
  private readonly frame: Frame
  /** Whether frames may turn at all; how many did in this run, and readings when the last one did. */
  private readonly turns: boolean
  private frames = 0
  private framedAt = 0
  private d = 0
  private readonly inCube: Float64Array

  /** @param movable dimensions that a model can be made over */
  constructor(context: StrategyContext, movable: Int32Array) {
    const { space, noise } = context
    const most = movable.length
    this.context = context
    this.base = new Float64Array(space.size)
    this.axes = new Int32Array(most)
    this.frame = new Frame(most)
    // Under noise the curvature of a model is mostly noise, and between grid points a frame finds nothing.
    this.turns = most > 1 && !(noise > 0) && movable.every((i) => space.table.step[i] === 0)
    this.inCube = new Float64Array(most)
  }

  /** True once the axes are no longer those of the cube, so that the cube is no box to the model. */
  get framed(): boolean {
    return this.frame.turned
  }

  /** How many times longer the longest axis is than the shortest; NaN where the axes are not allowed to follow the landscape. */
  get elongation(): number {
    return this.turns ? this.frame.elongation : Number.NaN
  }

  /** Lengths of its axes in the cube. */
  get lengths(): ReadonlyArray<number> {
    return this.frame.lengths
  }

  /** Displacements count along the first `d` of `axes` from now on. */
  begin(d: number): void {
    this.d = d
    this.frame.begin(d)
    this.framedAt = this.context.readings.count
  }

  /** Writes the point at a displacement to `out`: brought back into the cube, on its grid. */
  toPoint(z: Float64Array, out: Float64Array): void {
    const { space } = this.context
    out.set(this.base)
    for (let a = 0; a < this.d; a++) {
      const i = this.axes[a]
      out[i] = space.snapOne(i, space.contain(i, this.base[i] + this.frame.component(a, z)))
    }
  }

  /** Writes the displacement of `point` to `z`; on a circle the one nearest to what `z` was. */
  toModel(point: Float64Array, z: Float64Array): void {
    const { axes, base, frame, inCube } = this
    const { space } = this.context
    for (let a = 0; a < this.d; a++) {
      const i = axes[a]
      if (space.periodic[i] === 1) {
        const by = frame.component(a, z)
        inCube[a] = by + space.difference(i, space.contain(i, base[i] + by), point[i])
      } else inCube[a] = point[i] - base[i]
    }
    frame.locate(inCube, z)
  }

  /** True where a point differs from the base only along the axes. */
  holds(point: Float64Array): boolean {
    const { space } = this.context
    const axes = this.axes.subarray(0, this.d)
    for (let i = 0; i < space.size; i++) {
      if (!axes.includes(i) && space.difference(i, this.base[i], point[i]) !== 0) return false
    }
    return true
  }

  /** Gives `steps` the displacements from the best point within `radius`; without a frame those that stay in the cube. */
  box(model: MinimumNormModel, radius: number, { low, high }: ModelSteps): void {
    const { periodic } = this.context.space
    for (let a = 0; a < this.d; a++) {
      const i = this.axes[a]
      const at = this.base[i] + model.points[model.best * this.d + a]
      const open = periodic[i] === 1 || this.framed
      low[a] = open || at > radius ? -radius : -at
      high[a] = open || 1 - at > radius ? radius : 1 - at
      if (low[a] > 0) low[a] = 0
      if (high[a] < 0) high[a] = 0
    }
  }

  /** Moves the base to the model's best point. */
  rebase(model: MinimumNormModel): void {
    const { base, axes, frame, d } = this
    const { space } = this.context
    for (let a = 0; a < d; a++) {
      const i = axes[a]
      base[i] = space.contain(i, base[i] + frame.component(a, model.points, model.best * d))
    }
    model.rebase()
  }

  /**
   * Lets the frame follow the model's curvature, if it is time for that and would change something; the model's inverse is
   * to be rebuilt then.
   */
  follow(model: MinimumNormModel, radius: number): boolean {
    const { count } = this.context.readings
    const every = (this.d > MANY ? FRAME_EVERY_OF_MANY : FRAME_EVERY) * this.d
    if (!this.turns || count - this.framedAt < every) return false
    if (this.d > FREE_FRAMES && this.frames >= FRAMES + count / READINGS_PER_FRAME) return false
    if (!this.frame.follow(model, radius)) return false
    this.frames++
    this.framedAt = count
    return true
  }
}

/** Dimensions that a model can be made over: numbers with at least two positions. */
export function movableOf({ size, choices, table }: SearchSpace): Int32Array {
  const { step, lastGridIndex } = table
  return Int32Array.from(
    [...Array(size).keys()].filter((i) => choices[i] === 0 && (step[i] === 0 || lastGridIndex[i] > 0)),
  )
}

/** The radius that is worth going down to: on grids alone there is nothing to find between the grid points. */
export function finestOf({ table }: SearchSpace, movable: Int32Array): number {
  const { step, lastGridIndex } = table
  const grids = [...movable].map((i) => (step[i] === 0 ? 0 : 0.5 / lastGridIndex[i]))
  return grids.length === 0 ? 1 : Math.min(...grids)
}
