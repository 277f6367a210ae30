/** An audit record in one line for people: what happened, and the figures that matter. */
import type { AuditRecord } from "../../../engine/audit/AuditRecord.ts"
import { capital, figure, isolated, words } from "../core/format.ts"

export type Tone = "live" | "safe" | "trip" | "accent" | null

const TONES: Partial<Record<AuditRecord["kind"], Tone>> = {
  safeModeEntered: "trip",
  safeModeExited: "live",
  resetDemanded: "trip",
  violation: "safe",
  rollback: "trip",
  baselineSet: "live",
  command: "accent",
  guard: "safe",
  guardrailsSet: "accent",
  apply: null,
}

export const toneOfRecord = (record: AuditRecord): Tone =>
  record.action === "returnToBase" ? null : (TONES[record.kind] ?? null)

/** What happened, in two or three words. */
export const nameOfRecord = (record: AuditRecord): string =>
  record.kind === "rollback" && record.action === "returnToBase" ? "Return to base" : kindName(record.kind)

const kindName = (kind: string): string =>
  ({
    guard: "Runaway guard",
    guardrailsSet: "Guardrails",
    safeModeEntered: "SafeMode opened",
    safeModeExited: "SafeMode closed",
    resetDemanded: "A person is needed",
  })[kind] ?? capital(words(kind))

const list = (values: Readonly<Record<string, number | null>> | undefined): string =>
  values === undefined
    ? ""
    : Object.entries(values)
        .map(([name, value]) => `${isolated(name)} ${figure(value)}`)
        .join(", ")

const regimeOf = ({ regime }: AuditRecord): string => (regime === undefined ? "" : `: regime ${regime}`)

export function lineOf(record: AuditRecord): string {
  const { kind, action, reason, knob, value, limit } = record
  const note = record.note === undefined ? undefined : isolated(record.note)
  const does = action === undefined ? "" : words(action)
  switch (kind) {
    case "apply":
      return `${does}: ${list(record.values)}`
    case "proposal":
      return `${does} asked for ${list(record.asked)} (unit space)`
    case "violation":
      return `${words(reason ?? "")}${knob === undefined ? "" : ` of ${isolated(knob)}`}: ${figure(value)} with a limit of ${figure(limit)}`
    case "rollback":
    case "baselineSet":
      return [list(record.values), note].filter(Boolean).join(": ")
    case "noChange":
      return `nothing changed: ${words(reason ?? "")}`
    case "safeModeEntered":
      return [words(reason ?? ""), note].filter(Boolean).join(": ")
    case "resetDemanded":
      return `${words(reason ?? "")}: SafeMode stays open until somebody resets it`
    case "safeModeExited":
      return [`by ${words(record.exit ?? "")}`, note].filter(Boolean).join(": ")
    case "verdict":
      return `${does}, ${words(reason ?? "")}: evidence ${figure(value)} of ${figure(limit)}`
    case "command":
      return [does, note].filter(Boolean).join(": ")
    case "rangeEarned":
      return `the level falls: range ${figure(value)} and ${figure(limit)} turns a minute for five updates`
    case "guardrailsSet":
      return [record.preset ?? list(record.guardrails), note].filter(Boolean).join(": ")
    case "guard":
      return note ?? does
    case "digest":
      return `${words(reason ?? "")}: ${list(record.digest)}`
    case "tick":
      return words(reason ?? "")
    case "relocation":
      return `${does}, ${words(reason ?? "")}${regimeOf(record)}`
    case "regime":
      return `${words(reason ?? "")}${regimeOf(record)}`
    case "variant":
      return [`${does}, ${words(reason ?? "")}`, note].filter(Boolean).join(": ")
    default:
      return list(record.values)
  }
}
