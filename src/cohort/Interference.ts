/**
 * Whether replicas share what they are tuned on. Where they do, halves see only their own part of what a change does, and are led to a
 * worse place. So before some cycles a pair is measured both ways: in halves, and all replicas in turns. Without interference both
 * differences have one mean, and which one comes out larger is chance.
 *
 * A pair's direction has a sign for each knob, drawn by counter. What is shared shows as a difference between the two ways that follows the
 * sign of some knob, up or down: two e-values a knob, and their mean. It exceeds `NEEDED` with a chance of at most
 * 1 / `NEEDED` where nothing is shared, looked at after every check for as long as the tuner runs (`pairEvidence.ts`).
 *
 * Why the sign is chance without interference: sides of the halves and the order of the turns are drawn, so own noise and a load that
 * moves between the turns count for plus as often as for minus.
 */
import { PERIODIC } from "../hot/codes.ts"
import type { KnobTable } from "../hot/KnobTable.ts"
import {
  bet,
  FRESH_VALUE,
  noteDifference,
  type PairNoise,
  scoreOf,
  type Stakes,
  UNKNOWN_NOISE,
  worth,
} from "../control/pairEvidence.ts"
import { list, nullOr, number, object, type ShapeType } from "../domain/Shape.ts"
import { canHaveCome, countShape, noiseShape, stakesShape } from "./evidenceShapes.ts"

/** One cycle of so many is preceded by a check: at first, while a tuner is on its way, and for good. */
const CHECKS_EVERY = 6
/** From this cycle on, when most have arrived, every second one is, until so many checks were made. */
const OFTEN_FROM = 12
const OFTEN_EVERY = 2
const OFTEN_UNTIL = 40
/** False in one run of so many, at most. */
export const NEEDED_EVIDENCE = 100

/** Targets that are a whole step apart must not be further by a rounding. */
const ROUNDING = 1e-9

/** What was found: the knob with the most evidence, and by how much the two ways differ for a step up of it. */
export interface FoundInterference {
  readonly knob: number
  readonly evidence: number
  /** Mean difference of the two ways, signed by that knob's direction. */
  readonly difference: number
  readonly checks: number
}

/** Where a test stands, for the next owner of its tuner. */
export const InterferenceStateShape = object({
  cycles: countShape,
  checks: countShape,
  noise: noiseShape,
  /** By knob. */
  with: list(stakesShape),
  against: list(stakesShape),
  sums: list(number()),
  found: nullOr(object({ knob: countShape, evidence: number(), difference: number(), checks: countShape })),
})
export interface InterferenceState extends ShapeType<typeof InterferenceStateShape> {}

/**
 * Moves both targets of a pair apart along its direction, to half a step from the base where the bounds allow that: a check
 * looks for a difference that the narrow probes of a tuner which has arrived would hide.
 */
export function widen(
  table: KnobTable,
  base: Float64Array,
  steps: Float64Array,
  plus: Float64Array,
  minus: Float64Array,
): void {
  for (let i = 0; i < table.size; i++) {
    const apart = table.difference(i, minus[i], plus[i])
    const reach = steps[i] / 2 - ROUNDING
    const middle = minus[i] + apart / 2
    const room = table.scale[i] === PERIODIC ? reach : Math.min(reach, middle, 1 - middle)
    const half = Math.sign(apart) * Math.max(room, Math.abs(apart) / 2)
    plus[i] = nearBase(table, i, base[i], reach, table.snap(i, table.contain(i, middle + half)))
    minus[i] = nearBase(table, i, base[i], reach, table.snap(i, table.contain(i, middle - half)))
  }
}

/** On a grid the middle of a pair may lie beside the base, and snapping rounds up: a replica refuses what is further than half a step. */
function nearBase(table: KnobTable, i: number, base: number, reach: number, target: number): number {
  const offset = table.difference(i, base, target)
  if (table.step[i] === 0 || Math.abs(offset) <= Math.max(reach, table.neighbourSpan(i, base))) return target
  return table.snap(i, table.contain(i, base + table.gridOffset(i, base, Math.sign(offset) * reach)))
}

