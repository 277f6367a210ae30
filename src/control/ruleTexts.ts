/** What became of a rule, in words: for the audit, and for who runs a rule over a record. */
import type { RuleMonitor, RuleWitness } from "./RuleMonitor.ts"

const figure = (value: number): string => String(Number(value.toPrecision(6)))

/** One line for the record of a rule. */
export function ruleNote(
  { rule, overflowed, margin }: RuleMonitor,
  reason: "violated" | "unknown" | "recovered",
  witness: RuleWitness | null,
): string {
  if (reason === "recovered")
    return `${rule.name}: holds again${margin === null ? "" : `, by ${figure(margin)}`}`
  if (witness !== null && reason === "violated") return `${rule.name}: ${witnessText(witness)}`
  return overflowed
    ? `${rule.name}: its bounds cover more than ${rule.mostDigests} digests; give it a larger mostDigests`
    : `${rule.name}: a reading is missing (${rule.channels.join(", ")})`
}

/** Which part failed, by how much, and what was read. */
export function witnessText({ part, value, margin }: RuleWitness): string {
  const read = value === null ? "" : ` (read ${figure(value)})`
  return `${part} is missed by ${figure(-margin)}${read}`
}
