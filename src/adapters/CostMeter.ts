/**
 * Turns the cost of single pieces of work, in any unit, into digests of their mean. For adapters without
 * concurrency.
 */
import { SECOND_US } from "../domain/Units.ts"
import type { Meter, MeterPort } from "./Adapter.ts"
import type { Work } from "./WorkMeter.ts"

/** When a `CostMeter` makes a digest: after so many pieces of work, after so many microseconds, or whichever comes first. */
export interface CostMeterOptions {
  readonly everyCount?: number | undefined
  readonly everyUs?: number | undefined
  /** How long to measure nothing after an apply: the time the plant needs to show its effect. */
  readonly settleUs: () => number
}

/** A meter whose objective is the mean cost of the work in a digest. */
export class CostMeter implements Meter {
  private readonly options: CostMeterOptions
  private port: MeterPort | null = null
  private generation = Number.NaN
  private sinceUs = 0
  private count = 0
  private sum = 0

  constructor(options: CostMeterOptions) {
    this.options = options
  }

  /** The engine's time, microseconds; NaN while not bound. */
  get nowUs(): number {
    return this.port === null ? Number.NaN : this.port.nowUs()
  }

  readonly bind = (port: MeterPort | null): void => {
    this.port = port
    this.generation = Number.NaN
  }

  begin(): Work {
    return { generation: this.port === null ? Number.NaN : this.port.generation(), startedUs: this.nowUs }
  }

  /** Counts the cost of one piece of work, if it began under the live generation. */
  end(work: Work, cost: number): void {
    const { port } = this
    if (port === null) return
    const nowUs = port.nowUs()
    if (port.generation() !== this.generation) {
      this.generation = port.generation()
      this.clear(nowUs + this.options.settleUs())
    }
    if (work.generation !== this.generation || work.startedUs < this.sinceUs) return
    this.count++
    this.sum += cost
    const { everyCount = 50, everyUs = SECOND_US } = this.options
    if (this.count < everyCount || nowUs - this.sinceUs < everyUs) return
    const objective = this.sum / this.count
    this.clear(nowUs)
    port.report({ objective, timestampUs: nowUs, generation: this.generation })
  }

  private clear(sinceUs: number): void {
    this.sinceUs = sinceUs
    this.count = 0
    this.sum = 0
  }
}
