/** What is known of the graft in one socket: plain data, from which a process that was restarted goes on. */
import type { Problem } from "../../domain/errors.ts"
import { GATES } from "../contracts/enums.ts"
import type { Planting, Verdict } from "../contracts/Host.ts"
import { type Evidence, NO_EVIDENCE } from "./evidence.ts"
import type { Checks } from "./gates.ts"
import type { GraftCommand } from "./graftEvents.ts"
import { type GraftingOptions, requireGraftingOptions } from "./options.ts"
import type { GraftState } from "./transitions.ts"

/** What a life is started with. */
export interface GraftInput {
  /** Name of the socket. */
  readonly slot: string
  /** A `GraftingInput`; read here. */
  readonly options?: unknown
  /** Checks in place of the neural ones, by state. */
  readonly checks?: Checks
}

/** Plain data, replaced and never written in place. */
export interface GraftLife {
  readonly slot: string
  readonly options: GraftingOptions
  readonly checks: Checks | null
  readonly state: GraftState
  /** What is planted, or asked for; null where nothing is. */
  readonly planting: Planting | null
  /** The last one seen; -1 before the first. */
  readonly boundary: number
  /** A fault has used up the transition of the boundary to come. */
  readonly spent: boolean
  readonly alpha: number
  readonly evidence: Evidence
  /** Held-out loss of the host alone, as last measured before the probation; what G4 compares with. */
  readonly reference: number | null
  /** The command that stands, until it is carried out, refused or cancelled. */
  readonly request: Asked | null
  /** The socket is to be closed. */
  readonly closing: boolean
  readonly conditions: GraftConditions
  /** The last verdict of each gate, G0 first. */
  readonly verdicts: ReadonlyArray<Verdict | null>
  /** What it was culled for, until something is planted again. */
  readonly cause: string | null
  /** Culls in a row. */
  readonly culls: number
  /** What the latest event lacked; null when it was taken. */
  readonly refusal: ReadonlyArray<Problem> | null
}

/** What a graft may be besides its state. */
export interface GraftConditions {
  /** Why it is paused; null when it is not. */
  readonly paused: string | null
  /** A number that its gate needs was missing at the last boundary. */
  readonly degraded: boolean
  /** The boundary after which the host went back to an earlier state; null when it has not. */
  readonly rolledBack: number | null
}

export const CALM: GraftConditions = { paused: null, degraded: false, rolledBack: null }

/** A command that stands. */
export interface Asked {
  readonly operation: Exclude<GraftCommand["type"], "pause" | "resume" | "terminate" | "cancel" | "fineTune">
  readonly why: string
  readonly by: string | null
}

/** Throws a `GrowthError` if the options cannot be used. */
export const newLife = ({ slot, options, checks }: GraftInput): GraftLife =>
  lifeWith(slot, requireGraftingOptions(options), checks)

/** As `newLife`, with options that were read before: the lives of a host share them. */
export const lifeWith = (slot: string, options: GraftingOptions, checks?: Checks): GraftLife => ({
  slot,
  options,
  checks: checks ?? null,
  state: "dormant",
  planting: null,
  boundary: -1,
  spent: false,
  alpha: 0,
  evidence: NO_EVIDENCE,
  reference: null,
  request: null,
  closing: false,
  conditions: CALM,
  verdicts: GATES.slice(1).map(() => null),
  cause: null,
  culls: 0,
  refusal: null,
})
