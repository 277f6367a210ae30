/**
 * One descent of the quadratic trust region, from a centre to a final radius: a stencil on the axes, then steps that
 * minimise the model within a box and, where the model is to blame for a failed step, points that mend its geometry.
 * `QuadraticTrustRegion` chains descents into a strategy; others start one where they want an incumbent polished.
 *
 * Sources: M. J. D. Powell, "The BOBYQA algorithm for bound constrained optimization without derivatives" (2009); the
 * step by coordinate minimisation and the constants were found by experiment.
 */
import type { MinimumNormModel } from "../numbers/MinimumNormModel.ts"
import { absorb, contains, farthest, fromBest, ModelSteps } from "../numbers/ModelSteps.ts"
import type { StrategyContext } from "../Strategy.ts"
import { descentModel, roomOf } from "./descentModel.ts"
import { KnownPoints } from "./KnownPoints.ts"
import { finestOf, ModelSpace, movableOf } from "./ModelSpace.ts"
import { Promises } from "./Promises.ts"
import { Resolution } from "./Resolution.ts"
import { Stencil } from "./Stencil.ts"

/** Radius at which a descent ends, in unit space. */
const FINAL_RADIUS = 1e-8
/** A model is trusted at a finer resolution when its last error was below so many times what it promises. */
const TRUSTED_ERROR = 10
/** The base is moved when the best point is farther from it than this, in radii. */
const FAR_FROM_BASE = 20
/** Readings on a grid that may be taken from memory in one ask before the descent ends. */
const RECALLS = 64
/** Moves without a reading in between, at most; a guard, never met. */
const MOVES = 1000

/** Others' readings that are better than all of the model are taken into it within so many radii. */
const NEAR = 10
/** Others' readings within so many radii are taken into the model; with several workers most readings are another's. */
const ADOPTED = 3
const ADOPTED_OF_SEVERAL = 5
/** A point farther than this, in radii, is where the model is mended. */
const FAR = 10

/** Misses of the model at its own points, as shares of their spread: from the first on it is fitted anew, from the second on inverted anew. */
const DRIFT = 1e-6
const LARGE_DRIFT = 1e-2
/** Broken promises in a row after which the model forgets its curvature, and after which the frame follows it. */
const FAILURES = 5
const FAILURES_IN_FRAME = 3

const STENCIL = 0
const STEPS = 1
const ENDED = 2
/** Waiting for no trial: no id, and no mark of others' readings, which are negative too. */
const NONE = Number.NaN

export class TrustRegion {
  /** Which move the last ask was. */
  move = "stencil"
  /** What the model promised its last step would gain. */
  promised = 0
  /** Which of its steps kept theirs. */
  readonly promises = new Promises()
  /** Somebody else's reading is better than all of its own and too far away to be taken into the model. */
  overtaken = false
  /** Dimensions that a model can be made over: numbers with at least two positions. */
  readonly movable: Int32Array
  private state = ENDED
  private readonly context: StrategyContext
  private readonly known: KnownPoints
  private readonly stencil: Stencil
  private model: MinimumNormModel
  private readonly steering: ModelSteps
  /** Where the model's displacements lie in the cube. */
  private readonly place: ModelSpace
  private readonly resolution: Resolution
  /** Trial that the descent waits for, the model point it is to replace (-1: to be chosen), and what was best when asked. */
  private pending = NONE
  private target = -1
  private reference = 0
  /** Steps in a row that broke their promise. */
  private failures = 0
  /** What the model was wrong by at its last reading. */
  private error = Number.POSITIVE_INFINITY
  /** Workers have asked for more than the descent's own points. */
  private several = false
  /** The last step failed: mend the geometry or go finer before the next one. */
  private mend = false
  /** `z`, or what another worker was given, is where the model is lowest, and nothing has changed since. */
  private solved = false
  private readonly z: Float64Array
  private readonly aside: Float64Array
  private readonly point: Float64Array

  constructor(context: StrategyContext) {
    const { space } = context
    const n = space.size
    this.context = context
    this.known = new KnownPoints(context)
    this.movable = movableOf(space)
    const d = this.movable.length
    this.resolution = new Resolution(Math.max(FINAL_RADIUS, finestOf(space, this.movable)))
    this.stencil = new Stencil(space, this.movable)
    this.model = descentModel(d, false)
    this.steering = new ModelSteps(d)
    this.place = new ModelSpace(context, this.movable)
    this.point = new Float64Array(n)
    this.z = new Float64Array(d)
    this.aside = new Float64Array(d)
  }

  /** The resolution it works at, unit space. */
  get rho(): number {
    return this.resolution.rho
  }

  /** How many times longer the longest axis of its box is than the shortest; NaN where that says nothing. */
  get elongation(): number {
    return this.place.elongation
  }

  /** Half the side of its box along each axis, unit space, cut off at the width of the cube; null where the descent has ended. */
  reach(): ReadonlyArray<number> | null {
    return this.ended ? null : this.place.lengths.map((length) => Math.min(1, length * this.resolution.delta))
  }

