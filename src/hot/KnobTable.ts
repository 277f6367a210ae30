/**
 * The parameter space as numbers: what Tier 1 and Tier 2 both read and neither can change. Positions in unit space
 * [0,1] are the currency of control; `decode` turns one into the user's value, rounded to the knob's grid and
 * clamped. One is needed wherever a unit position meets a user value.
 */
import { LOG, PERIODIC } from "./codes.ts"

/** One knob in numbers. `step` 0 is continuous; `maxStep` 0 means the guardrail's own limit (unit space). */
export interface KnobNumbers {
  readonly min: number
  readonly max: number
  /** LINEAR, LOG or PERIODIC. */
  readonly scale: number
  /** Distance between grid points in user units, anchored at `min`; 0 is continuous. */
  readonly step: number
  /** Largest single apply in unit space; 0 leaves it to the guardrail policy. */
  readonly maxStep: number
}

/**
 * Frozen tables over all knobs, by dense id.
 *
 * All operations are total: a position outside [0,1] is clamped (wrapped when periodic) and never throws. NaN in gives
 * NaN out: callers on the write path test for it.
 */
export class KnobTable {
  readonly size: number
  readonly min: Float64Array
  readonly max: Float64Array
  readonly scale: Uint8Array
  readonly step: Float64Array
  readonly maxStep: Float64Array
  /** Index of the last grid point; 0 when continuous. */
  readonly lastGridIndex: Float64Array
  /** min, or log(min) on a log scale. */
  private readonly origin: Float64Array
  /** max - min, or log(max) - log(min). */
  private readonly span: Float64Array

  constructor(knobs: ReadonlyArray<KnobNumbers>) {
    const n = knobs.length
    this.size = n
    this.min = new Float64Array(n)
    this.max = new Float64Array(n)
    this.scale = new Uint8Array(n)
    this.step = new Float64Array(n)
    this.maxStep = new Float64Array(n)
    this.lastGridIndex = new Float64Array(n)
    this.origin = new Float64Array(n)
    this.span = new Float64Array(n)
    for (let i = 0; i < n; i++) {
      const knob = knobs[i]
      this.min[i] = knob.min
      this.max[i] = knob.max
      this.scale[i] = knob.scale
      this.step[i] = knob.step
      this.maxStep[i] = knob.maxStep
      const log = knob.scale === LOG
      this.origin[i] = log ? Math.log(knob.min) : knob.min
      this.span[i] = log ? Math.log(knob.max) - this.origin[i] : knob.max - knob.min
      // A relative hair keeps (1 - 0) / 0.1 from losing its tenth grid point to rounding.
      const points = knob.step > 0 ? Math.floor(((knob.max - knob.min) / knob.step) * (1 + 1e-12)) : 0
      // On a circle min and max are the same place: the last grid point would be the first again.
      const closes = knob.scale === PERIODIC && knob.min + points * knob.step >= knob.max - knob.step * 1e-9
      this.lastGridIndex[i] = knob.step > 0 && closes ? points - 1 : points
    }
  }

  /** Unit position to user value: scaled, rounded to the grid, clamped to [min, max]. */
  decode(i: number, unit: number): number {
    const value =
      this.scale[i] === LOG
        ? Math.exp(this.origin[i] + this.contain(i, unit) * this.span[i])
        : this.min[i] + this.contain(i, unit) * this.span[i]
    if (this.step[i] > 0) return this.gridValue(i, this.nearestGridIndex(i, value))
    return value < this.min[i] ? this.min[i] : value > this.max[i] ? this.max[i] : value
  }

  /** User value to unit position, without rounding to the grid. */
  encode(i: number, value: number): number {
    const raw = ((this.scale[i] === LOG ? Math.log(value) : value) - this.origin[i]) / this.span[i]
    return this.contain(i, raw)
  }

  /** The unit position that is really taken when `unit` is asked for: on the grid, inside bounds. Idempotent. */
  snap(i: number, unit: number): number {
    if (this.step[i] === 0) return this.contain(i, unit)
    return this.encode(i, this.decode(i, unit))
  }

  /** Grid index nearest to a unit position; 0 when continuous. */
  gridIndex(i: number, unit: number): number {
    if (this.step[i] === 0) return 0
    const value =
      this.scale[i] === LOG
        ? Math.exp(this.origin[i] + this.contain(i, unit) * this.span[i])
        : this.min[i] + this.contain(i, unit) * this.span[i]
    return this.nearestGridIndex(i, value)
  }

  /** Unit position of a grid point (clamped index; wrapped on a circle). */
  gridUnit(i: number, index: number): number {
    return this.encode(i, this.gridValue(i, this.containIndex(i, index)))
  }

  /** b - a: the signed way from one unit position to another, the short way round on a circle. */
  difference(i: number, a: number, b: number): number {
    const d = b - a
    return this.scale[i] === PERIODIC ? d - Math.round(d) : d
  }

