/** Which kinds of audit records are shown together. */
import type { AuditRecord } from "../../../engine/audit/AuditRecord.ts"

type AuditKind = AuditRecord["kind"]

/** Whether a kind says what was decided or asked, or what came in, many times a second. A kind that is forgotten here does not compile. */
const IS_DECIDED: Readonly<Record<AuditKind, boolean>> = {
  digest: false,
  tick: false,
  proposal: true,
  apply: true,
  violation: true,
  rollback: true,
  baselineSet: true,
  safeModeEntered: true,
  resetDemanded: true,
  safeModeExited: true,
  engineStarted: true,
  engineStopped: true,
  noChange: true,
  command: true,
  verdict: true,
  relocation: true,
  regime: true,
  variant: true,
  guardrailsSet: true,
  guard: true,
  rangeEarned: true,
}

/** What the event log shows: decisions and what became of them, not every digest and tick. */
export const SHOWN_KINDS = Object.entries(IS_DECIDED)
  .flatMap(([kind, decided]) => (decided ? [kind] : []))
  .join(",")

const group = (name: string, ...kinds: ReadonlyArray<AuditKind>): KindGroup => ({
  name,
  kinds: kinds.join(","),
})

/** Kinds by what one looks for; "" stands for `SHOWN_KINDS`. */
export interface KindGroup {
  readonly name: string
  readonly kinds: string
}

export const GROUPS: ReadonlyArray<KindGroup> = [
  group("Everything decided"),
  group("SafeMode", "safeModeEntered", "resetDemanded", "safeModeExited", "guard"),
  group("Applies", "apply"),
  group("Refusals", "violation"),
  group("Rollbacks", "rollback", "baselineSet"),
  group("Commands", "command", "guardrailsSet", "engineStarted", "engineStopped"),
  group("Verdicts", "verdict"),
  group("Relocations", "relocation", "regime", "variant"),
  group("Digests and ticks", "digest", "tick"),
]
