/** What of an audit is worth a mark on a time line. */
import type { AuditRecord } from "../../engine/audit/AuditRecord.ts"
import type { HistoryMark } from "../protocol/protocol.ts"

/** The mark of a record, or null for the many that have none. */
export function markOf(record: AuditRecord): HistoryMark | null {
  const mark = (kind: HistoryMark["kind"], ...words: ReadonlyArray<string | undefined>): HistoryMark => ({
    atUs: record.atUs,
    seq: record.seq,
    kind,
    text: [...words, record.note].filter((word) => word !== undefined).join(": "),
  })
  switch (record.kind) {
    case "safeModeEntered":
      return mark("trip", record.reason)
    case "resetDemanded":
      return mark("trip", record.reason, "waits for a person")
    case "safeModeExited":
      return mark("exit", record.exit)
    case "rollback":
      // A return to the base is no rollback, though Tier 1 records both alike.
      return record.action === "rollback" ? mark("rollback") : null
    case "baselineSet":
      return mark("baseline")
    case "engineStarted":
      return mark("start")
    case "engineStopped":
      return mark("stop")
    case "guardrailsSet":
      return mark("guardrails", record.preset ?? "own numbers")
    case "command":
      return record.action === "restart" ? mark("restart") : null
    default:
      return null
  }
}
