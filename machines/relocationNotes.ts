/** What the relocation actor says of its decisions, in the numbers they rest on. */
import { type Eviction, scoreOf } from "../src/control/homeostasis.ts"
import type { Regime } from "../src/control/relocationTypes.ts"
import type { ReentryPlan } from "../src/control/reentry.ts"
import type { SelectionDecision } from "../src/control/variantSelection.ts"
import type { RelocationStep } from "../src/domain/Proposal.ts"
import type { SelectableVariant } from "../src/domain/Variant.ts"
import type { RelocationReason } from "../src/domain/words.ts"
import type { RelocationReport } from "./relocationEvents.ts"

/** A plan that says nothing. */
export const EMPTY_PLAN: ReentryPlan = {
  target: null,
  reason: "ramp",
  regime: null,
  busy: true,
  distance: null,
  level: null,
  canary: null,
  evictions: [],
}

export const regimeNoted = (
  regime: Regime,
  reason: "stored" | Eviction["reason"],
  nowUs: number,
): RelocationReport => ({ type: "regimeNoted", note: { regime, score: scoreOf(regime), reason }, nowUs })

/** What to say of evictions; the regimes are those before. */
export function lettingGo(
  regimes: ReadonlyArray<Regime>,
  evictions: ReadonlyArray<Eviction>,
): ReadonlyArray<RelocationReport> {
  return evictions.flatMap(({ id, reason, atUs }) => {
    const regime = regimes.find((one) => one.id === id)
    return regime === undefined ? [] : [regimeNoted(regime, reason, atUs)]
  })
}

export function noteOf(
  regime: number | null,
  { level, canary, distance }: ReentryPlan,
  reason: RelocationReason,
): RelocationStep {
  const variance = (level?.variance ?? 0) + (canary?.variance ?? 0)
  return {
    cause: regime === null ? "variant" : "homeostasis",
    reason,
    regime,
    level: level?.mean ?? null,
    error: level === null ? null : Math.sqrt(level.variance),
    difference: level === null || canary === null ? null : canary.mean - level.mean,
    margin: reason === "setOut" ? distance : canary === null ? null : 2 * Math.sqrt(variance),
  }
}

export function variantReport(
  offered: ReadonlyArray<SelectableVariant>,
  decision: SelectionDecision,
  nowUs: number,
): RelocationReport {
  const values = offered.find(({ name }) => name === decision.to)?.values ?? null
  return { type: "variantChosen", decision, values, nowUs }
}
