/**
 * What a tuner of many replicas puts into its audit besides the records of every loop: how a stage was drawn, with the other target of its
 * pair, and what it read. Who was left out goes with it in words: replicas have names, and a record on the ring is numbers.
 */
import type { RollbackVerdict } from "../control/rollbackTest.ts"
import { COHORT_ACTS, VERDICT_REASONS, VERDICTS } from "../domain/words.ts"
import {
  RECORD_CODE,
  RECORD_DETAIL,
  RECORD_GENERATION,
  RECORD_KIND,
  RECORD_KNOB,
  RECORD_LIMIT,
  RECORD_OBJECTIVE,
  RECORD_POINT,
  RECORD_PROPOSAL_ID,
  RECORD_TIMESTAMP_US,
  RECORD_VALUE,
} from "../hot/AuditRing.ts"
import { AUDIT_COHORT, AUDIT_PROPOSAL, AUDIT_VERDICT } from "../hot/codes.ts"
import type { HotPath } from "../hot/HotPath.ts"
import { P_ID, P_TARGET } from "../hot/SafetyExecutor.ts"
import { type Design, DESIGNS } from "./designs.ts"
import type { Roster, RosterEntry } from "./Roster.ts"

/** Names of replicas in one note at most. */
const MOST_NAMED = 20

export interface CohortNote {
  readonly act: (typeof COHORT_ACTS)[number]
  readonly design: Design
  readonly value: number
  readonly limit: number
  readonly difference?: number
  /** Its number; absent: none. */
  readonly knob?: number
  /** Unit space; absent: none. */
  readonly point?: Float64Array
}

/** Writes the record, and gives its number; 0 where the audit has no ordinary place left. */
export function writeCohortRecord(
  { audit, nowCell, config, executor }: HotPath,
  { act, design, value, limit, difference = Number.NaN, knob = -1, point }: CohortNote,
): number {
  if (audit.reserve() < 0) return 0
  audit.clearDraft()
  const { draft } = audit
  draft[RECORD_KIND] = AUDIT_COHORT
  draft[RECORD_TIMESTAMP_US] = nowCell[0]
  draft[RECORD_GENERATION] = config.generation
  draft[RECORD_PROPOSAL_ID] = executor.proposal[P_ID]
  draft[RECORD_CODE] = DESIGNS.indexOf(design) - 1
  draft[RECORD_DETAIL] = COHORT_ACTS.indexOf(act)
  draft[RECORD_KNOB] = knob
  draft[RECORD_VALUE] = value
  draft[RECORD_LIMIT] = limit
  draft[RECORD_OBJECTIVE] = difference
  if (point !== undefined) draft.set(point, RECORD_POINT)
  audit.push()
  return audit.written
}

/** What Tier 1 is asked for next, as an engine records it: `kind` is PLUS..UPDATE. */
export function writeProposalRecord({ audit, nowCell, config, executor }: HotPath, kind: number): void {
  // Tier 1 then refuses the apply for the same reason.
  if (audit.reserve() < 0) return
  audit.clearDraft()
  const { draft } = audit
  const { proposal } = executor
  draft[RECORD_KIND] = AUDIT_PROPOSAL
  draft[RECORD_TIMESTAMP_US] = nowCell[0]
  draft[RECORD_GENERATION] = config.generation
  // Counted when it is made.
  draft[RECORD_PROPOSAL_ID] = proposal[P_ID] + 1
  draft[RECORD_DETAIL] = kind
  draft.set(proposal.subarray(P_TARGET, P_TARGET + config.knobs), RECORD_POINT)
  audit.push()
}

/** What the control replicas have shown of the base, as an engine records the comparison with its baseline. */
export function writeVerdictRecord(
  { audit, nowCell, config }: HotPath,
  { verdict, reason, evidence, threshold, difference }: RollbackVerdict,
): void {
  audit.clearDraft()
  const { draft } = audit
  draft[RECORD_KIND] = AUDIT_VERDICT
  draft[RECORD_TIMESTAMP_US] = nowCell[0]
  draft[RECORD_GENERATION] = config.generation
  draft[RECORD_DETAIL] = VERDICTS.indexOf(verdict)
  draft[RECORD_CODE] = VERDICT_REASONS.indexOf(reason)
  draft[RECORD_VALUE] = evidence
  draft[RECORD_LIMIT] = threshold
  draft[RECORD_OBJECTIVE] = difference ?? Number.NaN
  for (let i = 0; i < config.knobs; i++) draft[RECORD_POINT + i] = config.unit(i)
  // A rollback may follow from it: it takes a place that is kept for such.
  audit.pushSafety()
}

/** Who stands where, and who was not drawn because nobody has heard from them. */
export function drawnText(roster: Roster, seed: number, nowUs: number): string {
  const count = (side: string): number => roster.all.filter((entry) => entry.side === side).length
  const off = ["plus", "minus", "control", "canary", "base"]
    .map((side) => [count(side), side] as const)
    .filter(([n]) => n > 0)
    .map(([n, side]) => `${n} on ${side}`)
  const silent = roster.all.filter((entry) => roster.isSilent(entry, nowUs) && !entry.replaced)
  const late = roster.all.filter(
    (entry) => roster.isLate(entry) && !entry.replaced && !silent.includes(entry),
  )
  return [`seed ${seed}`, off.join(", "), namesText("silent", silent), namesText("late", late)]
    .filter((part) => part !== "")
    .join("; ")
}

/** How many were read on each side, and who was left out of them, and why. */
export function readText(
  roster: Roster,
  sides: ReadonlyArray<string>,
  minSamples: number,
  nowUs: number,
): string {
  const members = roster.all.filter(({ side, replaced }) => sides.includes(side) && !replaced)
  const out = members.filter(({ measured }) => measured.n < minSamples)
  const why = (entry: RosterEntry): string =>
    entry.refused === null ? (roster.isSilent(entry, nowUs) ? "silent" : "too few measurements") : "refuses"
  const reasons = [...new Set(out.map(why))].toSorted()
  const left = reasons.map((reason) =>
    namesText(
      reason,
      out.filter((entry) => why(entry) === reason),
    ),
  )
  const read = `${members.length - out.length} of ${members.length} replicas`
  return left.length === 0 ? read : `${read}; left out: ${left.join("; ")}`
}

function namesText(what: string, entries: ReadonlyArray<RosterEntry>): string {
  if (entries.length === 0) return ""
  const names = entries.map(({ replica }) => replica).toSorted()
  const rest = names.length - MOST_NAMED
  const more = rest > 0 ? ` and ${rest} more` : ""
  return `${what} ${names.slice(0, MOST_NAMED).join(", ")}${more}`
}
