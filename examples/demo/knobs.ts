/**
 * The knobs of the demo's service, the configuration it starts from, and the price of an answer. Everything that the
 * plant, the engine and the comparison have to agree on stands here and nowhere else.
 */

/** The parameter space handed to `createEngine`; `initial` is what a competent person would have written down. */
export const params = {
  /**
   * How many requests may wait for the database at once; the rest queue in order. Sixteen is more generous than the
   * ten connections that HikariCP, the most used pool of the Java world, ships with.
   */
  maxInFlight: { min: 1, max: 1024, scale: "log", step: 1, initial: 16 },
  /**
   * How long the first read of a micro-batch waits for company. Five milliseconds is what Kafka's producer ships as
   * its default `linger.ms` since 4.0, for the same trade: a little wait for far fewer round trips.
   */
  batchWindowMs: { min: 0.05, max: 50, scale: "log", initial: 5 },
  /**
   * How long a quote may be answered from memory. Guides to micro-caching say one second; prices move, so a careful
   * person takes a quarter of that, which still keeps two reads of three off the database.
   */
  cacheTtlMs: { min: 1, max: 10_000, scale: "log", initial: 250 },
} as const

export type KnobName = keyof typeof params

/** One value per knob, in user units. */
export type KnobValues = { readonly [name in KnobName]: number }

export const knobNames = Object.keys(params) as ReadonlyArray<KnobName>

/** The configuration the demo starts from and is compared with. */
export const startingValues: KnobValues = {
  maxInFlight: params.maxInFlight.initial,
  batchWindowMs: params.batchWindowMs.initial,
  cacheTtlMs: params.cacheTtlMs.initial,
}

/** Price of one millisecond of a quote's age, in milliseconds of waiting: an old price is a wrong price. */
export const AGE_PRICE = 0.05
/** Price of an answer that is a refusal (503), in milliseconds of waiting: the caller must come back. */
export const REFUSAL_PRICE_MS = 100

/** What one answer cost its caller, in milliseconds; the mean of it is the objective. */
export const answerCostMs = (latencyMs: number, ageMs: number, refused: boolean): number =>
  latencyMs + AGE_PRICE * ageMs + (refused ? REFUSAL_PRICE_MS : 0)

/** True when a reading lies inside its knob's bounds; NaN does not. */
export const insideBounds = (name: KnobName, value: number): boolean =>
  value >= params[name].min && value <= params[name].max
