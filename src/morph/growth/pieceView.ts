/** What is shown of a piece of a growing service. What follows from its life alone is the same when that is repeated from a record. */
import type { Problem } from "../../domain/Problem.ts"
import type { GraftStateName } from "../contracts/enums.ts"
import type { Verdict } from "../contracts/Host.ts"
import type { GraftLife } from "../grafting/GraftLife.ts"
import type { GraftTable } from "../grafting/GraftTable.ts"
import type { ChannelView } from "../pipeline/Channels.ts"
import type { Disagreement } from "../pipeline/Comparison.ts"
import type { PipelineSocket } from "../pipeline/PipelineSocket.ts"
import { slotOf } from "../pipeline/slots.ts"

/** A piece of the service as it is now. */
export interface PieceView {
  readonly name: string
  /** Fossilized: the last candidate was kept, and answers. */
  readonly state: GraftStateName
  /** Who answers where the candidate does not. */
  readonly incumbent: string
  readonly candidate: string | null
  /** The candidate's share of calls while it is mixed in. */
  readonly share: number
  /** No call duels in this window: the incumbent is timed alone. */
  readonly quiet: boolean
  /** Calls since its state began, and calls of the candidate that have not ended. */
  readonly calls: number
  readonly inFlight: number
  readonly mirrored: number
  readonly dropped: number
  /** Calls without a mirror, because the loop had no time to spare. */
  readonly leftOut: number
  /** Where the candidate is mirrored; null where there is none. */
  readonly mirroredIn: "process" | "thread" | null
  /** Mirrors that ran in the process because something could not be copied to the candidate's thread. */
  readonly uncopied: number
  /** Calls with a `key` that there was no room for: they do not duel. */
  readonly turnedAway: number
  readonly compared: number
  readonly agreement: number
  /** The last ones, side by side. */
  readonly disagreements: ReadonlyArray<Disagreement>
  readonly channels: ReadonlyArray<ChannelView>
  /** The incumbent's time beside the candidate, against alone. */
  readonly interference: number
  readonly criticals: ReadonlyArray<string>
  readonly waived: ReadonlyArray<string>
  /** The last verdict of each gate, G0 first. */
  readonly verdicts: ReadonlyArray<Verdict | null>
  /** Why the last candidate was culled, with its commonest fault, and the windows of its embargo that are left. */
  readonly cause: string | null
  readonly embargo: number
  readonly paused: string | null
  /** What calls have shown to be wrong with what the owner declared, and what a ramp with a `key` waits for. */
  readonly problems: ReadonlyArray<Problem>
}

/** What of a piece follows from its life alone: it is the same when the life is repeated from a record. */
export type LifeView = Pick<PieceView, "name" | "state" | "verdicts" | "cause" | "embargo" | "paused">

export const lifeView = (
  name: string,
  slot: string,
  life: GraftLife | undefined,
  embargoes: GraftTable["embargoes"],
): LifeView => ({
  name,
  state: stateOf(slot, name, life),
  verdicts: life?.verdicts ?? [],
  cause: life?.cause ?? null,
  embargo: embargoes.find((one) => one.slot === slot)?.left ?? 0,
  paused: life?.conditions.paused ?? null,
})

/** Where a gate took it out by a number, what it did wrong most often stands beside that. The transition has the number alone. */
export function causeOf(life: GraftLife | undefined, { conduct }: PipelineSocket): string | null {
  const cause = life?.cause ?? null
  const isByGate = life?.verdicts.some((verdict) => verdict?.answer === "fail") === true
  return cause !== null && isByGate ? `${cause}${conduct.commonestFault()}` : cause
}

/** A slot after the first is open because a candidate was kept. */
const stateOf = (slot: string, name: string, life: GraftLife | undefined): GraftStateName =>
  life === undefined || (slot !== slotOf(name, 1) && life.state === "dormant" && life.request === null)
    ? "fossilized"
    : life.state
