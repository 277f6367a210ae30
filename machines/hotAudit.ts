/**
 * The audit records that actors write: proposals, decisions to change nothing, the start and the end of an engine. What
 * Tier 1 does (applies, violations, rollbacks, baselines, the latch) it records itself.
 *
 * The input that led to a decision found an ordinary place, or none would have been made. What follows from it may take a
 * reserved one: a decision without a record would be one that no replay repeats.
 */
import { RECORD_GENERATION, RECORD_KIND, RECORD_POINT, RECORD_TIMESTAMP_US } from "../src/hot/AuditRing.ts"
import type { HotPath } from "../src/hot/HotPath.ts"
import type { RollbackVerdict } from "../src/control/rollbackTest.ts"
import type { SelectionDecision } from "../src/control/variantSelection.ts"
import type { SelectableVariant } from "../src/domain/Variant.ts"
import type { ApplyProposal, NoChange, RelocationStep } from "../src/domain/Proposal.ts"
import { type AuditKind, type GivenFields, RECORDS } from "../src/domain/records.ts"
import type { RegimeNote } from "./relocationEvents.ts"

/** Writes a record of this kind, each field where `domain/records.ts` says that it lies. The point is what is live, or what is given. */
export function writeRecord<K extends AuditKind>(
  { audit, config }: Pick<HotPath, "audit" | "config">,
  kind: K,
  nowUs: number,
  given: GivenFields<K>,
  point: ArrayLike<number> | null = null,
): void {
  const row = RECORDS[kind]
  audit.clearDraft()
  const record = audit.draft
  record[RECORD_KIND] = row.code
  record[RECORD_TIMESTAMP_US] = nowUs
  record[RECORD_GENERATION] = config.generation
  const fields: Readonly<Record<string, string | number | null | undefined>> = given
  for (const name in fields) {
    const [, at, words] = row.fields[name]
    const value = fields[name]
    if (at === undefined || value === undefined || value === null) continue
    record[at] = typeof value === "number" ? value : (words?.indexOf(value) ?? Number.NaN)
  }
  if (row.point !== "none")
    for (let i = 0; i < config.knobs; i++)
      record[RECORD_POINT + i] = point === null ? config.unit(i) : point[i]
  audit.pushSafety()
}

/**
 * A full ring takes no proposal; the apply that follows is refused for the same reason, and the trip that this leads to is
 * recorded. Only a return to the base is carried out all the same, so that is recorded too.
 */
export function recordProposal(hot: HotPath, proposal: ApplyProposal): void {
  const { id, _tag: action, expectedGeneration: generation, nowUs, targets } = proposal
  if (hot.audit.full && action !== "returnToBase") return
  writeRecord(hot, "proposal", nowUs, { generation, proposal: id, action }, targets)
}

export function recordNoChange(hot: HotPath, { id, reason, horizonUs, windowUs, nowUs }: NoChange): void {
  writeRecord(hot, "noChange", nowUs, { proposal: id, reason, value: horizonUs, limit: windowUs })
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
  const { verdict: action, reason, evidence: value, threshold: limit, difference, margin } = verdict
  writeRecord(hot, "verdict", nowUs, { action, reason, value, limit, difference, margin })
}

/** One decision about a relocation; `proposal` where one carries it, with the place that it asks for. */
export function recordRelocation(
  hot: HotPath,
  { cause: action, reason, regime, level: value, error: limit, difference, margin }: RelocationStep,
  nowUs: number,
  proposal: ApplyProposal | null = null,
): void {
  const fields = { proposal: proposal?.id, action, reason, regime, value, limit, difference, margin }
  writeRecord(hot, "relocation", nowUs, fields, proposal?.targets ?? hot.executor.base)
}

/** A regime with its score, the loss that it claims and the standard error of that. */
export function recordRegime(hot: HotPath, { regime, score, reason }: RegimeNote, nowUs: number): void {
  const { mean: loss, variance } = regime.loss
  const fields = { regime: regime.id, reason, value: score, limit: Math.sqrt(variance), loss }
  writeRecord(hot, "regime", nowUs, fields, regime.unit)
}

/** A switch of variants: the number of the decision, and the places of both variants among those that were offered, or -1. */
export function recordVariant(
  hot: HotPath,
  { action, reason, id, to, from, atUs }: SelectionDecision,
  offered: ReadonlyArray<SelectableVariant>,
): void {
  const placeOf = (name: string | null): number => offered.findIndex((one) => one.name === name)
  writeRecord(hot, "variant", atUs, { action, reason, value: id, to: placeOf(to), from: placeOf(from) })
}

/** What is asked from outside, with a number that belongs to it; for where what comes from outside is journaled. */
export function journalInput(hot: HotPath, code: number, value: number): void {
  writeRecord(hot, "command", hot.nowCell[0], { action: code, value })
}

export function recordEngineStarted(hot: HotPath, nowUs: number): void {
  writeRecord(hot, "engineStarted", nowUs, {})
}

/** The baseline that an engine began with, as Tier 1 records one that it sets. */
export function recordBaselineKept(hot: HotPath, nowUs: number): void {
  const units = new Float64Array(hot.config.knobs)
  hot.config.baselineUnits(units)
  writeRecord(hot, "baselineSet", nowUs, {}, units)
}

export function recordEngineStopped(hot: HotPath, nowUs: number): void {
  writeRecord(hot, "engineStopped", nowUs, {})
}

/** What supervision did or found, whether or not what comes from outside is journaled; as `HotPath.journalCommand` writes it. */
export function recordCommand(hot: HotPath, code: number): void {
  writeRecord(hot, "command", hot.nowCell[0], { action: code })
}
