/**
 * The points a quadratic model starts from: a centre and up to two displacements along every axis, inside the cube and on
 * the grid. They depend on nothing but the centre and the radius, so all can be asked for at once and told in any order.
 */
import type { MinimumNormModel } from "../numbers/MinimumNormModel.ts"
import type { SearchSpace } from "../SearchSpace.ts"
import type { KnownPoints } from "./KnownPoints.ts"

/** A side with less room than this share of the radius is not used: both points then lie on the other. */
const ENOUGH_ROOM = 0.5
/** How often a failed point is tried nearer by before its axis does without. */
const TRIES = 3

const UNASKED = -1
const TOLD = -2
const BROKEN = -3

/** Slot 0 is the centre, then come the first and then the second displacements by axis. */
export class Stencil {
  readonly centre: Float64Array
  private readonly space: SearchSpace
  /** Dimension of each axis. */
  private readonly movable: Int32Array
  private readonly slots: number
  private readonly offset: Float64Array
  /** The trial's id while pending, else one of the states. */
  private readonly state: Float64Array
  private readonly tries: Uint8Array
  private readonly losses: Float64Array
  private readonly first: Float64Array
  private readonly second: Float64Array
  private readonly ordered: Float64Array

  constructor(space: SearchSpace, movable: Int32Array) {
    const d = movable.length
    this.space = space
    this.movable = movable
    this.slots = 1 + 2 * d
    this.centre = new Float64Array(space.size)
    this.offset = new Float64Array(this.slots)
    this.state = new Float64Array(this.slots)
    this.tries = new Uint8Array(this.slots)
    this.losses = new Float64Array(this.slots)
    this.first = new Float64Array(d)
    this.second = new Float64Array(d)
    this.ordered = new Float64Array(this.slots)
  }

  /** @param loss reading at the centre, NaN when it is not known
   *  @param seconds how many axes get two points */
  begin(centre: Float64Array, loss: number, radius: number, seconds: number): void {
    const d = this.movable.length
    this.centre.set(centre)
    this.state.fill(UNASKED)
    this.tries.fill(0)
    this.losses[0] = loss
    if (!Number.isNaN(loss)) this.state[0] = TOLD
    for (let a = 0; a < d; a++) {
      this.place(a, radius)
      if (this.offset[1 + a] === 0) this.state[1 + a] = BROKEN
      if (this.offset[1 + d + a] === 0 || a >= seconds) this.state[1 + d + a] = BROKEN
    }
  }

  /** Writes the next point that nobody has read, asked for as trial `id`, and returns true; false when there is none. */
  ask(id: number, known: KnownPoints, out: Float64Array): boolean {
    for (let slot = this.next(); slot >= 0; slot = this.next()) {
      this.write(slot, out)
      const loss = known.loss(out)
      if (Number.isNaN(loss)) {
        this.state[slot] = id
        return true
      }
      if (loss < Number.POSITIVE_INFINITY) this.fill(slot, out, loss)
      else this.break(slot)
    }
    return false
  }

  /** The slot that waits for this trial, or -1. Negative ids are others' readings, and here they are states. */
  slotOf(id: number): number {
    if (id < 0) return -1
    for (let s = 0; s < this.slots; s++) if (this.state[s] === id) return s
    return -1
  }

  /** The slot's loss, read at `unit`. */
  fill(slot: number, unit: Float64Array, loss: number): void {
    this.state[slot] = TOLD
    this.losses[slot] = loss
    const axis = this.axisOf(slot)
    if (axis < 0) return
    const i = this.movable[axis]
    this.offset[slot] = this.space.difference(i, this.centre[i], unit[i])
    if (this.offset[slot] === 0) this.state[slot] = BROKEN
  }

  /** The slot gave no number: it is tried again nearer by, a few times. */
  break(slot: number): void {
    const axis = this.axisOf(slot)
    this.state[slot] = BROKEN
    if (axis < 0 || this.tries[slot]++ >= TRIES) return
    const d = this.movable.length
    const other = slot > d ? slot - d : slot + d
    const nearer = this.reach(axis, 0.5 * this.offset[slot])
    if (nearer === 0 || nearer === this.offset[slot] || nearer === this.offset[other]) return
    this.offset[slot] = nearer
    this.state[slot] = UNASKED
  }

