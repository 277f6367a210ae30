/** An audit record as a row of a log: when, of what kind, and what happened. */
import type { AuditRecord } from "../../../domain/AuditRecord.ts"
import { nameOfRecord, toneOfRecord } from "../../../domain/recordTexts.ts"
import { h } from "../core/dom.ts"
import { clock } from "../core/format.ts"
import { type Knobs, lineOf } from "./recordLine.ts"

export const recordRow = (record: AuditRecord, knobs: Knobs): HTMLElement =>
  h(
    "li",
    {},
    h("time", { class: "faint" }, clock(record.atUs, 1)),
    h("span", { class: "tag", "data-tone": toneOfRecord(record) }, nameOfRecord(record)),
    h("span", { class: "line soft small" }, lineOf(record, knobs)),
  )
