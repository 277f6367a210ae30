/**
 * The calls of a user's, as every face of an engine makes them. An error that a call is documented to give is expected; anything else is
 * a defect in the engine: it trips SafeMode before it goes on to the caller.
 */
import type { Sample } from "../../telemetry/samples.ts"
import { foreignCall } from "./foreignCall.ts"
import { errorText, isExpected, type Outcome, outcomeOf } from "./outcome.ts"

/** The engine that is called. */
export interface Callee {
  readonly observe: (input: unknown) => boolean
  readonly observeSample: (sample: Sample) => void
  readonly manualTick: (nowUs: number) => void
  /** Digests of a user's that are being read. */
  reading: number
  /** A defect was met: everything is made safe and settled when this returns. */
  readonly fault: (detail: string) => void
}

export class UserCalls {
  private readonly engine: Callee

  constructor(engine: Callee) {
    this.engine = engine
  }

  /** Runs a call and says how it ended. */
  outcome<A>(call: () => A): Outcome<A> {
    const { reading } = this.engine
    const outcome = outcomeOf(call)
    if (!outcome.ok) this.failed(outcome.error, reading)
    return outcome
  }

  /** As `outcome`, thrown. */
  attempt<A>(call: () => A): A {
    return foreignCall(call, undefined, this.rethrow, this.engine.reading)
  }

  /** `observe`, `observeSample` and `manualTick`: functions made once, so that a call makes nothing. */
  readonly report = (input: unknown): boolean =>
    foreignCall(this.observing, input, this.rethrow, this.engine.reading)
  readonly reportSample = (sample: Sample): void =>
    foreignCall(this.sampling, sample, this.failed, this.engine.reading)
  readonly passTime = (nowUs: number): void =>
    foreignCall(this.ticking, nowUs, this.rethrow, this.engine.reading)
  private readonly observing = (input: unknown): boolean => this.engine.observe(input)
  private readonly sampling = (sample: Sample): void => this.engine.observeSample(sample)
  private readonly ticking = (nowUs: number): void => this.engine.manualTick(nowUs)

  /** What a call threw that began while so many digests were being read. */
  private readonly failed = (error: unknown, reading: number): void => {
    const { engine } = this
    // What a digest throws while it is read (a getter, a proxy) is its maker's affair.
    const itsMakers = engine.reading !== reading
    engine.reading = reading
    if (!itsMakers && !isExpected(error)) engine.fault(errorText(error))
  }

  private readonly rethrow = (error: unknown, reading: number): never => {
    this.failed(error, reading)
    throw error
  }
}
