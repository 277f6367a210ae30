/**
 * A density over the cube from points: one joint kernel for each, a product over the dimensions, and a wide one that
 * stands for knowing nothing. The two halves of TPE, what is good and what is not, are one of these each.
 *
 * Numbers have a normal kernel cut off at the bounds, on a circle half a turn away. Coarse grids have the same kernel
 * summed up over their cells, choices the kernel of Aitchison and Aitken: most of the mass on the value itself, the rest
 * spread evenly.
 *
 * Members keep their slots while they stay, so that one new reading changes few kernels and the work does not grow with
 * the run.
 *
 * Sources: Bergstra et al. 2011; Aitchison and Aitken 1976; Falkner et al. 2018 (joint kernels).
 */
import type { Draw } from "../Draw.ts"
import { erf } from "../numbers/erf.ts"
import { expDown } from "../numbers/expDown.ts"
import type { SearchSpace } from "../SearchSpace.ts"
import { type GridCells, gridCells } from "./gridCells.ts"
import { KernelWidths } from "./KernelWidths.ts"

const LOG_ROOT_TWO_PI = 0.5 * Math.log(2 * Math.PI)
/** Draws until one falls inside the bounds; each does with a chance above a third. */
const TRIES = 64
/** Terms so far below the largest are lost in rounding. */
const NEGLIGIBLE = -40

const LINE = 0
const CIRCLE = 1
const CHOICE = 2
const CELLS = 3

export class ParzenMixture {
  /** Members, the wide kernel not counted. */
  count = 0
  /** Slots that `match` has given to new members, and the keys of those. */
  readonly newSlots: Int32Array
  readonly newKeys: Float64Array
  newCount = 0
  private readonly d: number
  private readonly capacity: number
  private readonly scott: number
  private readonly space: SearchSpace
  private readonly kinds: Uint8Array
  /** Dimensions by kind; `counted` are those where the density is a share of a cell or choice. */
  private readonly lines: Int32Array
  private readonly circles: Int32Array
  private readonly counted: Int32Array
  private readonly grids: ReadonlyArray<GridCells | null>
  /** Logarithm of each cell's share by kernel, per dimension on a coarse grid. */
  private readonly tables: ReadonlyArray<Float64Array>
  private readonly widths: KernelWidths
  /** Slots and keys of the members, newest first; behind them the slot of the wide kernel. */
  private readonly members: Int32Array
  private readonly keys: Float64Array
  private readonly slots: Int32Array
  private readonly free: Int32Array
  private freeCount: number
  private readonly fresh: Uint8Array
  /** By slot and dimension: position, width now and when last worked out, its inverse, and what normalises the kernel. */
  private readonly at: Float64Array
  private readonly width: Float64Array
  private readonly shaped: Float64Array
  private readonly inverse: Float64Array
  private readonly logNorm: Float64Array
  /** Logarithm of the share of a choice's kernel on the value itself and on each other value, by dimension. */
  private readonly logOwn: Float64Array
  private readonly logOther: Float64Array
  /** By member: weight, its running sum, and everything about the kernel that does not depend on the point. */
  private readonly weight: Float64Array
  private readonly running: Float64Array
  private readonly constant: Float64Array
  /** By member and point, and by point. */
  private readonly terms: Float64Array
  private readonly largest: Float64Array
  private readonly total: Float64Array
  private readonly cell: Int32Array

