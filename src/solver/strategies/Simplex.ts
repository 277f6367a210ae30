/**
 * One descent of Nelder and Mead's simplex method: reflect, expand, contract outside, contract inside, shrink. It names
 * the points it wants read and takes the answers in any order; when to begin and where belongs to the strategies that
 * use it.
 *
 * Positions are continuous even on a grid, and unwrapped on a circle: only what is asked for is brought into the cube.
 * So a simplex may lie across the seam of a circle or inside one cell of a grid without losing its shape. A choice is
 * frozen at the start's value: it has no directions to move in.
 *
 * Sources: Nelder and Mead 1965; Lagarias et al. 1998 (acceptance rules and ties); Gao and Han 2012 (coefficients by
 * dimension).
 */
import type { SearchSpace } from "../SearchSpace.ts"

export interface Coefficients {
  readonly expand: number
  readonly contract: number
  readonly shrink: number
}

/** Gao and Han's coefficients; up to two dimensions the classic 2, 1/2, 1/2, which theirs equal at two. */
export function coefficients(n: number): Coefficients {
  if (n <= 2) return { expand: 2, contract: 0.5, shrink: 0.5 }
  return { expand: 1 + 2 / n, contract: 0.75 - 1 / (2 * n), shrink: 1 - 1 / n }
}

/** What has become of a slot. */
const IDLE = 0
const WANTED = 1
const ASKED = 2

export type SimplexMove = "start" | "reflect" | "expand" | "contract outside" | "contract inside" | "shrink"

/**
 * A simplex of n + 1 vertices over the n dimensions that can move. Slots 0 to n are vertices, n + 1 is the reflected
 * point, n + 2 the point tried after it.
 */
export class Simplex {
  /** Which move the wanted points belong to. */
  move: SimplexMove = "start"
  /** True once it is smaller than the tolerance, or lies on a plateau: nothing more to learn here. */
  done = true
  /** Dimensions that move. */
  readonly n: number
  private readonly space: SearchSpace
  private readonly free: Int32Array
  private readonly factors: Coefficients
  private readonly tolerance: number
  private readonly points: Float64Array
  private readonly losses: Float64Array
  private readonly states: Uint8Array
  private readonly centroid: Float64Array
  /** Vertices, best first. */
  private readonly order: Int32Array
  private missing = 0

  /** @param tolerance largest extent over the dimensions at which it is done */
  constructor(space: SearchSpace, tolerance: number) {
    const { table, choices, size } = space
    const free: number[] = []
    for (let i = 0; i < size; i++) {
      if (choices[i] === 0 && !(table.step[i] > 0 && table.lastGridIndex[i] === 0)) free.push(i)
    }
    const n = free.length
    this.space = space
    this.free = Int32Array.from(free)
    this.n = n
    this.factors = coefficients(n)
    this.tolerance = tolerance
    this.points = new Float64Array((n + 3) * size)
    this.losses = new Float64Array(n + 3)
    this.states = new Uint8Array(n + 3)
    this.centroid = new Float64Array(size)
    this.order = new Int32Array(n + 1)
  }

  /** True while `next` has a point to give. */
  get ready(): boolean {
    return this.states.includes(WANTED)
  }

  /** Loss of the best vertex; Infinity while there is none. */
  get best(): number {
    return this.missing > 0 && this.move === "start" ? Number.POSITIVE_INFINITY : this.losses[this.order[0]]
  }

  /** Writes the best vertex to `out`; the start while there is none. */
  readBest(out: Float64Array): void {
    this.readSlot(this.missing > 0 && this.move === "start" ? 0 : this.order[0], out)
  }

  /**
   * Begins anew at `start` with one vertex an `edge` along each axis, into the side with more room.
   *
   * @param loss of the start where it is known; NaN has it read
   */
  begin(start: Float64Array, edge: number, loss: number): void {
    const { space, points, states, n } = this
    const { size } = space
    this.move = "start"
    this.done = false
    states.fill(IDLE)
    for (let v = 0; v <= n; v++) {
      points.set(start, v * size)
      states[v] = WANTED
    }
    for (let k = 0; k < n; k++) {
      const i = this.free[k]
      points[(k + 1) * size + i] = this.neighbour(i, start[i], edge)
    }
    this.missing = n + 1
    if (!Number.isNaN(loss)) this.settle(0, loss)
  }

  /** The slot of the next point that needs no earlier answer, written to `out`; -1 when there is none. */
  next(out: Float64Array): number {
    const slot = this.states.indexOf(WANTED)
    if (slot < 0) return -1
    this.states[slot] = ASKED
    this.readSlot(slot, out)
    return slot
  }

  /**
   * The answer for a slot that `next` gave out.
   *
   * @param units where the reading was really taken, from `from` on
   * @param loss Infinity where the trial failed
   */
  answer(slot: number, units: Float64Array, from: number, loss: number): void {
    if (this.states[slot] !== ASKED) return
    const { space, points, free } = this
    const at = slot * space.size
    for (let k = 0; k < free.length; k++) {
      const i = free[k]
      const planned = space.snapOne(i, points[at + i])
      // Read elsewhere than asked: the vertex goes there, the short way.
      if (units[from + i] !== planned) points[at + i] += space.difference(i, planned, units[from + i])
    }
    this.settle(slot, loss)
  }

