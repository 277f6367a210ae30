/**
 * A surrogate of cubes of distances around the incumbent: it looks for the lowest point of a surface through the nearest
 * readings, in a box that grows with success and shrinks with failure. For landscapes that bend more than a quadratic can
 * follow, and wherever several points are wanted at once: it never waits for an answer.
 *
 * Sources: R. G. Regis and C. A. Shoemaker, "Combining radial basis function surrogates and dynamic coordinate search in
 * high-dimensional expensive black-box optimization" (2013); the box as in Eriksson et al., "Scalable global optimization
 * via local Bayesian optimization" (2019).
 */
import { CubicModel } from "../numbers/CubicModel.ts"
import type { Strategy, StrategyContext, StrategyDefinition } from "../Strategy.ts"
import { KnownPoints } from "./KnownPoints.ts"

/** Readings under the surface: the nearest ones to the incumbent. */
const POINTS = 40
/** Candidates an ask; fewer in many dimensions, where each costs more and says less. */
const CANDIDATES = 50
const CANDIDATES_WIDE = 20
const WIDE = 12
/** Side of the first box, and of the largest and the smallest one. */
const FIRST_SIDE = 0.4
const LARGEST_SIDE = 1.6
const SMALLEST_SIDE = 1e-6
/** Standard deviation of a candidate per side. */
const SPREAD = 0.35
/** Coordinates that a candidate changes on average, when there are more. */
const CHANGED = 20
const POLISH_STEPS = 6
const SUCCESSES = 3
/** Points nearer than this, by sides, are one. */
const SAME = 1e-3

export class LocalRbf implements Strategy {
  move = "candidate"
  private readonly context: StrategyContext
  private readonly known: KnownPoints
  private readonly model: CubicModel
  private readonly candidates: number
  private readonly patience: number
  private side = FIRST_SIDE
  private successes = 0
  private failures = 0
  private started = false
  /** Trials that are out. */
  private readonly pending: Array<number> = []
  /** First reading of this run; a run from a new place knows nothing of what was before. */
  private since = 0
  /** Position and loss of the incumbent; displacements count from it. NaN: not read yet. */
  private readonly base: Float64Array
  private loss = Number.NaN
  private readonly pool: Float64Array
  private readonly heights: Float64Array
  private readonly z: Float64Array
  private readonly slope: Float64Array
  private readonly tried: Float64Array
  private readonly unit: Float64Array

  constructor(context: StrategyContext) {
    const n = context.space.size
    this.context = context
    this.known = new KnownPoints(context)
    this.candidates = n >= WIDE ? CANDIDATES_WIDE : CANDIDATES
    this.patience = Math.max(3, Math.ceil(0.6 * n))
    this.model = new CubicModel(n, Math.max(POINTS, n + 4))
    this.base = new Float64Array(n)
    this.pool = new Float64Array(this.candidates * n)
    this.heights = new Float64Array(this.candidates)
    this.z = new Float64Array(n)
    this.slope = new Float64Array(n)
    this.tried = new Float64Array(n)
    this.unit = new Float64Array(n)
  }

  ask(id: number, out: Float64Array): boolean {
    if (!this.started) this.begin()
    else if (this.side < SMALLEST_SIDE && this.pending.length === 0) this.restart()
    this.move = "candidate"
    if (Number.isNaN(this.loss)) {
      this.move = "uniform"
      out.set(this.base)
    } else this.choose(out)
    this.pending.push(id)
    return true
  }

  /** The surface is better with every answer. */
  wantsAnswer(): boolean {
    return this.pending.length > 0
  }

  tell(id: number, index: number): void {
    if (!this.started) return
    const { readings } = this.context
    const loss = readings.losses[index]
    const own = this.forget(id)
    readings.read(index, this.unit)
    if (own && !Number.isNaN(this.loss)) this.judge(loss < this.loss)
    if (own || loss < this.loss) this.take(this.unit, loss)
  }

  fail(id: number, unit: Float64Array): void {
    this.known.failed(unit)
    if (!this.forget(id)) return
    // A run that fails at its first point has no incumbent: it begins elsewhere.
    if (Number.isNaN(this.loss)) this.restart()
    else this.judge(false)
  }

  private forget(id: number): boolean {
    const at = this.pending.indexOf(id)
    if (at >= 0) this.pending.splice(at, 1)
    return at >= 0
  }

  private judge(success: boolean): void {
    if (success) {
      this.failures = 0
      if (++this.successes < SUCCESSES) return
      this.side = Math.min(LARGEST_SIDE, 2 * this.side)
    } else {
      this.successes = 0
      if (++this.failures < this.patience) return
      this.side *= 0.5
    }
    this.successes = 0
    this.failures = 0
  }

  /** Around the lowest reading, on what was read nearest to it: once, at a cost of all readings. */
  private begin(): void {
    const { readings, space } = this.context
    this.started = true
    const { lowest } = readings
    if (lowest < 0) {
      this.base.fill(0.5)
      space.snap(this.base)
      return
    }
    readings.read(lowest, this.base)
    this.loss = readings.losses[lowest]
    this.model.clear(0)
    const order = Array.from({ length: readings.count }, (_, r) => r)
    const far = order.map((r) => space.squaredDistance(readings.units, r * space.size, this.base, 0))
    order.sort((a, b) => far[a] - far[b] || a - b)
    for (const r of order) {
      if (this.model.count === this.model.capacity) break
      readings.read(r, this.unit)
      this.displace(this.unit, this.z)
      if (this.nearest(this.z) < 0) this.model.push(this.z, readings.losses[r])
    }
    this.model.rebuild()
  }

