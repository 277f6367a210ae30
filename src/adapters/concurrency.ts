/**
 * An adapter for anything whose concurrency is one number. Needed to write another one: say how the number is put in, and
 * measure the work with `track`; bounds, scale, objective and attribution are here.
 */
import type { KnobConfig } from "../domain/ParamSpace.ts"
import { SECOND_US } from "../domain/Units.ts"
import type { Adapter, AdapterGains } from "./Adapter.ts"
import { boundProblems, type Kind, optionProblems, refuse, type Wanted } from "./checkOptions.ts"
import { type PowerWeights, powerLoss } from "./powerLoss.ts"
import { DIGEST_SIZE, WorkMeter, type WorkMeterOptions, type WorkReading } from "./WorkMeter.ts"

/** Options of every adapter whose knob limits concurrency. */
export interface ConcurrencyOptions<K extends string = string> extends PowerWeights {
  /** Name of the knob; give it where one engine has several. */
  readonly name?: K | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly initial?: number | undefined
  /** Keep the p99 of the work below this: comes before the objective. */
  readonly p99Us?: number | undefined
  /** What to tune for instead of power; lower is better. */
  readonly objective?: ((reading: WorkReading) => number) | undefined
  /** When a digest is made. */
  readonly digest?: Pick<WorkMeterOptions, "everyCount" | "everyUs" | "atMostUs"> | undefined
}

/** An adapter whose work is measured by who runs it. */
export interface ConcurrencyAdapter<K extends string = string> extends Adapter<K> {
  readonly meter: WorkMeter
  /** Runs `work` as one unit in flight; result and error are handed on. Call it where the work really begins, not where it queues. */
  readonly track: <T>(work: () => T) => T
}

/**
 * Window for adapters. A digest is made when work ends, so one without work is a service that nobody calls: the loop waits a day for it
 * before a window counts as lost, and does nothing meanwhile. The plain mean, because work is seldom turned away under light load: what trims the
 * outermost digests trims those in which it was.
 */
export const adapterWindow = { digests: 5, us: 24 * 3600 * SECOND_US, aggregate: "mean" } as const

/**
 * How limits on concurrency are probed. Their loss is in logarithms, so what a probe costs is known beforehand: one of .02, 11 % of the default
 * range, a good per cent of the goodput near the best limit. Noise does not widen it, because below the best limit goodput falls by
 * a per cent for each per cent; the noise is met with longer digests instead.
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

/** Throws one ConfigError for options that cannot be, with all that is wrong; `more` are those of one adapter alone. */
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
 * Options that begin where the thing stands, with room for twice as much where that is more than `most`: whoever has set 500
 * must not find himself at another number. What is no number, as no limit at all, begins where `concurrencyKnob` does.
 */
export function startingAt<K extends string>(
  present: unknown,
  options: ConcurrencyOptions<K>,
  most = 256,
): ConcurrencyOptions<K> {
  const counts = typeof present === "number" && present >= 1 && Number.isFinite(present)
  // What is no object is refused by whoever is handed it.
  if (!counts || typeof options !== "object" || options === null) return options
  const { min = 1, max = Math.max(most, 2 * present) } = options
  return { ...options, max, initial: options.initial ?? Math.min(max, Math.max(min, Math.round(present))) }
}

/** Bounds that fit most: 1 to 256 in ratios, from 20, whole numbers unless `step` says otherwise. Probes are shares of the range, so a wider one costs more. */
export function concurrencyKnob(options: ConcurrencyOptions, step = 1): KnobConfig {
  const { min = 1, max = 256 } = options
  const initial = options.initial ?? Math.min(max, Math.max(min, 20))
  return { min, max, scale: "log", step, initial }
}

/** The meter of work in flight, with power as the objective and, where asked for, a bound on the p99. */
export function concurrencyMeter(options: ConcurrencyOptions): WorkMeter {
  const { p99Us } = options
  return new WorkMeter({
    objective: options.objective ?? powerLoss(options),
    constraintMargin: p99Us === undefined ? undefined : (reading) => 1 - reading.p99Us / p99Us,
    ...options.digest,
  })
}

/** Makes an adapter of one number; `put` gives it to the thing. Throws a ConfigError for options that it does not know. */
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
      // Bounds may be changed behind our back: `params` of `tune`. No package takes a half, and of none everybody waits for ever.
      const limit = Math.max(1, Math.round(values[name]))
      meter.limit = limit
      put(limit)
    },
    gains: concurrencyGains,
    meter,
    track: (work) => meter.track(work),
  }
}