  private settle(slot: number, loss: number): void {
    this.states[slot] = IDLE
    this.losses[slot] = loss
    if (slot <= this.n) {
      this.missing--
      if (this.missing === 0) this.sortAndReflect()
      return
    }
    this.decide(loss)
  }

  /** The rules of acceptance. `loss` belongs to the reflected point, or to the one tried after it. */
  private decide(loss: number): void {
    const { losses, order, n, factors, move } = this
    const reflected = losses[n + 1]
    const worst = losses[order[n]]
    if (move === "reflect") {
      if (loss < losses[order[0]]) this.tryAt("expand", n + 2, factors.expand)
      else if (loss < losses[order[n - 1]]) this.accept(n + 1)
      else if (loss < worst) this.tryAt("contract outside", n + 2, factors.contract)
      else this.tryAt("contract inside", n + 2, -factors.contract)
    } else if (move === "expand") this.accept(loss < reflected ? n + 2 : n + 1)
    else if (move === "contract outside" ? loss <= reflected : loss < worst) this.accept(n + 2)
    else this.shrink()
  }

  /** Wants the point at centroid + factor * (centroid - worst). */
  private tryAt(move: SimplexMove, slot: number, factor: number): void {
    const { space, points, centroid, free } = this
    const worst = this.order[this.n] * space.size
    const to = slot * space.size
    points.copyWithin(to, worst, worst + space.size)
    for (let k = 0; k < free.length; k++) {
      const i = free[k]
      points[to + i] = this.bounded(i, centroid[i] + factor * (centroid[i] - points[worst + i]))
    }
    this.move = move
    this.states[slot] = WANTED
  }

  /** The point of a slot takes the place of the worst vertex; among equals it comes last. */
  private accept(slot: number): void {
    const { space, points, losses, order, n } = this
    const worst = order[n]
    points.copyWithin(worst * space.size, slot * space.size, (slot + 1) * space.size)
    losses[worst] = losses[slot]
    this.sink(n)
    this.reflect()
  }

  private shrink(): void {
    const { space, points, order, free, n, factors } = this
    const best = order[0] * space.size
    for (let v = 1; v <= n; v++) {
      const at = order[v] * space.size
      for (let k = 0; k < free.length; k++) {
        const i = free[k]
        points[at + i] = points[best + i] + factors.shrink * (points[at + i] - points[best + i])
      }
      this.states[order[v]] = WANTED
    }
    this.move = "shrink"
    this.missing = n
  }

  private sortAndReflect(): void {
    // The best vertex of before a shrink stays first among equals.
    for (let v = 0; v <= this.n; v++) {
      if (this.move === "start") this.order[v] = v
      this.sink(v)
    }
    this.reflect()
  }

  /** Moves the vertex at a place of the order up to where it belongs; those before it are in order. */
  private sink(place: number): void {
    const { order, losses } = this
    const vertex = order[place]
    let at = place
    for (; at > 0 && losses[order[at - 1]] > losses[vertex]; at--) order[at] = order[at - 1]
    order[at] = vertex
  }

  private reflect(): void {
    const { space, points, centroid, order, free, losses, n } = this
    let extent = 0
    for (let k = 0; k < free.length; k++) {
      const i = free[k]
      const worst = points[order[n] * space.size + i]
      let sum = 0
      let low = worst
      let high = worst
      for (let v = 0; v < n; v++) {
        const x = points[order[v] * space.size + i]
        sum += x
        if (x < low) low = x
        if (x > high) high = x
      }
      centroid[i] = sum / n
      if (high - low > extent) extent = high - low
    }
    // Equal losses may be a plateau or the two sides of a bowl: only when shrinking leaves them equal is it a plateau.
    const level = losses[order[0]] === losses[order[n]]
    const plateau = level && (this.move === "shrink" || losses[order[0]] === Number.POSITIVE_INFINITY)
    if (!(extent > this.tolerance) || plateau) {
      this.done = true
      return
    }
    this.tryAt("reflect", n + 1, 1)
  }

  /** A coordinate inside the box; on a circle there is nothing to keep inside. */
  private bounded(i: number, x: number): number {
    return this.space.periodic[i] === 1 ? x : this.space.contain(i, x)
  }

  /** The coordinate an edge away from `x`, at least so far that a grid tells the two apart. */
  private neighbour(i: number, x: number, edge: number): number {
    const { space } = this
    const side = space.periodic[i] === 1 || x <= 0.5 ? 1 : -1
    const here = space.snapOne(i, x)
    let length = Math.min(edge, 1)
    while (length < 1 && space.snapOne(i, this.bounded(i, x + side * length)) === here) {
      length = Math.min(1, 2 * length)
    }
    return this.bounded(i, x + side * length)
  }

  private readSlot(slot: number, out: Float64Array): void {
    const { space, points } = this
    for (let i = 0; i < space.size; i++) out[i] = space.contain(i, points[slot * space.size + i])
  }
}
