/**
 * Every finite reading of a run in the order it came, in flat arrays. Strategies refer to a reading by its index here and
 * keep no copies; what failed is not among them. Grows by doubling up to what the budget allows.
 */

/** Points in unit space with their losses (lower is better). */
export class Readings {
  readonly dimensions: number
  count = 0
  /** Points one after another: reading r lies at r * dimensions. Replaced when it grows: do not keep it. */
  units: Float64Array
  /** Losses by reading. Replaced when it grows: do not keep it. */
  losses: Float64Array
  /** Trial ids by reading; -1 for what was known before the run. */
  ids: Float64Array
  /** Index of the lowest loss, the first of equals; -1 while there is none. */
  lowest = -1

  constructor(dimensions: number, capacity = 64) {
    this.dimensions = dimensions
    this.units = new Float64Array(capacity * dimensions)
    this.losses = new Float64Array(capacity)
    this.ids = new Float64Array(capacity)
  }

  /** Adds a reading and returns its index. `unit` is copied. */
  add(id: number, unit: Float64Array, loss: number): number {
    const index = this.count
    if (index === this.losses.length) this.grow()
    this.units.set(unit, index * this.dimensions)
    this.losses[index] = loss
    this.ids[index] = id
    this.count++
    if (this.lowest < 0 || loss < this.losses[this.lowest]) this.lowest = index
    return index
  }

  /** Copies the point of a reading to `out`. */
  read(index: number, out: Float64Array): void {
    const from = index * this.dimensions
    for (let i = 0; i < this.dimensions; i++) out[i] = this.units[from + i]
  }

  private grow(): void {
    const capacity = 2 * this.losses.length
    const units = new Float64Array(capacity * this.dimensions)
    units.set(this.units)
    const losses = new Float64Array(capacity)
    losses.set(this.losses)
    const ids = new Float64Array(capacity)
    ids.set(this.ids)
    this.units = units
    this.losses = losses
    this.ids = ids
  }
}
