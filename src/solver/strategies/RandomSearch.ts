/** Uniform points, whatever was read: what every other strategy has to beat. */
import type { Strategy, StrategyContext, StrategyDefinition } from "../Strategy.ts"
import { KnownPoints } from "./KnownPoints.ts"

export class RandomSearch implements Strategy {
  readonly move = "uniform"
  private readonly context: StrategyContext
  private readonly known: KnownPoints

  constructor(context: StrategyContext) {
    this.context = context
    this.known = new KnownPoints(context)
  }

  ask(_id: number, out: Float64Array): boolean {
    this.known.drawUnread(out)
    return true
  }

  tell(_id: number, _index: number): void {}

  fail(_id: number, unit: Float64Array): void {
    this.known.failed(unit)
  }
}

/** Uniform random search: the yardstick that other strategies are measured against. */
export const random: StrategyDefinition = {
  name: "random",
  summary: "Uniform random points; the baseline.",
  params: [],
  make: (context) => new RandomSearch(context),
}
