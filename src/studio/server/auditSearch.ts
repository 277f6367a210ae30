/** Searching audit records: which of them a person means, and one page of those at a time, newest first. */
import { setImmediate } from "node:timers/promises"
import { AUDIT_KINDS, type AuditKind } from "../../domain/records.ts"
import type { AuditRecord } from "../../domain/AuditRecord.ts"
import { type AuditPage, MOST_RECORDS } from "../protocol/protocol.ts"
import { numberOf, Refusal } from "./refusal.ts"

export interface AuditQuery {
  readonly kinds: ReadonlySet<AuditKind> | null
  readonly knob: string | null
  readonly fromUs: number
  readonly toUs: number
  /** Lower case; looked for in the record's JSON. */
  readonly text: string | null
  readonly limit: number
  readonly before: number
}

const DEFAULT_LIMIT = 100
const MOST_TEXT = 200

/** Throws a Refusal for a query that means nothing. */
export function auditQueryOf(parameters: URLSearchParams): AuditQuery {
  const kind = parameters.get("kind")
  const text = parameters.get("text")
  return {
    kinds: kind === null || kind === "" ? null : new Set(kind.split(",").map(kindOf)),
    knob: parameters.get("knob") || null,
    fromUs: numberOf(parameters, "from", Number.NEGATIVE_INFINITY),
    toUs: numberOf(parameters, "to", Number.POSITIVE_INFINITY),
    text: text === null || text === "" ? null : text.slice(0, MOST_TEXT).toLowerCase(),
    limit: Math.min(MOST_RECORDS, Math.max(1, Math.floor(numberOf(parameters, "limit", DEFAULT_LIMIT)))),
    before: numberOf(parameters, "before", Number.POSITIVE_INFINITY),
  }
}

function kindOf(word: string): AuditKind {
  const kind = AUDIT_KINDS.find((known) => known === word.trim())
  if (kind !== undefined) return kind
  throw new Refusal(
    "badRequest",
    `kind must be one of ${AUDIT_KINDS.join(", ")}, got ${JSON.stringify(word.trim())}.`,
  )
}

/** Whether the record is one that is meant, its number aside. */
export function isWanted(record: AuditRecord, query: AuditQuery): boolean {
  const { kinds, knob, fromUs, toUs, text } = query
  if (kinds !== null && !kinds.has(record.kind)) return false
  if (record.atUs < fromUs || record.atUs > toUs) return false
  if (knob !== null && record.knob !== knob && !Object.hasOwn(record.values ?? record.asked ?? {}, knob)) {
    return false
  }
  return text === null || JSON.stringify(record).toLowerCase().includes(text)
}

/** So long a search holds the thread at once, milliseconds: the engine and its service live on it too. */
const TURN_MS = 4
/** Records between two looks at the clock. */
const STRIDE = 32

/** One page of what `records`, oldest first, has of it; a long search is done in turns with everything else. */
export async function auditPage(
  records: ReadonlyArray<AuditRecord>,
  query: AuditQuery,
  readingOf: (generation: number) => number | undefined,
  now: () => number = () => performance.now(),
): Promise<AuditPage> {
  const found: Array<AuditRecord> = []
  let more = false
  let turnEnds = now() + TURN_MS
  for (let i = records.length - 1; i >= 0; i--) {
    if (i % STRIDE === 0 && now() > turnEnds) {
      await setImmediate()
      turnEnds = now() + TURN_MS
    }
    const record = records[i]
    if (record.seq >= query.before || !isWanted(record, query)) continue
    if (found.length === query.limit) {
      more = true
      break
    }
    found.push(record)
  }
  return {
    records: found,
    before: more ? (found.at(-1)?.seq ?? null) : null,
    oldest: records[0]?.seq ?? null,
    readings: readingsOf(found, readingOf),
  }
}

/** What was read where one of the records led to. */
function readingsOf(
  records: ReadonlyArray<AuditRecord>,
  readingOf: (generation: number) => number | undefined,
): AuditPage["readings"] {
  const readings: Record<string, number> = {}
  for (const { kind, generation } of records) {
    const reading = generation === null || !APPLIED.includes(kind) ? undefined : readingOf(generation)
    if (reading !== undefined) readings[String(generation)] = reading
  }
  return readings
}

const APPLIED: ReadonlyArray<AuditKind> = ["apply", "rollback"]
