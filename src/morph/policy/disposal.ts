/**
 * What becomes of a proposal once a risk rule has decided. A command that takes risk away (a cull, a
 * rollback, a pause, a lower learning rate) always passes; one that plants or keeps a graft does not.
 */
import type { PolicyCommand } from "./PolicyCommand.ts"
import type { RiskAction, RiskVerdict } from "./riskRules.ts"

/** Learning rate of a downgraded planting, as a share of the present one. */
const DOWNGRADED_FACTOR = 0.5
/** Boundaries between two downgraded plantings: one rate a plateau, not one a boundary. */
export const DOWNGRADE_REST = 15

export interface Disposal {
  /** What is carried out; null where nothing is. */
  readonly command: PolicyCommand | null
  /** What the rule asks for beside that; null where no rule is hit. */
  readonly action: RiskAction | null
  /** Why the proposal was refused or changed; null where it was not. */
  readonly refusal: string | null
  /** Boundary of the last downgraded planting; null while there was none. */
  readonly downgradedAt: number | null
}

/** `downgradedAt` is that of the disposal before. */
export function dispose(
  proposal: PolicyCommand | null,
  { rule, value }: RiskVerdict,
  boundary: number,
  downgradedAt: number | null,
): Disposal {
  if (rule === null) return { command: proposal, action: null, refusal: null, downgradedAt }
  const { action } = rule
  if (proposal === null || isSafe(proposal)) {
    return { command: proposal, action, refusal: null, downgradedAt }
  }
  const hit = `${rule.id}: ${rule.when} is ${Number(value.toPrecision(3))}, the limit is ${rule.threshold}`
  const refused: Disposal = { command: null, action, refusal: hit, downgradedAt }
  const rests = downgradedAt !== null && boundary - downgradedAt < DOWNGRADE_REST
  const plants = proposal.type === "graft" && proposal.operation === "germinate"
  if (action !== "downgrade" || !plants || rests) return refused
  return {
    command: { type: "optimiser", factor: DOWNGRADED_FACTOR, why: `instead of planting: ${hit}` },
    action,
    refusal: hit,
    downgradedAt: boundary,
  }
}

/** Commands that take risk away: of a graft its end, of a learning rate a lower one. */
function isSafe(command: PolicyCommand): boolean {
  if (command.type === "graft") return command.operation === "cull" || command.operation === "cancel"
  return command.type !== "optimiser" || command.factor <= 1
}
