/**
 * What the tests of a tuner have shown so far, as plain data for its next owner: that replicas interfere, and how the baseline and the base
 * differ on the control replicas. Without it each owner would begin its tests again: with owners that move often nothing would ever be
 * found, and the stated chance of an error would hold for each owner in place of the tuner.
 *
 * A bet that is known before its reading keeps an e-value honest, so a test may be stopped at any reading and continued from there, by
 * another owner too. What a killed owner had read since it saved is lost, as if it had not been measured.
 */
import { beginAnew, type Comparison } from "../control/comparison.ts"
import { attempt, readTotally } from "../domain/readInput.ts"
import {
  anything,
  boolean,
  list,
  nullOr,
  number,
  object,
  type Shape,
  type ShapeType,
} from "../domain/Shape.ts"
import { canHaveCome, countShape, noiseShape, stakesShape } from "./evidenceShapes.ts"
import { Interference, type InterferenceState, InterferenceStateShape } from "./Interference.ts"

/** What is written in another form has another number, and counts for nothing here. */
export const EVIDENCE_VERSION = 1

const unit = number({ expected: "from 0 to 1", holds: (value) => value >= 0 && value <= 1 })

const ComparisonShape = object({
  noise: noiseShape,
  pairs: countShape,
  detector: stakesShape,
  soundness: stakesShape,
  soundPairs: countShape,
  passed: boolean,
  critical: countShape,
  advantage: object({ evidence: stakesShape, pairs: countShape, confirming: boolean }),
  /** Unit space, by knob. */
  anchor: nullOr(list(unit)),
  counts: object({ pass: countShape, fail: countShape, hold: countShape }),
})
/** Where the comparison with the baseline stands. It has no times: the next owner has another clock, and all its patience. */
export interface ComparisonState extends ShapeType<typeof ComparisonShape> {}

/** Written by an owner. Null: nothing was tested. */
export interface CohortEvidence {
  readonly version: number
  readonly interference: InterferenceState | null
  readonly comparison: ComparisonState | null
}

const NO_EVIDENCE: CohortEvidence = Object.freeze({
  version: EVIDENCE_VERSION,
  interference: null,
  comparison: null,
})

const EvidenceShape = object({ version: number(), interference: anything, comparison: anything })

/** What was saved, with what is wrong with it in sentences. What cannot have come from a test is dropped. */
export interface ReadEvidence {
  readonly evidence: CohortEvidence
  readonly dropped: ReadonlyArray<string>
}

/** Reads what an owner of this many knobs saved; undefined: it saved none. Total. */
export function readEvidence(saved: unknown, knobs: number): ReadEvidence {
  if (saved === undefined) return { evidence: NO_EVIDENCE, dropped: [] }
  const read = readTotally(EvidenceShape, saved, { excess: "drop" })
  if (!read.ok)
    return { evidence: NO_EVIDENCE, dropped: ["What its tests had shown is dropped: it cannot be read."] }
  const { version, interference, comparison } = read.value
  if (version !== EVIDENCE_VERSION)
    return {
      evidence: NO_EVIDENCE,
      dropped: [`What its tests had shown is dropped: it has version ${version}.`],
    }
  const dropped: Array<string> = []
  const part = <T>(
    what: string,
    shape: Shape<T>,
    input: unknown,
    isPossible: (state: T) => boolean,
  ): T | null => {
    if (input === null) return null
    const found = readTotally(shape, input, { excess: "drop" })
    if (found.ok && attempt(() => isPossible(found.value)) === true) return found.value
    dropped.push(`What was shown ${what} is dropped: no test can have shown it.`)
    return null
  }
  const evidence = {
    version,
    interference: part("of interference", InterferenceStateShape, interference, (state) =>
      Interference.canHaveSaved(state, knobs),
    ),
    comparison: part("of the baseline", ComparisonShape, comparison, (state) => canCompare(state, knobs)),
  }
  return { evidence, dropped }
}

function canCompare(state: ComparisonState, knobs: number): boolean {
  const { noise: known, pairs, detector, soundness, soundPairs, critical, advantage, anchor } = state
  return (
    pairs <= known.pairs &&
    soundPairs <= pairs &&
    critical <= pairs &&
    advantage.pairs <= pairs &&
    // A detector begins from 0, and adds one before it bets.
    canHaveCome(detector, pairs + 1) &&
    canHaveCome(soundness, soundPairs) &&
    canHaveCome(advantage.evidence, advantage.pairs) &&
    (anchor === null ? pairs === 0 : anchor.length === knobs)
  )
}

/** The comparison as it is saved. The last verdict is in the records. */
export function comparisonState({ watch, advantage, anchor, counts }: Comparison): ComparisonState {
  const { noise: known, pairs, detector, soundness, soundPairs, passed, critical } = watch
  return { noise: known, pairs, detector, soundness, soundPairs, passed, critical, advantage, anchor, counts }
}

/**
 * The comparison of the next owner. `standsThere`: the plant stands where it was compared; otherwise only how it scatters is still known.
 */
export function comparisonFrom(state: ComparisonState, nowUs: number, standsThere: boolean): Comparison {
  const { advantage, anchor, counts, ...watch } = state
  const comparison = { watch: { ...watch, usableUs: nowUs }, advantage, anchor, counts, verdict: null }
  return standsThere ? comparison : beginAnew(comparison, nowUs)
}
