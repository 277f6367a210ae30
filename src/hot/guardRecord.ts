/**
 * An act of the runaway guard as one audit record: what it does, and every number that it decided by. The numbers lie where other
 * kinds have proposal, detail, knob, value, limit, objective, margin and the first four positions of the point.
 */
import {
  type AuditRing,
  RECORD_DETAIL,
  RECORD_KNOB,
  RECORD_LIMIT,
  RECORD_MARGIN,
  RECORD_OBJECTIVE,
  RECORD_POINT,
  RECORD_PROPOSAL_ID,
  RECORD_VALUE,
} from "./AuditRing.ts"
import { openRecord } from "./causeRecords.ts"
import { AUDIT_GUARD } from "./codes.ts"
import {
  G_BLAMES,
  G_LEVEL,
  G_NOISE,
  G_NOW,
  G_REFERENCE,
  G_RETREAT_LEVEL,
  G_SLOPE,
  G_START_REFERENCE,
  G_STOOD,
  G_THRESHOLD,
  G_WORLD,
} from "./guardLayout.ts"

/** By name: where a number lies in the guard's state, and where in the record. Part of the audit format: never change a place. */
const PLACES = {
  reference: [G_REFERENCE, RECORD_PROPOSAL_ID],
  blames: [G_BLAMES, RECORD_DETAIL],
  windows: [G_STOOD, RECORD_KNOB],
  level: [G_NOW, RECORD_VALUE],
  threshold: [G_THRESHOLD, RECORD_LIMIT],
  levelAtRetreat: [G_RETREAT_LEVEL, RECORD_OBJECTIVE],
  noise: [G_NOISE, RECORD_MARGIN],
  world: [G_WORLD, RECORD_POINT],
  startReference: [G_START_REFERENCE, RECORD_POINT + 1],
  slopeAtRetreat: [G_SLOPE, RECORD_POINT + 2],
  blockLevel: [G_LEVEL, RECORD_POINT + 3],
} as const

/** A number that the guard decided by. */
export type GuardNumber = keyof typeof PLACES
const ENTRIES = Object.entries(PLACES) as ReadonlyArray<[GuardNumber, readonly [number, number]]>

/** Records `act` with the numbers in the guard's state; it always finds a place while anything does. */
export function writeGuardRecord(
  audit: AuditRing,
  act: number,
  state: Float64Array,
  nowUs: number,
  generation: number,
): void {
  const at = openRecord(audit, AUDIT_GUARD, act, nowUs, generation)
  if (at < 0) return
  for (const [, [from, to]] of ENTRIES) audit.block[at + to] = state[from]
  audit.commit()
}

/** The numbers of the record at `block[at]`; losses as the guard sees them, lower is better. */
export function readGuardRecord(block: Float64Array, at: number): Readonly<Record<GuardNumber, number>> {
  const read = ENTRIES.map(([name, [, place]]) => [name, block[at + place]] as const)
  return Object.fromEntries(read) as Record<GuardNumber, number>
}
