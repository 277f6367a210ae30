/**
 * What duels have shown, channel by channel: evidence that the candidate is worse than the incumbent, and evidence that it is within the
 * margin. Times and costs are compared as log ratios (`pairEvidence`), errors as differences (`boundedBets`). A failure needs one
 * channel, a pass every channel that has been measured.
 *
 * In every channel the coin of the pair alone decides the sign where candidate and incumbent do not differ, so `worse` reaches t with a
 * chance of at most 1/t, looked at as often as one likes.
 *
 * Times have a resolution: the incumbent's counts as that much longer. Code that is called more often is faster by some microseconds,
 * because it is compiled further, and with a share of 1 % that is never the candidate's. A bet rises with the candidate's time, so the
 * bound on `worse` holds for every candidate that would be as fast as the incumbent if it were faster by the resolution. Adding it to
 * both times would not do: bets are measured in the spread of the differences, which would shrink as much as the differences do.
 */
import {
  betAbove,
  betBelow,
  BOUNDED_BETS,
  type BoundedStakes,
  ofDifference,
} from "../../control/boundedBets.ts"
import { laidIn, notLaidIn } from "../../control/lateEvidence.ts"
import {
  bet,
  BETS,
  noteDifference,
  type PairNoise,
  scoreOf,
  type Stakes,
  UNKNOWN_NOISE,
  worth,
} from "../../control/pairEvidence.ts"
import type { EvidenceTape, PairDifference } from "./EvidenceTape.ts"
import { FRESH_SIZED, sizedBelow, type SizedBounded, sizedWithin } from "../../control/sizedBets.ts"

/** What is compared: `latency` until the answer or its first chunk, `end` until the last chunk. */
export const CHANNELS = ["latency", "errors", "end", "cost"] as const
/** The name of a channel: see `CHANNELS`. */
export type ChannelName = (typeof CHANNELS)[number]

/** The channels that are compared as ratios. */
const RATIOS = ["latency", "end", "cost"] as const

/** How much worse is still good enough: shares for times and costs, .05 being 5 %; errors by what is added to the rate. */
export interface Margins {
  readonly latency: number
  readonly errors: number
  readonly end: number
  readonly cost: number
}

/** What duels have shown in one channel, with its evidence. */
export interface ChannelView {
  readonly channel: ChannelName
  readonly pairs: number
  /** Evidence that the candidate is worse, and that it is within the margin. 1 is none. */
  readonly worse: number
  readonly within: number
  /** What was seen: the geometric mean of the ratio, or the mean difference of the error rates. */
  readonly effect: number
  /** Of the effect, in its unit: how far it may be off by chance. */
  readonly standardError: number
  readonly margin: number
}

interface Ratio {
  readonly noise: PairNoise
  readonly worse: Stakes
  readonly within: Stakes
  /** Wealth of the bet that is sized for no difference. */
  readonly sized: number
  readonly pairs: number
  readonly sum: number
  readonly squares: number
}

const EMPTY: Stakes = BETS.map(() => 0)
const EMPTY_BOUNDED: BoundedStakes = BOUNDED_BETS.map(() => 0)

/** What the stakes say after `pairs`, with what has not been laid in. */
const evidenceOf = (stakes: ReadonlyArray<number>, pairs: number): number => worth(stakes) + notLaidIn(pairs)

/**
 * Most of the evidence for the margin comes from the bet for a candidate that is as good, from the first pair on. The rest is laid in and
 * sized for everything else: it finds a candidate that is much better, or one that was slow only until it was warm.
 */
const SIZED_SHARE = 0.7
const withinOf = (sized: number, mixed: ReadonlyArray<number>, pairs: number): number =>
  SIZED_SHARE * sized + (1 - SIZED_SHARE) * evidenceOf(mixed, pairs)

const FRESH: Ratio = {
  noise: UNKNOWN_NOISE,
  worse: EMPTY,
  within: EMPTY,
  sized: 1,
  pairs: 0,
  sum: 0,
  squares: 0,
}

/** @param seen the difference without the resolution: what an effect is measured by */
function afterRatio(before: Ratio, difference: number, seen: number, margin: number): Ratio {
  const pairs = before.pairs + 1
  const edge = Math.log1p(margin)
  return {
    worse: bet(laidIn(before.worse, pairs), scoreOf(before.noise, difference)),
    within: bet(laidIn(before.within, pairs), scoreOf(before.noise, edge - difference)),
    sized: sizedWithin(before.sized, before.noise, difference, edge),
    noise: noteDifference(before.noise, difference),
    pairs,
    sum: before.sum + seen,
    squares: before.squares + seen * seen,
  }
}

/** Of a mean of `n` numbers with this sum and this sum of squares. */
const errorOfMean = (n: number, sum: number, squares: number): number =>
  n === 0 ? 0 : Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2) / n)

/** One pair: what either side took and cost, NaN where that was not measured, and whether it failed. */
export interface PairRow {
  readonly pair: number
  readonly candidate: Side
  readonly incumbent: Side
}

export interface Side {
  readonly ms: number
  readonly error: boolean
  readonly endMs: number
  readonly cost: number
}

