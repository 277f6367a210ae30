/**
 * The constants of the tuning rule with their defaults. Nobody needs to touch them to use Arqon: they are the same for
 * every plant, because the rule measures units, noise and slope itself. They are settings so that the arena can take
 * the rule apart (docs/explanation/tuning-rule.md) and so that the plain schedule can be run beside it.
 */

/** "trustRatio" is the self-calibrating default; "spall" the plain schedule of Spall (1998). */
export type SpsaMode = "trustRatio" | "spall"

/** Constants of the tuning rule; see docs/explanation/tuning-rule.md. */
export interface SpsaSettings {
  /** Integer from 0 to 2^53 - 1. */
  readonly seed: number
  /** Largest single apply in unit space: the guardrail's own number. */
  readonly maxStep: number
  readonly mode: SpsaMode
  /** Read constraint margins when they come with the readings. */
  readonly constrained: boolean
  /** Spall's gains: a_k = a0 / (k + 1 + stability)^alpha, c_k = c0 / (k + 1)^gamma. */
  readonly a0: number
  readonly c0: number
  readonly stability: number
  readonly alpha: number
  readonly gamma: number
  /** Largest component of the first move, unit space. */
  readonly firstStep: number
  /** Probe size at the start, and the smallest one. */
  readonly probe: number
  readonly probeMin: number
  /** Probe size over running step size. */
  readonly probeToStep: number
  /** Share of a step that goes along the slope averaged over pairs; the rest goes along the pair just read. 0: no memory. */
  readonly memory: number
  /** Smallest step the gain is kept able to make: it follows slow drift. 0 lets the gain die out. */
  readonly floor: number
  /** How fast the trust ratio moves the gain; 0 switches it off. */
  readonly trust: number
  /** The ratio of measured to predicted change that leaves the gain alone: one half is exact on a quadratic. */
  readonly trustTarget: number
  /** A move is taken back when the mean rose by more than so many noise deviations; Infinity switches it off. */
  readonly blockSigmas: number
  /** So many first surprises are averaged without a cap: a lucky first one must not pass for the noise. */
  readonly fewSurprises: number
  /** A difference of the pair counts for at most so many deviations of what noise and slope explain. */
  readonly differenceSigmas: number
  /** Probes outgrow their schedule once noise over slope asks for more than this multiple of it; 0: never. */
  readonly noisyProbe: number
  /** Widest such probe, in sqrt(gain * noise): with a small gain noise does little harm, wide probes still do. */
  readonly payingProbe: number
  /** Whether an excursion that proves nothing goes home, and a tuner that has arrived rests. */
  readonly prove: boolean
  /** Whether a level that provably falls earns more range from Tier 1. */
  readonly earn: boolean
  /** Position of the covariate in a digest, such as DIGEST_THROUGHPUT_RPS; 0, which is a time: there is none. */
  readonly covariate: number
  /** After a failed excursion another one begins this many rests later, times 4 with each further one; 0: only when something changed. */
  readonly patience: number
  /** Whether readings are projected along their trend on a plant that is seen to remember. */
  readonly lookAhead: boolean
  /** Evidence at which the plant counts as changed; Infinity switches change detection off. */
  readonly alarm: number
}

/** The constants that every engine uses unless told otherwise. */
export const DEFAULT_SPSA: SpsaSettings = Object.freeze({
  seed: 0,
  maxStep: 0.1,
  mode: "trustRatio",
  constrained: true,
  a0: 0.1,
  c0: 0.05,
  stability: 10,
  alpha: 0.602,
  gamma: 0.101,
  firstStep: 0.08,
  probe: 0.04,
  probeMin: 0.0025,
  probeToStep: 0.5,
  memory: 0.3,
  floor: 0.003,
  trust: 0.5,
  trustTarget: 0.5,
  blockSigmas: 3,
  fewSurprises: 10,
  differenceSigmas: 4,
  noisyProbe: 0.5,
  payingProbe: 2.2,
  alarm: 8,
  prove: true,
  earn: true,
  covariate: 0,
  lookAhead: true,
  patience: 0,
})
