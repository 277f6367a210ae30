/**
 * The parameter space as numbers: what Tier 1 and Tier 2 both read and neither can change. Positions in unit space
 * [0,1] are the currency of control; `decode` turns one into the user's value, rounded to the knob's grid and
 * clamped. One is needed wherever a unit position meets a user value. Everything is arithmetic on doubles that any JavaScript engine does alike; only `Math.log`, on grids of log scale, is the
 * engine's own.
 */
import { LINEAR, LOG, PERIODIC } from "./codes.ts"
import type { KnobNumbers } from "./KnobNumbers.ts"
import { outOfRange } from "./outOfRange.ts"

export type { KnobNumbers } from "./KnobNumbers.ts"

/**
 * 2^(x / 256) is FRACTIONS[x mod 256] * POWERS[x div 256] * e^(rest), the rest within ln 2 / 512 of 0, where four terms
 * leave an error of 4e-17. Several times faster than `Math.exp`, which is a call out of compiled code, and the same
 * bits on every engine. The loops below have it written out: see `scaled` for it by itself.
 */
const PER_OCTAVE = 256
const OCTAVES = 1024
const FRACTIONS = new Float64Array(PER_OCTAVE)
const POWERS = new Float64Array(OCTAVES)
for (let i = 0; i < PER_OCTAVE; i++) FRACTIONS[i] = 2 ** (i / PER_OCTAVE)
for (let i = 0; i < OCTAVES; i++) POWERS[i] = 2 ** i
/** Natural logarithm of one 256th of an octave. */
const GRAIN = Math.LN2 / PER_OCTAVE
/** The widest log knob: max / min stays below 2^1023, so that POWERS has it. */
const WIDEST = (OCTAVES - 1) * Math.LN2

