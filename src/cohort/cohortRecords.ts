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
  RECORD_MARGIN,
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
import type { GroupReading, Turn } from "./SideBySide.ts"

/** Names of replicas in one note at most. */
const MOST_NAMED = 20

export interface CohortNote {
  readonly act: (typeof COHORT_ACTS)[number]
  readonly design?: Design
  readonly value?: number | undefined
  readonly limit?: number
  readonly difference?: number
  readonly margin?: number | undefined
  /** Its number; absent: none. */
  readonly knob?: number
  /** Unit space; absent: none. */
  readonly point?: Float64Array
}

/** Writes the record, and gives its number; 0 where the audit has no ordinary place left. */
export function writeCohortRecord(hot: HotPath, note: CohortNote): number {
  const { audit } = hot
  if (audit.reserve() < 0) return 0
  fillDraft(hot, note)
  audit.push()
  return audit.written
}

function fillDraft({ audit, nowCell, config, executor }: HotPath, note: CohortNote): void {
  const { act, design, knob = -1, point } = note
  const { value = Number.NaN, limit = Number.NaN, difference = Number.NaN, margin = Number.NaN } = note
  audit.clearDraft()
  const { draft } = audit
  draft[RECORD_KIND] = AUDIT_COHORT
  draft[RECORD_TIMESTAMP_US] = nowCell[0]
  draft[RECORD_GENERATION] = config.generation
  draft[RECORD_PROPOSAL_ID] = executor.proposal[P_ID]
  draft[RECORD_CODE] = design === undefined ? Number.NaN : DESIGNS.indexOf(design) - 1
  draft[RECORD_DETAIL] = COHORT_ACTS.indexOf(act)
  draft[RECORD_KNOB] = knob
  draft[RECORD_VALUE] = value
  draft[RECORD_LIMIT] = limit
  draft[RECORD_OBJECTIVE] = difference
  draft[RECORD_MARGIN] = margin
  if (point !== undefined) draft.set(point, RECORD_POINT)
}

/** Codes of what a record of a side is about. They lie behind those of the designs, so that none is taken for one. */
export const MINUS_SIDE = 16
/** Groups of a turn: those aside, those beside them, and that they never measured together; by comparison. */
export const TURN_CODES = {
  control: { aside: 17, beside: 18, silent: 19 },
  // A variant's constraints did not hold on the canaries.
  canary: { aside: 20, beside: 21, silent: 22, broken: 23 },
} as const

/** What one side has read, exactly, so that what follows from it can be decided again. */
export function writeSide(
  hot: HotPath,
  code: number,
  { loss, margin, errorRate = Number.NaN, p99Us = Number.NaN }: Partial<GroupReading>,
): void {
  const { audit } = hot
  if (audit.reserve() < 0) return
  fillDraft(hot, { act: "side", value: loss, margin, limit: errorRate, difference: p99Us })
  audit.draft[RECORD_CODE] = code
  audit.push()
}

/** What a turn has read: a record each for its two groups, or one where they never measured together. */
export function writeTurn(
  hot: HotPath,
  which: keyof typeof TURN_CODES,
  turn: Turn | "silent",
  broken: boolean,
): void {
  const codes = TURN_CODES[which]
  if (turn === "silent") return writeSide(hot, codes.silent, {})
  writeSide(hot, broken ? TURN_CODES.canary.broken : codes.aside, turn.aside)
  writeSide(hot, codes.beside, turn.beside)
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
