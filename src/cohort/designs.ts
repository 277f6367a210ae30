/**
 * How a pair is spread over replicas and time. A cycle has one stage or two; in a stage each replica stands on one side of the pair or
 * on the base. With common load C, own noise O and lasting differences H between N replicas, what is read has the variance:
 *
 * | design | stages | variance of plus minus minus | cancels |
 * |---|---|---|---|
 * | together | 2 | 2 (C² + O²/N) | own |
 * | split | 1 | 4 (O² + H²)/N, and 4 O²/N once H is known | common, lasting |
 * | cross | 2 | 2 O²/N | common and lasting, exactly |
 */
import { COHORT_DESIGNS } from "../domain/words.ts"
import type { Role } from "./protocol.ts"

/** The designs that can be asked for; `auto` chooses by how many replicas there are, and looks for interference. */
export const DESIGNS = ["auto", ...COHORT_DESIGNS] as const
export type DesignOption = (typeof DESIGNS)[number]
export type Design = Exclude<DesignOption, "auto">

/** From so many replicas on, halves are larger than one or two: own deviations can be learned within them. */
const SPLITS_FROM = 4

/** The design for so many replicas that may stand off the base. */
export function designFor(option: DesignOption, replicas: number): Design {
  if (replicas < 2) return "together"
  if (option !== "auto") return option
  return replicas < SPLITS_FROM ? "cross" : "split"
}

/** How many stages a cycle of this design has. */
export const stagesOf = (design: Design): number => (design === "split" ? 1 : 2)

/** The side of a replica in a stage, given what was drawn for it and, for `together`, which side comes first. */
export function sideIn(design: Design, stage: number, drawn: Role, firstIsPlus: boolean): Role {
  if (drawn !== "plus" && drawn !== "minus") return drawn
  if (design === "together") return (stage === 0) === firstIsPlus ? "plus" : "minus"
  if (stage === 0) return drawn
  return drawn === "plus" ? "minus" : "plus"
}