  /** From a place of chance, with the box and the surface new. */
  private restart(): void {
    this.known.drawUnread(this.base)
    this.loss = Number.NaN
    this.model.clear(0)
    this.side = FIRST_SIDE
    this.successes = 0
    this.failures = 0
  }

  /** Makes a reading part of the surface; a lower one becomes the incumbent. */
  private take(unit: Float64Array, loss: number): void {
    const { model, z } = this
    this.displace(unit, z)
    const first = Number.isNaN(this.loss)
    const lower = first || loss < this.loss
    const twin = this.nearest(z)
    if (twin >= 0) {
      if (lower) model.replace(twin, z, loss)
    } else if (model.count < model.capacity) model.add(z, loss)
    else {
      const centre = lower ? z : null
      let farthest = -1
      let most = lower ? -1 : square(z, 0, model.d, null)
      for (let k = 0; k < model.count; k++) {
        const distance = square(model.points, k * model.d, model.d, centre)
        if (distance > most) {
          most = distance
          farthest = k
        }
      }
      if (farthest >= 0) model.replace(farthest, z, loss)
    }
    if (!lower) return
    this.loss = loss
    this.base.set(unit)
    model.rebase(z)
  }

  private displace(unit: Float64Array, out: Float64Array): void {
    const { space } = this.context
    for (let i = 0; i < space.size; i++) out[i] = space.difference(i, this.base[i], unit[i])
  }

  /** The point of the surface that is as good as at `z`, or -1. */
  private nearest(z: Float64Array): number {
    const { model } = this
    const limit = (SAME * this.side) ** 2
    for (let k = 0; k < model.count; k++) if (square(model.points, k * model.d, model.d, z) <= limit) return k
    return -1
  }

  private choose(out: Float64Array): void {
    const { model, pool, heights, candidates, z } = this
    const d = model.d
    for (let c = 0; c < candidates; c++) {
      this.scatter(c)
      heights[c] = model.ready ? model.value(pool, c * d) : c
    }
    for (let pick = 0; pick < candidates; pick++) {
      let lowest = 0
      for (let c = 1; c < candidates; c++) if (heights[c] < heights[lowest]) lowest = c
      for (let i = 0; i < d; i++) z[i] = pool[lowest * d + i]
      if (pick === 0 && model.ready && this.pending.length === 0) this.polish(heights[lowest])
      this.place(out)
      if (Number.isNaN(this.known.loss(out))) return
      heights[lowest] = Number.POSITIVE_INFINITY
    }
    // All of them are known: anywhere, then.
    this.move = "uniform"
    this.known.drawUnread(out)
  }

  /** Writes a random displacement within the box to place c of the pool. */
  private scatter(c: number): void {
    const { space, draw } = this.context
    const { pool, side } = this
    const d = space.size
    const chance = CHANGED / d
    const must = chance < 1 ? draw.below(d) : 0
    for (let i = 0; i < d; i++) {
      let move = 0
      if (space.choices[i] > 0) move = draw.uniform() < Math.min(0.5, side) ? 1 : 0
      else if (chance >= 1 || i === must || draw.uniform() < chance) {
        const wanted = SPREAD * side * draw.normal()
        move = this.within(i, wanted)
      }
      pool[c * d + i] = move
    }
  }

  /** A displacement in dimension i kept in the box and in the cube. */
  private within(i: number, move: number): number {
    const { space } = this.context
    const half = 0.5 * this.side
    const kept = move < -half ? -half : move > half ? half : move
    if (space.periodic[i] === 1) return kept < -0.5 ? -0.5 : kept > 0.5 ? 0.5 : kept
    const at = this.base[i]
    return kept < -at ? -at : kept > 1 - at ? 1 - at : kept
  }

  /** A few downhill steps on the surface from `z`, which only ever lower it. */
  private polish(height: number): void {
    const { model, z, slope, tried } = this
    const { space } = this.context
    let now = height
    let length = 0.1 * this.side
    model.gradient(z, slope)
    for (let step = 0; step < POLISH_STEPS; step++) {
      let norm = 0
      for (let i = 0; i < z.length; i++) norm += slope[i] * slope[i]
      if (!(norm > 0)) return
      const by = length / Math.sqrt(norm)
      for (let i = 0; i < z.length; i++) {
        tried[i] = space.choices[i] > 0 ? z[i] : this.within(i, z[i] - by * slope[i])
      }
      const next = model.value(tried)
      if (next < now) {
        now = next
        z.set(tried)
        model.gradient(z, slope)
        length *= 1.5
      } else length *= 0.4
    }
  }

  /** Writes the point at displacement `z` to `out`; a changed choice becomes any other. */
  private place(out: Float64Array): void {
    const { space, draw } = this.context
    for (let i = 0; i < out.length; i++) {
      const count = space.choices[i]
      if (count === 0) out[i] = space.snapOne(i, space.contain(i, this.base[i] + this.z[i]))
      else if (this.z[i] === 0 || count === 1) out[i] = this.base[i]
      else {
        const other = (space.choiceIndex(i, this.base[i]) + 1 + draw.below(count - 1)) % count
        out[i] = (other + 0.5) / count
      }
    }
  }
}

/** Squared length of the point at `points[from]`, or its squared distance to `centre`. */
function square(points: Float64Array, from: number, d: number, centre: Float64Array | null): number {
  let sum = 0
  for (let i = 0; i < d; i++) {
    const gap = centre === null ? points[from + i] : points[from + i] - centre[i]
    sum += gap * gap
  }
  return sum
}

export const localRbf: StrategyDefinition = {
  name: "localRbf",
  summary:
    "a surface through the nearest readings, in a box that follows success: bending landscapes, many workers",
  params: [],
  make: (context) => new LocalRbf(context),
}
