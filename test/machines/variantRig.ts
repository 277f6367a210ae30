/** Variants and events for tests: one of each kind that is accepted, and what makes each of them refused. */
import type { VariantEvent, VariantInput } from "../../machines/variant.machine.ts"
import type { Evidence, VariantContent } from "../../src/domain/Variant.ts"

export const content: VariantContent = {
  values: { codec: "zstd", level: 3 },
  constraints: [{ channel: "errorRate", of: "outcome", atMost: 0.01 }],
  rollback: { to: "previous", afterBreaches: 2, quarantineUs: 60_000_000 },
}

export const evidence: Evidence = {
  source: "replay of Monday",
  mean: 12,
  standardError: 0.4,
  readings: 40,
  constraintsHeld: true,
}

export const input: VariantInput = { name: "zstd", content, by: "ada", why: "smaller answers", atUs: 1 }

const sign = (by: string, atUs = 2) => ({ by, why: "because", atUs })

/** One acceptable event of each kind; the author is ada. */
export const events = {
  revise: { type: "revise", content: { ...content, values: { level: 4 } }, ...sign("ada") },
  evaluate: { type: "evaluate", evidence, ...sign("bob") },
  breaks: { type: "evaluate", evidence: { ...evidence, constraintsHeld: false }, ...sign("bob") },
  sendBack: { type: "sendBack", ...sign("cy") },
  approve: { type: "approve", ...sign("cy") },
  withdraw: { type: "withdraw", ...sign("cy") },
  promote: { type: "promote", ...sign("cy") },
  demote: { type: "demote", ...sign("cy") },
  archive: { type: "archive", ...sign("cy") },
} as const satisfies Record<string, VariantEvent>
