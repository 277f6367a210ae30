/** What strategies share that take an answer by its trial and its loss alone; a trial that failed is infinitely bad. */
import type { StrategyContext } from "../Strategy.ts"
import { KnownPoints } from "./KnownPoints.ts"

export abstract class AnsweredByLoss {
  protected readonly context: StrategyContext
  protected readonly known: KnownPoints

  constructor(context: StrategyContext) {
    this.context = context
    this.known = new KnownPoints(context)
  }

  tell(id: number, index: number): void {
    this.answer(id, this.context.readings.losses[index])
  }

  fail(id: number, unit: Float64Array): void {
    this.known.failed(unit)
    this.answer(id, Number.POSITIVE_INFINITY)
  }

  protected abstract answer(id: number, loss: number): void
}