export class Interference {
  /** Null until it is found, and then for good. */
  found: FoundInterference | null = null
  checks = 0
  private cycles = 0
  private noise: PairNoise = UNKNOWN_NOISE
  /** By knob: that the differences follow its direction, and that they go against it. */
  private readonly with: Array<Stakes>
  private readonly against: Array<Stakes>
  private readonly sums: Float64Array

  constructor(knobs: number) {
    this.with = Array.from({ length: knobs }, () => FRESH_VALUE)
    this.against = Array.from({ length: knobs }, () => FRESH_VALUE)
    this.sums = new Float64Array(knobs)
  }

  /** Whether a test of so many knobs can have come to this. */
  static canHaveSaved(state: InterferenceState, knobs: number): boolean {
    const { cycles, checks, noise, with: follows, against, sums, found } = state
    const ofKnobs = [follows, against, sums].every(({ length }) => length === knobs)
    const counted = checks <= cycles && noise.pairs === checks
    if (!ofKnobs || !counted) return false
    if (![...follows, ...against].every((stakes) => canHaveCome(stakes, checks))) return false
    // The check that brings enough of it finds it.
    if (found === null) return meanWorth(follows, against) < NEEDED_EVIDENCE
    return found.knob < knobs && found.evidence >= NEEDED_EVIDENCE && found.checks === checks
  }

  /** Whether any cycle was asked about. */
  get begun(): boolean {
    return this.cycles > 0
  }

  /** For an owner that takes this one's place. */
  save(): InterferenceState {
    const { cycles, checks, noise, against, sums, found } = this
    return { cycles, checks, noise, with: [...this.with], against: [...against], sums: [...sums], found }
  }

  /** Goes on where another owner's test of the same knobs stood: it is one test, and is wrong at most as often as one. */
  resume({ cycles, checks, noise, with: follows, against, sums, found }: InterferenceState): void {
    this.cycles = cycles
    this.checks = checks
    this.noise = noise
    follows.forEach((stakes, i) => {
      this.with[i] = stakes
      this.against[i] = against[i]
    })
    this.sums.set(sums)
    this.found = found
  }

  /** A cycle begins: whether it is to be measured both ways. */
  checksNext(): boolean {
    if (this.found !== null) return false
    this.cycles++
    const often = this.cycles > OFTEN_FROM && this.checks < OFTEN_UNTIL
    return this.cycles % (often ? OFTEN_EVERY : CHECKS_EVERY) === 0
  }

  /** Mean of the e-values of all knobs, both ways. */
  get evidence(): number {
    return meanWorth(this.with, this.against)
  }

  /**
   * Takes a pair that was measured both ways, plus minus minus of each; `direction` has by knob on which side of the base plus lies.
   * True when this has brought enough evidence.
   */
  take(together: number, split: number, direction: ArrayLike<number>): boolean {
    const difference = together - split
    if (this.found !== null || !Number.isFinite(difference)) return false
    // In spreads of the checks before it: the scale must not know this one.
    const score = scoreOf(this.noise, difference)
    this.noise = noteDifference(this.noise, difference)
    this.checks++
    for (let i = 0; i < this.with.length; i++) {
      const sign = Math.sign(direction[i])
      this.with[i] = bet(this.with[i], sign * score)
      this.against[i] = bet(this.against[i], -sign * score)
      this.sums[i] += sign * difference
    }
    const { evidence } = this
    if (evidence < NEEDED_EVIDENCE) return false
    const worthOf = (i: number): number => Math.max(worth(this.with[i]), worth(this.against[i]))
    let knob = 0
    for (let i = 1; i < this.with.length; i++) if (worthOf(i) > worthOf(knob)) knob = i
    this.found = { knob, evidence, difference: this.sums[knob] / this.checks, checks: this.checks }
    return true
  }
}

function meanWorth(follows: ReadonlyArray<Stakes>, against: ReadonlyArray<Stakes>): number {
  const all = [...follows, ...against]
  return all.reduce((sum, stakes) => sum + worth(stakes), 0) / all.length
}