  /** True when it has nothing more to ask. */
  get ended(): boolean {
    return this.state === ENDED
  }

  /** True when the stencil is read and it steps by its model. */
  get stepping(): boolean {
    return this.state === STEPS
  }

  /** Lowest loss that its model knows; NaN before it has one. */
  get loss(): number {
    return this.state === STENCIL ? Number.NaN : this.model.losses[this.model.best]
  }

  /**
   * Starts a descent.
   *
   * @param centre where, in unit space and on the grid
   * @param loss the reading there, NaN when it has to be asked for
   * @param radius first radius, unit space
   */
  begin(centre: Float64Array, loss: number, radius: number): void {
    const d = this.movable.length
    this.resolution.begin(radius)
    this.promises.begin()
    this.promised = 0
    this.pending = NONE
    this.mend = false
    this.overtaken = false
    this.failures = 0
    this.error = Number.POSITIVE_INFINITY
    this.place.base.set(centre)
    this.state = d === 0 ? ENDED : STENCIL
    // Too few evaluations left for two points on every axis: the rest of the axes get one.
    const seconds = Math.max(1, Math.min(d, this.context.remaining() - d - 2))
    this.stencil.begin(centre, loss, radius, seconds)
  }

  /** Writes the next point and returns true; false when it waits for an answer or has ended. */
  ask(id: number, out: Float64Array): boolean {
    if (this.state === STENCIL) {
      this.move = "stencil"
      if (this.stencil.ask(id, this.known, out)) return true
      if (!this.stencil.complete) return false
      this.collect()
    }
    return this.state === STEPS && Number.isNaN(this.pending) && this.askStep(id, out)
  }

  /**
   * Writes a point that the model can use while the descent waits for a step: around that step; or mostly, where the model is
   * lowest by now, if that is elsewhere. False while there is no step to wait for.
   */
  spare(out: Float64Array): boolean {
    this.several = true
    if (this.state !== STEPS || Number.isNaN(this.pending)) return false
    const { aside, context, model, place, resolution, steering } = this
    place.box(model, resolution.delta, steering)
    this.solved = steering.spare(model, this.z, aside, resolution.delta, context.draw, this.solved)
    place.toPoint(aside, out)
    return true
  }

  /** A reading. Returns whether it was asked for by this descent; another's may become its best point. */
  tell(id: number, index: number): boolean {
    const { readings } = this.context
    if (this.state === ENDED) return false
    readings.read(index, this.point)
    const loss = readings.losses[index]
    if (this.state === STENCIL) {
      const slot = this.stencil.slotOf(id)
      if (slot < 0) return false
      this.stencil.fill(slot, this.point, loss)
      if (this.stencil.complete) this.collect()
      return true
    }
    if (id !== this.pending) {
      this.adopt(loss)
      return false
    }
    this.pending = NONE
    this.take(loss)
    return true
  }

  /** A trial without a number. Returns whether it was asked for by this descent. */
  fail(id: number, unit: Float64Array): boolean {
    this.known.failed(unit)
    if (this.state === STENCIL) {
      const slot = this.stencil.slotOf(id)
      if (slot < 0) return false
      this.stencil.break(slot)
      if (this.stencil.complete) this.collect()
      return true
    }
    if (this.state !== STEPS || id !== this.pending) return false
    this.pending = NONE
    this.retreat()
    return true
  }

  /** Ends the descent; what is still pending is no longer its own. */
  drop(): void {
    this.state = ENDED
  }

  /** Nothing was learned: come nearer, and where that is not possible, go finer. */
  private retreat(): void {
    this.mend = false
    // Another worker may have been given the model's lowest point in the meantime.
    if (this.several) this.solved = false
    if (this.resolution.delta > this.resolution.rho) this.resolution.narrow(0.5)
    else this.refine()
  }

  private collect(): void {
    if (this.several) this.model = descentModel(this.movable.length, true)
    const count = this.stencil.collect(this.model, this.place.axes)
    this.solved = false
    this.state = count === 0 ? ENDED : STEPS
    this.place.begin(count)
  }

  private askStep(id: number, out: Float64Array): boolean {
    let recalls = 0
    for (let moves = 0; moves < MOVES && this.state === STEPS; moves++) {
      if (!this.propose()) continue
      this.place.toPoint(this.z, this.point)
      if (this.place.framed && !this.worthAsking()) {
        this.shorten()
        continue
      }
      const known = this.known.loss(this.point)
      this.reference = this.model.losses[this.model.best]
      if (Number.isNaN(known)) {
        this.pending = id
        out.set(this.point)
        return true
      }
      if (recalls++ > RECALLS) break
      this.solved = false
      this.place.toModel(this.point, this.z)
      if (known === Number.POSITIVE_INFINITY) this.retreat()
      else if (contains(this.model, this.z)) this.shorten()
      else this.take(known)
    }
    this.state = ENDED
    return false
  }

