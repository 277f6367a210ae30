/**
 * The audit records that actors write: proposals, decisions to change nothing, the start and the end of an engine. What
 * Tier 1 does (applies, violations, rollbacks, baselines, the latch) it records itself.
 *
 * The input that led to a decision found an ordinary place, or none would have been made. What follows from it may take a
 * reserved one: a decision without a record would be one that no replay repeats.
 */
import {
  AUDIT_BASELINE_SET,
  AUDIT_COMMAND,
  AUDIT_ENGINE_STARTED,
  AUDIT_ENGINE_STOPPED,
  AUDIT_NO_CHANGE,
  AUDIT_PROPOSAL,
  AUDIT_REGIME,
  AUDIT_RELOCATION,
  AUDIT_VARIANT,
  AUDIT_VERDICT,
} from "../src/hot/codes.ts"
import {
  RECORD_CODE,
  RECORD_DETAIL,
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_KNOB,
  RECORD_LIMIT,
  RECORD_MARGIN,
  RECORD_OBJECTIVE,
  RECORD_POINT,
  RECORD_PROPOSAL_ID,
  RECORD_TIMESTAMP_US,
  RECORD_VALUE,
} from "../src/hot/AuditRing.ts"
import type { HotPath } from "../src/hot/HotPath.ts"
import type { RollbackVerdict } from "../src/control/rollbackTest.ts"
import type { SelectionDecision } from "../src/control/variantSelection.ts"
import type { SelectableVariant } from "../src/domain/Variant.ts"
import type { ApplyProposal, NoChange, RelocationStep } from "../src/domain/Proposal.ts"
import {
  APPLY_KINDS,
  NO_CHANGE_REASONS,
  REGIME_REASONS,
  RELOCATION_CAUSES,
  RELOCATION_REASONS,
  SWITCH_ACTIONS,
  SWITCH_REASONS,
  VERDICT_REASONS,
  VERDICTS,
} from "../src/domain/words.ts"
import type { RegimeNote } from "./relocationEvents.ts"

function draft(hot: HotPath, kind: number, nowUs: number): Float64Array {
  const { audit, config } = hot
  audit.clearDraft()
  const record = audit.draft
  record[RECORD_KIND] = kind
  record[RECORD_TIMESTAMP_US] = nowUs
  record[RECORD_GENERATION] = config.generation
  for (let i = 0; i < config.knobs; i++) record[RECORD_POINT + i] = config.unit(i)
  return record
}

/**
 * A full ring takes no proposal; the apply that follows is refused for the same reason, and the trip that this leads to is
 * recorded. Only a return to the base is carried out all the same, so that is recorded too.
 */
export function recordProposal(hot: HotPath, proposal: ApplyProposal): void {
  if (hot.audit.full && proposal._tag !== "returnToBase") return
  const record = draft(hot, AUDIT_PROPOSAL, proposal.nowUs)
  record[RECORD_GENERATION] = proposal.expectedGeneration
  record[RECORD_PROPOSAL_ID] = proposal.id
  record[RECORD_DETAIL] = APPLY_KINDS.indexOf(proposal._tag)
  for (let i = 0; i < hot.config.knobs; i++) record[RECORD_POINT + i] = proposal.targets[i]
  hot.audit.pushSafety()
}

export function recordNoChange(hot: HotPath, decision: NoChange): void {
  const record = draft(hot, AUDIT_NO_CHANGE, decision.nowUs)
  record[RECORD_PROPOSAL_ID] = decision.id
  record[RECORD_CODE] = NO_CHANGE_REASONS.indexOf(decision.reason)
  if (decision.horizonUs !== undefined) record[RECORD_VALUE] = decision.horizonUs
  hot.audit.pushSafety()
}

/**
 * What the record of a verdict holds. Of a closing proof the evidence counts pairs, the difference is what three of four lie below, and the
 * margin, where the constraint decided, the same of what the base kept to it better than the baseline.
 */
export interface VerdictNumbers
  extends Pick<RollbackVerdict, "verdict" | "reason" | "evidence" | "threshold" | "difference"> {
  readonly margin?: number
}

/** A verdict with its numbers: evidence and what it must reach, and the difference that the pair showed. */
export function recordVerdict(hot: HotPath, verdict: VerdictNumbers, nowUs: number): void {
  const record = draft(hot, AUDIT_VERDICT, nowUs)
  record[RECORD_CODE] = VERDICT_REASONS.indexOf(verdict.reason)
  record[RECORD_DETAIL] = VERDICTS.indexOf(verdict.verdict)
  record[RECORD_VALUE] = verdict.evidence
  record[RECORD_LIMIT] = verdict.threshold
  record[RECORD_OBJECTIVE] = verdict.difference ?? Number.NaN
  record[RECORD_MARGIN] = verdict.margin ?? Number.NaN
  hot.audit.pushSafety()
}

