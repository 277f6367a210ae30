/**
 * Everyone who enters the arena, behind one shape: give a plant, its noise and a seed, get the true losses of a run
 * through Tier 1 with the balanced guardrails on. The settings of the competitors are the best found for the geometric
 * mean of the 33 pairs on a grid (named beside them): one setting for all plants, as for the tuning rule.
 */
import { GUARDRAILS } from "../../src/domain/guardrailPresets.ts"
import type { SpsaSettings } from "../../src/hot/spsaSettings.ts"
import type { NoiseSpec } from "../../src/testing/noise.ts"
import type { Plant } from "../../src/testing/Plant.ts"
import { simulate } from "../../src/testing/simulate.ts"
import { runGuarded } from "./guarded.ts"
import { nelderMead, rereadingClimb } from "./climbers.ts"
import { blueFin, hillClimb, onePlusOne, type PeerFactory } from "./peers.ts"

export interface Run {
  /** True loss by reading, and when each began. */
  readonly losses: Float64Array
  readonly timesUs: ArrayLike<number>
  /** True loss of the base as time goes by. */
  readonly baseLosses: ArrayLike<number>
  readonly baseTimesUs: ArrayLike<number>
  readonly refused: number
  readonly trips: number
}

export interface Tuner {
  readonly name: string
  run(plant: Plant, noise: NoiseSpec, readings: number, seed: number): Run
}

const policy = GUARDRAILS.balanced

export const rule = (name: string, settings: Partial<SpsaSettings> = {}): Tuner => ({
  name,
  run: (plant, noise, readings, seed) => simulate({ plant, noise, readings, policy, settings }, seed),
})

export const peer = (name: string, make: PeerFactory): Tuner => ({
  name,
  run: (plant, noise, readings, seed) => {
    const { losses, baseLosses, timesUs, refused } = runGuarded(plant, make, noise, policy, readings, seed)
    return { losses, timesUs, baseLosses, baseTimesUs: timesUs, refused, trips: 0 }
  },
})

/** Grid: a0 .02 .05 .1 .2, c0 .03 .05, stability 10 50. */
export const SPALL: Partial<SpsaSettings> = { mode: "spall", a0: 0.1, c0: 0.05, stability: 10 }

/** Those who know nothing of the plant but their readings. */
export const peers: ReadonlyArray<{ readonly name: string; readonly make: PeerFactory }> = [
  // Grid: eta .001 .003 .01 .03, d .02 .05 .1.
  { name: "BlueFin", make: blueFin(0.01, 0.1) },
  // Grid, here and below: first step .02 .05 .1.
  { name: "(1+1)-ES", make: onePlusOne(0.1) },
  { name: "hill climb", make: hillClimb(0.1) },
  { name: "hill climb, re-reading", make: rereadingClimb(0.1) },
  { name: "Nelder-Mead", make: nelderMead(0.05) },
]

export const tuners: ReadonlyArray<Tuner> = [
  rule("trust ratio (this rule)"),
  rule("Spall", SPALL),
  ...peers.map(({ name, make }) => peer(name, make)),
]

/** The rule with one part taken out at a time. */
export const ablations: ReadonlyArray<Tuner> = [
  rule("the recipe as found", {
    firstStep: 0.05,
    fewSurprises: 1,
    differenceSigmas: Number.POSITIVE_INFINITY,
    noisyProbe: 0,
  }),
  rule("first surprises not averaged", { fewSurprises: 1 }),
  rule("no wider probes under noise", { noisyProbe: 0 }),
  rule("wider probes whatever they cost", { payingProbe: Number.POSITIVE_INFINITY }),
  rule("wild differences not tamed", { differenceSigmas: Number.POSITIVE_INFINITY }),
  rule("first step .05", { firstStep: 0.05 }),
  rule("no trust ratio", { trust: 0 }),
  rule("no gradient memory", { memory: 0 }),
  rule("no blocking", { blockSigmas: Number.POSITIVE_INFINITY }),
  rule("no earned range", { earn: false }),
  rule("no change detection", { alarm: Number.POSITIVE_INFINITY }),
  rule("no gain floor", { floor: 0 }),
  rule("probe not tied to steps", { probeToStep: 0 }),
  rule("first step .03", { firstStep: 0.03 }),
  rule("no look-ahead", { lookAhead: false }),
  rule("smallest probe .01", { probeMin: 0.01 }),
]