  /** In a frame the cube is no box: the step was cut off at its walls, and has to promise something there too. */
  private worthAsking(): boolean {
    const { model } = this
    this.place.toModel(this.point, this.z)
    if (this.target >= 0) return fromBest(model, this.z) > 0
    this.promised = model.gain(this.z)
    return this.promised > 0
  }

  /** Chooses the next displacement; false when it only changed its mind about the radius. */
  private propose(): boolean {
    const { model } = this
    if (model.distanceFromBase() > FAR_FROM_BASE * this.resolution.delta) {
      this.place.rebase(model)
      this.solved = false
    }
    return this.mend ? this.proposeGeometry() : this.proposeStep()
  }

  private proposeStep(): boolean {
    // What was lowest in a wider box is lowest in this one too, as long as it lies inside.
    if (!this.solved || this.steering.length > this.resolution.delta) {
      this.place.box(this.model, this.resolution.delta, this.steering)
      this.promised = this.steering.lowest(this.model, this.z)
      this.solved = true
    }
    if (!(this.steering.length >= 0.5 * this.resolution.rho) || !(this.promised > 0)) {
      // Too short a step for this resolution. A model that was just right to about what it promises needs no mending.
      if (this.error < TRUSTED_ERROR * this.promised) this.refine()
      else this.shorten()
      return false
    }
    this.target = -1
    this.move = "step"
    return true
  }

  /** The model sees nothing to gain at this resolution: come nearer, mend what is far away, or go finer. */
  private shorten(): void {
    this.resolution.narrow(0.1)
    this.mend = true
  }

  private proposeGeometry(): boolean {
    const { model } = this
    this.mend = false
    const target = farthest(model, FAR * this.resolution.delta)
    if (target < 0) {
      if (this.resolution.delta <= this.resolution.rho) this.refine()
      return false
    }
    const distance = fromBest(model, model.points, target * model.d)
    const near = Math.max(Math.min(0.1 * distance, 0.5 * this.resolution.delta), this.resolution.rho)
    this.place.box(model, near, this.steering)
    this.solved = false
    this.steering.mending(model, target, this.z)
    this.target = target
    this.move = "geometry"
    return true
  }

  /** The reading of the pending step, at `point`. */
  private take(loss: number): void {
    const { model } = this
    this.solved = false
    this.place.toModel(this.point, this.z)
    const { target } = this
    const gain = this.reference - loss
    this.error = Math.abs(gain + model.value(this.z) - model.value(model.points, model.best * model.d))
    if (target >= 0) {
      model.prepare(this.z)
      if (!model.replace(target, this.z, loss)) this.resolution.narrow(0.5)
      return
    }
    const ratio = gain / this.promised
    this.mend = !this.promises.note(ratio)
    this.resolution.judge(ratio, fromBest(model, this.z))
    absorb(model, this.z, loss, this.resolution.delta, roomOf(model, this.promises))
    this.failures = this.mend ? this.failures + 1 : 0
    if (this.failures === FAILURES_IN_FRAME) this.reframe()
    if (this.failures === FAILURES) {
      model.refit()
      this.failures = 0
    }
  }

  /**
   * Another's reading at `point`: taken into the model where it is near, and from farther away where it is better than all
   * of it. Better and farther still, it is a better place to start from. Of several workers, what the model promised there and
   * the reading kept moves the radius too.
   */
  private adopt(loss: number): void {
    const { aside, model, resolution, several } = this
    const gain = model.losses[model.best] - loss
    aside.set(this.z)
    this.place.toModel(this.point, aside)
    const length = fromBest(model, aside)
    const promised = model.gain(aside)
    if (several && promised > 0) resolution.judge(gain / promised, length)
    const reach = gain > 0 ? NEAR : several ? ADOPTED_OF_SEVERAL : ADOPTED
    if (this.place.holds(this.point) && length <= reach * resolution.delta) {
      this.solved = false
      absorb(model, aside, loss, resolution.delta, roomOf(model, this.promises))
    } else if (gain > 0) this.overtaken = true
  }

  /** Lets the frame follow the model's curvature, if it is time for that and would change something. */
  private reframe(): boolean {
    const { model } = this
    if (!this.place.follow(model, this.resolution.delta)) return false
    this.solved = false
    this.mend = false
    if (!model.rebuild()) this.state = ENDED
    return true
  }

  /** A finer resolution, or the end. */
  private refine(): void {
    const { model } = this
    this.mend = false
    if (this.reframe()) return
    // Rounding adds up over many exchanges; where it shows, the model is fitted again, and if need be from scratch.
    const spread = model.spread
    if (model.drift > DRIFT * spread) this.solved = false
    const sound = model.drift <= DRIFT * spread || model.settle() <= LARGE_DRIFT * spread || model.rebuild()
    if (!sound || !this.resolution.refine()) this.state = ENDED
  }
}