const orNaN = (value: number | null): number => value ?? Number.NaN

/** One decision about a relocation; `proposal` where one carries it, with the place that it asks for. */
export function recordRelocation(
  hot: HotPath,
  step: RelocationStep,
  nowUs: number,
  proposal: ApplyProposal | null = null,
): void {
  const record = draft(hot, AUDIT_RELOCATION, nowUs)
  record[RECORD_CODE] = RELOCATION_REASONS.indexOf(step.reason)
  record[RECORD_DETAIL] = RELOCATION_CAUSES.indexOf(step.cause)
  record[RECORD_KNOB] = step.regime ?? -1
  record[RECORD_VALUE] = orNaN(step.level)
  record[RECORD_LIMIT] = orNaN(step.error)
  record[RECORD_OBJECTIVE] = orNaN(step.difference)
  record[RECORD_MARGIN] = orNaN(step.margin)
  for (let i = 0; i < hot.config.knobs; i++) {
    record[RECORD_POINT + i] = proposal === null ? hot.executor.base[i] : proposal.targets[i]
  }
  if (proposal !== null) record[RECORD_PROPOSAL_ID] = proposal.id
  hot.audit.pushSafety()
}

/** A regime with its score, the loss that it claims and the standard error of that. */
export function recordRegime(hot: HotPath, { regime, score, reason }: RegimeNote, nowUs: number): void {
  const record = draft(hot, AUDIT_REGIME, nowUs)
  record[RECORD_CODE] = REGIME_REASONS.indexOf(reason)
  record[RECORD_PROPOSAL_ID] = regime.id
  record[RECORD_VALUE] = score
  record[RECORD_LIMIT] = Math.sqrt(regime.loss.variance)
  record[RECORD_OBJECTIVE] = regime.loss.mean
  for (let i = 0; i < hot.config.knobs; i++) record[RECORD_POINT + i] = regime.unit[i]
  hot.audit.pushSafety()
}

/** A switch of variants: the number of the decision, and the places of both variants among those that were offered, or -1. */
export function recordVariant(
  hot: HotPath,
  decision: SelectionDecision,
  offered: ReadonlyArray<SelectableVariant>,
): void {
  const placeOf = (name: string | null): number => offered.findIndex((one) => one.name === name)
  const record = draft(hot, AUDIT_VARIANT, decision.atUs)
  record[RECORD_CODE] = SWITCH_REASONS.findIndex((word) => word === decision.reason)
  record[RECORD_DETAIL] = SWITCH_ACTIONS.findIndex((word) => word === decision.action)
  record[RECORD_VALUE] = decision.id
  record[RECORD_LIMIT] = placeOf(decision.to)
  record[RECORD_OBJECTIVE] = placeOf(decision.from)
  hot.audit.pushSafety()
}

/** What is asked from outside, with a number that belongs to it; for where what comes from outside is journaled. */
export function journalInput(hot: HotPath, code: number, value: number): void {
  draft(hot, AUDIT_COMMAND, hot.nowCell[0])
  const record = hot.audit.draft
  record.fill(Number.NaN, RECORD_POINT)
  record[RECORD_CODE] = code
  record[RECORD_VALUE] = value
  hot.audit.pushSafety()
}

export function recordEngineStarted(hot: HotPath, nowUs: number): void {
  draft(hot, AUDIT_ENGINE_STARTED, nowUs)
  hot.audit.pushSafety()
}

/** The baseline that an engine began with, as Tier 1 records one that it sets. */
export function recordBaselineKept(hot: HotPath, nowUs: number): void {
  const record = draft(hot, AUDIT_BASELINE_SET, nowUs)
  const units = new Float64Array(hot.config.knobs)
  hot.config.baselineUnits(units)
  record.set(units, RECORD_POINT)
  hot.audit.pushSafety()
}

export function recordEngineStopped(hot: HotPath, nowUs: number): void {
  draft(hot, AUDIT_ENGINE_STOPPED, nowUs)
  hot.audit.pushSafety()
}

/** What supervision did or found, whether or not what comes from outside is journaled; as `HotPath.journalCommand` writes it. */
export function recordCommand(hot: HotPath, code: number): void {
  const { audit, config, nowCell } = hot
  audit.clearDraft()
  audit.draft[RECORD_KIND] = AUDIT_COMMAND
  audit.draft[RECORD_TIMESTAMP_US] = nowCell[0]
  audit.draft[RECORD_GENERATION] = config.generation
  audit.draft[RECORD_CODE] = code
  audit.pushSafety()
}
