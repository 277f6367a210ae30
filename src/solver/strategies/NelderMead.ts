/**
 * Nelder and Mead's simplex search as a strategy: one simplex at a time, from the best reading; when it has become small,
 * the next begins at the best probe point that lies apart, then anywhere, while budget is left. Good in few dimensions
 * and under noise, where it only compares losses and never trusts their differences.
 *
 * A simplex keeps the choices of its start; each new start brings its own.
 */
import type { Strategy, StrategyContext, StrategyDefinition } from "../Strategy.ts"
import { KnownPoints } from "./KnownPoints.ts"
import { Simplex } from "./Simplex.ts"
import { Starts } from "./Starts.ts"

export interface NelderMeadOptions {
  /** Where the first simplex begins; null is the best reading. */
  readonly start: Float64Array | null
  /** Edge of every new simplex, as a share of the cube's side. */
  readonly edge: number
  /** Extent at which a simplex is done; 1e-8, or 1e-2 under noise, when absent. */
  readonly tolerance?: number
}

/** Known points passed through in one ask before it takes any unknown one instead. */
const PASSES = 64

export class NelderMead implements Strategy {
  move = "start"
  private readonly context: StrategyContext
  private readonly edge: number
  private readonly simplex: Simplex
  private readonly starts: Starts
  private readonly known: KnownPoints
  /** Trial id by slot of the simplex; -1 where none is out. */
  private readonly ids: Float64Array
  private readonly start: Float64Array

  constructor(context: StrategyContext, options: NelderMeadOptions) {
    const { space } = context
    this.context = context
    this.edge = options.edge
    this.simplex = new Simplex(space, options.tolerance ?? (context.noise > 0 ? 1e-2 : 1e-8))
    this.starts = new Starts(context)
    this.known = new KnownPoints(context)
    this.ids = new Float64Array(this.simplex.n + 3).fill(-1)
    this.start = new Float64Array(space.size)
    if (options.start === null) this.begin()
    else {
      this.start.set(options.start)
      this.starts.avoid(this.start)
      this.simplex.begin(this.start, this.edge, this.lossAt(this.start))
    }
  }

  ask(id: number, out: Float64Array): boolean {
    for (let pass = 0; pass < PASSES; pass++) {
      // With no dimension to move in, a simplex is a point and done at once: what is left is to draw.
      if (this.simplex.n === 0) break
      if (this.simplex.done) this.begin()
      const slot = this.simplex.next(out)
      if (slot < 0) return false
      const loss = this.known.loss(out)
      if (Number.isNaN(loss)) {
        this.move = this.simplex.move
        this.ids[slot] = id
        return true
      }
      this.simplex.answer(slot, out, 0, loss)
    }
    this.move = "scout"
    this.known.drawUnread(out)
    return true
  }

  tell(id: number, index: number): void {
    const { readings } = this.context
    this.answer(id, readings.units, index * readings.dimensions, readings.losses[index])
  }

  fail(id: number, unit: Float64Array): void {
    this.known.failed(unit)
    this.answer(id, unit, 0, Number.POSITIVE_INFINITY)
  }

  private answer(id: number, units: Float64Array, from: number, loss: number): void {
    const slot = id < 0 ? -1 : this.ids.indexOf(id)
    if (slot < 0) return
    this.ids[slot] = -1
    this.simplex.answer(slot, units, from, loss)
  }

  private begin(): void {
    if (this.simplex.n === 0) return
    const loss = this.starts.take(this.start)
    // Under noise the best reading was also a lucky one: it is read again.
    this.simplex.begin(this.start, this.edge, this.context.noise > 0 ? Number.NaN : loss)
  }

  /** The loss read at a given start; NaN where there is none, or where it may have been luck. */
  private lossAt(start: Float64Array): number {
    const { readings, noise, space } = this.context
    if (noise > 0) return Number.NaN
    for (let r = readings.count - 1; r >= 0; r--) {
      let same = true
      for (let i = 0; i < space.size && same; i++) same = readings.units[r * space.size + i] === start[i]
      if (same) return readings.losses[r]
    }
    return Number.NaN
  }
}

/** Edge of a new simplex by default. */
const EDGE = 0.3

/** The edge that `strategy_params` ask for, within what a cube has room for. */
export function edgeOf(params: Readonly<Record<string, number>>): number {
  return Math.min(1, Math.max(1e-6, params.edge ?? EDGE))
}

export const nelderMead: StrategyDefinition = {
  name: "nelderMead",
  summary: "Nelder-Mead simplex with coefficients by dimension; restarts from the best diverse points.",
  params: ["edge", "tolerance"],
  make: (context) => {
    const { tolerance } = context.params
    return new NelderMead(context, {
      start: null,
      edge: edgeOf(context.params),
      ...(tolerance === undefined ? {} : { tolerance }),
    })
  },
}
