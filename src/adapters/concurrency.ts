/**
 * An adapter for anything whose concurrency is one number. To write a new one, say how to set the number and
 * measure the work with `track`. Bounds, scale, objective and attribution are handled here.
 */
import type { KnobConfig } from "../domain/ParamSpace.ts"
import { SECOND_US } from "../domain/Units.ts"
import type { Adapter, AdapterGains } from "./Adapter.ts"
import { boundProblems, type Kind, optionProblems, refuse, type Wanted } from "./checkOptions.ts"
import { type PowerWeights, powerLoss } from "./powerLoss.ts"
import { DIGEST_SIZE, WorkMeter, type WorkMeterOptions, type WorkReading } from "./WorkMeter.ts"

/** Options of every adapter whose knob limits concurrency. */
export interface ConcurrencyOptions<K extends string = string> extends PowerWeights {
  /** Name of the knob. Set it if one engine tunes several. */
  readonly name?: K | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly initial?: number | undefined
  /** Keep the p99 of the work below this. Takes precedence over the objective. */
  readonly p99Us?: number | undefined
  /** What to minimize instead of power. */
  readonly objective?: ((reading: WorkReading) => number) | undefined
  /** When to make a digest. */
  readonly digest?: Pick<WorkMeterOptions, "everyCount" | "everyUs" | "atMostUs"> | undefined
}

/** An adapter whose caller measures the work. */
export interface ConcurrencyAdapter<K extends string = string> extends Adapter<K> {
  readonly meter: WorkMeter
  /**
   * Measures `work` as one unit in flight; passes its result or error through. Call it where the work starts, not
   * where it queues.
   */
  readonly track: <T>(work: () => T) => T
}

/**
 * The window for adapters. A digest is made when work ends, so a window without digests means that nobody calls the
 * service: the loop waits up to a day before it counts a window as lost. The aggregate is the plain mean: under
 * light load refusals are rare, and trimming would remove exactly the digests that contain them.
 */
export const adapterWindow = { digests: 5, us: 24 * 3600 * SECOND_US, aggregate: "mean" } as const

/**
 * How concurrency limits are probed. Their loss is logarithmic, so the price of a probe is known in advance: a
 * probe of 0.02 is 11 % of the default range and costs a good per cent of goodput near the best limit. Noise does
 * not widen it, because below the best limit every per cent of limit costs a per cent of goodput. Longer digests
 * handle the noise instead.
 */
export const concurrencyGains: AdapterGains = { probe: 0.02, noisyProbe: 0, trust: 1 }

const WANTED: Wanted<Required<ConcurrencyOptions>> = {
  name: "a string",
  min: "a number from 1",
  max: "a number from 1",
  initial: "a number from 1",
  p99Us: "a number above 0",
  objective: "a function",
  digest: "an object",
  latencyWeight: "a finite number from 0",
  limitWeight: "a finite number from 0",
}

/**
 * Throws one ConfigError that lists everything wrong with the options. `more` describes options of one adapter
 * only.
 */
export function checkConcurrency(
  options: ConcurrencyOptions,
  step = 1,
  more: Readonly<Record<string, Kind>> = {},
): void {
  const found = optionProblems(options, { ...WANTED, ...more })
  if (typeof options !== "object" || options === null) return refuse(found)
  const { digest, name } = options
  refuse([
    ...found,
    ...(typeof digest === "object" ? optionProblems(digest, DIGEST_SIZE, ["digest"]) : []),
    ...boundProblems(name, concurrencyKnob(options, step), found),
  ])
}

/**
 * Options that start at the current limit. The upper bound is twice the current limit if that exceeds `most`:
 * someone who has set 500 must not be moved to another number. If there is no current limit, `concurrencyKnob`
 * chooses the start.
 */
export function startingAt<K extends string>(
  present: unknown,
  options: ConcurrencyOptions<K>,
  most = 256,
): ConcurrencyOptions<K> {
  const counts = typeof present === "number" && present >= 1 && Number.isFinite(present)
  // Whatever receives the options refuses them if they are not an object.
  if (!counts || typeof options !== "object" || options === null) return options
  const { min = 1, max = Math.max(most, 2 * present) } = options
  return { ...options, max, initial: options.initial ?? Math.min(max, Math.max(min, Math.round(present))) }
}

/**
 * Bounds that suit most cases: 1 to 256 on a log scale, starting at 20, in whole numbers unless `step` says
 * otherwise. Probes are shares of the range, so a wider range makes them more expensive.
 */
export function concurrencyKnob(options: ConcurrencyOptions, step = 1): KnobConfig {
  const { min = 1, max = 256 } = options
  const initial = options.initial ?? Math.min(max, Math.max(min, 20))
  return { min, max, scale: "log", step, initial }
}

/** A meter of work in flight. Its objective is power; with `p99Us` it also reports a constraint. */
export function concurrencyMeter(options: ConcurrencyOptions): WorkMeter {
  const { p99Us } = options
  return new WorkMeter({
    objective: options.objective ?? powerLoss(options),
    constraintMargin: p99Us === undefined ? undefined : (reading) => 1 - reading.p99Us / p99Us,
    ...options.digest,
  })
}

/** Makes an adapter for one number; `put` applies it. Throws a ConfigError for unknown or invalid options. */
export function concurrencyAdapter<K extends string>(
  name: K,
  options: ConcurrencyOptions,
  put: (limit: number) => void,
): ConcurrencyAdapter<K> {
  checkConcurrency({ ...options, name })
  const meter = concurrencyMeter(options)
  return {
    params: { [name]: concurrencyKnob(options) } as Record<K, KnobConfig>,
    apply: (values) => {
      // `params` of `tune` may widen the bounds. No package accepts a fraction, and a limit of zero would block
      // everyone.
      const limit = Math.max(1, Math.round(values[name]))
      meter.limit = limit
      put(limit)
    },
    gains: concurrencyGains,
    meter,
    track: (work) => meter.track(work),
  }
}
