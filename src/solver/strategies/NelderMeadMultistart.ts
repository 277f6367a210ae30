/**
 * Several Nelder-Mead simplices at once. Triage: each of a round gets a few moves, then the worse half is set aside and
 * the others get twice as many, until one is left. Rotation: when that one is done, or has found nothing better for long,
 * the best of those set aside goes on; when none is left that has not had its turn, a new round begins elsewhere.
 *
 * For few dimensions, several basins and noise. While the simplex whose turn it is waits for an answer, workers with
 * nothing else to do carry on those set aside.
 */
import type { Strategy, StrategyContext, StrategyDefinition } from "../Strategy.ts"
import { KnownPoints } from "./KnownPoints.ts"
import { edgeOf } from "./NelderMead.ts"
import { Simplex } from "./Simplex.ts"
import { Starts } from "./Starts.ts"

/** Simplices in a round: one for so many times n + 1 evaluations left, 2 to 6. */
const SHARE = 10
const LEAST_LANES = 2
const MOST_LANES = 6
/** Most simplices that `starts` may ask for. */
const MOST_CHOSEN = 64
/** One simplex only, where not even this many times n + 1 are left for each: it would be all starts and no moves. */
const TOO_FEW = 4
/** Evaluations a simplex gets before the first triage, in times n + 1: itself and as many moves. */
const ALLOWANCE = 2
/** Evaluations without a better vertex, in times n + 1, after which another one has its turn. */
const PATIENCE = 6
/** Known points passed through in one ask before any unknown one is taken instead. */
const PASSES = 64

/** One simplex and how it is getting on. */
interface Lane {
  readonly simplex: Simplex
  /** Trial id by slot; -1 where none is out. */
  readonly ids: Float64Array
  spent: number
  best: number
  /** Evaluations since its best vertex was replaced. */
  idle: number
  /** Has had its turn: done, or without success for too long. */
  over: boolean
}

export class NelderMeadMultistart implements Strategy {
  move = "start"
  private readonly context: StrategyContext
  private readonly starts: Starts
  private readonly known: KnownPoints
  private readonly start: Float64Array
  private readonly lanes: Lane[] = []
  /** Those still in the triage of this round, or the one whose turn it is. */
  private running: Lane[] = []
  private allowance = 0
  private readonly n: number
  private readonly edge: number

  constructor(context: StrategyContext) {
    this.context = context
    this.edge = edgeOf(context.params)
    this.starts = new Starts(context)
    this.known = new KnownPoints(context)
    this.start = new Float64Array(context.space.size)
    const tolerance = context.params.tolerance ?? (context.noise > 0 ? 1e-2 : 1e-8)
    this.n = new Simplex(context.space, tolerance).n
    const lanes = Math.floor(context.params.starts ?? lanesFor(context.remaining() / (this.n + 1)))
    for (let k = 0; k < Math.max(1, Math.min(MOST_CHOSEN, lanes)); k++) {
      const simplex = new Simplex(context.space, tolerance)
      const ids = new Float64Array(simplex.n + 3).fill(-1)
      this.lanes.push({ simplex, ids, spent: 0, best: Number.POSITIVE_INFINITY, idle: 0, over: true })
    }
  }

  wantsAnswer(): boolean {
    return this.n > 0 && this.running.length > 0 && !this.running.some((lane) => this.ready(lane))
  }

  ask(id: number, out: Float64Array): boolean {
    for (let pass = 0; pass < PASSES && this.n > 0; pass++) {
      this.turn()
      const lane = this.running.find((lane) => this.ready(lane)) ?? this.lanes.find((lane) => ready(lane))
      if (lane === undefined) return false
      const slot = lane.simplex.next(out)
      const loss = this.known.loss(out)
      if (Number.isNaN(loss)) {
        this.move = lane.simplex.move
        lane.ids[slot] = id
        lane.spent++
        return true
      }
      lane.simplex.answer(slot, out, 0, loss)
      this.note(lane)
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
    if (id < 0) return
    for (const lane of this.lanes) {
      const slot = lane.ids.indexOf(id)
      if (slot < 0) continue
      lane.ids[slot] = -1
      lane.simplex.answer(slot, units, from, loss)
      this.note(lane)
      return
    }
  }

  /** Notes how a simplex did with its last answer. */
  private note(lane: Lane): void {
    const { best, done } = lane.simplex
    lane.idle = best < lane.best ? 0 : lane.idle + 1
    lane.best = best
    if (done || lane.idle > PATIENCE * (this.n + 1)) lane.over = true
  }

  /** May be given another point: has one that needs no answer, and evaluations left in this part of the triage. */
  private ready(lane: Lane): boolean {
    return ready(lane) && (this.running.length === 1 || lane.spent < this.allowance)
  }

  /** Triage and rotation, as far as the answers allow. */
  private turn(): void {
    while (this.running.length > 1) {
      const settled = this.running.every(
        (lane) => lane.over || (lane.spent >= this.allowance && !waits(lane)),
      )
      if (!settled) return
      this.running.sort((a, b) => a.best - b.best)
      this.running = this.running.slice(0, Math.ceil(this.running.length / 2))
      this.allowance *= 2
    }
    if (this.running.length === 1 && !this.running[0].over) return
    let next: Lane | null = null
    for (const lane of this.lanes) {
      if (!lane.over && (next === null || lane.best < next.best)) next = lane
    }
    if (next !== null) this.running = [next]
    else this.round()
  }

  /** A new round: every simplex begins elsewhere. */
  private round(): void {
    for (const lane of this.lanes) {
      const loss = this.starts.take(this.start)
      lane.simplex.begin(this.start, this.edge, this.context.noise > 0 ? Number.NaN : loss)
      lane.ids.fill(-1)
      lane.spent = 0
      lane.best = Number.POSITIVE_INFINITY
      lane.idle = 0
      lane.over = false
    }
    this.running = [...this.lanes]
    this.allowance = ALLOWANCE * (this.n + 1)
  }
}

/** @param shares evaluations left, in times n + 1 */
function lanesFor(shares: number): number {
  if (shares < LEAST_LANES * TOO_FEW) return 1
  return Math.min(MOST_LANES, Math.max(LEAST_LANES, Math.floor(shares / SHARE)))
}

function waits(lane: Lane): boolean {
  return lane.ids.some((id) => id >= 0)
}

function ready(lane: Lane): boolean {
  return !lane.over && lane.simplex.ready
}

/** Nelder-Mead from several starts: choose it by name for a smooth landscape with a few separate valleys. */
export const nelderMeadMultistart: StrategyDefinition = {
  name: "nelderMeadMultistart",
  summary: "Nelder-Mead from several starts: the worse are dropped early, and a stalled one makes way.",
  params: ["edge", "starts", "tolerance"],
  make: (context) => new NelderMeadMultistart(context),
}
