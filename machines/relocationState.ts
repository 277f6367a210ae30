/**
 * What the relocation actor is given and what it remembers between events. Apart from what happens to it, so that each can be
 * read as one.
 */
import type { KnobTable } from "../src/hot/KnobTable.ts"
import type { Features } from "../src/control/fingerprint.ts"
import type { ReentryPlan } from "../src/control/reentry.ts"
import type { ReentryPolicy, ReentryState } from "../src/control/relocationTypes.ts"
import { EMPTY_REENTRY, EMPTY_SELECTION } from "../src/control/relocationDefaults.ts"
import type { Channels } from "../src/control/variantSelection.ts"
import type { SelectionSettings, SelectionState } from "../src/control/relocationTypes.ts"
import type { SelectableVariant } from "../src/domain/Variant.ts"
import type { Window } from "../src/domain/Window.ts"
import type { RelocationReason, ViolationTag } from "../src/domain/words.ts"
import type { Opaque } from "./Opaque.ts"
import type { ProposalPort } from "./ProposalPort.ts"
import type { BetweenEvent } from "./relocationEvents.ts"
import type { Proposing } from "./proposing.ts"

/** When and how the base may be taken elsewhere. */
export interface RelocationPolicy {
  readonly reentry: ReentryPolicy
  /** Channels that tell one context from another; null: no regime is remembered. */
  readonly features: ReadonlyArray<string> | null
  /** How variants are chosen; null: they are not. */
  readonly selection: SelectionSettings | null
  /** Silent windows, and refusals, in a row until it asks for help. */
  readonly timeoutsToTrip: number
  readonly refusalsToTrip: number
}

/** What outlives the actor. */
export interface RelocationMemory {
  readonly regimes: ReentryState["memory"]
  readonly variants: SelectionState
  readonly offered: ReadonlyArray<SelectableVariant>
}

export const EMPTY_RELOCATION: RelocationMemory = Object.freeze({
  regimes: EMPTY_REENTRY.memory,
  variants: EMPTY_SELECTION,
  offered: [],
})

/** What `relocationMachine` is started with. */
export interface RelocationInput {
  readonly table: KnobTable
  readonly port: ProposalPort
  readonly maxStep: number
  /** Names of the knobs by id, and of the extra channels. */
  readonly names: ReadonlyArray<string>
  readonly extras: ReadonlyArray<string>
  readonly policy: RelocationPolicy
  readonly memory?: RelocationMemory | null
  /** When it begins: the memory may come from a process whose clock stood elsewhere. */
  readonly nowUs?: number
}

/** What it was started with. */
interface Given {
  readonly knobs: Opaque<KnobTable>
  readonly port: ProposalPort
  readonly names: ReadonlyArray<string>
  readonly extras: ReadonlyArray<string>
  readonly policy: RelocationPolicy
}

/** Context of `relocationMachine`; positions are in unit space. */
export interface RelocationContext extends Proposing {
  readonly given: Given
  readonly maxStep: number
  readonly reentry: ReentryState
  readonly variants: SelectionState
  readonly offered: ReadonlyArray<SelectableVariant>
  /** A variant was chosen whose place the base still has to go to; `canary`: on trial. */
  readonly pending: { readonly canary: boolean } | null
  /** Nothing was applied yet since another variant is live: what is measured is not its own. */
  readonly fresh: boolean
  /** Channels of the latest window. */
  readonly channels: Channels
  /** Where the plant stands, as last told. */
  readonly base: ReadonlyArray<number>
  readonly band: Float64Array
  readonly refusals: ReadonlyArray<ViolationTag>
  /** What was last said of the relocation under way: it is said once. */
  readonly said: RelocationReason | null
  readonly plan: ReentryPlan | null
  /** Whether somebody else looks at the context. */
  readonly deferred: boolean
  /** What waits for such a look. */
  readonly waiting: Waiting | null
}

/** A cycle that is judged once the context has been looked at. */
export interface Waiting {
  readonly between: BetweenEvent
  /** Cycles since: whoever should answer is gone when there are too many. */
  readonly cycles: number
}

export const relocationMemory = ({ reentry, variants, offered }: RelocationContext): RelocationMemory => ({
  regimes: reentry.memory,
  variants,
  offered,
})

/** The channels of a window by name. */
export function channelsOf(window: Window, extras: ReadonlyArray<string>): Channels {
  const { throughputRps, errorRate, latencyP99Us, constraintMargin, objective } = window
  const own = Object.fromEntries(extras.map((name, i) => [name, window.extras[i] ?? null]))
  return { throughputRps, errorRate, latencyP99Us, constraintMargin, objective, ...own }
}

/** A window as the memory of contexts reads it. */
export function contextReading(c: RelocationContext, window: Window, nowUs: number) {
  const channels = channelsOf(window, c.given.extras)
  const features: Record<string, number | null | undefined> = {}
  for (const name of c.given.policy.features ?? []) features[name] = channels[name]
  // What was good under one variant says nothing of another: their contexts are strangers.
  if (c.variants.live !== null) features[`variant ${c.variants.live}`] = 1
  return { channels, reading: { nowUs, loss: window.loss, features: features as Features } }
}

/** Where a relocation stands. */
export type RelocationPhase = "watching" | "settingOut" | "ramping" | "canary" | "returning"

/** The phase of a snapshot of `relocationMachine`, as one word. */
export function relocationPhase(snapshot: { readonly value: unknown }): RelocationPhase {
  const value = snapshot.value as "watching" | "settingOut" | { readonly moving: RelocationPhase }
  return typeof value === "string" ? value : value.moving
}
