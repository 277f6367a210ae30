/** An audit record in one line for people: what happened, and the figures that matter, as this page writes them. */
import type { AuditRecord } from "../../../domain/AuditRecord.ts"
import { lineOfRecord } from "../../../domain/recordTexts.ts"
import { figure, isolated } from "../core/format.ts"

export const lineOf = (record: AuditRecord): string => lineOfRecord(record, { figure, own: isolated })
