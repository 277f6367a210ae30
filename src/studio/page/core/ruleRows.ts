/**
 * Where each rule of an engine stands: from its snapshot, or, of a recording whose states could not be worked out, as far as the records of
 * the kind `rule` tell.
 */
import type { AuditRecord } from "../../../domain/AuditRecord.ts"
import type { RuleState, RuleStatus } from "../../../domain/Rule.ts"
import type { EngineSnapshot } from "../../../engine/contract/EngineSnapshot.ts"
import type { EngineEntry } from "../../protocol/protocol.ts"

/** Counts are null where nothing tells of all violations. */
export type RuleRow = Pick<
  RuleState,
  | "name"
  | "formula"
  | "onViolation"
  | "channels"
  | "status"
  | "margin"
  | "sinceUs"
  | "last"
  | "lastUs"
  | "shield"
  | "warning"
> & { readonly violations: number | null }

/** By what a record says. */
const STATUS_OF: Readonly<Record<string, RuleStatus>> = {
  violated: "violated",
  unknown: "unknown",
  recovered: "holds",
}

/** A rule as it stands in a configuration. */
type WrittenRule = Partial<Pick<RuleState, "name" | "formula" | "onViolation">> & {
  readonly shield?: { readonly rule: string }
}

/** `records` newest first. Empty for an engine without rules. */
export function ruleRows(
  { config }: Pick<EngineEntry, "config">,
  snapshot: Pick<EngineSnapshot, "rules"> | null,
  records: ReadonlyArray<AuditRecord>,
): ReadonlyArray<RuleRow> {
  if (snapshot !== null) return snapshot.rules ?? []
  const written = (config["rules"] ?? []) as ReadonlyArray<string | WrittenRule>
  return written.map((one, rule) => {
    const rest: WrittenRule = typeof one === "string" ? { formula: one } : one
    const { formula = rest.shield?.rule ?? "", onViolation = "trip" } = rest
    const { name = formula } = rest
    const own = records.filter((record) => record.kind === "rule" && record.rule === rule)
    const latest = own.find(({ reason }) => Object.hasOwn(STATUS_OF, reason ?? ""))
    const violated = own.find(({ reason }) => reason === "violated")
    const status = latest?.reason === undefined ? "pending" : (STATUS_OF[latest.reason] ?? "unknown")
    return {
      name,
      formula,
      onViolation,
      channels: [],
      status,
      margin: latest?.margin ?? null,
      violations: null,
      sinceUs: status === "violated" ? (latest?.atUs ?? null) : null,
      last: violated?.note ?? null,
      lastUs: violated?.atUs ?? null,
    }
  })
}

/** How margins are shown: each as so many of a unit. */
export interface MarginUnit {
  readonly scale: number
  readonly unit: string
}

const UNITS: ReadonlyArray<readonly [names: ReadonlyArray<string>, MarginUnit]> = [
  [["p99", "latencyP99Us"], { scale: 1e-3, unit: " ms" }],
  [["err", "errorRate"], { scale: 100, unit: " %" }],
  [["rps", "throughputRps"], { scale: 1, unit: "/s" }],
]

/** The unit of a margin is that of the channel that decides: known where all that the rule reads have the same. */
export function marginUnit(
  channels: ReadonlyArray<string>,
  { label }: Pick<EngineEntry, "label">,
): MarginUnit {
  const among = (names: ReadonlyArray<string>): boolean =>
    channels.length > 0 && channels.every((channel) => names.includes(channel))
  if (label.unit !== null && among(["objective"])) return { scale: 1, unit: ` ${label.unit}` }
  return UNITS.find(([names]) => among(names))?.[1] ?? { scale: 1, unit: "" }
}
