/**
 * Which values of the choices have not been tried where it counts: at the incumbent, with its other choices and with numbers
 * near its own. A value that was read with other numbers has shown nothing yet.
 */
import type { StrategyContext } from "../Strategy.ts"

/** Numbers this near the incumbent's in every dimension are its own, in shares of their range. */
const NEAR = 0.15
/** Newest readings looked at: the work must not grow with the length of the run. */
const LOOKED_AT = 256

/** The values of all choices in a row; each is untried, tried, or the incumbent's own. */
export class Challengers {
  /** Values there are besides the incumbent's. */
  readonly most: number
  private readonly context: StrategyContext
  private readonly first: Int32Array
  private readonly tried: Uint8Array
  /** Trials asked for by name of a value, whatever became of them, with the choice that it belongs to. */
  private readonly asked: Array<{ readonly unit: Float64Array; readonly choice: number }> = []
  private choice = -1
  private readonly incumbent: Float64Array
  private readonly point: Float64Array

  constructor(context: StrategyContext) {
    const { space } = context
    this.context = context
    this.first = new Int32Array(space.size)
    let values = 0
    let choices = 0
    for (let i = 0; i < space.size; i++) {
      this.first[i] = values
      values += space.choices[i]
      if (space.choices[i] > 0) choices++
    }
    this.most = values - choices
    this.tried = new Uint8Array(values)
    this.incumbent = new Float64Array(space.size)
    this.point = new Float64Array(space.size)
  }

  /** How many values have not been tried at the incumbent. The first of them goes to `out`. */
  untried(out: Float64Array): number {
    const { context, tried, incumbent, point, first } = this
    const { readings, space } = context
    if (readings.lowest < 0) return 0
    readings.read(readings.lowest, incumbent)
    tried.fill(0)
    for (let r = Math.max(0, readings.count - LOOKED_AT); r < readings.count; r++) {
      readings.read(r, point)
      const apart = this.onlyChoiceApart(point)
      if (apart >= 0) this.mark(point, apart)
    }
    // Those of an earlier incumbent count where the numbers are still near: only its other choices have changed.
    for (const { unit, choice } of this.asked) if (this.isNear(unit)) this.mark(unit, choice)
    let count = 0
    for (let i = 0; i < space.size; i++) {
      for (let value = 0; value < space.choices[i]; value++) {
        const at = (value + 0.5) / space.choices[i]
        if (at === incumbent[i] || tried[first[i] + value] === 1) continue
        if (count++ > 0) continue
        out.set(incumbent)
        out[i] = at
        this.choice = i
      }
    }
    return count
  }

  /** The point that `untried` wrote is asked for. */
  ask(unit: Float64Array): void {
    this.asked.push({ unit: unit.slice(), choice: this.choice })
  }

  private mark(unit: Float64Array, choice: number): void {
    this.tried[this.first[choice] + this.context.space.choiceIndex(choice, unit[choice])] = 1
  }

  /** The choice that sets a point near the incumbent apart from it, where that is one and no more; else -1. */
  private onlyChoiceApart(unit: Float64Array): number {
    const { choices } = this.context.space
    let apart = -1
    for (let i = 0; i < choices.length; i++) {
      if (choices[i] === 0 || unit[i] === this.incumbent[i]) continue
      if (apart >= 0) return -1
      apart = i
    }
    return this.isNear(unit) ? apart : -1
  }

  /** True where all numbers are near the incumbent's. */
  private isNear(unit: Float64Array): boolean {
    const { space } = this.context
    for (let i = 0; i < space.size; i++) {
      if (space.choices[i] > 0) continue
      if (Math.abs(space.difference(i, this.incumbent[i], unit[i])) > NEAR) return false
    }
    return true
  }
}
