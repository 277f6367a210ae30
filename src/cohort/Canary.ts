/**
 * A candidate configuration on a few replicas, beside as many on the base, until the evidence says what becomes of it: the rest follow,
 * or nobody does. Pure decisions over turns; `SideBySide` reads them.
 *
 * Two e-values, looked at after every turn (`control/pairEvidence.ts`): that the candidate is worse, and that it is not worse by
 * `TOLERANCE` spreads. Each says something false with at most the chance that it is held against. The rest never meet a candidate
 * before the second one has spoken.
 */
import {
  bet,
  FRESH_VALUE,
  noteDifference,
  type PairNoise,
  scoreOf,
  type Stakes,
  worth,
} from "../control/pairEvidence.ts"
import { list, number, object, type ShapeType } from "../domain/Shape.ts"
import type { GroupReading, Turn } from "./SideBySide.ts"

/** A candidate that is no worse is dropped in one case of so many at most. */
const WORSE_NEEDS = 100
/** One that is worse by the tolerance is rolled out in one case of so many at most. */
const SOUND_NEEDS = 100
/** Spreads of a turn's difference. */
const TOLERANCE = 0.5
/** Turns after which nothing has been shown. */
const MOST_TURNS = 400
/** Turns in a row in which the two groups never measured together. */
const MOST_SILENT = 4

export const CANARY_ENDS = ["rolledOut", "worse", "constraint", "undecided", "silent", "withdrawn"] as const
export type CanaryEnd = (typeof CANARY_ENDS)[number]

/** A bound on what the canaries read in a turn. What was not read is not within it. */
export interface CanaryBound {
  readonly of: keyof GroupReading
  readonly least: number
  readonly most: number
}
export const UNBOUNDED = Number.POSITIVE_INFINITY

/** A variant that is on trial: its constraints end it after so many turns in a row that break one. */
export interface VariantTrial {
  readonly name: string
  readonly bounds: ReadonlyArray<CanaryBound>
  readonly afterBreaches: number
}

/** What a trial has shown so far: the next owner of its tuner goes on from there, and the chances of an error stay what they were. */
export const CanaryStateShape = object({
  turns: number(),
  silent: number(),
  breaches: number(),
  sum: number(),
  noise: object({ pairs: number(), spread: number(), square: number() }),
  worse: list(number()),
  sound: list(number()),
})
export interface CanaryState extends ShapeType<typeof CanaryStateShape> {}

export class Canary {
  /** Unit space, on the grid. */
  readonly units: Float64Array
  /** The variant that it stands for; null: a person's values. */
  readonly variant: VariantTrial | null
  end: CanaryEnd | null = null
  turns = 0
  private silent = 0
  /** Turns in a row that broke a constraint of the variant. */
  private breaches = 0
  private noise: PairNoise
  private worseStakes: Stakes = FRESH_VALUE
  private soundStakes: Stakes = FRESH_VALUE
  private sum = 0

  /** `noise`: how differences scatter, where that is known already. */
  constructor(units: Float64Array, noise: PairNoise, variant: VariantTrial | null = null) {
    this.units = units
    this.variant = variant
    this.noise = noise
  }

  save(): CanaryState {
    const { turns, silent, breaches, sum, noise, worseStakes, soundStakes } = this
    return { turns, silent, breaches, sum, noise, worse: worseStakes, sound: soundStakes }
  }

  /** Goes on where another owner stood. What another version has saved counts for nothing. */
  resume({ turns, silent, breaches, sum, noise, worse, sound }: CanaryState): void {
    if (worse.length !== FRESH_VALUE.length || sound.length !== FRESH_VALUE.length) return
    this.turns = turns
    this.silent = silent
    this.breaches = breaches
    this.sum = sum
    this.noise = noise
    this.worseStakes = worse
    this.soundStakes = sound
  }

  /** That the candidate is worse, and that it is not: what both must reach is 100. */
  get worse(): number {
    return worth(this.worseStakes)
  }

  get sound(): number {
    return worth(this.soundStakes)
  }

  /** Mean difference, candidate less base; NaN before the first turn. */
  get difference(): number {
    return this.sum / this.turns
  }

  /** Whether what the canaries have read breaks a constraint of the variant. */
  breaks(aside: GroupReading): boolean {
    const bounds = this.variant?.bounds ?? []
    return !bounds.every(({ of, least, most }) => aside[of] >= least && aside[of] <= most)
  }

  /** Takes a turn, and says what has become of the candidate; null: it stays on trial. */
  take(turn: Turn | "silent"): CanaryEnd | null {
    this.end = this.judge(turn)
    return this.end
  }

  private judge(turn: Turn | "silent"): CanaryEnd | null {
    if (turn === "silent") return ++this.silent >= MOST_SILENT ? "silent" : null
    this.silent = 0
    const { aside, beside } = turn
    const difference = aside.loss - beside.loss
    if (!Number.isFinite(difference)) return "worse"
    if (aside.margin < 0 && !(beside.margin < 0)) return "constraint"
    if (this.variant !== null) {
      const { afterBreaches } = this.variant
      this.breaches = this.breaks(aside) ? this.breaches + 1 : 0
      if (this.breaches >= afterBreaches) return "constraint"
    }
    const known = this.noise.pairs > 0
    const score = scoreOf(this.noise, difference)
    this.noise = noteDifference(this.noise, difference)
    this.turns++
    this.sum += difference
    // A turn without a scale is no evidence of anything.
    if (!known) return null
    this.worseStakes = bet(this.worseStakes, score)
    this.soundStakes = bet(this.soundStakes, TOLERANCE - score)
    if (this.worse >= WORSE_NEEDS) return "worse"
    if (this.sound >= SOUND_NEEDS && this.breaches === 0) return "rolledOut"
    return this.turns >= MOST_TURNS ? "undecided" : null
  }
}