/** Places of remembered positions per log grid; a power of two. */
const REMEMBERED = 16

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
  /** Ids of the knobs on a circle and of those on a grid. */
  readonly circles: Int32Array
  readonly grids: Int32Array
  /** max - min, or log(max / min). */
  private readonly span: Float64Array
  /** What `unit` is multiplied with on the way to a value, in 256ths of an octave on a log scale; see `reach`. */
  readonly rise: Float64Array
  /**
   * Ids of all knobs that are not linear and continuous, or whose min + rise misses max by rounding. All others decode to
   * min + unit * rise and nothing more: rounding is monotone, so from exact ends follow bounds.
   */
  readonly bends: Int32Array
  /** Grid gaps between min and max. */
  private readonly gaps: Float64Array
  /** Knobs of log scale without a grid. */
  private readonly curves: Int32Array
  /** Linear continuous knobs that have to be clamped. */
  private readonly loose: Int32Array
  /** Grid positions of log knobs worked out before, [index, position] pairs: only a memory, never a different answer. */
  private readonly known: Float64Array

  /** The knobs it was made of. */
  toJSON(): ReadonlyArray<KnobNumbers> {
    return Array.from({ length: this.size }, (_, i) => ({
      min: this.min[i],
      max: this.max[i],
      scale: this.scale[i],
      step: this.step[i],
      maxStep: this.maxStep[i],
    }))
  }

  /** A RangeError for a log knob wider than any double can tell apart (max / min of 2^1023). */
  constructor(knobs: ReadonlyArray<KnobNumbers>) {
    const n = knobs.length
    this.size = n
    this.min = new Float64Array(n)
    this.max = new Float64Array(n)
    this.scale = new Uint8Array(n)
    this.step = new Float64Array(n)
    this.maxStep = new Float64Array(n)
    this.lastGridIndex = new Float64Array(n)
    this.span = new Float64Array(n)
    this.rise = new Float64Array(n)
    this.gaps = new Float64Array(n)
    for (let i = 0; i < n; i++) {
      const knob = knobs[i]
      this.min[i] = knob.min
      this.max[i] = knob.max
      this.scale[i] = knob.scale
      this.step[i] = knob.step
      this.maxStep[i] = knob.maxStep
      this.span[i] = knob.scale === LOG ? Math.log(knob.max / knob.min) : knob.max - knob.min
      if (knob.scale === LOG && !(this.span[i] < WIDEST)) {
        throw outOfRange(`knobs[${i}].max`, `below min (${knob.min}) times 2^1023 on a log scale`, knob.max)
      }
      this.rise[i] = knob.scale === LOG ? this.span[i] / GRAIN : this.span[i]
      this.gaps[i] = knob.step > 0 ? this.span[i] / knob.step : 0
      this.reach(i)
      // A relative hair keeps (1 - 0) / 0.1 from losing its tenth grid point to rounding.
      const points = knob.step > 0 ? Math.floor(((knob.max - knob.min) / knob.step) * (1 + 1e-12)) : 0
      // On a circle min and max are the same place: the last grid point would be the first again.
      // Nearer than rounding of the bounds is there as well: as a position both would be one turn.
      const hair = Math.max(knob.step * 1e-9, 2 ** -50 * Math.max(Math.abs(knob.min), Math.abs(knob.max)))
      const closes = knob.scale === PERIODIC && knob.min + points * knob.step >= knob.max - hair
      this.lastGridIndex[i] = knob.step > 0 && closes ? points - 1 : points
    }
    const idsOf = (belongs: (knob: KnobNumbers, i: number) => boolean): Int32Array =>
      Int32Array.from([...knobs.keys()].filter((i) => belongs(knobs[i], i)))
    this.circles = idsOf((knob) => knob.scale === PERIODIC)
    this.grids = idsOf((knob) => knob.step > 0)
    const bent = (knob: KnobNumbers): boolean => knob.step > 0 || knob.scale !== LINEAR
    const misses = (knob: KnobNumbers, i: number): boolean =>
      !bent(knob) && this.min[i] + this.rise[i] !== this.max[i]
    this.loose = idsOf(misses)
    this.bends = idsOf((knob, i) => bent(knob) || misses(knob, i))
    this.curves = idsOf((knob) => knob.step === 0 && knob.scale === LOG)
    this.known = new Float64Array(this.grids.length * REMEMBERED * 2).fill(-1)
  }

  /** Unit position to user value: scaled, rounded to the grid, clamped to [min, max]. */
  decode(i: number, unit: number): number {
    const at = this.contain(i, unit)
    return this.step[i] > 0 ? this.gridValue(i, this.nearestGridIndex(i, at)) : this.scaled(i, at)
  }

  /** User value to unit position, without rounding to the grid. */
  encode(i: number, value: number): number {
    const low = this.min[i]
    return this.contain(i, (this.scale[i] === LOG ? Math.log(value / low) : value - low) / this.span[i])
  }

  /** The unit position that is really taken when `unit` is asked for: on the grid, inside bounds. Idempotent. */
  snap(i: number, unit: number): number {
    const at = this.contain(i, unit)
    return this.step[i] > 0 ? this.gridUnit(i, this.nearestGridIndex(i, at)) : at
  }

  /**
   * Decodes all knobs at once, the write path's form of `snap` and `decode`: reads `size` unit positions at
   * `source[from]`, writes snapped positions to `out[units]` and user values to `out[values]`, the same bits as those
   * two would give. Returns -1, or the first knob asked out of bounds (NaN included); what is in `out` is then of no use.
   *
   * On a circle anything from one turn below to one turn above is wrapped; further off is out of bounds. Small loops by
   * kind of knob, with no call inside: after a call V8 reads every array's address again, and a double handed to a function
   * that is not inlined becomes an object.
   */
  place(source: Float64Array, from: number, out: Float64Array, units: number, values: number): number {
    const { size, min, rise } = this
    // As if all were linear and continuous; the loops after this one overwrite what is not.
    for (let i = 0; i < size; i++) {
      // + 0 turns a negative zero into zero, so that equal positions have equal bits.
      const unit = source[from + i] + 0
      if (!(unit >= 0 && unit <= 1)) return this.placeOn(i, source, from, out, units, values)
      out[units + i] = unit
      out[values + i] = min[i] + unit * rise[i]
    }
    this.placeBends(out, units, values)
    return -1
  }

  /**
   * `neighbourSpan` of the knobs on grids at the snapped user values `block[values]`, into `out`; continuous knobs are left
   * alone. Same distances to within rounding, without calls.
   */
  spans(block: Float64Array, values: number, out: Float64Array): void {
    const { grids, min, max, scale, step, lastGridIndex, span } = this
    for (let g = 0; g < grids.length; g++) {
      const i = grids[g]
      const gap = step[i]
      const shape = scale[i]
      if (shape === PERIODIC) {
        const both = (2 * gap) / span[i]
        out[i] = both < 1 ? both : 1
        continue
      }
      const value = block[values + i]
      const low = min[i]
      // The grid may end below max; its last point is where the step from below can lead.
      const end = low + lastGridIndex[i] * gap
      const high = end < max[i] ? end : max[i]
      const below = value - gap < low ? low : value - gap
      const above = value + gap > high ? high : value + gap
      out[i] = (shape === LOG ? Math.log(above / below) : above - below) / span[i]
    }
  }

  /** Grid index nearest to a unit position; 0 when continuous. */
  gridIndex(i: number, unit: number): number {
    return this.step[i] === 0 ? 0 : this.nearestGridIndex(i, this.contain(i, unit))
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
    // + 0 turns a negative zero into zero, as `place` does.
    return unit < 0 ? 0 : unit > 1 ? 1 : unit + 0
  }

  /** Distance in unit space between the grid neighbours of a position; 0 when continuous, one gap at a bound. */
  neighbourSpan(i: number, unit: number): number {
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

  /** `place` from knob `first` on, which is not within [0,1]: on a circle it may go on all the same. */
  private placeOn(
    first: number,
    source: Float64Array,
    from: number,
    out: Float64Array,
    units: number,
    values: number,
  ): number {
    for (let i = first; i < this.size; i++) {
      const unit = source[from + i] + 0
      const turn = this.scale[i] === PERIODIC ? 1 : 0
      if (!(unit >= -turn && unit <= 1 + turn)) return i
      out[units + i] = unit
      out[values + i] = this.min[i] + unit * this.rise[i]
    }
    this.placeBends(out, units, values)
    return -1
  }

  /**
   * The second half of `place`: replaces what a linear continuous knob would have at `out` by what `bends` have. For a
   * caller that goes through all knobs itself.
   */
  placeBends(out: Float64Array, units: number, values: number): void {
    if (this.loose.length > 0) this.placeLoose(out, units, values)
    if (this.curves.length > 0) this.placeCurves(out, units, values)
    if (this.circles.length > 0) this.placeCircles(out, units, values)
    if (this.grids.length > 0) this.placeGrids(out, units, values)
  }

  private placeLoose(out: Float64Array, units: number, values: number): void {
    const { loose, min, max, rise } = this
    for (let k = 0; k < loose.length; k++) {
      const i = loose[k]
      const value = min[i] + out[units + i] * rise[i]
      out[values + i] = value > max[i] ? max[i] : value
    }
  }

  private placeCurves(out: Float64Array, units: number, values: number): void {
    const { curves, min, max, rise } = this
    for (let k = 0; k < curves.length; k++) {
      const i = curves[k]
      const grains = out[units + i] * rise[i]
      const whole = Math.floor(grains + 0.5)
      const rest = (grains - whole) * GRAIN
      const fraction = FRACTIONS[whole & (PER_OCTAVE - 1)]
      const square = rest * rest
      const more = rest + square * (1 / 2 + rest * (1 / 6) + square * (1 / 24))
      const value = min[i] * (POWERS[whole >> 8] * (fraction + fraction * more))
      const high = max[i]
      out[values + i] = value > high ? high : value
    }
  }

  private placeCircles(out: Float64Array, units: number, values: number): void {
    const { circles, min, max, rise } = this
    for (let k = 0; k < circles.length; k++) {
      const i = circles[k]
      const unit = out[units + i]
      const wrapped = unit - Math.floor(unit)
      const at = wrapped === 1 ? 0 : wrapped
      const value = min[i] + at * rise[i]
      out[units + i] = at
      out[values + i] = value > max[i] ? max[i] : value
    }
  }

  private placeGrids(out: Float64Array, units: number, values: number): void {
    const { grids, scale, min, max, span, rise, gaps, step, lastGridIndex, known } = this
    for (let g = 0; g < grids.length; g++) {
      const i = grids[g]
      const low = min[i]
      const high = max[i]
      const gap = step[i]
      const last = lastGridIndex[i]
      const unit = out[units + i]
      const shape = scale[i]
      if (shape !== LOG) {
        let index = Math.floor(unit * gaps[i] + 0.5)
        // Past the last point there is the end of a line, or the first point of a circle again.
        if (index > last) index = shape === PERIODIC ? index - last - 1 : last
        const value = low + index * gap
        const held = value > high ? high : value
        out[values + i] = held
        out[units + i] = (held - low) / span[i]
        continue
      }
      const grains = unit * rise[i]
      const whole = Math.floor(grains + 0.5)
      const rest = (grains - whole) * GRAIN
      const fraction = FRACTIONS[whole & (PER_OCTAVE - 1)]
      const square = rest * rest
      const more = rest + square * (1 / 2 + rest * (1 / 6) + square * (1 / 24))
      const scaled = low * (POWERS[whole >> 8] * (fraction + fraction * more))
      const nearest = Math.floor((scaled - low) / gap + 0.5)
      const index = nearest > last ? last : nearest
      const value = low + index * gap
      const held = value > high ? high : value
      out[values + i] = held
      const place = (g * REMEMBERED + (index & (REMEMBERED - 1))) * 2
      if (known[place] !== index) {
        known[place] = index
        known[place + 1] = Math.log(held / low) / span[i]
      }
      const at = known[place + 1]
      out[units + i] = at > 1 ? 1 : at
    }
  }

  /** A contained position on its scale, in user units, not rounded to a grid. */
  private scaled(i: number, unit: number): number {
    const low = this.min[i]
    const high = this.max[i]
    const way = unit * this.rise[i]
    if (this.scale[i] !== LOG) return low + way > high ? high : low + way
    const whole = Math.floor(way + 0.5)
    const rest = (way - whole) * GRAIN
    const fraction = FRACTIONS[whole & (PER_OCTAVE - 1)]
    const square = rest * rest
    const more = rest + square * (1 / 2 + rest * (1 / 6) + square * (1 / 24))
    const value = low * (POWERS[whole >> 8] * (fraction + fraction * more))
    return value > high ? high : value
  }

  /** Lets the end of the unit interval reach max, which rounding may put an ulp short of it; beyond is clamped. */
  private reach(i: number): void {
    for (let tries = 0; tries < 64 && this.scaled(i, 1) < this.max[i]; tries++) this.rise[i] *= 1 + 2 ** -52
  }

  private nearestGridIndex(i: number, unit: number): number {
    const gaps =
      this.scale[i] === LOG ? (this.scaled(i, unit) - this.min[i]) / this.step[i] : unit * this.gaps[i]
    return this.containIndex(i, Math.floor(gaps + 0.5))
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