  /**
   * @param capacity members at most
   * @param most points asked about at once, at most
   * @param scott 0 for widths by gaps, else the factor on Scott's rule
   */
  constructor(space: SearchSpace, capacity: number, most: number, scott: number) {
    const d = space.size
    const all = capacity + 1
    this.space = space
    this.d = d
    this.capacity = capacity
    this.scott = scott
    this.grids = Array.from({ length: d }, (_, i) => gridCells(space, i))
    this.tables = this.grids.map((grid) => new Float64Array(grid === null ? 0 : all * grid.units.length))
    this.kinds = Uint8Array.from(this.grids, (grid, i) => {
      return space.choices[i] > 0 ? CHOICE : grid !== null ? CELLS : space.periodic[i] === 1 ? CIRCLE : LINE
    })
    const idsOf = (belongs: (kind: number) => boolean): Int32Array =>
      Int32Array.from([...this.kinds.keys()].filter((i) => belongs(this.kinds[i])))
    this.lines = idsOf((kind) => kind === LINE)
    this.circles = idsOf((kind) => kind === CIRCLE)
    this.counted = idsOf((kind) => kind === CHOICE || kind === CELLS)
    this.widths = new KernelWidths(d, capacity)
    this.newSlots = new Int32Array(capacity)
    this.newKeys = new Float64Array(capacity)
    this.members = new Int32Array(all).fill(capacity)
    this.keys = new Float64Array(capacity)
    this.slots = new Int32Array(capacity)
    this.free = Int32Array.from({ length: capacity }, (_, k) => capacity - 1 - k)
    this.freeCount = capacity
    this.fresh = new Uint8Array(all).fill(1)
    this.at = new Float64Array(all * d).fill(0.5)
    this.width = new Float64Array(all * d).fill(1)
    this.shaped = new Float64Array(all * d)
    this.inverse = new Float64Array(all * d)
    this.logNorm = new Float64Array(all * d)
    this.logOwn = new Float64Array(d)
    this.logOther = new Float64Array(d)
    this.weight = new Float64Array(all)
    this.running = new Float64Array(all)
    this.constant = new Float64Array(all)
    this.terms = new Float64Array(all * most)
    this.largest = new Float64Array(most)
    this.total = new Float64Array(most)
    this.cell = new Int32Array(d * most)
    for (let i = 0; i < d; i++) this.shape(capacity, i)
    this.refresh(0)
  }

  /**
   * Makes the members those with these keys. Who was one already keeps its slot; the points of the others have to be
   * brought by `load` for `newSlots`, then `refresh` called.
   *
   * @param keys falling, no more than the capacity
   */
  match(keys: Float64Array, count: number): void {
    const { members, slots, free, fresh } = this
    // Slots of those who leave are free before anybody comes.
    for (let old = 0, next = 0; old < this.count; old++) {
      while (next < count && keys[next] > this.keys[old]) next++
      if (next === count || keys[next] !== this.keys[old]) free[this.freeCount++] = members[old]
    }
    this.newCount = 0
    for (let next = 0, old = 0; next < count; next++) {
      while (old < this.count && this.keys[old] > keys[next]) old++
      if (old < this.count && this.keys[old] === keys[next]) {
        slots[next] = members[old]
        continue
      }
      const slot = free[--this.freeCount]
      slots[next] = slot
      fresh[slot] = 1
      this.newSlots[this.newCount] = slot
      this.newKeys[this.newCount++] = keys[next]
    }
    for (let m = 0; m < count; m++) {
      members[m] = slots[m]
      this.keys[m] = keys[m]
    }
    members[count] = this.capacity
    this.count = count
  }

  /** Brings the point of a new member. */
  load(slot: number, units: Float64Array, from: number): void {
    for (let i = 0; i < this.d; i++) this.at[slot * this.d + i] = units[from + i]
  }

  /** Weights, widths and normalisers after a change of members. The newest `flat` weigh 1 each, older ones less with age. */
  refresh(flat: number): void {
    const { d, count, members, kinds, widths, at, width, weight } = this
    this.weigh(flat)
    for (let i = 0; i < d; i++) {
      if (kinds[i] === CHOICE) {
        const kernels = count + 1
        this.logOwn[i] = Math.log((kernels + 1) / (kernels + this.space.choices[i]))
        this.logOther[i] = -Math.log(kernels + this.space.choices[i])
        continue
      }
      const circle = this.space.periodic[i] === 1
      if (this.scott > 0) widths.byScott(i, circle, members, count, at, d, width, this.scott)
      else widths.byGaps(i, circle, members, count, at, d, width)
      for (let m = 0; m < count; m++) {
        const slot = members[m]
        if (this.fresh[slot] === 1 || width[slot * d + i] !== this.shaped[slot * d + i]) this.shape(slot, i)
      }
    }
    for (let m = 0; m <= count; m++) {
      const slot = members[m]
      let sum = Math.log(weight[m] / this.running[count])
      for (let i = 0; i < d; i++) sum += this.logNorm[slot * d + i]
      this.constant[m] = sum
      this.fresh[slot] = 0
    }
  }

