/**
 * Tunes how long an lru-cache keeps what it fetched. A longer time saves fetches and serves older answers. Only the
 * owner knows what freshness is worth: `staleUsPerSecond` says how many microseconds of fetching one second of age
 * is worth. A lookup costs the time its fetch took (plus ten seconds if it failed), or the price of the age of the
 * entry it found.
 *
 * Age is checked when an entry is read, so a new time to live applies to existing entries as well. The ages of
 * entries need one time to live to adjust; nothing is measured until then.
 */
import type { KnobConfig } from "../domain/ParamSpace.ts"
import { MILLISECOND_US, SECOND_US } from "../domain/Units.ts"
import { FAILURE_US } from "../telemetry/samples.ts"
import type { Adapter } from "./Adapter.ts"
import { boundProblems, methodProblems, optionProblems, refuse, type Wanted } from "./checkOptions.ts"
import { CostMeter } from "./CostMeter.ts"
import { SingleFlight } from "./SingleFlight.ts"

/** The part of an `LRUCache` that is used. */
export interface CacheLike<Key, Value> {
  get(key: Key, options: { updateAgeOnGet: false }): Value | undefined
  set(key: Key, value: NoInfer<Value>, options: { ttl: number; noUpdateTTL: false }): unknown
  getRemainingTTL(key: Key): number
}

/** Options of `cacheTtl`; bounds and start in milliseconds. */
export interface CacheTtlOptions<K extends string = string> {
  /** Microseconds of fetching that one second of age is worth. */
  readonly staleUsPerSecond: number
  readonly name?: K | undefined
  /** Milliseconds. Default 100 to 600,000, from 5,000. */
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly initial?: number | undefined
  /** Least number of lookups, and least time, per digest. Default 50 lookups, one second. */
  readonly everyCount?: number | undefined
  readonly everyUs?: number | undefined
}

const WANTED: Wanted<Required<CacheTtlOptions>> = {
  staleUsPerSecond: "a finite number from 0",
  name: "a string",
  min: "a finite number",
  max: "a finite number",
  initial: "a finite number",
  everyCount: "a finite number from 0",
  everyUs: "a finite number from 0",
}

/** A cache whose time to live can change. */
export interface CacheTtl<Key, Value, K extends string = string> extends Adapter<K> {
  /** The cached value if it is fresh enough, else the result of `load`. Runs one load at a time per key. */
  readonly get: (key: Key, load: (key: Key) => PromiseLike<Value>) => Promise<Value>
}

/**
 * Tunes the time to live of an lru-cache, in milliseconds. Throws a ConfigError for unknown or invalid options, and
 * if `staleUsPerSecond` is missing.
 *
 * @example
 * const prices = cacheTtl(new LRUCache<string, Price>({ max: 10_000 }), { staleUsPerSecond: 2_000 })
 * await tune(prices)
 * const price = await prices.get("EUR", fetchPrice)
 */
export function cacheTtl<Key, Value, const K extends string = "ttlMs">(
  cache: CacheLike<Key, Value>,
  options: CacheTtlOptions<K>,
): CacheTtl<Key, Value, K> {
  // Required: a missing value must be reported.
  const found = optionProblems({ ...options, staleUsPerSecond: options?.staleUsPerSecond ?? null }, WANTED)
  const { name = "ttlMs" as K, min = 100, max = 600_000, staleUsPerSecond, ...rest } = { ...options }
  const initial = rest.initial ?? Math.min(max, Math.max(min, 5_000))
  const knob = { min, max, scale: "log", initial } as const
  refuse([
    ...methodProblems(
      cache,
      ["cache"],
      ["get", "set", "getRemainingTTL"],
      "an LRUCache",
      "Create one with lru-cache.",
    ),
    ...found,
    ...boundProblems(name, knob, found),
  ])
  let ttlMs = initial
  const meter = new CostMeter({ ...rest, settleUs: () => ttlMs * MILLISECOND_US })
  const loads = new SingleFlight<Key, Value>()

  const fetched = (key: Key, load: (key: Key) => PromiseLike<Value>): Promise<Value> => {
    const begun = meter.begin()
    const kept = (): Promise<Value> =>
      Promise.resolve(load(key)).then((value) => {
        cache.set(key, value, { ttl: max, noUpdateTTL: false })
        return value
      })
    return loads.run(key, kept, (ok) =>
      meter.end(begun, meter.nowUs - begun.startedUs + (ok ? 0 : FAILURE_US)),
    )
  }
  return {
    params: { [name]: knob } as Record<K, KnobConfig>,
    apply: (values) => {
      ttlMs = values[name]
    },
    meter,
    get: (key, load) => {
      const ageMs = max - cache.getRemainingTTL(key)
      const found = ageMs <= ttlMs ? cache.get(key, { updateAgeOnGet: false }) : undefined
      if (found === undefined) return fetched(key, load)
      // The age of an entry that others stored with another time to live is unknown: it is served but not measured.
      if (ageMs < 0) return Promise.resolve(found)
      meter.end(meter.begin(), (staleUsPerSecond * ageMs * MILLISECOND_US) / SECOND_US)
      return Promise.resolve(found)
    },
  }
}