  private next(): number {
    return this.state.indexOf(UNASKED)
  }

  private write(slot: number, out: Float64Array): void {
    out.set(this.centre)
    const axis = this.axisOf(slot)
    if (axis < 0) return
    const i = this.movable[axis]
    out[i] = this.space.snapOne(i, this.centre[i] + this.offset[slot])
  }

  /** True when every slot has been told or given up. */
  get complete(): boolean {
    for (let s = 0; s < this.slots; s++) if (this.state[s] !== TOLD && this.state[s] !== BROKEN) return false
    return true
  }

  /**
   * Starts the model from what was read and writes the dimension of each of its axes to `axes`, those with two points
   * first. Returns how many; 0 when there is nothing to make a model of.
   */
  collect(model: MinimumNormModel, axes: Int32Array): number {
    if (this.state[0] !== TOLD) return 0
    const d = this.movable.length
    const { ordered, first, second, losses, state, offset } = this
    let count = 0
    let seconds = 0
    ordered[0] = losses[0]
    for (let wanted = 2; wanted >= 1; wanted--) {
      for (let a = 0; a < d; a++) {
        const one = 1 + a
        const two = 1 + d + a
        const told = (state[one] === TOLD ? 1 : 0) + (state[two] === TOLD ? 1 : 0)
        if (told !== wanted) continue
        const from = state[one] === TOLD ? one : two
        axes[count] = this.movable[a]
        first[count] = offset[from]
        ordered[1 + count] = losses[from]
        if (wanted === 2) second[seconds++] = offset[two]
        count++
      }
    }
    if (count === 0) return 0
    let at = 1 + count
    for (let k = 0; k < seconds; k++) {
      for (let a = 0; a < d; a++) if (this.movable[a] === axes[k]) ordered[at] = losses[1 + d + a]
      at++
    }
    model.start(count, seconds, first, second, ordered)
    return count
  }

  private axisOf(slot: number): number {
    return slot === 0 ? -1 : (slot - 1) % this.movable.length
  }

  /** Chooses both displacements of an axis; 0 where the grid has no place for one. */
  private place(axis: number, radius: number): void {
    const { offset, space } = this
    const d = this.movable.length
    const i = this.movable[axis]
    const at = this.centre[i]
    const circle = space.periodic[i] === 1
    const up = circle ? 0.5 : 1 - at
    const down = circle ? 0.5 : at
    const r = circle ? Math.min(radius, 0.25) : radius
    const hasUp = up >= ENOUGH_ROOM * r && this.reach(axis, r) > 0
    const hasDown = down >= ENOUGH_ROOM * r && this.reach(axis, -r) < 0
    let a: number
    let b: number
    if (hasUp && hasDown) {
      a = Math.min(r, up)
      b = -Math.min(r, down)
    } else if (hasUp) {
      b = Math.min(2 * r, up)
      a = 0.5 * b
    } else {
      b = -Math.min(2 * r, down)
      a = 0.5 * b
    }
    const first = this.reach(axis, a)
    let second = this.reach(axis, b)
    if (second === first) second = this.reach(axis, 2 * b)
    offset[1 + axis] = first
    offset[1 + d + axis] = second === first ? 0 : second
  }

  /** The displacement really taken when `wanted` is asked for: on the grid, at least one place away; 0 if there is none. */
  private reach(axis: number, wanted: number): number {
    const i = this.movable[axis]
    const at = this.centre[i]
    const { space } = this
    for (let far = wanted; far !== 0 && Math.abs(far) < 4; far *= 2) {
      const to = space.periodic[i] === 1 ? at + Math.max(-0.45, Math.min(0.45, far)) : at + far
      const took = space.difference(i, at, space.snapOne(i, to))
      if (took !== 0 && took > 0 === wanted > 0) return took
    }
    return 0
  }
}
