/**
 * Where a plant is to stay when its engine stops: pairs of windows, one on the base and one under the baseline, and what three of
 * four of their differences lie below decides. What a run of tuning believes of its base rests on windows that lie minutes apart; these lie side by
 * side, so a load that drifts burdens both alike. Pure functions over a plain record.
 *
 * The base stays only if it is lower; where one of the two places breaks the constraint by more, the other one is better whatever it
 * costs. Whatever ends a proof before its last pair leaves the question open, and then the plant goes to its baseline: what is not
 * proved does not stay.
 */
import type { Verdict } from "../domain/words.ts"

/** Pairs that one may ask for: beyond this a stop is no stop any more. */
export const MOST_PROOF_PAIRS = 1000

/** One side of a pair. Losses: lower is better. */
export interface ProofReading {
  readonly loss: number
  /** How far beyond the constraint the plant was; 0 where it holds, or none steers. */
  readonly breach: number
}

/** A closing proof under way. */
export interface ClosingProof {
  /** Pairs asked for. */
  readonly wanted: number
  /** Base less baseline, by pair. */
  readonly pairs: ReadonlyArray<ProofReading>
  /** The first side of the pair in flight; null before it is read. */
  readonly half: ProofReading | null
}

/** What came of it: pass, the plant stays on its base; fail or hold, it goes to the baseline. */
export interface ProofVerdict {
  readonly verdict: Verdict
  readonly wanted: number
  readonly read: number
  /** Three of four pairs lie at or below these; null where there was no pair. */
  readonly difference: number | null
  readonly breach: number | null
}

export const beginProof = (wanted: number): ClosingProof => ({ wanted, pairs: [], half: null })

/** Which side is read next. The order alternates, so that what drifts through a pair turns its sign with every pair. */
export function nextSideIsBaseline({ pairs, half }: ClosingProof): boolean {
  const baselineFirst = pairs.length % 2 === 1
  return (half === null) === baselineFirst
}

/** The window of the side that was next is over. */
export function sideProved(proof: ClosingProof, reading: ProofReading): ClosingProof {
  const { half } = proof
  if (half === null) return { ...proof, half: reading }
  const [base, baseline] = nextSideIsBaseline(proof) ? [half, reading] : [reading, half]
  const pair = { loss: base.loss - baseline.loss, breach: base.breach - baseline.breach }
  return { ...proof, half: null, pairs: [...proof.pairs, pair] }
}

/** The pair in flight is void: the plant was put elsewhere meanwhile. */
export const pairVoided = (proof: ClosingProof): ClosingProof => ({ ...proof, half: null })

export const proofIsRead = ({ wanted, pairs }: ClosingProof): boolean => pairs.length >= wanted

/** What is known at this moment. */
export function judgeProof(proof: ClosingProof): ProofVerdict {
  const { wanted, pairs } = proof
  const difference = mostlyBelow(pairs.map(({ loss }) => loss))
  const breach = mostlyBelow(pairs.map((pair) => pair.breach))
  const known = { wanted, read: pairs.length, difference, breach }
  if (!proofIsRead(proof) || difference === null || breach === null) return { verdict: "hold", ...known }
  const better = breach === 0 ? difference < 0 : breach < 0
  return { verdict: better ? "pass" : "fail", ...known }
}

/** Under noise alone three of four of twelve pairs lie below 0 in one run of fourteen; half of them in every other one. */
function mostlyBelow(values: ReadonlyArray<number>): number | null {
  if (values.length === 0) return null
  return values.toSorted((a, b) => a - b)[Math.ceil(0.75 * values.length) - 1]
}
