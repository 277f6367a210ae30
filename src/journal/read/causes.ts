/** Which records may explain a change, and which windows count for nothing. */
import { RECORD_CODE, RECORD_DETAIL, RECORD_KIND } from "../../hot/AuditRing.ts"
import {
  AUDIT_COHORT,
  AUDIT_META,
  AUDIT_NO_CHANGE,
  AUDIT_VERDICT,
  NO_CHANGE_EFFECT_AWAITED,
  NO_CHANGE_EVAL_TIMEOUT,
  NO_CHANGE_COVARIATE_IS_OBJECTIVE,
  NO_CHANGE_COVARIATE_MOVED,
  NO_CHANGE_COVARIATE_TRUSTED,
  NO_CHANGE_EFFECT_LATE,
  NO_CHANGE_MEMORY_PROVEN,
  NO_CHANGE_MEMORY_SUSPECTED,
  NO_CHANGE_MEMORY_UNPROVEN,
  NO_CHANGE_WINDOWS_SHORT,
} from "../../hot/codes.ts"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { RECORD_ROWS } from "../../domain/records.ts"
import { COHORT_ACTS, VERDICT_REASONS, VERDICTS } from "../../domain/words.ts"

/** What is learned of the readings and changes how they are taken. */
const LEARNT = [
  NO_CHANGE_MEMORY_SUSPECTED,
  NO_CHANGE_MEMORY_PROVEN,
  NO_CHANGE_MEMORY_UNPROVEN,
  NO_CHANGE_WINDOWS_SHORT,
  NO_CHANGE_EFFECT_LATE,
  NO_CHANGE_COVARIATE_TRUSTED,
  NO_CHANGE_COVARIATE_MOVED,
  NO_CHANGE_COVARIATE_IS_OBJECTIVE,
]
/** Acts of a tuner of replicas that say how something was measured, and not what. */
const NO_CAUSE: ReadonlyArray<string> = ["drawn", "present", "side"]
const FAIL = VERDICTS.indexOf("fail")
const HOLD = VERDICTS.indexOf("hold")
const CLOSING_PROOF = VERDICT_REASONS.indexOf("closingProof")

/** A verdict that lets the tuned configuration be leads to nothing; a closing proof without an end does not let it be. */
export const isCause = (numbers: Float64Array): boolean =>
  (RECORD_ROWS[numbers[RECORD_KIND]]?.cause === true &&
    (numbers[RECORD_KIND] !== AUDIT_VERDICT ||
      numbers[RECORD_DETAIL] === FAIL ||
      (numbers[RECORD_DETAIL] === HOLD && numbers[RECORD_CODE] === CLOSING_PROOF))) ||
  (numbers[RECORD_KIND] === AUDIT_NO_CHANGE && LEARNT.includes(numbers[RECORD_CODE])) ||
  numbers[RECORD_KIND] === AUDIT_META ||
  (numbers[RECORD_KIND] === AUDIT_COHORT && !NO_CAUSE.includes(COHORT_ACTS[numbers[RECORD_DETAIL]]))

/**
 * Of the causes, those that explain an update that was asked for: how its readings were taken, by which gains it was computed, and what a
 * shield left of it.
 */
export const isLearnt = ({ kind, action, reason }: AuditRecord): boolean =>
  kind === "noChange" ||
  kind === "meta" ||
  (kind === "cohort" && !NO_CAUSE.includes(action ?? "")) ||
  (kind === "rule" && reason === "clipped")

/** The window behind which another one of the same place begins counts for nothing. */
export const LEAVES_OUT: ReadonlySet<number> = new Set([NO_CHANGE_EVAL_TIMEOUT, NO_CHANGE_EFFECT_AWAITED])
