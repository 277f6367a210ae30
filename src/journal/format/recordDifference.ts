/** Where two records differ, for a replay that compares them. */
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
} from "../../hot/AuditRing.ts"

const FIELDS: ReadonlyArray<readonly [string, number]> = [
  ["kind", RECORD_KIND],
  ["timestampUs", RECORD_TIMESTAMP_US],
  ["generation", RECORD_GENERATION],
  ["proposal", RECORD_PROPOSAL_ID],
  ["code", RECORD_CODE],
  ["detail", RECORD_DETAIL],
  ["knob", RECORD_KNOB],
  ["value", RECORD_VALUE],
  ["limit", RECORD_LIMIT],
  ["objective", RECORD_OBJECTIVE],
  ["margin", RECORD_MARGIN],
]

/** Name of the first field in which two records differ; null when they are the same but for their number. `names`: of the knobs. */
export function recordDifference(
  a: Float64Array,
  b: Float64Array,
  names: ReadonlyArray<string>,
): string | null {
  for (const [name, place] of FIELDS) if (!Object.is(a[place], b[place])) return name
  for (let i = RECORD_POINT; i < a.length; i++) {
    if (!Object.is(a[i], b[i])) return `point.${names[i - RECORD_POINT] ?? i - RECORD_POINT}`
  }
  return null
}
