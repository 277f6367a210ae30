/** What became of a rule, in words: for the audit, and for who runs a rule over a record. */
import { SHIELD } from "../temporal/logic/Shield.ts"
import type { RuleMonitor, RuleWitness } from "./RuleMonitor.ts"
import type { ShieldLookup } from "./ShieldLookup.ts"

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

/** What a shield left of a proposal, and why. */
export function clippedNote(
  name: string,
  lookup: ShieldLookup,
  said: number,
  asked: ReadonlyArray<number>,
  left: ReadonlyArray<number>,
): string {
  const moves = lookup.rule.shield.table.knobs.flatMap(({ name: knob }, i) =>
    asked[i] === left[i] ? [] : [`${knob} ${figure(asked[i])} becomes ${figure(left[i])}`],
  )
  const why =
    said === SHIELD.lost
      ? "no move keeps the rule from"
      : said === SHIELD.unknown
        ? "no move is sure to keep the rule from"
        : "to keep the rule from"
  return `${name}: ${moves.join(", ")}, ${why} ${lookup.stateText()}`
}

/** No move keeps a rule from where the plant is. */
export const lostNote = (name: string, lookup: ShieldLookup): string =>
  `${name}: the rule cannot be kept from ${lookup.stateText()}`

/** What an early warning says. */
export const warningNote = (name: string, probability: number, horizon: number): string =>
  `${name}: a violation within ${horizon} ${horizon === 1 ? "digest" : "digests"} has a probability of ${probability.toFixed(2)}`
