/**
 * Tunes how long a DataLoader (or anything with a `batchScheduleFn`) collects keys before it loads them in one
 * batch. A longer window makes batches larger and fewer, but every caller waits. The objective is what callers see:
 * the mean time of a load.
 */
import type { KnobConfig } from "../domain/ParamSpace.ts"
import type { Adapter } from "./Adapter.ts"
import { FAILURE_US } from "../telemetry/samples.ts"
import { boundProblems, optionProblems, refuse, type Wanted } from "./checkOptions.ts"
import { METER, WorkMeter, type WorkMeterOptions, type WorkReading } from "./WorkMeter.ts"

/** Options of `batchWindow`; bounds and start in milliseconds. */
export interface BatchWindowOptions<K extends string = string> extends Partial<WorkMeterOptions> {
  readonly name?: K | undefined
  /** Milliseconds. Default 1 to 50, from 4. */
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly initial?: number | undefined
}

/** A tunable batch window. */
export interface BatchWindow<K extends string = string> extends Adapter<K> {
  readonly meter: WorkMeter
  /** For `new DataLoader(batch, { batchScheduleFn })`. */
  readonly batchScheduleFn: (dispatch: () => void) => void
  /** Measures one load; result and error are handed on. */
  readonly track: <T>(load: () => T) => T
}

const WANTED: Wanted<Required<BatchWindowOptions>> = {
  name: "a string",
  min: "a finite number",
  max: "milliseconds above 0, at most 2147483647",
  initial: "a finite number",
  ...METER,
}

/** The mean time of a load. Each failure adds ten seconds. */
const meanLoss = ({ meanUs, failed, done }: WorkReading): number =>
  meanUs + (FAILURE_US * failed) / (done + failed)

/**
 * Tunes a batch window in whole milliseconds. Throws a ConfigError for unknown or invalid options.
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
  const found = optionProblems(options, WANTED)
  // Nothing can be read from what is not an object.
  if (typeof options !== "object" || options === null) refuse(found)
  const { name = "batchWindowMs" as K, min = 1, max = 50, ...measured } = options
  const initial = options.initial ?? Math.min(max, Math.max(min, 4))
  const knob = { min, max, scale: "log", step: 1, initial } as const
  refuse([...found, ...boundProblems(name, knob, found)])
  let windowMs = initial
  const { objective = meanLoss, constraintMargin, everyCount, everyUs, atMostUs } = measured
  const meter = new WorkMeter({ objective, constraintMargin, everyCount, everyUs, atMostUs })
  return {
    params: { [name]: knob } as Record<K, KnobConfig>,
    apply: (values) => {
      windowMs = values[name]
    },
    meter,
    batchScheduleFn: (dispatch) => void setTimeout(dispatch, windowMs),
    track: (load) => meter.track(load),
  }
}
