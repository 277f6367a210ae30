/** What mirrors have shown: whether the candidate answers as the incumbent did, with the same input, and with its own errors. */
import { betAbove, betBelow, BOUNDED_BETS, type BoundedStakes } from "../../control/boundedBets.ts"
import { laidIn, notLaidIn } from "../../control/lateEvidence.ts"
import { worth } from "../../control/pairEvidence.ts"
import type { Outcome } from "./calls.ts"
import { Channels, type Margins } from "./Channels.ts"
import type { EvidenceTape } from "./EvidenceTape.ts"

const EMPTY: BoundedStakes = BOUNDED_BETS.map(() => 0)

/** No evidence shows that every call agrees. */
const MOST_AGREEMENT = 0.999_999

/** Disagreements that are kept, to be looked at side by side. */
const KEPT = 5

/** Two answers to one input that do not agree. */
export interface Disagreement {
  readonly args: ReadonlyArray<unknown>
  /** An answer, or what was thrown. */
  readonly incumbent: unknown
  readonly candidate: unknown
}

/** A comparison for a gate that asks for this agreement. */
export const comparisonOf = (
  { agreement }: { readonly agreement: number },
  margins: Margins,
  tape?: EvidenceTape | null,
): Comparison => new Comparison(Math.min(agreement, MOST_AGREEMENT), margins, tape)

export class Comparison {
  /** Where what comes is written down; null where no record is kept. */
  readonly tape: EvidenceTape | null
  private readonly bound: number
  private readonly errors: Channels
  private above: BoundedStakes = EMPTY
  private below: BoundedStakes = EMPTY
  compared = 0
  agreed = 0
  /** Calls that threw or were late although the incumbent answered. */
  failed = 0
  readonly disagreements: Array<Disagreement> = []

  /** @param agreement the least share of calls that have to agree, below 1 */
  constructor(agreement: number, margins: Margins, tape: EvidenceTape | null = null) {
    this.bound = 1 - agreement
    this.tape = tape
    this.errors = new Channels(margins)
  }

  note(
    args: ReadonlyArray<unknown>,
    incumbent: Outcome,
    candidate: Outcome,
    agree: (incumbent: unknown, candidate: unknown) => boolean,
  ): void {
    const isSame = candidate.error
      ? incumbent.error
      : !incumbent.error && agree(incumbent.answer, candidate.answer)
    this.tape?.compared(isSame, candidate.error, incumbent.error)
    this.noteOutcome(isSame, candidate.error, incumbent.error)
    if (!isSame) {
      const said = ({ error, answer, failure }: Outcome): unknown => (error ? failure : answer)
      this.disagreements.push({ args, incumbent: said(incumbent), candidate: said(candidate) })
      if (this.disagreements.length > KEPT) this.disagreements.shift()
    }
  }

  /** What evidence is made from of a mirror, also of one that comes from a record. */
  noteOutcome(isSame: boolean, candidateFailed: boolean, incumbentFailed: boolean): void {
    this.errors.noteErrors(candidateFailed, incumbentFailed)
    if (candidateFailed && !incumbentFailed) this.failed++
    this.compared++
    if (isSame) this.agreed++
    this.above = betAbove(laidIn(this.above, this.compared), isSame ? 0 : 1, this.bound)
    this.below = betBelow(laidIn(this.below, this.compared), isSame ? 0 : 1, this.bound)
  }

  get agreement(): number {
    return this.compared === 0 ? 1 : this.agreed / this.compared
  }

  /** Evidence that fewer calls agree than have to, and that as many do. */
  get tooFew(): number {
    return worth(this.above) + notLaidIn(this.compared)
  }
  get enough(): number {
    return worth(this.below) + notLaidIn(this.compared)
  }

  get errorsWorse(): number {
    return this.errors.worse("errors")
  }
}