  /**
   * Adds `sign` times the logarithm of the density at `points.length / d` points to `out`; on grids and choices the density
   * is a share. Kernel by kernel and dimension by dimension over all points, so that the innermost loops are long.
   *
   * @param points dimension by dimension: all first coordinates, then all second ones
   */
  addLogDensity(points: Float64Array, out: Float64Array, sign: number): void {
    const { d, count, members, largest, total } = this
    const many = points.length / d
    this.place(points, many)
    largest.fill(Number.NEGATIVE_INFINITY)
    total.fill(0)
    for (let m = 0; m <= count; m++) this.addTerms(members[m], m * many, this.constant[m], points, many)
    const { terms } = this
    for (let m = 0; m <= count; m++) {
      for (let p = 0; p < many; p++) {
        const below = terms[m * many + p] - largest[p]
        if (below > NEGLIGIBLE) total[p] += expDown(below)
      }
    }
    for (let p = 0; p < many; p++) out[p] += sign * (largest[p] + Math.log(total[p]))
  }

  /** Draws a point, first the kernel and then a place in each dimension, into `out` at `to`, `to + stride` and so on. */
  sample(draw: Draw, out: Float64Array, to: number, stride: number): void {
    const pick = draw.uniform() * this.running[this.count]
    let m = 0
    while (m < this.count && this.running[m] <= pick) m++
    const slot = this.members[m]
    for (let i = 0; i < this.d; i++) out[to + i * stride] = this.sampleOne(draw, slot, i)
  }

  /** The cell or choice of every point, where the density is a share. */
  private place(points: Float64Array, many: number): void {
    const { counted, kinds, cell, space } = this
    for (let k = 0; k < counted.length; k++) {
      const i = counted[k]
      for (let p = i * many; p < (i + 1) * many; p++) {
        cell[p] = kinds[i] === CHOICE ? space.choiceIndex(i, points[p]) : space.table.gridIndex(i, points[p])
      }
    }
  }

  /** The logarithm of one kernel at all points, from `to` on. */
  private addTerms(slot: number, to: number, constant: number, points: Float64Array, many: number): void {
    const { d, lines, circles, counted, at, inverse, terms, largest } = this
    for (let p = to; p < to + many; p++) terms[p] = constant
    for (let k = 0; k < lines.length; k++) {
      const i = lines[k]
      const x = at[slot * d + i]
      const scale = inverse[slot * d + i] * Math.SQRT1_2
      const from = i * many
      for (let p = 0; p < many; p++) {
        const z = (points[from + p] - x) * scale
        terms[to + p] -= z * z
      }
    }
    for (let k = 0; k < circles.length; k++) {
      const i = circles[k]
      const x = at[slot * d + i]
      const scale = inverse[slot * d + i] * Math.SQRT1_2
      const from = i * many
      for (let p = 0; p < many; p++) {
        const way = points[from + p] - x
        const z = (way - Math.round(way)) * scale
        terms[to + p] -= z * z
      }
    }
    for (let k = 0; k < counted.length; k++) this.addShares(slot, counted[k], to, many)
    for (let p = 0; p < many; p++) if (terms[to + p] > largest[p]) largest[p] = terms[to + p]
  }

  /** The logarithm of the share that a kernel gives to each point's cell or choice. */
  private addShares(slot: number, i: number, to: number, many: number): void {
    const { kinds, cell, terms, tables } = this
    const from = i * many
    if (kinds[i] === CELLS) {
      const { units } = this.grids[i] as GridCells
      for (let p = 0; p < many; p++) terms[to + p] += tables[i][slot * units.length + cell[from + p]]
      return
    }
    const choices = this.space.choices[i]
    const wide = slot === this.capacity
    const own = wide ? -1 : this.space.choiceIndex(i, this.at[slot * this.d + i])
    const other = wide ? -Math.log(choices) : this.logOther[i]
    for (let p = 0; p < many; p++) terms[to + p] += cell[from + p] === own ? this.logOwn[i] : other
  }

