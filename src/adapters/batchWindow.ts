/**
 * How long a DataLoader (or anything with a `batchScheduleFn`) gathers keys before it asks for them all at once. A longer window
 * makes fewer, larger batches and every caller wait; what is tuned for is what callers see: the mean time from `load` to the answer.
 */
import type { KnobConfig } from "../domain/ParamSpace.ts"
import type { Adapter } from "./Adapter.ts"
import { FAILURE_US } from "../telemetry/samples.ts"
import { optionProblems, refuse, type Wanted } from "./checkOptions.ts"
import { WorkMeter, type WorkMeterOptions } from "./WorkMeter.ts"

/** Options of `batchWindow`; bounds and start in milliseconds. */
export interface BatchWindowOptions<K extends string = string> extends Partial<WorkMeterOptions> {
  readonly name?: K | undefined
  /** Milliseconds. Default 1 to 50, from 4. */
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly initial?: number | undefined
}

/** A batch window at work. */
export interface BatchWindow<K extends string = string> extends Adapter<K> {
  readonly meter: WorkMeter
  /** For `new DataLoader(batch, { batchScheduleFn })`. */
  readonly batchScheduleFn: (dispatch: () => void) => void
  /** Measures one load; result and error are handed on. */
  readonly track: <T>(load: () => T) => T
}

const WANTED: Wanted<Required<BatchWindowOptions>> = {
  name: "a string",
  min: "a number",
  max: "a number",
  initial: "a number",
  objective: "a function",
  constraintMargin: "a function",
  everyCount: "a number from 0",
  everyUs: "a number from 0",
  atMostUs: "a number above 0",
}

/**
 * Tunes a batch window, in whole milliseconds. Throws a ConfigError for options that it does not know.
 *
 * @example
 * const batching = batchWindow()
 * const users = new DataLoader(fetchUsers, { batchScheduleFn: batching.batchScheduleFn })
 * await tune(batching)
 * const user = await batching.track(() => users.load(id))
 */
export function batchWindow<const K extends string = "batchWindowMs">(
  options: BatchWindowOptions<K> = {},
): BatchWindow<K> {
  refuse(optionProblems(options, WANTED))
  const { name = "batchWindowMs" as K, min = 1, max = 50 } = options
  const initial = options.initial ?? Math.min(max, Math.max(min, 4))
  let windowMs = initial
  const meter = new WorkMeter({
    objective: (reading) => reading.meanUs + (FAILURE_US * reading.failed) / (reading.done + reading.failed),
    ...options,
  })
  return {
    params: { [name]: { min, max, scale: "log", step: 1, initial } } as Record<K, KnobConfig>,
    apply: (values) => {
      windowMs = values[name]
    },
    meter,
    batchScheduleFn: (dispatch) => void setTimeout(dispatch, windowMs),
    track: (load) => meter.track(load),
  }
}