  /** A unit position moved back into [0,1]: clamped, or wrapped on a circle. */
  contain(i: number, unit: number): number {
    if (this.scale[i] === PERIODIC) {
      const wrapped = unit - Math.floor(unit)
      return wrapped === 1 ? 0 : wrapped
    }
    return unit < 0 ? 0 : unit > 1 ? 1 : unit
  }

  /**
   * Decodes all knobs at once, the write path's form of `snap` and `decode`: reads `size` unit positions at
   * `source[from]`, writes snapped positions to `out[units]` and user values to `out[values]`, the same bits as those
   * two would give. Returns -1, or the first knob asked out of bounds (NaN included); what is in `out` is then of no use.
   *
   * On a circle anything from one turn below to one turn above is wrapped; further off is out of bounds. One loop without
   * calls, because a double handed to a function that is not inlined becomes an object.
   */
  place(source: Float64Array, from: number, out: Float64Array, units: number, values: number): number {
    const { size, min, max, scale, step, lastGridIndex, origin, span } = this
    for (let i = 0; i < size; i++) {
      // + 0 turns a negative zero into zero, so that equal positions have equal bits.
      let unit = source[from + i] + 0
      const shape = scale[i]
      if (shape === PERIODIC) {
        if (!(unit >= -1 && unit <= 2)) return i
        unit -= Math.floor(unit)
        if (unit === 1) unit = 0
      } else if (!(unit >= 0 && unit <= 1)) return i
      const raw = origin[i] + unit * span[i]
      let value = shape === LOG ? Math.exp(raw) : raw
      const gap = step[i]
      const low = min[i]
      const high = max[i]
      if (gap > 0) {
        const last = lastGridIndex[i]
        let index = Math.round((value - low) / gap)
        if (index > last) index = shape === PERIODIC ? index - last - 1 : last
        else if (index < 0) index = 0
        value = low + index * gap
        if (value > high) value = high
        unit = ((shape === LOG ? Math.log(value) : value) - origin[i]) / span[i]
        if (unit > 1) unit = 1
        else if (unit < 0) unit = 0
      } else if (value > high) value = high
      else if (value < low) value = low
      out[units + i] = unit
      out[values + i] = value
    }
    return -1
  }

  /**
   * `neighbourSpan` of all knobs at the snapped user values `block[values]`, into `out`; 0 where continuous. Same
   * distances to within rounding, without calls.
   */
  spans(block: Float64Array, values: number, out: Float64Array): void {
    const { size, min, max, scale, step, lastGridIndex, span } = this
    for (let i = 0; i < size; i++) {
      const gap = step[i]
      if (gap === 0) {
        out[i] = 0
        continue
      }
      if (scale[i] === PERIODIC) {
        out[i] = Math.min(1, (2 * gap) / span[i])
        continue
      }
      const value = block[values + i]
      const low = min[i]
      // The grid may end below max; its last point is where the step from below can lead.
      const high = Math.min(max[i], low + lastGridIndex[i] * gap)
      const below = value - gap < low ? low : value - gap
      const above = value + gap > high ? high : value + gap
      out[i] = (scale[i] === LOG ? Math.log(above / below) : above - below) / span[i]
    }
  }

  /** Distance in unit space between the grid neighbours of a position; 0 when continuous, one gap at a bound. */
  neighbourSpan(i: number, unit: number): number {
    if (this.step[i] === 0) return 0
    const at = this.gridIndex(i, unit)
    if (this.scale[i] === PERIODIC) return Math.min(1, (2 * this.step[i]) / this.span[i])
    return this.gridUnit(i, at + 1) - this.gridUnit(i, at - 1)
  }

  /**
   * The longest grid offset from the grid position `unit` that does not go beyond `offset`, in the direction of `offset`
   * (short way on a circle). Snapping any target between the two then stays within `offset`.
   */
  gridOffset(i: number, unit: number, offset: number): number {
    const at = this.gridIndex(i, unit)
    const sign = offset < 0 ? -1 : 1
    let steps = Math.abs(this.gridIndex(i, unit + offset) - at)
    if (this.scale[i] === PERIODIC) steps = Math.floor((Math.abs(offset) * this.span[i]) / this.step[i] + 1)
    for (; steps > 0; steps--) {
      const reached = this.difference(i, unit, this.gridUnit(i, at + sign * steps))
      // Half a turn reads as either way round; the sign says which one this is.
      if (reached * sign > 0 && Math.abs(reached) <= Math.abs(offset)) return reached
    }
    return 0
  }

  private nearestGridIndex(i: number, value: number): number {
    return this.containIndex(i, Math.round((value - this.min[i]) / this.step[i]))
  }

  private containIndex(i: number, index: number): number {
    const last = this.lastGridIndex[i]
    if (this.scale[i] === PERIODIC) {
      const period = last + 1
      return index - Math.floor(index / period) * period
    }
    return index < 0 ? 0 : index > last ? last : index
  }

  private gridValue(i: number, index: number): number {
    const value = this.min[i] + index * this.step[i]
    return value > this.max[i] ? this.max[i] : value
  }
}
