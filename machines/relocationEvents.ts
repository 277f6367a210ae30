/**
 * What travels to and from the actor that takes the base to a place known before: on behalf of the homeostasis cache, or of a
 * variant. Plain objects; every one carries the time.
 */
import type { Sighting } from "../src/control/homeostasis.ts"
import type { Regime } from "../src/control/relocationTypes.ts"
import type { SelectionDecision } from "../src/control/variantSelection.ts"
import type { RelocationStep } from "../src/domain/Proposal.ts"
import type { Standing } from "../src/domain/Receipt.ts"
import type { SelectableVariant, VariantContent } from "../src/domain/Variant.ts"
import type { RegimeReason } from "../src/domain/words.ts"
import type {
  AppliedEvent,
  RefusedEvent,
  TickEvent,
  TripEvent,
  WindowEvent,
  WindowExpiredEvent,
} from "./events.ts"

/** A regime was stored or met again, or let go. */
export interface RegimeNote {
  readonly regime: Regime
  readonly score: number
  readonly reason: RegimeReason
}

/** Between two cycles: the moment to leave for elsewhere. */
export interface BetweenEvent extends Standing {
  readonly type: "between"
  /** Mean loss of the cycle that ended. */
  readonly loss: number
}

/** The cycle stands still and the plant is on its base: go. `lastId` is the number of the last proposal anybody made. */
export interface BeginRelocationEvent extends Standing {
  readonly type: "begin"
  readonly lastId: number
}

/** Somebody put the plant elsewhere. `bad`: because of what was seen under the present configuration. */
export interface InterruptEvent {
  readonly type: "interrupt"
  readonly bad: boolean
  readonly nowUs: number
}

/** What the catalogue says may be live. */
export interface OfferEvent {
  readonly type: "offer"
  readonly offered: ReadonlyArray<SelectableVariant>
  readonly nowUs: number
}

/** A person evicts a regime. */
export interface EvictEvent {
  readonly type: "evict"
  readonly regime: number
  readonly nowUs: number
}

/** From here on somebody else looks at the context between cycles, and answers with `sighted`. */
export interface DeferEvent {
  readonly type: "defer"
}

/** What a look at the context has found; null where it was not done in time, and then nothing is decided. */
export interface SightedEvent {
  readonly type: "sighted"
  readonly sighting: Sighting | null
  readonly nowUs: number
}

/** How far Tier 1's budgets let the base go by now, as in a `Standing`: they free with time, and nothing else would say so. */
interface Freed {
  readonly band?: Float64Array
}

/** What `relocationMachine` answers to. */
export type RelocationEvent =
  | (WindowEvent & Freed)
  | (WindowExpiredEvent & Freed)
  | TickEvent
  | AppliedEvent
  | RefusedEvent
  | BetweenEvent
  | BeginRelocationEvent
  | InterruptEvent
  | OfferEvent
  | EvictEvent
  | DeferEvent
  | SightedEvent
  /** How far one apply may go from here on. */
  | { readonly type: "guardrails"; readonly maxStep: number }

/** Asks the engine to let the cycle stand still and the plant return to its base. */
export interface RelocationWantedEvent {
  readonly type: "relocationWanted"
  readonly nowUs: number
}

/** The base has reached its target: the cycle continues from there. */
export interface RelocationOverEvent {
  readonly type: "relocationOver"
  readonly nowUs: number
}

/** For the audit: a decision that no proposal carries. */
export interface RelocationNotedEvent {
  readonly type: "relocationNoted"
  readonly note: RelocationStep
  readonly nowUs: number
}

export interface RegimeNotedEvent {
  readonly type: "regimeNoted"
  readonly note: RegimeNote
  readonly nowUs: number
}

/** Another variant is live from here on. */
export interface VariantChosenEvent {
  readonly type: "variantChosen"
  readonly decision: SelectionDecision
  /** Its choices; null where no variant is live any more. */
  readonly values: VariantContent["values"] | null
  readonly nowUs: number
}

/** What the actor sends its parent, or listeners of `actor.on`. */
export type RelocationReport =
  | RelocationWantedEvent
  | RelocationOverEvent
  | RelocationNotedEvent
  | RegimeNotedEvent
  | VariantChosenEvent
  | TripEvent
