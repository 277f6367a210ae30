/**
 * What a proposer knows of Tier 1: where the plant stands, when something may be asked for, and what was asked for last. One value in
 * the context of the cycle, of relocations and of the closing proof, and what follows from an answer.
 */
import type { Receipt } from "../src/domain/Receipt.ts"
import type { AppliedEvent, RefusedEvent } from "./events.ts"

export interface Proposing {
  /** The generation this proposer expects to be live; 0 before it was told. */
  readonly generation: number
  readonly nowUs: number
  /** Tier 1 would refuse anything before this time. */
  readonly nextApplyUs: number
  /** Id of the last proposal, and whether its answer is outstanding. */
  readonly lastId: number
  readonly asked: boolean
  /** Windows that expired in a row. */
  readonly timeouts: number
}

/** Before it was told anything. */
export const UNTOLD: Proposing = Object.freeze({
  generation: 0,
  nowUs: 0,
  nextApplyUs: 0,
  lastId: 0,
  asked: false,
  timeouts: 0,
})

export const later = (a: number, b: number): number => (a > b ? a : b)

/** Tier 1 would accept an apply now, and none is under way. */
export const mayAsk = (c: Proposing): boolean => !c.asked && c.generation > 0 && c.nowUs >= c.nextApplyUs

/** An answer to something that is no longer wanted. */
export const isStale = (c: Proposing, event: { readonly type: string }): boolean => {
  const { receipt, violation } = event as Partial<Omit<AppliedEvent, "type"> & Omit<RefusedEvent, "type">>
  const answer = receipt ?? violation
  return answer !== undefined && (!c.asked || answer.proposalId !== c.lastId)
}

/** Tier 1 has applied what was asked for. */
export const accepted = (
  { nowUs }: Proposing,
  { generation, atUs, nextApplyUs }: Receipt,
): Pick<Proposing, "asked" | "generation" | "nowUs" | "nextApplyUs"> => ({
  asked: false,
  generation,
  nowUs: later(nowUs, atUs),
  nextApplyUs,
})
