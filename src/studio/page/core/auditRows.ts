/**
 * Audit records as a person reads them: a cycle with everything that belongs to it is one row, a comparison with the baseline another, a
 * reason for no change however often it comes in a row, whatever else happened a row of its own. Pure functions over records as the server sends them.
 */
import type { AuditRecord } from "../../../domain/AuditRecord.ts"

export type Side = "plus" | "minus" | "base" | "baseline"

/** One reading that a row rests on. */
export interface Read {
  readonly side: Side
  readonly generation: number
  readonly values: Values
  /** Null where it is not known. */
  readonly objective: number | null
  readonly seq: number
}

type Values = NonNullable<AuditRecord["values"]>

export interface AuditRow {
  readonly type: "cycle" | "comparison" | "record"
  /** Oldest first. */
  readonly records: ReadonlyArray<AuditRecord>
  /** The base before and after; null where it is not known, or did not move. */
  readonly before: Values | null
  readonly after: Values | null
  readonly reads: ReadonlyArray<Read>
}

const SIDES: Readonly<Record<string, Side>> = {
  applyPlus: "plus",
  applyMinus: "minus",
  visitBaseline: "baseline",
  returnToBase: "base",
}
const PROBES: ReadonlyArray<string | undefined> = ["applyPlus", "applyMinus"]
const IN_CYCLE: ReadonlyArray<string | undefined> = [...PROBES, "update"]
const IN_PAIR: ReadonlyArray<string | undefined> = ["visitBaseline", "returnToBase"]
/** What may come in the midst of either. */
const BESIDE: ReadonlyArray<AuditRecord["kind"]> = ["noChange", "violation", "rangeEarned"]

interface Open {
  readonly type: AuditRow["type"]
  readonly records: Array<AuditRecord>
  readonly before: Values | null
}

/** Rows, newest first. `records` newest first too; `readings` by generation. */
export function auditRows(
  records: ReadonlyArray<AuditRecord>,
  readings: Readonly<Record<string, number>>,
): ReadonlyArray<AuditRow> {
  const rows: Array<Open> = []
  let open: Open | null = null
  let pair: Open | null = null
  let base: Values | null = null
  const begin = (type: AuditRow["type"], record: AuditRecord): Open => {
    const row = { type, records: [record], before: base }
    rows.push(row)
    return row
  }
  for (const record of records.toReversed()) {
    const { kind, action } = record
    const step = kind === "proposal" || kind === "apply" || kind === "rollback"
    if (kind === "verdict" && pair !== null) {
      pair.records.push(record)
      if (open === pair) open = null
      pair = null
    } else if (step && IN_CYCLE.includes(action)) {
      if (open?.type !== "cycle" || beginsAnew(open, record)) open = begin("cycle", record)
      else open.records.push(record)
      if (kind === "apply" && action === "update") open = null
    } else if (step && IN_PAIR.includes(action) && (kind === "proposal" || open?.type === "comparison")) {
      if (open?.type === "comparison") open.records.push(record)
      else open = pair = begin("comparison", record)
    } else if (open !== null && BESIDE.includes(kind)) open.records.push(record)
    else {
      open = null
      const last = rows.at(-1)
      if (last !== undefined && repeats(last, record)) last.records.push(record)
      else begin("record", record)
    }
    if (isBase(record)) base = record.values ?? base
  }
  return rows.map((row) => finished(row, readings)).toReversed()
}

/** The first probe of another cycle: this one was cut short. */
const beginsAnew = ({ records }: Open, { kind, action }: AuditRecord): boolean =>
  kind === "proposal" &&
  PROBES.includes(action) &&
  records.some((one) => one.kind === "proposal" && one.action === action)

/** An engine that rests says so ten times a second. */
const repeats = ({ type, records: [first] }: Open, { kind, reason, note }: AuditRecord): boolean =>
  type === "record" &&
  kind === "noChange" &&
  first.kind === kind &&
  first.reason === reason &&
  first.note === note

/** Records whose values are the base from then on. */
function isBase({ kind, action }: AuditRecord): boolean {
  if (kind === "apply") return action === "update"
  return kind === "rollback" || kind === "engineStarted"
}

function finished({ type, records, before }: Open, readings: Readonly<Record<string, number>>): AuditRow {
  const applied = records.filter(({ kind }) => kind === "apply" || kind === "rollback")
  const reads = applied.flatMap(({ action, generation, values, seq }): ReadonlyArray<Read> => {
    const side = SIDES[action ?? ""]
    if (side === undefined || generation === null || values === undefined) return []
    return [{ side, generation, values, objective: readings[String(generation)] ?? null, seq }]
  })
  const update = applied.find(({ action }) => action === "update")
  return { type, records, before, after: update?.values ?? null, reads }
}

/** How a knob moved; null where it did not, or where that is not known. */
export function moveOf(
  { before, after }: AuditRow,
  knob: string,
): readonly [from: number, to: number] | null {
  const from = before?.[knob]
  const to = after?.[knob]
  return typeof from === "number" && typeof to === "number" && from !== to ? [from, to] : null
}

/** Whether a row tells something of a knob: it moved it, or speaks of it by name. */
export function concerns(row: AuditRow, knob: string): boolean {
  if (row.type === "cycle") return moveOf(row, knob) !== null || row.records.some((one) => one.knob === knob)
  return row.records.some((one) => one.knob === undefined || one.knob === knob)
}