  /** Weights by age: 1 for the newest, falling evenly to 1 / count for the oldest, as Optuna has them. */
  private weigh(flat: number): void {
    const { count, weight, running } = this
    const older = count - flat
    for (let m = 0; m <= count; m++) {
      const age = count - 1 - m
      weight[m] =
        m === count || age >= older ? 1 : 1 / count + (older > 1 ? (age * (1 - 1 / count)) / (older - 1) : 0)
      running[m] = weight[m] + (m > 0 ? running[m - 1] : 0)
    }
  }

  /** What depends on the width of one kernel in one dimension. */
  private shape(slot: number, i: number): void {
    const { d, kinds } = this
    const place = slot * d + i
    const wide = slot === this.capacity
    const width = this.width[place]
    const x = this.at[place]
    this.shaped[place] = width
    if (kinds[i] === CHOICE) return
    if (kinds[i] === CELLS) {
      this.fillTable(slot, i, wide && this.space.periodic[i] === 1 ? Number.POSITIVE_INFINITY : width)
      return
    }
    if (kinds[i] === CIRCLE) {
      // Knowing nothing has no direction: the wide kernel is even on a circle.
      this.inverse[place] = wide ? 0 : 1 / width
      this.logNorm[place] = wide ? 0 : -Math.log(width * erf((0.5 / width) * Math.SQRT1_2)) - LOG_ROOT_TWO_PI
      return
    }
    const scale = Math.SQRT1_2 / width
    const mass = 0.5 * (erf(x * scale) + erf((1 - x) * scale))
    this.inverse[place] = 1 / width
    this.logNorm[place] = -Math.log(width * mass) - LOG_ROOT_TWO_PI
  }

  private fillTable(slot: number, i: number, width: number): void {
    const { units, logWidths } = this.grids[i] as GridCells
    const table = this.tables[i]
    const from = slot * units.length
    const x = this.at[slot * this.d + i]
    let largest = Number.NEGATIVE_INFINITY
    for (let g = 0; g < units.length; g++) {
      const z = this.space.difference(i, x, units[g]) / width
      table[from + g] = logWidths[g] - 0.5 * z * z
      if (table[from + g] > largest) largest = table[from + g]
    }
    let total = 0
    for (let g = 0; g < units.length; g++) total += Math.exp(table[from + g] - largest)
    const norm = largest + Math.log(total)
    for (let g = 0; g < units.length; g++) table[from + g] -= norm
  }

  private sampleOne(draw: Draw, slot: number, i: number): number {
    const place = slot * this.d + i
    const wide = slot === this.capacity
    const x = this.at[place]
    switch (this.kinds[i]) {
      case CHOICE: {
        const own = wide ? 0 : Math.exp(this.logOwn[i]) - Math.exp(this.logOther[i])
        return draw.uniform() < own ? x : this.space.snapOne(i, draw.uniform())
      }
      case CELLS:
        return this.sampleCell(draw, slot, i)
      case CIRCLE: {
        if (wide) return draw.uniform()
        for (let tries = 0; tries < TRIES; tries++) {
          const way = this.width[place] * draw.normal()
          if (way >= -0.5 && way <= 0.5) return this.space.contain(i, x + way)
        }
        return x
      }
      default: {
        for (let tries = 0; tries < TRIES; tries++) {
          const y = x + this.width[place] * draw.normal()
          if (y >= 0 && y <= 1) return y
        }
        return x
      }
    }
  }

  private sampleCell(draw: Draw, slot: number, i: number): number {
    const { units } = this.grids[i] as GridCells
    const table = this.tables[i]
    let left = draw.uniform()
    for (let g = 0; g < units.length - 1; g++) {
      left -= Math.exp(table[slot * units.length + g])
      if (left < 0) return units[g]
    }
    return units[units.length - 1]
  }
}
