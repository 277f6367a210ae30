/**
 * A pair measured both ways, stage by stage: in halves first, then all replicas on one side and on the other. The loop asks before each
 * stage how it is spread, and hands over what it read; `Interference` judges.
 */
import type { KnobTable } from "../hot/KnobTable.ts"
import type { Design } from "./designs.ts"
import { Interference, widen } from "./Interference.ts"
import type { StageReading } from "./sideReadings.ts"

/** In halves, and twice in turns. */
const STAGES = 3

export class PairCheck {
  readonly interference: Interference
  /** A check is under way. */
  active = false
  private readonly table: KnobTable
  private readonly steps: Float64Array
  private readonly direction: Float64Array
  /** The pair that was checked comes next. */
  private over = false
  private stages = 0
  private halves = 0
  private plusLoss = Number.NaN
  private minusLoss = Number.NaN

  constructor(table: KnobTable) {
    this.table = table
    this.interference = new Interference(table.size)
    this.steps = new Float64Array(table.size)
    this.direction = new Float64Array(table.size)
  }

  /** A cycle begins: whether a check comes before it. */
  begin(): boolean {
    this.active = !this.over && this.interference.checksNext()
    this.over = false
    this.stages = 0
    this.plusLoss = Number.NaN
    this.minusLoss = Number.NaN
    return this.active
  }

  /** How the next stage is spread. */
  get design(): Design {
    return this.stages === 0 ? "split" : "together"
  }

  /** Moves the targets of the pair apart, as far as the step limits allow (`SafetyExecutor.stepLimits`). */
  place(
    executor: { readonly base: Float64Array; readonly stepLimits: (out: Float64Array) => void },
    plus: Float64Array,
    minus: Float64Array,
  ): void {
    const { table, steps, direction } = this
    executor.stepLimits(steps)
    widen(table, executor.base, steps, plus, minus)
    for (let i = 0; i < table.size; i++) direction[i] = table.difference(i, minus[i], plus[i])
  }

  /** Takes what a stage has read: more are to come, the check is over, or it has brought enough evidence. */
  take({ plus, minus }: StageReading): "more" | "over" | "found" {
    this.stages++
    if (this.stages === 1) this.halves = plus.loss - minus.loss
    else if (plus.replicas > 0) this.plusLoss = plus.loss
    else this.minusLoss = minus.loss
    if (this.stages < STAGES) return "more"
    this.active = false
    this.over = true
    const found = this.interference.take(this.plusLoss - this.minusLoss, this.halves, this.direction)
    return found ? "found" : "over"
  }
}