/** Nothing is faster than a clock can tell. */
const LEAST = 1e-3

/** The logarithm of the ratio, the incumbent's side being `more`; NaN where a side was not measured. */
const logRatio = (candidate: number, incumbent: number, more = 0): number =>
  Number.isFinite(candidate) && Number.isFinite(incumbent)
    ? Math.log(Math.max(candidate, LEAST)) - Math.log(Math.max(incumbent, LEAST) + more)
    : Number.NaN

function differenceOf({ candidate, incumbent }: PairRow, resolutionMs: number): PairDifference {
  // How long a failure took says nothing, on either side.
  const failed = candidate.error || incumbent.error
  return {
    candidateFailed: candidate.error,
    incumbentFailed: incumbent.error,
    latency: failed ? Number.NaN : logRatio(candidate.ms, incumbent.ms, resolutionMs),
    end: failed ? Number.NaN : logRatio(candidate.endMs, incumbent.endMs, resolutionMs),
    cost: failed ? Number.NaN : logRatio(candidate.cost, incumbent.cost),
  }
}

export class Channels {
  /** Where what comes is written down; null where no record is kept. */
  readonly tape: EvidenceTape | null
  private readonly margins: Margins
  private readonly resolutionMs: number
  private readonly ratios = new Map<ChannelName, Ratio>()
  private errorsWorse: BoundedStakes = EMPTY_BOUNDED
  private errorsWithin: BoundedStakes = EMPTY_BOUNDED
  private errorsSized: SizedBounded = FRESH_SIZED
  private errorSum = 0
  private errorSquares = 0
  /** Pairs of outcomes so far. */
  private outcomes = 0

  /** @param resolutionMs from 0: by how much a candidate may be slower and still counts as equal */
  constructor(margins: Margins, resolutionMs = 0, tape: EvidenceTape | null = null) {
    this.margins = margins
    this.resolutionMs = resolutionMs
    this.tape = tape
  }

  note(row: PairRow): void {
    const pair = differenceOf(row, this.resolutionMs)
    const seen = differenceOf(row, 0)
    this.tape?.pair(pair, seen)
    this.notePair(pair, seen)
  }

  /** As `note`, also of a pair that comes from a record. `seen`: without the resolution. */
  notePair(pair: PairDifference, seen: PairDifference): void {
    this.noteErrors(pair.candidateFailed, pair.incumbentFailed)
    for (const channel of RATIOS) this.noteRatio(channel, pair[channel], seen[channel])
  }

  /** A pair of outcomes without their times: a mirror and the call that it repeats. */
  noteErrors(candidate: boolean, incumbent: boolean): void {
    const difference = Number(candidate) - Number(incumbent)
    const value = ofDifference(difference)
    const n = ++this.outcomes
    this.errorSum += difference
    this.errorSquares += difference * difference
    const worse = laidIn(this.errorsWorse, n)
    // Both sides alike: the bet neither wins nor loses, and most pairs are so.
    this.errorsWorse = difference === 0 ? worse : betAbove(worse, value, 0.5)
    this.errorsWithin = betBelow(laidIn(this.errorsWithin, n), value, ofDifference(this.margins.errors))
    this.errorsSized = sizedBelow(this.errorsSized, difference, this.margins.errors)
  }

  private noteRatio(channel: ChannelName, difference: number, seen: number): void {
    if (!Number.isFinite(difference)) return
    const before = this.ratios.get(channel) ?? FRESH
    this.ratios.set(channel, afterRatio(before, difference, seen, this.margins[channel]))
  }

  /** Evidence that the candidate is worse in this channel; 1 where nothing was measured. */
  worse(channel: ChannelName): number {
    if (channel === "errors") return evidenceOf(this.errorsWorse, this.outcomes)
    const { worse, pairs } = this.ratios.get(channel) ?? FRESH
    return evidenceOf(worse, pairs)
  }

  /** The least evidence, over the channels that were measured, that the candidate is within its margin. */
  get within(): number {
    return Math.min(...this.views.map(({ within }) => within))
  }

  get views(): ReadonlyArray<ChannelView> {
    return CHANNELS.flatMap((channel) => {
      const margin = this.margins[channel]
      const worse = this.worse(channel)
      if (channel === "errors") {
        const { outcomes: pairs, errorSum, errorSquares } = this
        const effect = pairs === 0 ? 0 : errorSum / pairs
        return {
          channel,
          pairs,
          worse,
          within: withinOf(this.errorsSized.wealth, this.errorsWithin, pairs),
          effect,
          standardError: errorOfMean(pairs, errorSum, errorSquares),
          margin,
        }
      }
      const ratio = this.ratios.get(channel)
      if (ratio === undefined) return []
      const { pairs, sum, squares, sized, within } = ratio
      const effect = Math.exp(sum / pairs)
      return {
        channel,
        pairs,
        worse,
        within: withinOf(sized, within, pairs),
        effect,
        // Of the logarithm, times the ratio.
        standardError: effect * errorOfMean(pairs, sum, squares),
        margin,
      }
    })
  }
}
