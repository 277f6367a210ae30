/**
 * Searches that take turns. One has the asks for as long as it finds something better; when it has found nothing for a
 * while, the next one begins from the best point. So evaluations go to whoever earns them, and none is left out for good.
 * One needs it where it cannot be told beforehand which search will get stuck.
 */
import type { Strategy, StrategyContext } from "../Strategy.ts"

/**
 * Readings without a better one, in times d + 1, after which the next one has its turn; twice as many after a turn that found
 * nothing. To begin a search costs a look at all readings: in a long run that must not happen every few of them.
 */
const PATIENCE = 10

export class Rotation implements Strategy {
  private readonly context: StrategyContext
  private readonly searches: ReadonlyArray<() => Strategy>
  private active: Strategy
  private turn = 0
  private best: number
  private betteredAt: number
  private earned = false
  private patience: number
  /** Points that gave no number: each search is told of those before it. */
  private readonly failed: Array<Float64Array> = []

  /** @param searches in the order of their turns; each is made when its turn comes, and gives a point at once */
  constructor(context: StrategyContext, searches: ReadonlyArray<() => Strategy>) {
    const { readings } = context
    this.context = context
    this.searches = searches
    this.active = searches[0]()
    this.best = readings.lowest < 0 ? Number.POSITIVE_INFINITY : readings.losses[readings.lowest]
    this.betteredAt = readings.count
    this.patience = PATIENCE * (context.space.size + 1)
  }

  get move(): string {
    return this.active.move
  }

  ask(id: number, out: Float64Array): boolean {
    const { readings, space } = this.context
    if (readings.count - this.betteredAt > this.patience) {
      this.patience = this.earned ? PATIENCE * (space.size + 1) : 2 * this.patience
      this.earned = false
      this.turn = (this.turn + 1) % this.searches.length
      this.betteredAt = readings.count
      this.active = this.searches[this.turn]()
      for (const unit of this.failed) this.active.fail(-1, unit)
    }
    return this.active.ask(id, out)
  }

  wantsAnswer(): boolean {
    return this.active.wantsAnswer?.() ?? false
  }

  spare(id: number, out: Float64Array): boolean {
    return this.active.spare?.(id, out) ?? false
  }

  tell(id: number, index: number): void {
    const { readings } = this.context
    if (readings.losses[index] < this.best) {
      this.best = readings.losses[index]
      this.betteredAt = readings.count
      this.earned = true
    }
    this.active.tell(id, index)
  }

  fail(id: number, unit: Float64Array): void {
    this.failed.push(unit.slice())
    this.active.fail(id, unit)
  }
}
