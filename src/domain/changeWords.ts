/** Why a configuration changed, in the words that `arqon audit why` and the studio share. */
import type { ApplyKind } from "./words.ts"

/** What an apply was for. */
export const WHAT: Readonly<Record<ApplyKind | "start", string>> = {
  applyPlus: "to measure the plus side of the base",
  applyMinus: "to measure the minus side of the base",
  update: "because the base moved",
  rollback: "because the engine rolled back to its baseline",
  returnToBase: "because a perturbation was ended",
  visitBaseline: "to compare the baseline with the tuned configuration",
  retreat: "because the runaway guard checks whether it is better there",
  returnToTuned: "because the runaway guard found that neither baseline nor start is better",
  start: "because an engine was started",
}

/** Where a window was read. */
export const READ = { plus: "plus side", minus: "minus side", baseline: "baseline", base: "base" } as const
