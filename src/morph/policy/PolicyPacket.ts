/**
 * What a policy reads at a boundary: plain numbers and names, copied for it, so that nothing a policy does to its packet reaches the host.
 * A policy is a function of the packet and nothing else; it proposes a command or `null`. Risk rules and gates decide.
 */
import type { GraftStateName, TierName } from "../contracts/enums.ts"
import type { PolicyCommand } from "./PolicyCommand.ts"

export interface PolicySocket {
  readonly name: string
  /** Mean square of the loss gradient at the socket. */
  readonly gradient: number
  /** Variance of the activations at the socket. */
  readonly variance: number
  /** Whether a graft may be planted now: none is live there, and no embargo is running. */
  readonly open: boolean
}

export interface PolicyGraft {
  readonly socket: string
  readonly blueprint: string
  readonly state: GraftStateName
  /** Boundaries spent in this state. */
  readonly age: number
  /** 0 to 1. */
  readonly alpha: number
  /** Held-out loss with the graft, and of the host alone; NaN where it was not measured. */
  readonly lossWith: number
  readonly lossWithout: number
  /** Held-out loss at the boundary at which it entered this state; NaN where it was not measured. */
  readonly lossAtEntry: number
}

export interface PolicyBlueprint {
  readonly name: string
  readonly tier: TierName
  /** 0 to 1, as its descriptor says. */
  readonly risk: number
  /** Whether it may run in quarantine only. */
  readonly quarantineOnly: boolean
  readonly parameters: number
  /** Names of the sockets whose shape it takes. */
  readonly fits: ReadonlyArray<string>
  /** Grafts of it that became part of the host. */
  readonly kept: number
  /** Mean share by which those lowered the held-out loss. */
  readonly gain: number
  /** Culls, each halved every ten boundaries; see `BlueprintRecords`. */
  readonly culls: number
}

export interface PolicyPacket {
  /** Version of this form. */
  readonly version: 1
  /** Number of the boundary, from 1. */
  readonly boundary: number
  /** Boundaries since the last graft became part of the host; null while none has. */
  readonly sinceGrowth: number | null
  /** Held-out loss of the host alone at this boundary. */
  readonly hostLoss: number
  /** Held-out loss of what answers, one number a boundary, oldest first; the last is this boundary's. */
  readonly heldOut: ReadonlyArray<number>
  /** Share of the arena in use. */
  readonly memory: number
  /** Whether conservative mode is on, in which nothing is planted. */
  readonly conservative: boolean
  readonly sockets: ReadonlyArray<PolicySocket>
  /** Live grafts: germinated to probationary. */
  readonly grafts: ReadonlyArray<PolicyGraft>
  readonly catalogue: ReadonlyArray<PolicyBlueprint>
}

/** Proposes a command for this boundary, or none. It must answer at once, and be a pure function of the packet. */
export type Policy = (packet: PolicyPacket) => PolicyCommand | null
