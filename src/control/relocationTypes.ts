/**
 * What homeostasis and the selection of variants are set to, and what they remember. Only types: whoever fills in a configuration needs
 * these, and the defaults beside them, without the code that decides.
 */
import type { Features, Fingerprint } from "./fingerprint.ts"

/** How a bandit draws. */
export interface BanditSettings {
  /** Whole number from 0 to 2^53 - 1. */
  readonly seed: number
  /** What earlier readings weigh after one more, above 0 and at most 1; 1 forgets nothing. */
  readonly discount: number
  /** Readings that every arm gets before draws decide. */
  readonly trials: number
}

/** What is known of one arm, in discounted sums. */
export interface Arm {
  readonly name: string
  /** Readings ever. */
  readonly readings: number
  /** Sum of the weights, and of their squares. */
  readonly weight: number
  readonly squares: number
  /** Weighted mean loss, and weighted sum of squared deviations from it. */
  readonly mean: number
  readonly deviations: number
}

/** Plain data. Arms lie in the order in which they were first read. */
export interface BanditState {
  /** Draws so far: the number of the next one. */
  readonly decisions: number
  /** Readings that were none. */
  readonly refused: number
  readonly arms: ReadonlyArray<Arm>
}

export interface HomeostasisPolicy {
  /** What a context is known by: its level alone (the default), or its pattern over time too. */
  readonly key?: "features" | "temporal" | undefined
  /** Regimes kept at most. */
  readonly capacity: number
  /** Contexts closer than this are one, in spreads: see `distanceOf`. */
  readonly radius: number
  /** Windows that a fingerprint is made of. */
  readonly windows: number
  /** How long base and context must keep still to be a regime, and in how many cycles at least. */
  readonly stableUs: number
  readonly cycles: number
  /** How far the base may wander meanwhile, and how near two configurations are the same, unit space. */
  readonly still: number
  /** Regimes not met for longer are evicted. */
  readonly maxAgeUs: number
}

/** Mean and squared standard error. */
export interface LossLevel {
  readonly mean: number
  readonly variance: number
}

/** A configuration in which the tuner stood still, with the load it did so under; `unit` by knob id, unit space. */
export interface Regime {
  readonly id: number
  readonly unit: ReadonlyArray<number>
  readonly fingerprint: Fingerprint
  readonly loss: LossLevel
  /** Cycles it was stable for. */
  readonly cycles: number
  /** Re-entries that the canary let stand, and those it did not. */
  readonly kept: number
  readonly lost: number
  /** Stays in a row elsewhere, in the same context, with a worse loss than its own. */
  readonly contradicted: number
  readonly storedUs: number
  readonly metUs: number
  /** No re-entry before this time. */
  readonly retryUs: number
}

/** Why a regime was let go. */
export type EvictionReason = "capacity" | "expired" | "canaryLost" | "contradicted" | "byHand"

/** One window as the cache sees it. */
export interface ContextReading {
  readonly nowUs: number
  /** Lower is better. */
  readonly loss: number
  readonly features: Features
}

export interface Stay {
  readonly sinceUs: number
  readonly anchor: ReadonlyArray<number>
  /** Loss of the first cycle, which the others are held against: differences keep their digits, whatever they lie upon. */
  readonly loss: number
  /** Sums of the ways from the anchor, of the losses above the first one and of their squares. */
  readonly ways: ReadonlyArray<number>
  readonly sum: number
  readonly squares: number
  readonly cycles: number
  readonly context: Fingerprint
}

export interface HomeostasisState {
  readonly nextId: number
  readonly regimes: ReadonlyArray<Regime>
  /** The last windows, oldest first; bounded by the policy. */
  readonly recent: ReadonlyArray<{ readonly loss: number; readonly features: Features }>
  readonly stay: Stay | null
  /** Evictions so far by reason. */
  readonly evicted: Readonly<Record<EvictionReason, number>>
}

export interface ReentryPolicy extends HomeostasisPolicy {
  /** Windows at the destination before the canary may speak, and after which it must have. */
  readonly canary: number
  readonly canaryDeadline: number
  /** Longest time for a ramp; then the way back. */
  readonly rampUs: number
  /** How long a regime whose canary lost is left alone; four times as long for every loss it has more than wins. */
  readonly retryUs: number
}

export interface Trip {
  readonly phase: "ramp" | "canary" | "broken" | "revert"
  /** Null where it goes to a place that no regime remembers. */
  readonly regime: number | null
  readonly to: ReadonlyArray<number>
  /** Where it began: where to go back to, and the loss there. */
  readonly from: ReadonlyArray<number>
  readonly level: LossLevel
  readonly sinceUs: number
  /** Of the canary's windows: how many, and sums of how far above the level before they lie, and of the squares of that. */
  readonly windows: number
  readonly sum: number
  readonly squares: number
}

/** What is remembered, and the way that is being gone, if any. */
export interface ReentryState {
  readonly memory: HomeostasisState
  readonly trip: Trip | null
}

/** How variants are chosen and held back. */
export interface SelectionSettings extends BanditSettings {
  /** Least time between a switch and the next one that is not a rollback. */
  readonly cooldownUs: number
  /** Switches within any hour that are not rollbacks; rollbacks count, but are never held back. */
  readonly switchesPerHour: number
  /** Windows that a live variant is read for before another may be drawn. */
  readonly stay: number
}

/** What selection remembers between windows: plain data. */
export interface SelectionState {
  readonly nowUs: number
  readonly live: string | null
  /** What was live before. */
  readonly previous: string | null
  readonly sinceUs: number
  /** Windows of the live variant since it came, or since the bandit last let it stay. */
  readonly readings: number
  /** Windows in a row that broke a constraint of the live variant, and that could not tell. */
  readonly breaches: number
  readonly silent: number
  /** Times of the switches within the last hour; bounded. */
  readonly switchesUs: ReadonlyArray<number>
  readonly quarantine: ReadonlyArray<{ readonly name: string; readonly untilUs: number }>
  readonly bandit: BanditState
  /** Decisions so far. */
  readonly decisions: number
}
