/** Which kinds of audit records are shown together. Everything that is decided is there by itself: a new kind is in no list to be forgotten. */
import { type AuditKind, DECIDED_KINDS } from "../../node/studio/protocol.ts"

/** What the event log shows: decisions and what became of them, not every digest and tick. */
export const SHOWN_KINDS = DECIDED_KINDS.join(",")

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
